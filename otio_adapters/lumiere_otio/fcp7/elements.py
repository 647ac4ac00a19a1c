"""Elements of Final Cut Pro 7 XML: children by tag, rates that are inherited, contents that stand elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

import opentimelineio as otio
from lumiere_engine.protocol.errors import TimelineError

from ..document import Json, one_line
from ..times import exact_rate, frame_of_timecode

_DEEPEST = 200
_NOTHING = frozenset[str]()
_TIMECODE_VALUES = frozenset(("frame", "string"))


@dataclass(frozen=True)
class Rate:
    """A rate as the elements around a value tell it: each half is that of the nearest element which has it."""

    timebase: str | None = None
    ntsc: str | None = None

    def within(self, element: Element) -> Rate:
        """The rate for what is in an element."""
        found = self
        for own in element:
            if own.tag == "rate":
                timebase, ntsc = own.findtext("timebase"), own.findtext("ntsc")
                found = replace(
                    found,
                    timebase=found.timebase if timebase is None else timebase,
                    ntsc=found.ntsc if ntsc is None else ntsc,
                )
        return found

    @property
    def fps(self) -> float:
        """Frames per second as OpenTimelineIO's adapter writes it.

        Raises:
            TimelineError: nothing around tells it, or it is no number.
        """
        if self.timebase is None:
            raise TimelineError("something in it has no rate")
        timebase = number(self.timebase, "timebase")
        if not 0 < timebase < 10_000:
            raise TimelineError(f"a rate has the timebase {timebase:g}")
        return timebase * 1000.0 / 1001 if (self.ntsc or "").strip().lower() == "true" else timebase


class Contents:
    """What elements stand for that have nothing but an id: the first of that tag and id which has content."""

    def __init__(self, root: Element) -> None:
        self._first: dict[tuple[str, str], Element] = {}
        for element in root.iter():
            if len(element) and "id" in element.attrib:
                self._first.setdefault((element.tag, element.attrib["id"]), element)

    def of(self, element: Element) -> Element:
        """The element itself if it has content, else the one that it refers to."""
        if len(element) or "id" not in element.attrib:
            return element
        return self._first.get((element.tag, element.attrib["id"]), element)


def parse(data: bytes) -> Element:
    """The root of a file.

    Raises:
        TimelineError: no well-formed XML, or one that declares entities or lies deeper than 200 elements.
    """
    if b"<!ENTITY" in data:
        raise TimelineError("its XML declares an entity, which no timeline needs")
    try:
        root = fromstring(data)
    except ParseError as error:
        raise TimelineError(f"broken XML in line {error.position[0]}: {one_line(error)}") from None
    except (ValueError, LookupError) as error:  # an encoding that Python does not have
        raise TimelineError(f"its XML cannot be read: {one_line(error)}", remedy="export it again") from None
    layer, depth = [root], 0
    while layer:
        depth += 1
        if depth > _DEEPEST:
            raise TimelineError("its XML is nested too deeply")
        layer = [child for element in layer for child in element]
    return root


def by_tag(element: Element) -> dict[str, Element]:
    """The first child of each tag."""
    found: dict[str, Element] = {}
    for child in element:
        found.setdefault(child.tag, child)
    return found


def text_of(children: dict[str, Element], tag: str) -> str:
    """The text of a child; "" if there is none."""
    child = children.get(tag)
    return child.text or "" if child is not None else ""


def number(text: str | None, what: str) -> float:
    """A number.

    Raises:
        TimelineError: it is none.
    """
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > 1e15:
        raise TimelineError(f"'{(text or '').strip()[:40]}' is no {what}")
    return value


def whole(children: dict[str, Element], tag: str) -> int:
    """The whole number in a child.

    Raises:
        TimelineError: there is no such child, or no whole number in it.
    """
    value = number(text_of(children, tag), tag)
    if value != int(value):
        raise TimelineError(f"'{value:g}' is no whole number of frames", remedy="export it again")
    return int(value)


def moment(element: Element, rate: Rate) -> otio.opentime.RationalTime:
    """The time that a `timecode` element tells.

    Raises:
        TimelineError: it tells none.
    """
    fps, children = rate.within(element).fps, by_tag(element)
    if "frame" in children:
        return otio.opentime.RationalTime(whole(children, "frame"), fps)
    written = text_of(children, "string").strip()
    if written.count(";") == 3:  # Premiere's way to write drop-frame
        written = written.replace(";", ":", 2)
    return otio.opentime.RationalTime(frame_of_timecode(written, exact_rate(fps)), fps)


def metadata(element: Element, without: frozenset[str] = _NOTHING) -> Json:
    """An element as a dictionary: attributes as `@name`, children by tag, those of one tag as a list.

    Args:
        element: the element; times of timecode are left out of it.
        without: tags of children that are left out.
    """
    found: dict[str, Any] = {f"@{key}": value for key, value in element.attrib.items()}
    if element.tag == "timecode":
        without = without | _TIMECODE_VALUES
    repeated: set[str] = set()
    seen: set[str] = set()
    for child in element:
        tag = child.tag
        if tag in without:
            continue
        value = metadata(child) if len(child) else child.text
        if tag in repeated:
            found[tag].append(value)
        elif tag in seen:
            found[tag] = [found[tag], value]
            repeated.add(tag)
        else:
            found[tag] = value
            seen.add(tag)
    return found


def sequences(root: Element, contents: Contents) -> Iterator[Element]:
    """The sequences of a file, those within clips left out."""
    yield from (contents.of(one) for one in root.findall("./sequence"))
    yield from (contents.of(one) for one in root.findall(".//children/sequence"))

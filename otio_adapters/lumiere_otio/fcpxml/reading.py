"""FCPXML as a timeline: storylines and what is connected to them become tracks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import opentimelineio as otio
from lumiere_engine.protocol.errors import TimelineError

from ..xml_text import Element, parse_xml
from .times import attribute, rational, seconds, span
from .tracks import Laid, tracks

STORY = (
    "asset-clip",
    "clip",
    "ref-clip",
    "sync-clip",
    "mc-clip",
    "video",
    "audio",
    "title",
    "gap",
    "audition",
)
METADATA_KEY = "fcpxml"
_TIMING = ("offset", "start", "duration", "name", "ref", "lane")
_DEEPEST_NEST = 20
_MARKERS = ("marker", "chapter-marker")


def read_fcpxml(data: bytes) -> otio.core.SerializableObject:
    """The timeline of a file's only project, or a collection of its projects' timelines.

    Raises:
        TimelineError: no FCPXML, or one without a project.
    """
    root = parse_xml(data)
    if root.tag != "fcpxml":
        raise TimelineError(f"XML, but no FCPXML: its root is '{root.tag}'")
    known = resources_of(root)
    projects = [one for one in root.all("project") if one.child("sequence")]
    if not projects:
        raise TimelineError("the file holds no project", remedy="export the project, not an event or clip")
    found = [_Reader(known).timeline(project) for project in projects]
    if len(found) == 1:
        return found[0]
    collection = otio.schema.SerializableCollection()
    collection.extend(found)
    return collection


def resources_of(root: Element) -> dict[str, Element]:
    """A file's resources by id."""
    resources = root.child("resources")
    return {one.get("id"): one for one in resources.children} if resources else {}


def laid_in(sequence: Element, resources: dict[str, Element]) -> list[Laid]:
    """What lies in a sequence, with the elements that it was read from."""
    reader = _Reader(resources)
    reader.stack(sequence)
    return reader.laid


def frame_rate(format_element: Element | None) -> Fraction | None:
    """Frames per second of a `format`; None if it does not say."""
    if format_element is None or "frameDuration" not in format_element.attributes:
        return None
    duration = seconds(format_element.get("frameDuration"))
    if not 0 < duration < 10:
        raise TimelineError(f"a format has the frame duration '{format_element.get('frameDuration')}'")
    return 1 / duration


@dataclass
class _Reader:
    """One project.

    Attributes:
        resources: by id.
        rate: frames per second of the sequence that is being read.
        laid: what was found in it so far.
        depth: how many compound clips it lies within.
    """

    resources: dict[str, Element]
    rate: Fraction = Fraction(24)
    laid: list[Laid] = field(default_factory=list)
    depth: int = 0

    def timeline(self, project: Element) -> otio.schema.Timeline:
        sequence = project.child("sequence")
        assert sequence is not None
        stack = self.stack(sequence)
        timeline = otio.schema.Timeline(project.get("name"))
        if "tcStart" in sequence.attributes:
            timeline.global_start_time = rational(attribute(sequence, "tcStart"), self.rate)
        timeline.metadata[METADATA_KEY] = {"tcFormat": sequence.get("tcFormat", "NDF")}
        timeline.tracks = stack
        return timeline

    def stack(self, sequence: Element) -> otio.schema.Stack:
        rate = frame_rate(self.resources.get(sequence.get("format")))
        if rate is None:
            raise TimelineError("a sequence does not say its frame rate")
        self.rate = rate
        spine = sequence.child("spine")
        if spine is not None:
            start = attribute(sequence, "tcStart")
            self._storyline(spine, Fraction(0), start, 0)
        stack = otio.schema.Stack("tracks")
        stack.extend(tracks(self.laid, self.rate))
        return stack

    def _storyline(self, spine: Element, begin: Fraction, zero: Fraction, lane: int) -> None:
        """What follows one another: `zero` is the storyline's own time at `begin`."""
        now = zero
        for element in spine.children:
            if element.tag == "transition":
                start = begin + attribute(element, "offset", now) - zero
                duration = attribute(element, "duration")
                made = otio.schema.Transition(element.get("name"), otio.schema.TransitionTypes.SMPTE_Dissolve)
                self.laid.append(Laid(lane, False, start, duration, made, element))
            elif element.tag in STORY:
                now = attribute(element, "offset", now)
                self._story(element, begin + now - zero, lane)
                now += duration_of(chosen(element), self.resources)

    def _story(self, element: Element, start: Fraction, lane: int) -> None:
        """An element at its place in the sequence, and what is connected to it."""
        element = chosen(element)
        if element.tag != "gap":
            item, sound = self._item(element)
            item.markers.extend(self._markers(element))
            self.laid.append(Laid(lane, sound, start, duration_of(element, self.resources), item, element))
        local = local_start(element, self.resources)
        for child in connected(element):
            begin = start + attribute(child, "offset", local) - local
            its_lane = lane + lane_of(child)
            if child.tag == "spine":
                self._storyline(child, begin, Fraction(0), its_lane)
            else:
                self._story(child, begin, its_lane)

    def _item(self, element: Element) -> tuple[Any, bool]:
        """The clip or nested stack, and whether it is sound alone."""
        duration, start = duration_of(element, self.resources), local_start(element, self.resources)
        speed, start = _retimed(element, start)
        if element.tag == "ref-clip":
            item: Any = self._nested(element, start, duration)
            sound = element.get("srcEnable") == "audio"
        else:
            content, offset = self._content(element)
            media = self.resources.get(content.get("ref"))
            reference, rate = self._reference(content, media)
            first = start + offset
            item = otio.schema.Clip(element.get("name"), reference, span(first, rate, duration, self.rate))
            has_picture = media is None or media.tag != "asset" or media.get("hasVideo") == "1"
            sound = not has_picture or content.tag == "audio" or element.get("srcEnable") == "audio"
        if speed is None:
            item.effects.append(otio.schema.TimeEffect("timeMap", "timeMap"))
        elif speed != 1:
            item.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(speed)))
        item.enabled = element.get("enabled", "1") != "0"
        own = {key: value for key, value in element.attributes.items() if key not in _TIMING}
        item.metadata[METADATA_KEY] = {"element": element.tag, **own}
        return item, sound

    def _content(self, element: Element) -> tuple[Element, Fraction]:
        """The element that names the media, and what its media's time is ahead of the element's own."""
        if element.tag not in ("clip", "sync-clip"):
            return element, Fraction(0)
        inner = list(_contained(element))
        for wanted in (("asset-clip", "clip", "video"), ("audio",)):
            for child in inner:
                if child.tag in wanted:
                    content, ahead = self._content(child)
                    return content, ahead + local_start(child, self.resources) - attribute(child, "offset")
        return element, Fraction(0)

    def _reference(self, content: Element, media: Element | None) -> tuple[Any, Fraction]:
        """The media reference of an element, and the media's rate."""
        if media is None or media.tag == "media":
            return otio.schema.MissingReference(), self.rate
        if media.tag == "effect":
            return otio.schema.GeneratorReference(media.get("name"), content.tag), self.rate
        rate = frame_rate(self.resources.get(media.get("format"))) or self.rate
        copies = [one for one in media.children if one.tag == "media-rep"]
        original = next(
            (one for one in copies if one.get("kind", "original-media") == "original-media"), None
        )
        url = media.get("src") or (original.get("src") if original else "")
        available = None
        if "duration" in media.attributes:
            available = span(attribute(media, "start"), rate, attribute(media, "duration"), rate)
        if not url:
            return otio.schema.MissingReference(media.get("name"), available), rate
        reference = otio.schema.ExternalReference(url, available)
        reference.name = media.get("name")
        return reference, rate

    def _nested(self, element: Element, start: Fraction, duration: Fraction) -> otio.schema.Stack:
        media = self.resources.get(element.get("ref"))
        sequence = media.child("sequence") if media else None
        if sequence is None:
            raise TimelineError("a compound clip refers to nothing", clip=element.get("name"))
        if self.depth >= _DEEPEST_NEST:
            raise TimelineError("compound clips are nested too deeply", clip=element.get("name"))
        inner = _Reader(self.resources, depth=self.depth + 1)
        stack = inner.stack(sequence)
        stack.name = element.get("name")
        begin = start - attribute(sequence, "tcStart")
        stack.source_range = span(begin, inner.rate, duration, self.rate)
        return stack

    def _markers(self, element: Element) -> Iterator[otio.schema.Marker]:
        for one in element.children:
            if one.tag in _MARKERS:
                place = span(attribute(one, "start"), self.rate, attribute(one, "duration"), self.rate)
                marker = otio.schema.Marker(one.get("value"), place)
                marker.metadata[METADATA_KEY] = {"element": one.tag, **one.attributes}
                yield marker


def local_start(element: Element, resources: dict[str, Element]) -> Fraction:
    """An element's own time at its beginning; that of its asset if it does not say."""
    default = Fraction(0)
    if element.tag == "asset-clip" and element.child("timeMap") is None:
        media = resources.get(element.get("ref"))
        default = attribute(media, "start") if media else default
    return attribute(element, "start", default)


def duration_of(element: Element, resources: dict[str, Element]) -> Fraction:
    """How long an element lasts; as long as its media if it does not say.

    Raises:
        TimelineError: neither says it.
    """
    if "duration" in element.attributes:
        return attribute(element, "duration")
    media = resources.get(element.get("ref"))
    if media is not None and media.tag == "media":
        media = media.child("sequence")
    if media is None or "duration" not in media.attributes:
        raise TimelineError("it has no duration", clip=element.get("name") or element.tag)
    return attribute(media, "duration")


def connected(element: Element) -> Iterator[Element]:
    """What is anchored to an element: clips and storylines with a lane."""
    for child in element.children:
        if "lane" in child.attributes and (child.tag in STORY or child.tag == "spine"):
            yield child


def lane_of(element: Element) -> int:
    """The lane of what is connected, counted from what it is connected to.

    Raises:
        TimelineError: it is no whole number.
    """
    try:
        return int(element.get("lane", "0")[:9])
    except ValueError:
        raise TimelineError(f"'{element.get('lane')[:40]}' is no lane") from None


def chosen(element: Element) -> Element:
    """The clip of an audition that is shown, which comes first; any other element is itself."""
    if element.tag == "audition":
        return next((chosen(child) for child in element.children if child.tag in STORY), element)
    return element


def _contained(element: Element) -> Iterator[Element]:
    """What a clip is made of, storylines in it unfolded."""
    for child in element.children:
        if "lane" not in child.attributes:
            if child.tag == "spine":
                yield from _contained(child)
            elif child.tag in STORY:
                yield child


def _retimed(element: Element, start: Fraction) -> tuple[Fraction | None, Fraction]:
    """The constant speed by the element's time map, and the media's time at `start`; None if it varies."""
    time_map = element.child("timeMap")
    points = (
        [(attribute(one, "time"), attribute(one, "value")) for one in time_map.children] if time_map else []
    )
    if len(points) < 2:
        return Fraction(1), start
    (t0, v0), (t1, v1) = points[0], points[-1]
    if t1 <= t0:
        raise TimelineError("its time map runs backwards", clip=element.get("name"))
    speed = (v1 - v0) / (t1 - t0)
    if any(abs(v0 + (t - t0) * speed - v) > Fraction(1, 1000) for t, v in points):
        return None, start
    return speed, v0 + (start - t0) * speed

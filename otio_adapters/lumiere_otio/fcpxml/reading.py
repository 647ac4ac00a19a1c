"""FCPXML as a timeline: storylines and what is connected to them become tracks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import opentimelineio as otio
from lumiere_engine.protocol.errors import TimelineError

from ..xml_text import Element, parse_xml
from .elements import (
    STORY,
    chosen,
    connected,
    contained,
    duration_of,
    frame_rate,
    is_conformed,
    lane_of,
    local_start,
    resources_of,
    retimed,
    version_of,
)
from .times import attribute, rational, span
from .tracks import Laid, tracks

METADATA_KEY = "fcpxml"
_TIMING = ("offset", "start", "duration", "name", "ref", "lane")
_DEEPEST_NEST = 20
_SEEN = ("all", "video")
_MARKERS = ("marker", "chapter-marker")


def read_fcpxml(data: bytes) -> otio.core.SerializableObject:
    """The timeline of a file's only project, or a collection of its projects' timelines.

    Raises:
        TimelineError: no FCPXML, or one without a project.
    """
    root = parse_xml(data)
    if root.tag != "fcpxml":
        raise TimelineError(f"XML, but no FCPXML: its root is '{root.tag}'")
    if version_of(root)[0] != 1:
        raise TimelineError(f"it is FCPXML {root.get('version')[:20]}, here 1.0 to 1.14 is known")
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


def laid_in(sequence: Element, resources: dict[str, Element]) -> list[Laid]:
    """What lies in a sequence, with the elements that it was read from."""
    reader = _Reader(resources)
    reader.stack(sequence)
    return reader.laid


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
        self.rate = self._rate_of(sequence)
        self._sequence(sequence)
        return self._stack("tracks")

    def _rate_of(self, holder: Element) -> Fraction:
        rate = frame_rate(self.resources.get(holder.get("format")))
        if rate is None:
            raise TimelineError(f"a {holder.tag} does not say its frame rate")
        return rate

    def _sequence(self, sequence: Element) -> None:
        spine = sequence.child("spine")
        if spine is not None:
            self._storyline(spine, Fraction(0), attribute(sequence, "tcStart"), 0)

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
        speed, start = retimed(element, start)
        sound = element.get("srcEnable") == "audio" or _is_sound_angle(element)
        if element.tag in ("ref-clip", "mc-clip"):
            item: Any = self._nested(element, start, duration)
        elif element.tag in ("clip", "sync-clip") and not self._is_plain(
            element, start, duration * (speed or 1)
        ):
            item = self._container(element, start, duration)
        else:
            content, offset = self._content(element)
            media = self.resources.get(content.get("ref"))
            reference, rate = self._reference(content, media)
            item = otio.schema.Clip(
                element.get("name"), reference, span(start + offset, rate, duration, self.rate)
            )
            has_picture = media is None or media.tag != "asset" or media.get("hasVideo") == "1"
            sound = sound or not has_picture or content.tag == "audio"
            if is_conformed(element, rate, self.rate) or is_conformed(content, rate, self.rate):
                item.effects.append(otio.schema.TimeEffect("conform-rate", "conform-rate"))
        if speed is None:
            item.effects.append(otio.schema.TimeEffect("timeMap", "timeMap"))
        elif speed != 1:
            item.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(speed)))
        item.enabled = element.get("enabled", "1") != "0"
        own = {key: value for key, value in element.attributes.items() if key not in _TIMING}
        item.metadata[METADATA_KEY] = {"element": element.tag, **own}
        return item, sound

    def _is_plain(self, element: Element, start: Fraction, lasts: Fraction) -> bool:
        """Whether a clip is nothing but one piece of media, from end to end."""
        pictures = [child for child in contained(element) if child.tag not in ("audio", "gap")]
        if not pictures:
            return True
        (first, *others), end = pictures, start + lasts
        if others or first.tag not in ("asset-clip", "clip", "video"):
            return False
        begin = attribute(first, "offset")
        if min(start, end) < begin or max(start, end) > begin + duration_of(first, self.resources):
            return False
        if first.child("timeMap") or (first.tag != "clip" and any(contained(first))):
            return False
        inside = local_start(first, self.resources) + start - begin
        return first.tag != "clip" or self._is_plain(first, inside, lasts)

    def _content(self, element: Element) -> tuple[Element, Fraction]:
        """The element that names the media, and what its media's time is ahead of the element's own."""
        if element.tag not in ("clip", "sync-clip"):
            return element, Fraction(0)
        inner = list(contained(element))
        for wanted in (("asset-clip", "clip", "video"), ("audio",)):
            for child in inner:
                if child.tag in wanted:
                    content, ahead = self._content(child)
                    return content, ahead + local_start(child, self.resources) - attribute(child, "offset")
        return element, Fraction(0)

    def _container(self, element: Element, start: Fraction, duration: Fraction) -> otio.schema.Stack:
        """A clip that is made of several, or of one that does not fill it."""
        inner = self._within(element, self.rate)
        pieces = [child for child in element.children if "lane" not in child.attributes]
        pieces = [child for child in pieces if child.tag == "spine" or child.tag in STORY]
        zero = min([start, *(attribute(child, "offset") for child in pieces)])
        for child in pieces:
            begin = attribute(child, "offset") - zero
            if child.tag == "spine":
                inner._storyline(child, begin, Fraction(0), 0)
            else:
                inner._story(child, begin, 0)
        return inner._stack(element.get("name"), span(start - zero, self.rate, duration, self.rate))

    def _within(self, element: Element, rate: Fraction) -> _Reader:
        """A reader for what lies in an element.

        Raises:
            TimelineError: it lies too deeply.
        """
        if self.depth >= _DEEPEST_NEST:
            raise TimelineError("compound clips are nested too deeply", clip=element.get("name"))
        return _Reader(self.resources, rate, depth=self.depth + 1)

    def _stack(self, name: str, used: otio.opentime.TimeRange | None = None) -> otio.schema.Stack:
        """What was found so far."""
        stack = otio.schema.Stack(name, source_range=used)
        stack.extend(tracks(self.laid, self.rate))
        return stack

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
        """A compound clip, or the angle that a multicam clip shows."""
        media = self.resources.get(element.get("ref"))
        kind = "multicam" if element.tag == "mc-clip" else "sequence"
        holder = media.child(kind) if media else None
        if holder is None:
            what = "multicam" if element.tag == "mc-clip" else "compound"
            raise TimelineError(f"a {what} clip refers to nothing", clip=element.get("name"))
        zero = attribute(holder, "tcStart")
        if "start" not in element.attributes and element.child("timeMap") is None:
            start = zero
        inner = self._within(element, self._rate_of(holder))
        if element.tag == "mc-clip":
            angle = _angle(element, holder)
            # an angle has no beginning of its own: it is that of the first thing in it
            first = next((one for one in angle.children if one.tag in STORY), None)
            inner._storyline(angle, Fraction(0), attribute(first, "offset", zero) if first else zero, 0)
        else:
            inner._sequence(holder)
        return inner._stack(element.get("name"), span(start - zero, inner.rate, duration, self.rate))

    def _markers(self, element: Element) -> Iterator[otio.schema.Marker]:
        for one in element.children:
            if one.tag in _MARKERS:
                place = span(attribute(one, "start"), self.rate, attribute(one, "duration"), self.rate)
                marker = otio.schema.Marker(one.get("value"), place)
                marker.metadata[METADATA_KEY] = {"element": one.tag, **one.attributes}
                yield marker


def _is_sound_angle(element: Element) -> bool:
    """Whether a multicam clip shows no picture of any angle."""
    sources = [one for one in element.children if one.tag == "mc-source"]
    return bool(sources) and not any(one.get("srcEnable", "all") in _SEEN for one in sources)


def _angle(element: Element, multicam: Element) -> Element:
    """The angle whose picture a multicam clip shows.

    Raises:
        TimelineError: it shows none, or one that is not there.
    """
    angles = [one for one in multicam.children if one.tag == "mc-angle"]
    sources = [one for one in element.children if one.tag == "mc-source"]
    seen = [one for one in sources if one.get("srcEnable", "all") in _SEEN]
    wanted = [one.get("angleID") for one in seen or sources or angles[:1]]
    found = next((one for one in angles if one.get("angleID") == wanted[0]), None) if wanted else None
    if found is None:
        raise TimelineError("a multicam clip shows an angle that is not there", clip=element.get("name"))
    return found

"""Final Cut Pro 7 XML as the JSON document of a timeline, field by field what OpenTimelineIO's adapter makes of it."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import opentimelineio as otio
from lumiere_engine.protocol.errors import TimelineError
from opentimelineio.opentime import RationalTime, TimeRange

from ..document import Json, node_of
from .elements import Contents, Rate, by_tag, metadata, moment, number, parse, sequences, text_of, whole

METADATA_KEY = "fcp_xml"
_ITEMS = frozenset(("clipitem", "generatoritem", "transitionitem"))
_DEEPEST_NEST = 20
_OF_SEQUENCES = frozenset(("name", "media", "marker", "duration"))
_OF_ITEMS = frozenset(
    ("name", "start", "end", "in", "out", "duration", "file", "marker", "effect", "rate", "sequence")
)
_OF_FILES = frozenset(("duration", "name", "pathurl", "mediaSource"))

_schema = otio.schema
_NODES = {
    kind: node_of(kind())
    for kind in (
        _schema.Timeline, _schema.Stack, _schema.Track, _schema.Gap, _schema.Clip, _schema.Transition,
        _schema.ExternalReference, _schema.GeneratorReference, _schema.MissingReference,
        _schema.Marker, _schema.Effect, _schema.TimeEffect, _schema.SerializableCollection,
    )
}  # fmt: skip
"""Each kind as OpenTimelineIO writes it when it is new."""


def read_fcp7(data: bytes) -> Json:
    """The document of a file: the timeline of its only sequence, or a collection of several.

    Raises:
        TimelineError: no such XML, no sequence, or times that cannot be.
    """
    root = parse(data)
    if root.tag != "xmeml":
        remedy = "rename it to .fcpxml" if root.tag == "fcpxml" else None
        raise TimelineError(f"XML, but no Final Cut Pro 7 XML: its root is '{root.tag[:40]}'", remedy=remedy)
    contents = Contents(root)
    found = [_Reader(contents).timeline(sequence) for sequence in sequences(root, contents)]
    if not found:
        raise TimelineError("the file holds no sequence", remedy="export the sequence, not a bin or clip")
    if len(found) == 1:
        return found[0]
    return _NODES[_schema.SerializableCollection] | {"name": "Sequences", "children": found}


class _Reader:
    """One sequence.

    Args:
        contents: of the file.
    """

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.references: dict[tuple[int, Rate], tuple[Json, RationalTime]] = {}
        self.depth = 0

    def timeline(self, sequence: Element) -> Json:
        children = by_tag(sequence)
        rate = Rate().within(sequence)
        own = metadata(sequence, _OF_SEQUENCES)
        if "media" not in children:
            raise TimelineError("a sequence in it has no media", clip=text_of(children, "name") or None)
        media = self.contents.of(children["media"])
        told = {kind.tag: found for kind in media if (found := metadata(kind, frozenset(("track",))))}
        if told:
            own.setdefault("media", {}).update(told)
        stack = self.stack(media, rate) | {"name": text_of(children, "name")}
        stack["markers"] = stack["markers"] + _markers(sequence, rate)
        return _NODES[_schema.Timeline] | {
            "name": text_of(children, "name"),
            "metadata": {METADATA_KEY: own} if own else {},
            "global_start_time": _time(moment(self.contents.of(children["timecode"]), rate))
            if "timecode" in children
            else None,
            "tracks": stack,
        }

    def stack(self, media: Element, rate: Rate) -> Json:
        """The tracks in a `media` element."""
        rate = rate.within(media)
        tracks = []
        for kind in map(self.contents.of, media):
            sound = kind.tag.lower() == "audio"
            if not sound and kind.tag.lower() != "video":
                continue
            for track in kind.findall("./track"):
                if not sound or _is_first_channel(track):
                    tracks.append(self.track(self.contents.of(track), "Audio" if sound else "Video", rate))
        return _NODES[_schema.Stack] | {"children": tracks, "markers": _markers(media, rate)}

    def track(self, track: Element, kind: str, rate: Rate) -> Json:
        rate = rate.within(track)
        fps = rate.fps
        own = metadata(track, _ITEMS)
        children: list[Json] = []
        now, head = RationalTime(0, fps), None
        elements = list(track)
        for number_, element in enumerate(elements):
            if element.tag not in _ITEMS:
                continue
            element = self.contents.of(element)
            after = elements[number_ + 1] if number_ + 1 < len(elements) else None
            tail = self.contents.of(after) if after is not None and after.tag == "transitionitem" else None
            place, offset = _place(element, head, tail, rate)
            if now < place.start_time:
                gap = TimeRange(duration=(place.start_time - now).rescaled_to(fps))
                children.append(_NODES[_schema.Gap] | {"source_range": _range(gap)})
            if element.tag == "transitionitem":
                children.append(_transition(element, rate))
                head = element
            else:
                children.append(self.item(element, place, offset, rate))
            now = place.end_time_exclusive()
        return _NODES[_schema.Track] | {
            "name": track.findtext("name") or "",
            "metadata": {METADATA_KEY: own} if own else {},
            "enabled": _is_enabled(track),
            "children": children,
            "kind": kind,
        }

    def item(self, element: Element, place: TimeRange, offset: RationalTime, rate: Rate) -> Json:
        """A clip or nested sequence at its place; `offset` is what a dissolve hides of its beginning."""
        children, around, rate = by_tag(element), rate, rate.within(element)
        fps, begin = rate.fps, RationalTime()
        if "sequence" in children:
            node = self.nested(self.contents.of(children["sequence"]), rate)
        else:
            reference, begin = self.media(element, children, rate)
            node = _NODES[_schema.Clip] | {
                "name": text_of(children, "name"),
                "media_references": {"DEFAULT_MEDIA": reference},
            }
        first = RationalTime(number(text_of(children, "in"), "in point"), fps) + begin + offset
        own = metadata(element, _OF_ITEMS)
        return node | {
            "metadata": {METADATA_KEY: own} if own else {},
            "source_range": _range(TimeRange(first.rescaled_to(fps), place.duration.rescaled_to(fps))),
            "markers": node["markers"] + _markers(element, around),
            "effects": [_effect(self.contents.of(one)) for one in element.findall("./filter")],
            "enabled": _is_enabled(element),
        }

    def nested(self, sequence: Element, rate: Rate) -> Json:
        """A sequence that is used as a clip."""
        children, rate = by_tag(sequence), rate.within(sequence)
        name = text_of(children, "name")
        if self.depth >= _DEEPEST_NEST:
            raise TimelineError("sequences are nested too deeply", clip=name or None)
        if "media" not in children:
            return _NODES[_schema.Stack] | {"name": name}
        self.depth += 1
        stack = self.stack(self.contents.of(children["media"]), rate) | {"name": name}
        self.depth -= 1
        return stack | {"markers": stack["markers"] + _markers(sequence, rate)}

    def media(self, element: Element, children: dict[str, Element], rate: Rate) -> tuple[Json, RationalTime]:
        """The media reference of an item, and the time at which its media begins."""
        if "file" in children:
            file = self.contents.of(children["file"])
            key = id(file), rate
            if key not in self.references:
                self.references[key] = _file_reference(file, rate)
            reference, begin = self.references[key]
            return dict(reference), begin
        effects = element.findall("./effect") if element.tag == "generatoritem" else []
        effect = next((one for one in effects if one.findtext("effecttype") == "generator"), None)
        if effect is None:
            return _NODES[_schema.MissingReference], RationalTime()
        own = metadata(effect, frozenset(("name", "effectid")))
        return _NODES[_schema.GeneratorReference] | {
            "name": effect.findtext("name") or "",
            "generator_kind": effect.findtext("effectid") or "",
            "metadata": {METADATA_KEY: own} if own else {},
        }, RationalTime()


def _place(
    element: Element, head: Element | None, tail: Element | None, rate: Rate
) -> tuple[TimeRange, RationalTime]:
    """Where an item is in its track, up to the cuts that lie within dissolves, and what the first one hides of it."""
    children, fps = by_tag(element), rate.fps
    first, last = whole(children, "start"), whole(children, "end")
    start, end, offset = RationalTime(first, fps), RationalTime(last, fps), RationalTime()
    if first == -1:
        start = _cut(element, head, rate)
        assert head is not None
        offset = start - RationalTime(whole(by_tag(head), "start"), rate.within(head).fps)
    if last == -1:
        end = _cut(element, tail, rate)
    return TimeRange(start, end - start), offset


def _cut(element: Element, transition: Element | None, rate: Rate) -> RationalTime:
    """The time of the cut that a transition lies over.

    Raises:
        TimelineError: there is no transition beside the item.
    """
    if transition is None:
        raise TimelineError(
            "it begins or ends in a transition that is not there", clip=element.findtext("name")
        )
    children = by_tag(transition)
    start, end = whole(children, "start"), whole(children, "end")
    alignment = text_of(children, "alignment")
    middle = int((start + end) / 2)
    side = {"start": start, "start-black": start, "end": end, "end-black": end}
    return RationalTime(side.get(alignment, middle), rate.within(transition).fps)


def _transition(element: Element, rate: Rate) -> Json:
    children, fps = by_tag(element), rate.fps
    cut = _cut(element, element, rate)
    own = metadata(element, _OF_ITEMS)
    return _NODES[_schema.Transition] | {
        "name": element.findtext("./effect/name") or "",
        "metadata": {METADATA_KEY: own} if own else {},
        "transition_type": _schema.TransitionTypes.SMPTE_Dissolve,
        "in_offset": _time(cut - RationalTime(whole(children, "start"), fps)),
        "out_offset": _time(RationalTime(whole(children, "end"), fps) - cut),
    }


def _file_reference(file: Element, rate: Rate) -> tuple[Json, RationalTime]:
    """The reference to a file, and the time at which it begins, counted at its timecode's own rate."""
    children, around, rate = by_tag(file), rate, rate.within(file)
    fps, begin, available = rate.fps, RationalTime(), None
    if "timecode" in children:
        begin = moment(children["timecode"], around)
    if "timecode" in children or "duration" in children:
        length = number(text_of(children, "duration"), "duration") if "duration" in children else 0
        start = (
            moment(children["timecode"], rate).rescaled_to(fps)
            if "timecode" in children
            else RationalTime(0, fps)
        )
        available = _range(TimeRange(start, RationalTime(length, fps)))
    own = metadata(file, _OF_FILES)
    told: Json = {
        "name": text_of(children, "name"),
        "metadata": {METADATA_KEY: own} if own else {},
        "available_range": available,
    }
    if text_of(children, "pathurl"):
        return _NODES[_schema.ExternalReference] | told | {"target_url": text_of(children, "pathurl")}, begin
    if text_of(children, "mediaSource"):
        kind = text_of(children, "mediaSource")
        return _NODES[_schema.GeneratorReference] | told | {"generator_kind": kind}, begin
    return _NODES[_schema.MissingReference] | told, begin


def _effect(filter_: Element) -> Json:
    """A filter; a Time Remap is a time effect of no constant speed, since hosts count its frames each in their way.

    Raises:
        TimelineError: there is no effect in it.
    """
    effect = filter_.find("./effect")
    if effect is None:
        raise TimelineError("a filter in it has no effect")
    children = by_tag(effect)
    own: Json = {
        "name": text_of(children, "name"),
        "metadata": {METADATA_KEY: metadata(effect, frozenset(("name",)))},
    }
    if text_of(children, "effectid") == "timeremap":
        return _NODES[_schema.TimeEffect] | own | {"effect_name": "timeremap"}
    return _NODES[_schema.Effect] | own


def _markers(element: Element, rate: Rate) -> list[Json]:
    """The markers of an element, at its rate."""
    found = element.findall("./marker")
    return [_marker(one, rate.within(element).fps) for one in found]


def _marker(marker: Element, fps: float) -> Json:
    children = by_tag(marker)
    begin = number(text_of(children, "in"), "marker")
    end = number(text_of(children, "out"), "marker")
    own = metadata(marker, frozenset(("in", "out", "name")))
    lasts = RationalTime(end, fps) - RationalTime(begin, fps) if end > 0 else RationalTime(0, fps)
    return _NODES[_schema.Marker] | {
        "name": text_of(children, "name"),
        "metadata": {METADATA_KEY: own} if own else {},
        "marked_range": _range(TimeRange(RationalTime(begin, fps), lasts)),
    }


def _is_first_channel(track: Element) -> bool:
    """Whether a sound track is the one by which all channels of its sound are told."""
    index = track.get("currentExplodedTrackIndex", "0")
    return index == "0" or track.get("totalExplodedTrackCount", "1") == "1"


def _is_enabled(element: Element) -> bool:
    return (element.findtext("enabled") or "").strip().lower() != "false"


def _time(time: RationalTime) -> Json:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": time.rate, "value": time.value}


def _range(span: TimeRange) -> Json:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "duration": _time(span.duration),
        "start_time": _time(span.start_time),
    }

"""A timeline as FCPXML: the lowest track is the primary storyline, all others are connected to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import opentimelineio as otio
from lumiere_engine.protocol.errors import OutputError

from ..media import file_url
from ..positions import is_drop_frame, timeline_rate
from ..times import exact_rate, is_speed
from .times import exact_seconds, text

VERSION = "1.9"
CONFORMED = {
    Fraction(24000, 1001): "23.98", Fraction(24): "24", Fraction(25): "25", Fraction(30000, 1001): "29.97",
    Fraction(30): "30", Fraction(48): "48", Fraction(50): "50", Fraction(60000, 1001): "59.94", Fraction(60): "60",
}  # fmt: skip
"""The rates that Final Cut Pro has, as `conform-rate` spells them."""

_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n\n'


def write_fcpxml(model: otio.schema.Timeline) -> bytes:
    """A file with the timeline as its only project.

    Raises:
        OutputError: it has what FCPXML has not: media that is no movie, a speed that varies, a rate that Final
            Cut Pro does not know.
    """
    rate = exact_rate(timeline_rate(model))
    root = Element("fcpxml", version=VERSION)
    writer = _Writer(rate, "DF" if is_drop_frame(model) else "NDF", SubElement(root, "resources"))
    event = SubElement(SubElement(root, "library"), "event", name=model.name or "Lumiere")
    project = SubElement(event, "project", name=model.name)
    start = model.global_start_time
    project.append(writer.sequence(model.tracks, exact_seconds(start) if start else Fraction(0)))
    writer.finish()
    indent(root, "    ")
    return _HEAD + tostring(root, encoding="utf-8") + b"\n"


@dataclass(frozen=True)
class _Piece:
    """An item of a track, in seconds from its beginning."""

    start: Fraction
    duration: Fraction
    item: Any

    @property
    def end(self) -> Fraction:
        return self.start + self.duration


@dataclass
class _Asset:
    """Media that clips refer to, with what they use of it."""

    id: str
    rate: Fraction
    start: Fraction
    end: Fraction
    url: str
    name: str
    picture: bool = False
    sound: bool = False


@dataclass
class _Writer:
    rate: Fraction
    timecode_format: str
    resources: Element
    formats: dict[Fraction, str] = field(default_factory=dict)
    assets: dict[tuple[str, Fraction], _Asset] = field(default_factory=dict)
    nests: list[Element] = field(default_factory=list)
    count: int = 0

    def sequence(self, stack: otio.schema.Stack, start: Fraction) -> Element:
        """The `sequence` of a stack of tracks; its first frame is at `start`."""
        sequence = Element("sequence", format=self._format(self.rate))
        spine = SubElement(sequence, "spine")
        below, above = 0, 0
        primary: list[tuple[_Piece, Element]] | None = None
        length = exact_seconds(stack.available_range().duration) if len(stack) else Fraction(0)
        for track in stack:
            if not isinstance(track, otio.schema.Track):
                raise OutputError("FCPXML has no clips beside tracks", clip=track.name, remedy="write .otio")
            sound = track.kind == otio.schema.TrackKind.Audio
            if primary is None:
                # sound alone gets a primary storyline without pictures
                primary = self._primary(spine, _pieces(None if sound else track), start, length)
                if not sound:
                    continue
            below, above = (below - 1, above) if sound else (below, above + 1)
            self._connect(primary, _pieces(track), below if sound else above)
        sequence.set("duration", text(length))
        sequence.set("tcStart", text(start))
        sequence.set("tcFormat", self.timecode_format)
        return sequence

    def finish(self) -> None:
        """Add the resources that were used."""
        for rate, number in self.formats.items():
            SubElement(self.resources, "format", id=number, frameDuration=text(1 / rate))
        for asset in self.assets.values():
            self.resources.append(self._asset_element(asset))
        self.resources.extend(self.nests)

    def _primary(
        self, spine: Element, pieces: list[_Piece], start: Fraction, length: Fraction
    ) -> list[tuple[_Piece, Element]]:
        """Fill the primary storyline; what can be connected to, of which the last reaches to the end."""
        end = pieces[-1].end if pieces else Fraction(0)
        if end < length or not pieces:
            pieces = [*pieces, _Piece(end, max(length - end, 1 / self.rate), otio.schema.Gap())]
        made = []
        for piece in pieces:
            element = self._element(piece)
            element.set("offset", text(start + piece.start))
            spine.append(element)
            if element.tag != "transition":
                made.append((piece, element))
        return made

    def _connect(self, primary: list[tuple[_Piece, Element]], pieces: list[_Piece], lane: int) -> None:
        """Connect a track's clips to the primary storyline; those with dissolves as storylines of their own."""
        for is_gap, group in groupby(pieces, key=lambda piece: isinstance(piece.item, otio.schema.Gap)):
            if is_gap:
                continue
            run = list(group)
            if any(isinstance(piece.item, otio.schema.Transition) for piece in run):
                spine = Element("spine")
                for piece in run:
                    element = self._element(piece)
                    element.set("offset", text(piece.start - run[0].start))
                    spine.append(element)
                _anchor(primary, spine, run[0].start, lane)
                continue
            for piece in run:
                element = self._element(piece)
                if lane < 0 and element.tag == "asset-clip":
                    element.set("srcEnable", "audio")
                _anchor(primary, element, piece.start, lane)

    def _element(self, piece: _Piece) -> Element:
        item = piece.item
        if isinstance(item, otio.schema.Transition):
            return Element("transition", name=item.name or "Cross Dissolve", duration=text(piece.duration))
        if isinstance(item, otio.schema.Gap):
            return Element("gap", name="Gap", start="0s", duration=text(piece.duration))
        speed = speed_of(item)
        if isinstance(item, otio.schema.Stack):
            element = Element("ref-clip", ref=self._nest(item), name=item.name)
            begin, asset = exact_seconds(item.trimmed_range().start_time), None
        elif isinstance(item, otio.schema.Clip):
            asset = self._asset(item)
            element = Element("asset-clip", ref=asset.id, name=item.name)
            begin = exact_seconds(item.trimmed_range().start_time)
            if asset.rate != self.rate and asset.picture:
                SubElement(element, "conform-rate", scaleEnabled="0", srcFrameRate=_spelt(asset.rate))
        else:
            kind = item.schema_name()
            raise OutputError(f"FCPXML has no {kind} within a track", clip=item.name, remedy="write .otio")
        if speed != 1:
            limits = (asset.start, asset.end) if asset else (begin, begin + abs(speed) * piece.duration)
            begin, points = time_map(begin, piece.duration, speed, limits, self.rate)
            remap = SubElement(element, "timeMap")
            for time, value in points:
                SubElement(remap, "timept", time=text(time), value=text(value), interp="linear")
        element.set("start", text(begin))
        element.set("duration", text(piece.duration))
        if not item.enabled:
            element.set("enabled", "0")
        for marker in item.markers:
            place = marker.marked_range
            duration = max(exact_seconds(place.duration), 1 / self.rate)
            start = text(exact_seconds(place.start_time))
            SubElement(element, "marker", start=start, duration=text(duration), value=marker.name)
        return element

    def _asset(self, clip: otio.schema.Clip) -> _Asset:
        reference = clip.media_reference
        if not isinstance(reference, otio.schema.ExternalReference) or not reference.target_url:
            raise OutputError("FCPXML refers to movies alone", clip=clip.name, remedy="write .otio")
        used = clip.trimmed_range()
        offered = reference.available_range or used
        url = reference.target_url
        start, end = exact_seconds(offered.start_time), exact_seconds(offered.end_time_exclusive())
        asset = self.assets.get((url, start))
        if asset is None:
            name = reference.name or Path(url).name or clip.name
            asset = _Asset(self._id(), exact_rate(offered.start_time.rate), start, end, url, name)
            self.assets[url, start] = asset
        asset.end = max(asset.end, end)
        sound = isinstance(clip.parent(), otio.schema.Track) and clip.parent().kind == "Audio"
        asset.picture, asset.sound = asset.picture or not sound, asset.sound or sound
        if asset.picture:
            self._format(asset.rate)
        return asset

    def _asset_element(self, asset: _Asset) -> Element:
        element = Element("asset", id=asset.id, name=asset.name, start=text(asset.start))
        element.set("duration", text(asset.end - asset.start))
        if asset.picture:
            element.set("hasVideo", "1")
            element.set("format", self.formats[asset.rate])
        if asset.sound:
            element.set("hasAudio", "1")
        SubElement(element, "media-rep", kind="original-media", src=file_url(asset.url))
        return element

    def _nest(self, stack: otio.schema.Stack) -> str:
        media = Element("media", id=self._id(), name=stack.name)
        media.append(self.sequence(stack, Fraction(0)))
        self.nests.append(media)
        return media.get("id", "")

    def _format(self, rate: Fraction) -> str:
        _spelt(rate)
        if rate not in self.formats:
            self.formats[rate] = self._id()
        return self.formats[rate]

    def _id(self) -> str:
        self.count += 1
        return f"r{self.count}"


def _spelt(rate: Fraction) -> str:
    if rate not in CONFORMED:
        raise OutputError(
            f"Final Cut Pro has no {float(rate):g} frames per second",
            remedy="write .otio, or conform the rate",
        )
    return CONFORMED[rate]


def speed_of(item: Any) -> Fraction:
    """An item's constant speed.

    Raises:
        OutputError: it varies.
    """
    speed = Fraction(1)
    for effect in item.effects:
        if isinstance(effect, otio.schema.LinearTimeWarp) and is_speed(effect.time_scalar):
            speed *= Fraction(effect.time_scalar).limit_denominator(1_000_000)
        elif isinstance(effect, otio.schema.TimeEffect):
            raise OutputError("its speed is not constant", clip=item.name, remedy="write .otio")
    return speed


def time_map(
    begin: Fraction, duration: Fraction, speed: Fraction, limits: tuple[Fraction, Fraction], rate: Fraction
) -> tuple[Fraction, list[tuple[Fraction, Fraction]]]:
    """The clip's own start, on a whole frame, and two points of a map over all that the media has.

    Args:
        begin: the lowest time of the media that is seen.
        duration: how long the clip lasts.
        speed: the media's time per time; negative backwards, 0 a freeze frame.
        limits: the media's first and last time.
        rate: frames per second of the sequence.
    """
    if not speed:
        return Fraction(0), [(Fraction(0), begin), (duration, begin)]
    if speed < 0:  # backwards the last frame comes first
        begin -= speed * duration
    first, last = limits if speed > 0 else limits[::-1]
    ahead = max(Fraction(0), (begin - first) / speed)
    start = Fraction(int(ahead * rate)) / rate
    origin = begin - speed * start
    reach = max((last - origin) / speed, start + duration)
    return start, [(Fraction(0), origin), (reach, origin + speed * reach)]


def _pieces(track: otio.schema.Track | None) -> list[_Piece]:
    """What a track shows, in order; a trimmed track is refused."""
    if track is None:
        return []
    if track.source_range is not None:
        raise OutputError("FCPXML has no trimmed tracks", clip=track.name, remedy="write .otio")
    found: list[_Piece] = []
    now = Fraction(0)
    for item in track:
        if isinstance(item, otio.schema.Transition):
            before, after = exact_seconds(item.in_offset), exact_seconds(item.out_offset)
            found.append(_Piece(now - before, before + after, item))
        else:
            found.append(_Piece(now, exact_seconds(item.trimmed_range().duration), item))
            now = found[-1].end
    return found


def _anchor(primary: list[tuple[_Piece, Element]], element: Element, at: Fraction, lane: int) -> None:
    """Connect an element to what the primary storyline shows at its beginning; before any markers."""
    piece, parent = next((one for one in primary if one[0].end > at), primary[-1])
    local = Fraction(parent.get("start", "0s").rstrip("s"))
    element.set("lane", str(lane))
    element.set("offset", text(local + at - piece.start))
    markers = next((number for number, child in enumerate(parent) if child.tag == "marker"), len(parent))
    parent.insert(markers, element)

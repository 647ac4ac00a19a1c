"""Tracks of what lies at known times in lanes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from ..xml_text import Element
from .times import rational, span


@dataclass(frozen=True)
class Laid:
    """Something in a sequence.

    Attributes:
        lane: 0 for the primary storyline, higher ones above it.
        sound: whether it has no picture.
        start, duration: in seconds from the sequence's beginning.
        item: a clip, a nested stack or a transition.
        element: what it was read from.
    """

    lane: int
    sound: bool
    start: Fraction
    duration: Fraction
    item: Any
    element: Element

    @property
    def end(self) -> Fraction:
        """When it is over."""
        return self.start + self.duration

    @property
    def is_transition(self) -> bool:
        """Whether it lies over a cut, and takes no time of its own."""
        return isinstance(self.item, otio.schema.Transition)


def tracks(laid: list[Laid], rate: Fraction) -> list[otio.schema.Track]:
    """Tracks from the lowest, then those of sound; a lane in which things overlap becomes several."""
    found = []
    for sound, letter, kind in ((False, "V", "Video"), (True, "A", "Audio")):
        found += [
            _track(f"{letter}{number}", kind, row, rate)
            for number, row in enumerate(rows(laid, sound=sound), 1)
        ]
    return found


def rows(laid: list[Laid], *, sound: bool) -> list[list[Laid]]:
    """What is on each track, from the lowest."""
    here = [one for one in laid if one.sound == sound]
    return [row for lane in sorted({one.lane for one in here}) for row in _rows(here, lane)]


def _rows(laid: list[Laid], lane: int) -> list[list[Laid]]:
    """What lies in a lane, in rows without overlaps; transitions go with the first."""
    found: list[list[Laid]] = []
    ends: list[Fraction] = []
    for one in sorted((one for one in laid if one.lane == lane), key=lambda one: one.start):
        if one.is_transition:
            continue
        number = next((number for number, end in enumerate(ends) if end <= one.start), len(found))
        if number == len(found):
            found.append([])
            ends.append(Fraction(0))
        found[number].append(one)
        ends[number] = one.end
    if found:
        found[0] += [one for one in laid if one.lane == lane and one.is_transition]
    return found


def _track(name: str, kind: str, row: list[Laid], rate: Fraction) -> otio.schema.Track:
    track = otio.schema.Track(name, kind=kind)
    items = sorted((one for one in row if not one.is_transition), key=lambda one: one.start)
    dissolves = sorted((one for one in row if one.is_transition), key=lambda one: one.start)
    now = Fraction(0)
    for one in items:
        if one.start > now:
            _add_dissolve(track, dissolves, now, rate)
            track.append(otio.schema.Gap(source_range=span(Fraction(0), rate, one.start - now, rate)))
        _add_dissolve(track, dissolves, one.start, rate)
        track.append(one.item)
        now = one.end
    _add_dissolve(track, dissolves, now, rate)
    return track


def _add_dissolve(track: otio.schema.Track, dissolves: list[Laid], cut: Fraction, rate: Fraction) -> None:
    """The transition over a cut, if there is one; each is used once."""
    if len(track) and isinstance(track[-1], otio.schema.Transition):
        return
    found = next((one for one in dissolves if one.start <= cut <= one.end), None)
    if found is not None:
        dissolves.remove(found)
        found.item.in_offset = rational(cut - found.start, rate)
        found.item.out_offset = rational(found.end - cut, rate)
        track.append(found.item)

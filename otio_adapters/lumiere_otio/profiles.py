"""Formats that go through adapters: what each can carry, and a look at every file that was written.

Adapters lose things, and some of them silently. So a file counts only after it was read back and every picture clip is
where it was, under its name. Formats that cannot carry a whole timeline get the *overlay*: a timeline of the same start
that holds nothing but the new track, to be laid above the editor's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
from lumiere_engine.protocol.errors import OutputError, TimelineError

from .document import one_line
from .positions import picture_clips, record_range, timeline_rate
from .reading import Timeline
from .times import to_frames

METADATA_KEY = "Lumiere"
_SLACK = Fraction(1, 1000)


@dataclass(frozen=True)
class Profile:
    """What a format can carry.

    Attributes:
        name: of the format, for people.
        hosts: who reads it.
        overlay: only the new track is written.
        keeps_start: the timeline's start timecode survives.
        start_in_gap: the format counts from 0, so that the start timecode is a gap before all else.
        needs_rate: the file does not tell its rate: who reads it must be told.
        keeps_names: clips' names survive to the letter.
        options: for the adapter.
        losses: known ones, in words.
    """

    name: str
    hosts: str
    overlay: bool = False
    keeps_start: bool = True
    start_in_gap: bool = False
    needs_rate: bool = False
    keeps_names: bool = True
    options: tuple[tuple[str, object], ...] = ()
    losses: str = ""


PROFILES = {
    ".xml": Profile(
        "Final Cut Pro 7 XML", "Premiere Pro, Resolve", losses="Lumiere's metadata; the sidecar has it"
    ),
    ".fcpxml": Profile(
        "FCPXML", "Final Cut Pro, Resolve", keeps_start=False, losses="the start timecode; Lumiere's metadata"
    ),
    ".edl": Profile(
        "CMX 3600 EDL",
        "all",
        overlay=True,
        start_in_gap=True,
        needs_rate=True,
        keeps_names=False,
        options=(("style", "nucoda"),),
        losses="all tracks but the new one",
    ),
    ".aaf": Profile(
        "AAF",
        "Media Composer",
        overlay=True,
        options=(("use_empty_mob_ids", True),),
        losses="all tracks but the new one; the link to the media, which is found by name",
    ),
}
"""By suffix. `.otio` needs none: it carries everything."""


def write_through_adapter(timeline: Timeline, draft: Path) -> None:
    """Write a file through OpenTimelineIO's adapter, then read it back and compare.

    Raises:
        OutputError: the format cannot carry this timeline; what would be lost is named.
    """
    profile = PROFILES.get(draft.suffix.lower(), Profile(draft.suffix, ""))
    model = _overlay(timeline.model, profile) if profile.overlay else timeline.model
    rate = {"rate": _timecode_rate(timeline_rate(timeline.model))} if profile.needs_rate else {}
    try:
        otio.adapters.write_to_file(model, str(draft), **dict(profile.options), **rate)
    except Exception as error:  # adapters are other people's code and raise anything
        raise OutputError(
            f"{profile.name} cannot carry this timeline: {one_line(error)}",
            clip=timeline.name,
            remedy="write .otio",
        ) from None
    try:
        again = otio.adapters.read_from_file(str(draft), **rate)
        lost = _difference(_places(model, profile), _places(Timeline.from_otio(again).model, profile))
    except TimelineError as error:
        lost = f"what was written cannot be read: {error.message}"
    except Exception as error:
        lost = f"what was written cannot be read: {one_line(error)}"
    if lost:
        raise OutputError(
            f"{profile.name} would not carry this timeline: {lost}", clip=timeline.name, remedy="write .otio"
        )


def _overlay(model: otio.schema.Timeline, profile: Profile) -> otio.schema.Timeline:
    """A timeline of the same start with the new track alone, its clips without metadata.

    Raises:
        OutputError: there is not exactly one new track on the top level.
    """
    new = [track for track in model.tracks if any(METADATA_KEY in item.metadata for item in track)]
    if len(new) != 1:
        raise OutputError(
            f"{profile.name} carries one new track, here are {len(new)}",
            clip=model.name,
            remedy="write .otio",
        )
    rate = timeline_rate(model)
    track = otio.schema.Track(name=new[0].name or "V1", kind=otio.schema.TrackKind.Video)
    start = model.global_start_time
    if start is not None and profile.start_in_gap:
        none = otio.opentime.RationalTime(0, rate)
        track.append(otio.schema.Gap(source_range=otio.opentime.TimeRange(none, start.rescaled_to(rate))))
        start = None
    for item in new[0]:
        track.append(_plain(item, rate))
    result = otio.schema.Timeline(name=model.name, global_start_time=start)
    result.tracks.append(track)
    return result


def _plain(item: otio.core.Item, rate: float) -> otio.core.Item:
    """A gap or clip with its range at the timeline's rate, its media and its speed, and nothing else."""
    source = item.trimmed_range()
    span = otio.opentime.TimeRange(
        otio.opentime.RationalTime(
            float(to_frames(source.start_time, source.start_time.rate)), source.start_time.rate
        ),
        source.duration.rescaled_to(rate),
    )
    if isinstance(item, otio.schema.Gap):
        return otio.schema.Gap(source_range=span)
    offered = item.media_reference
    reference = otio.schema.ExternalReference(offered.target_url, offered.available_range)
    reference.name = Path(offered.target_url).stem
    clip = otio.schema.Clip(name=item.name, media_reference=reference, source_range=span)
    clip.effects.extend(
        otio.schema.LinearTimeWarp(time_scalar=effect.time_scalar)
        for effect in item.effects
        if isinstance(effect, otio.schema.LinearTimeWarp)
    )
    return clip


def _timecode_rate(rate: float) -> float:
    """The nearest rate that timecode can be counted at."""
    return float(otio.opentime.RationalTime.nearest_smpte_timecode_rate(rate))


def _places(model: otio.schema.Timeline, profile: Profile) -> list[tuple[Fraction, Fraction, str, str]]:
    """Start and duration in frames, name and media of each picture clip, in the order of time."""
    rate = timeline_rate(model)
    start = model.global_start_time
    offset = Fraction(0)
    if not profile.keeps_start and start is not None:
        offset = to_frames(start, rate)
    found = []
    for placed in picture_clips(model):
        record = record_range(model, placed)
        name = placed.clip.name if profile.keeps_names else ""
        url = getattr(placed.clip.media_reference, "target_url", "") or ""
        found.append(
            (
                to_frames(record.start_time, rate) - offset,
                to_frames(record.duration, rate),
                name,
                Path(url).name if profile.keeps_names and not profile.overlay else "",
            )
        )
    return sorted(found)


def _difference(
    written: list[tuple[Fraction, Fraction, str, str]], read: list[tuple[Fraction, Fraction, str, str]]
) -> str:
    """The first thing that is not as it was, in words; "" if all is."""
    if len(written) != len(read):
        return f"of {len(written)} picture clips {len(read)} are left"
    for before, after in zip(written, read, strict=True):
        label = before[2] or f"the clip at frame {float(before[0]):g}"
        if before[2] != after[2]:
            return f"{label} would be named '{after[2]}'"
        if before[3] and after[3] and before[3] != after[3]:
            return f"{label} would show {after[3]}"
        for what, one, other in (("starts at", before[0], after[0]), ("lasts", before[1], after[1])):
            if abs(one - other) > _SLACK:
                return f"{label} {what} frame {float(one):g}, and would at {float(other):g}"
    return ""

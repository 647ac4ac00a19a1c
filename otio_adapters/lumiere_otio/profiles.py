"""Formats that go through adapters: what each can carry, and a look at every file that was written.

Adapters lose things, and some of them silently. So a file counts only after it was read back and every picture clip is
where it was, under its name. Formats that cannot carry a whole timeline get the *overlay*: a timeline of the same start
that holds nothing but the new track, to be laid above the editor's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote

import opentimelineio as otio
from lumiere_engine.protocol.errors import LumiereError, OutputError, TimelineError

from .document import one_line
from .fcp7 import FCP7_SUFFIX, insert_fcp7
from .fcpxml import insert_fcpxml, write_fcpxml
from .media import file_name
from .positions import Starts, picture_clips, record_range, start_in_parent, timeline_rate
from .reading import FCPXML_SUFFIX, Timeline, read_timeline, text_file
from .times import exact_rate, to_frames, to_seconds

METADATA_KEY = "Lumiere"
INSERTIONS = {FCPXML_SUFFIX: insert_fcpxml, FCP7_SUFFIX: insert_fcp7}
"""Suffix → what adds a clip to a file's own text, so that nothing else changes."""
ADAPTED = (FCPXML_SUFFIX, FCP7_SUFFIX)
"""Suffixes that are read by other means than OpenTimelineIO's adapter alone."""
_SLACK = 1e-3


@dataclass(frozen=True)
class Profile:
    """What a format can carry.

    Attributes:
        name: of the format, for people.
        hosts: who reads it.
        overlay: only the new track is written.
        start_in_gap: the format counts from 0, so that the start timecode is a gap before all else.
        needs_rate: the file does not tell its rate: who reads it must be told.
        keeps_names: clips' names survive to the letter.
        keeps_ranges: the media's own range survives, so that frames can be counted from its first.
        options: for the adapter.
        losses: known ones, in words.
    """

    name: str
    hosts: str
    overlay: bool = False
    start_in_gap: bool = False
    needs_rate: bool = False
    keeps_names: bool = True
    keeps_ranges: bool = True
    options: tuple[tuple[str, object], ...] = ()
    losses: str = ""


PROFILES = {
    ".xml": Profile(
        "Final Cut Pro 7 XML", "Premiere Pro, Resolve", losses="Lumiere's metadata; the sidecar has it"
    ),
    ".fcpxml": Profile("FCPXML", "Final Cut Pro, Resolve", losses="effects; Lumiere's metadata"),
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


def write_in_format(timeline: Timeline, draft: Path) -> None:
    """Write a file in the format of its suffix, then read it back and compare.

    Raises:
        OutputError: the format cannot carry this timeline; what would be lost is named.
    """
    profile = PROFILES.get(draft.suffix.lower(), Profile(draft.suffix, ""))
    model = _overlay(timeline.model, profile) if profile.overlay else timeline.model
    rate = {"rate": _timecode_rate(timeline_rate(timeline.model))} if profile.needs_rate else {}
    try:
        if not _added(timeline, draft, profile):
            if draft.suffix.lower() == FCPXML_SUFFIX:
                draft.write_bytes(write_fcpxml(model))
            else:
                otio.adapters.write_to_file(model, str(draft), **dict(profile.options), **rate)
    except LumiereError:
        raise
    except Exception as error:  # adapters are other people's code and raise anything
        raise OutputError(
            f"{profile.name} cannot carry this timeline: {one_line(error)}",
            clip=timeline.name,
            remedy="write .otio",
        ) from None
    lost = _loss(model, draft, profile, rate)
    if lost:
        raise OutputError(
            f"{profile.name} would not carry this timeline: {lost}", clip=timeline.name, remedy="write .otio"
        )


def _added(timeline: Timeline, draft: Path, profile: Profile) -> bool:
    """Write the input's own file with the new clip in it, if the input is of this format; whether it was.

    Raises:
        OutputError: the new track is not one above another of the timeline's own.
    """
    suffix = draft.suffix.lower()
    source = None if timeline.path is None else text_file(timeline.path)
    if suffix not in INSERTIONS or source is None or source.suffix.lower() != suffix:
        return False
    tracks = [track for track in timeline.model.tracks if not _is_sound(track)]
    new = [number for number, track in enumerate(tracks) if _is_new(track)]
    clips = [clip for number in new for clip in tracks[number] if isinstance(clip, otio.schema.Clip)]
    if len(clips) != 1 or not new[0]:
        raise OutputError(
            f"a track can be put into {profile.name} above one of the timeline itself, not in a nested one",
            clip=timeline.name,
            remedy="write .otio",
        )
    start = to_seconds(start_in_parent(tracks[new[0]], list(tracks[new[0]]).index(clips[0])))
    draft.write_bytes(INSERTIONS[suffix](source.read_bytes(), new[0] - 1, start, clips[0]))
    return True


def _is_sound(track: otio.core.Composable) -> bool:
    return isinstance(track, otio.schema.Track) and bool(track.kind == otio.schema.TrackKind.Audio)


def _is_new(track: otio.core.Composable) -> bool:
    return isinstance(track, otio.schema.Track) and any(METADATA_KEY in item.metadata for item in track)


def _loss(model: otio.schema.Timeline, draft: Path, profile: Profile, rate: dict[str, float]) -> str:
    """What reading the file again shows to be lost, in words; "" if nothing is."""
    try:
        if draft.suffix.lower() in ADAPTED:
            again = read_timeline(draft)
        else:
            again = Timeline.from_otio(otio.adapters.read_from_file(str(draft), **rate))
        return _difference(_places(model, profile), _places(again.model, profile))
    except TimelineError as error:
        return f"what was written cannot be read: {error.message}"
    except Exception as error:
        return f"what was written cannot be read: {one_line(error)}"


def _overlay(model: otio.schema.Timeline, profile: Profile) -> otio.schema.Timeline:
    """A timeline of the same start with the new track alone, its clips without metadata.

    Raises:
        OutputError: there is not exactly one new track on the top level.
    """
    new = [track for track in model.tracks if _is_new(track)]
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


@dataclass(frozen=True, order=True)
class _Place:
    """A picture clip, as far as a format must carry it.

    Attributes:
        start, duration: on the timeline, in frames.
        name: "" where the format mangles names.
        media: the media's file name; "" where it is not known or not kept.
        first: the media's frame that is seen first, counted from its first; None if the media's range is not
            known.
        speed: the constant speed; None if it varies.
    """

    start: Fraction
    duration: Fraction
    name: str
    media: str
    first: Fraction | None
    speed: float | None


def _places(model: otio.schema.Timeline, profile: Profile) -> list[_Place]:
    """Each picture clip, in the order of time."""
    starts = Starts(model)
    rate = starts.rate
    found = []
    for placed in picture_clips(model):
        clip = placed.clip
        record = record_range(model, placed, starts=starts)
        url = getattr(clip.media_reference, "target_url", "") or ""
        found.append(
            _Place(
                to_frames(record.start_time, rate),
                to_frames(record.duration, rate),
                clip.name if profile.keeps_names else "",
                file_name(unquote(url)) if profile.keeps_names and not profile.overlay else "",
                _first_frame(clip) if profile.keeps_ranges else None,
                _speed(clip),
            )
        )
    return sorted(found, key=lambda one: (one.start, one.duration, one.name, one.media))


def _first_frame(clip: otio.schema.Clip) -> Fraction | None:
    reference = clip.media_reference
    if reference is None or reference.available_range is None:
        return None
    offered, source = reference.available_range.start_time, clip.trimmed_range().start_time
    return (to_seconds(source) - to_seconds(offered)) * exact_rate(offered.rate)


def _speed(clip: otio.schema.Clip) -> float | None:
    speed = 1.0
    for effect in clip.effects:
        if isinstance(effect, otio.schema.LinearTimeWarp):
            speed *= effect.time_scalar
        elif isinstance(effect, otio.schema.TimeEffect):
            return None
    return speed


def _difference(written: list[_Place], read: list[_Place]) -> str:
    """The first thing that is not as it was, in words; "" if all is."""
    if len(written) != len(read):
        return f"of {len(written)} picture clips {len(read)} are left"
    for before, after in zip(written, read, strict=True):
        label = before.name or f"the clip at frame {float(before.start):g}"
        if before.name != after.name:
            return f"{label} would be named '{after.name}'"
        if before.media and after.media and before.media != after.media:
            return f"{label} would show {after.media}"
        if (before.speed is None) != (after.speed is None):
            return f"{label} would change its speed"
        numbers: tuple[tuple[str, Fraction | float | None, Fraction | float | None], ...] = (
            ("starts at frame", before.start, after.start),
            ("lasts", before.duration, after.duration),
            ("shows its media from frame", before.first, after.first),
            ("has the speed", before.speed, after.speed),
        )
        for what, one, other in numbers:
            if one is not None and other is not None and abs(float(one - other)) > _SLACK:
                return f"{label} {what} {float(one):g}, and would {float(other):g}"
    return ""

"""A host's timeline as an .otio file, for the panel, written with the standard library alone."""

from __future__ import annotations

import json
import os
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

from lumiere_engine.protocol.errors import OutputError

from .model import HostClip, HostTimeline, HostTrack

Json = dict[str, Any]
_MARK = "Lumiere"
_KIND = "HostTimeline.1"


def document(timeline: HostTimeline, host: str) -> Json:
    """The timeline as OpenTimelineIO writes it; gaps where nothing lies.

    Clips that cannot be used are there as well, with a missing reference, so that the panel shows all.
    """
    return {
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {_MARK: {"label": _KIND, "host": host}},
        "name": timeline.name,
        "global_start_time": _time(Fraction(timeline.start_frame), timeline.rate),
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "metadata": {},
            "name": "tracks",
            "source_range": None,
            "effects": [],
            "markers": [],
            "enabled": True,
            "children": [_track(track, timeline) for track in timeline.tracks],
        },
    }


def clip_number(timeline: HostTimeline, wanted: HostClip) -> int:
    """The clip's number among the picture clips of the file, as `lumiere clips` counts."""
    clips = [clip for track in timeline.tracks for clip in track.clips]
    return clips.index(wanted)


def write_timeline(timeline: HostTimeline, host: str) -> Path:
    """Write the file, whole or not at all, into the timeline's folder; returns it.

    A file that Lumiere did not write is never replaced: another name is taken then.

    Raises:
        OutputError: the folder cannot be written.
    """
    stem = "".join(c if c.isalnum() or c in "-_. " else "_" for c in timeline.name).strip(" .") or "timeline"
    path, number = timeline.folder / f"{stem}.otio", 1
    while path.exists() and not _is_ours(path, host):
        number += 1
        path = timeline.folder / f"{stem}_{number}.otio"
    try:
        timeline.folder.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=".lumiere-", suffix=".otio", dir=str(timeline.folder))
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(document(timeline, host), file, indent=1)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink()
            raise
    except OSError as error:
        raise OutputError(
            f"the timeline cannot be written: {error.strerror or error}", clip=str(path)
        ) from error
    return path


def _is_ours(path: Path, host: str) -> bool:
    try:
        mark = json.loads(path.read_text(encoding="utf-8"))["metadata"][_MARK]
        return bool(mark["label"] == _KIND and mark["host"] == host)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _track(track: HostTrack, timeline: HostTimeline) -> Json:
    children: list[Json] = []
    now = timeline.start_frame
    for clip in track.clips:
        if clip.record_start > now:
            children.append(_gap(clip.record_start - now, timeline.rate))
        children.append(_clip(clip, timeline))
        now = clip.record_start + clip.record_duration
    return {**_item("Track.1", track.name, None), "kind": "Video", "children": children}


def _gap(duration: int, rate: Fraction) -> Json:
    return _item("Gap.1", "", _range(Fraction(0), rate, Fraction(duration), rate))


def _clip(clip: HostClip, timeline: HostTimeline) -> Json:
    source = _range(clip.source_start, clip.media_rate, Fraction(clip.record_duration), timeline.rate)
    node = _item("Clip.2", clip.name, source)
    node["media_references"] = {"DEFAULT_MEDIA": _reference(clip)}
    node["active_media_reference_key"] = "DEFAULT_MEDIA"
    scalar = clip.speed * timeline.rate / clip.media_rate
    if scalar != 1:
        node["effects"] = [
            {
                "OTIO_SCHEMA": "LinearTimeWarp.1",
                "metadata": {},
                "name": "",
                "effect_name": "LinearTimeWarp",
                "enabled": True,
                "time_scalar": float(scalar),
            }
        ]
    return node


def _reference(clip: HostClip) -> Json:
    base: Json = {"metadata": {}, "name": "", "available_range": None, "available_image_bounds": None}
    if not clip.media or clip.problem:
        return {"OTIO_SCHEMA": "MissingReference.1", **base}
    if clip.media_frames:
        base["available_range"] = _range(
            Fraction(0), clip.media_rate, Fraction(clip.media_frames), clip.media_rate
        )
    return {"OTIO_SCHEMA": "ExternalReference.1", **base, "target_url": clip.media}


def _item(schema: str, name: str, source: Json | None) -> Json:
    return {
        "OTIO_SCHEMA": schema,
        "metadata": {},
        "name": name,
        "source_range": source,
        "effects": [],
        "markers": [],
        "enabled": True,
    }


def _range(start: Fraction, start_rate: Fraction, duration: Fraction, rate: Fraction) -> Json:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": _time(start, start_rate),
        "duration": _time(duration, rate),
    }


def _time(value: Fraction, rate: Fraction) -> Json:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(value)}

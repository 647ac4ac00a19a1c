"""DaVinci Resolve Studio, 19 to 21: a script in Workspace ▸ Scripts, in a process of its own.

The scripting interface answers None where others raise, and to every name: nothing that it returns is believed, the
timeline is read again after placing, and what it can do is asked of `dir()`.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

from lumiere_engine.protocol.errors import LumiereError, TimelineError

from .desk import HostDesk, one_line
from .model import FinishedClip, HostClip, HostTimeline, HostTrack, check_fits
from .rates import exact_rate
from .watching import Watcher

_TRACK = re.compile(r"Lumiere (\d+)")
_VIDEO_ONLY = 1
_PERIOD_S = 2.0
_Ranges = dict[tuple[int, int], tuple[Fraction, Fraction]]


class ResolveHost:
    """The timeline that is open.

    Args:
        resolve: the object that Resolve gives to scripts.
    """

    name = "resolve"

    def __init__(self, resolve: Any) -> None:
        self._resolve = resolve

    def timeline(self) -> HostTimeline:
        """As `Host.timeline`; ranges and speeds come from Resolve's own OTIO export."""
        project, timeline = self._open()
        rate, start = _rate(timeline.GetSetting("timelineFrameRate")), int(timeline.GetStartFrame())
        ranges = self._exported(timeline, start)
        tracks, clips = [], {}
        for number in range(1, int(timeline.GetTrackCount("video")) + 1):
            on_track = []
            for item in timeline.GetItemListInTrack("video", number) or ():
                clip = _clip(item, number, rate, ranges)
                clips[number, clip.record_start] = clip
                on_track.append(clip)
            on_track.sort(key=lambda clip: clip.record_start)
            tracks.append(
                HostTrack(str(timeline.GetTrackName("video", number) or f"V{number}"), tuple(on_track))
            )
        return HostTimeline(
            name=str(timeline.GetName()),
            folder=Path.home() / "Lumiere" / _file_name(str(project.GetName())),
            rate=rate,
            start_frame=start,
            tracks=tuple(tracks),
            selected=tuple(clips[key] for key in _selected(timeline) if key in clips),
        )

    def place(self, clip: FinishedClip) -> str:
        """As `Host.place`. Resolve offers scripts no undo: the track can be deleted."""
        check_fits(clip)
        project, timeline = self._open()
        original, first = clip.original, int(clip.source_start)
        if original.speed != 1:
            raise TimelineError(
                "Resolve gives scripts no way to place a retimed clip",
                clip=original.name,
                remedy="render the retimed shot in place first",
            )
        pool = project.GetMediaPool()
        media = self._imported(pool, clip)
        before = int(timeline.GetTrackCount("video"))
        timeline.AddTrack("video")
        number = before + 1
        if int(timeline.GetTrackCount("video")) != number:
            raise TimelineError("Resolve added no track", clip=original.name)
        name = f"Lumiere {clip.job}"
        timeline.SetTrackName("video", number, name)
        pool.AppendToTimeline(
            [
                {
                    "mediaPoolItem": media,
                    "startFrame": first,
                    "endFrame": first + original.record_duration,  # exclusive, measured from 19.1 on
                    "mediaType": _VIDEO_ONLY,
                    "trackIndex": number,
                    "recordFrame": original.record_start,  # the timeline's own start included
                }
            ]
        )
        there = [
            (int(item.GetStart()), int(item.GetDuration()))
            for item in timeline.GetItemListInTrack("video", number) or ()
        ]
        if there != [(original.record_start, original.record_duration)]:
            timeline.DeleteTrack("video", number)
            raise TimelineError(
                f"Resolve did not place it as asked: {there or 'nothing'}", clip=original.name
            )
        return f"V{number}, {name}"

    def placed(self) -> tuple[int, ...]:
        """As `Host.placed`: tracks carry the number of their job."""
        _, timeline = self._open()
        jobs = []
        for number in range(1, int(timeline.GetTrackCount("video")) + 1):
            match = _TRACK.fullmatch(str(timeline.GetTrackName("video", number)))
            if match and timeline.GetItemListInTrack("video", number):
                jobs.append(int(match[1]))
        return tuple(jobs)

    def _open(self) -> tuple[Any, Any]:
        manager = self._resolve.GetProjectManager() if self._resolve else None
        project = manager.GetCurrentProject() if manager else None
        timeline = project.GetCurrentTimeline() if project else None
        if not timeline:
            raise TimelineError("no timeline is open in Resolve", remedy="open one on the Edit page")
        return project, timeline

    def _exported(self, timeline: Any, start: int) -> _Ranges:
        """Track and record start → the media's first frame, and speed."""
        with tempfile.TemporaryDirectory(prefix="lumiere-") as folder:
            path = Path(folder) / "timeline.otio"
            # the live constants: their values differ between versions
            timeline.Export(str(path), self._resolve.EXPORT_OTIO, self._resolve.EXPORT_NONE)
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise TimelineError(
                    "Resolve exported no OTIO", remedy="Resolve 19 or later is needed"
                ) from error
        return _ranges(document, start)

    def _imported(self, pool: Any, clip: FinishedClip) -> Any:
        items = pool.ImportMedia([str(clip.media)])
        if not items:
            raise TimelineError("Resolve did not import the result", clip=str(clip.media))
        frames = str(items[0].GetClipProperty("Frames") or "")
        if frames.isdigit() and int(frames) != clip.frame_count:
            raise TimelineError(f"Resolve sees {frames} of {clip.frame_count} frames", clip=str(clip.media))
        rate = items[0].GetClipProperty("FPS")
        if rate and _rate(rate) != clip.original.media_rate:
            raise TimelineError(f"Resolve sees {rate} frames per second", clip=str(clip.media))
        return items[0]


def run(given: dict[str, Any]) -> None:
    """The script: place what is finished, open the panel on the selected clip, place what becomes finished.

    Args:
        given: the script's globals, in which Resolve puts `resolve`. Errors are printed to Resolve's console.
    """
    host = ResolveHost(given.get("resolve") or _connected())
    desk = HostDesk(host)
    watcher = Watcher(desk)
    try:
        watcher.watch(desk.open_clip())
        while desk.panel_is_open() or watcher.status:
            time.sleep(_PERIOD_S)
            for line in desk.place_new(watcher.results):
                print(f"Lumiere: {line}")
    except (LumiereError, OSError) as error:
        print(f"Lumiere: {one_line(error)}")
    finally:
        watcher.stop()


def _connected() -> Any:
    """Resolve, as its own module connects to it when a script runs outside."""
    try:
        import DaVinciResolveScript  # type: ignore[import-not-found]
    except ImportError:
        return None
    return DaVinciResolveScript.scriptapp("Resolve")


def _selected(timeline: Any) -> list[tuple[int, int]]:
    """Track number and record start of what is selected, by the best call that this version has."""
    items: list[Any] = []
    if "GetSelectedClips" in dir(timeline):
        items = list(timeline.GetSelectedClips() or ())
    elif timeline.GetCurrentVideoItem():
        items = [timeline.GetCurrentVideoItem()]
    found = []
    for item in items:
        track = item.GetTrackTypeAndIndex()
        if track and track[0] == "video":
            found.append((int(track[1]), int(item.GetStart())))
    return found


def _clip(item: Any, track: int, rate: Fraction, ranges: _Ranges) -> HostClip:
    name, start, duration = str(item.GetName()), int(item.GetStart()), int(item.GetDuration())
    media = item.GetMediaPoolItem()
    path = str(media.GetClipProperty("File Path") or "") if media else ""
    if not path:
        return HostClip(name, start, duration, problem="it has no media file; render it in place first")
    if not Path(path).is_file():
        return HostClip(name, start, duration, problem=f"its media {path} is not there, or an image sequence")
    media_rate = _rate(media.GetClipProperty("FPS"))
    if media_rate != rate:
        problem = (
            f"its media has {media_rate} frames per second, the timeline {rate}: render it in place first"
        )
        return HostClip(name, start, duration, problem=problem)
    found = ranges.get((track, start))
    if found is None:
        return HostClip(name, start, duration, problem="Resolve's OTIO export does not have it")
    frames = str(media.GetClipProperty("Frames") or "")
    count = int(frames) if frames.isdigit() else 0
    return HostClip(name, start, duration, path, media_rate, count, *found)


def _ranges(document: dict[str, Any], start: int) -> _Ranges:
    found: _Ranges = {}
    tracks = [t for t in document["tracks"]["children"] if t.get("kind") == "Video"]
    for number, track in enumerate(tracks, 1):
        now = start
        for child in track["children"]:
            if child["OTIO_SCHEMA"].startswith("Transition"):
                continue
            source = child.get("source_range")
            if child["OTIO_SCHEMA"].startswith("Clip") and source:
                found[number, now] = _source(child, source)
            now += round(source["duration"]["value"]) if source else 0
    return found


def _source(child: dict[str, Any], source: dict[str, Any]) -> tuple[Fraction, Fraction]:
    """First frame of the file, and speed."""
    references = child.get("media_references") or {}
    reference = (
        references.get(child.get("active_media_reference_key", "")) or child.get("media_reference") or {}
    )
    available = reference.get("available_range")
    first = Fraction(source["start_time"]["value"])
    if available:
        first -= Fraction(available["start_time"]["value"])
    speed = Fraction(1)
    for effect in child.get("effects") or ():
        if "time_scalar" in effect:
            speed *= Fraction(effect["time_scalar"]).limit_denominator(10000)
    return first, speed


def _rate(told: Any | None) -> Fraction:
    """A rate as Resolve tells it: 23.976, "29.97 DF", "24"."""
    try:
        return exact_rate(float(str(told).replace("DF", "")))
    except ValueError:
        raise TimelineError(f"Resolve tells '{told}' for a frame rate") from None


def _file_name(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).strip("._") or "project"

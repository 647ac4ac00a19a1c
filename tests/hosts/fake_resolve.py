"""Resolve as its scripting README and third-party measurements on 19.1 to 21.0.4 describe it.

Rules and where they come from: every unknown name answers with a function that gives None, so that `hasattr` is always
true (measured); `recordFrame` is absolute and `endFrame` exclusive (measured; the README gives only the names); an item
that would overlap another is dropped without a word (measured); `Export` takes the live constants (README);
`GetSelectedClips` came with 21.0.4 (README); a track cannot be undone by scripts (README has no call).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Silent:
    """Answers every call that it does not know with None."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_: None


class MediaItem(Silent):
    def __init__(self, path: str, frames: int, fps: float = 24.0) -> None:
        self.properties = {"File Path": path, "Frames": str(frames), "FPS": fps}

    def GetClipProperty(self, name: str) -> Any:
        return self.properties.get(name, "")


class Item(Silent):
    def __init__(
        self, name: str, media: MediaItem, start: int, source: int, duration: int, track: int
    ) -> None:
        self.name, self.media, self.start, self.source = name, media, start, source
        self.duration, self.track, self.speed = duration, track, 1.0

    def GetName(self) -> str:
        return self.name

    def GetStart(self) -> int:
        return self.start

    def GetDuration(self) -> int:
        return self.duration

    def GetMediaPoolItem(self) -> MediaItem:
        return self.media

    def GetTrackTypeAndIndex(self) -> list[Any]:
        return ["video", self.track]


class Timeline(Silent):
    def __init__(self, start: int, constant: object) -> None:
        self.start, self._constant = start, constant
        self.tracks: list[list[Item]] = [[]]
        self.names = ["Video 1"]
        self.selected: list[Item] = []
        self.rate = "24"

    def GetName(self) -> str:
        return "Edit"

    def GetSetting(self, name: str) -> str | None:
        return {"timelineFrameRate": self.rate}.get(name)

    def GetStartFrame(self) -> int:
        return self.start

    def GetTrackCount(self, kind: str) -> int:
        return len(self.tracks) if kind == "video" else 0

    def GetTrackName(self, kind: str, number: int) -> str:
        return self.names[number - 1]

    def SetTrackName(self, kind: str, number: int, name: str) -> bool:
        self.names[number - 1] = name
        return True

    def GetItemListInTrack(self, kind: str, number: int) -> list[Item]:
        return list(self.tracks[number - 1])

    def AddTrack(self, kind: str) -> bool:
        self.tracks.append([])
        self.names.append(f"Video {len(self.tracks)}")
        return True

    def DeleteTrack(self, kind: str, number: int) -> bool:
        del self.tracks[number - 1], self.names[number - 1]
        return True

    def GetCurrentVideoItem(self) -> Item | None:
        return self.selected[0] if self.selected else None

    def Export(self, path: str, kind: object, sub: object) -> bool:
        if kind is not self._constant:
            return False
        Path(path).write_text(json.dumps(self._otio()))
        return True

    def _otio(self) -> dict[str, Any]:
        def span(start: float, duration: float) -> dict[str, Any]:
            return {"start_time": {"value": start, "rate": 24}, "duration": {"value": duration, "rate": 24}}

        tracks = []
        for items in self.tracks:
            children, now = [], self.start
            for item in sorted(items, key=lambda item: item.start):
                if item.start > now:
                    children.append({"OTIO_SCHEMA": "Gap.1", "source_range": span(0, item.start - now)})
                warp = [{"OTIO_SCHEMA": "LinearTimeWarp.1", "time_scalar": item.speed}]
                media = {"available_range": span(86400, float(item.media.properties["Frames"]))}
                children.append(
                    {
                        "OTIO_SCHEMA": "Clip.2",
                        "source_range": span(86400 + item.source, item.duration),
                        "media_references": {"DEFAULT_MEDIA": media},
                        "active_media_reference_key": "DEFAULT_MEDIA",
                        "effects": warp if item.speed != 1 else [],
                    }
                )
                now = item.start + item.duration
            tracks.append({"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": children})
        return {"tracks": {"children": tracks}}


class NewTimeline(Timeline):
    """From 21.0.4 on."""

    def GetSelectedClips(self) -> list[Item]:
        return list(self.selected)

    def GetCurrentVideoItem(self) -> Item | None:
        raise AssertionError("there is a better call")


class MediaPool(Silent):
    def __init__(self, timeline: Timeline, frames: dict[str, int]) -> None:
        self.timeline, self.frames = timeline, frames

    def ImportMedia(self, paths: list[str]) -> list[MediaItem]:
        return [MediaItem(path, self.frames[path]) for path in paths if Path(path).is_file()]

    def AppendToTimeline(self, infos: list[dict[str, Any]]) -> list[Item | None]:
        for info in infos:
            start, duration = info["recordFrame"], info["endFrame"] - info["startFrame"]
            track = self.timeline.tracks[info["trackIndex"] - 1]
            overlaps = any(i.start < start + duration and start < i.start + i.duration for i in track)
            inside = info["endFrame"] <= int(info["mediaPoolItem"].GetClipProperty("Frames"))
            if start >= self.timeline.start and not overlaps and inside:
                name = Path(info["mediaPoolItem"].GetClipProperty("File Path")).name
                made = Item(
                    name, info["mediaPoolItem"], start, info["startFrame"], duration, info["trackIndex"]
                )
                track.append(made)
        return [None]  # not to be trusted


class Resolve(Silent):
    """Manager, project and application in one."""

    def __init__(self, kind: type[Timeline], start: int) -> None:
        self.EXPORT_OTIO, self.EXPORT_NONE = object(), object()
        self.timeline = kind(start, self.EXPORT_OTIO)
        self.frames: dict[str, int] = {}
        self.pool = MediaPool(self.timeline, self.frames)

    def GetProjectManager(self) -> Resolve:
        return self

    def GetCurrentProject(self) -> Resolve:
        return self

    def GetCurrentTimeline(self) -> Timeline:
        return self.timeline

    def GetMediaPool(self) -> MediaPool:
        return self.pool

    def GetName(self) -> str:
        return "Project"

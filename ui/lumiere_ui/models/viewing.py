"""What the viewer shows: which pictures, of which frames, and asking for them ahead of time."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from lumiere_engine.protocol.engine import TimelineResult
from lumiere_engine.protocol.wire import encode
from PySide6.QtCore import QObject, Signal

from .pictures import Decoded, Wish
from .project import ClipItem, Preview, Shot
from .session import Session

MODES = ("plate", "preview", "result", "wipe", "side", "difference", "matte", "origin")
NEEDS_RESULT = ("result", "wipe", "side", "difference", "origin")
GAINS = (1, 2, 4, 8, 16)
PROXY_SIDE = 1280
_NOW, _MATTE, _AHEAD = 0, 1, 5
_AHEAD_FRAMES = 12


class Viewing(QObject):
    """The state of the viewer.

    Args:
        session: what is open.
        parent: with which it ends.
    """

    changed = Signal()
    """Something else is to be drawn."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.mode = "plate"
        self.gain = 4
        self.wipe = 0.5
        self.overlay = True
        self.full_size = False
        self._shown: dict[str, tuple[Hashable, Decoded]] = {}
        session.playhead.moved.connect(self._moved)
        session.playhead.turned.connect(self.refresh)
        session.project_changed.connect(self._reset)
        session.shot_changed.connect(self.refresh)
        session.results.changed.connect(self._results)
        session.effect_changed.connect(self.refresh)
        session.previews.changed.connect(self._previewed)
        session.roto.changed.connect(self.refresh)
        session.pictures.ready.connect(self._ready)

    def set_mode(self, mode: str) -> None:
        """Show something else; what needs a result falls back to the plate where there is none."""
        if (mode in NEEDS_RESULT and self.result is None) or (mode == "preview" and self.preview is None):
            mode = "plate"
        if mode != self.mode:
            self.mode = mode
            self.refresh()

    def toggle_compare(self) -> None:
        """Between plate and result."""
        self.set_mode("plate" if self.mode == "result" else "result")

    def set_gain(self, gain: int) -> None:
        """Of the difference."""
        self.gain = gain
        self.refresh()

    def set_wipe(self, share: float) -> None:
        """Where the wipe stands, 0..1 of the width."""
        self.wipe = min(max(0.0, share), 1.0)
        self.changed.emit()

    def set_overlay(self, shown: bool) -> None:
        """Whether the matte is laid over the plate."""
        self.overlay = shown
        self.refresh()

    def set_full_size(self, full: bool) -> None:
        """Whether every pixel is wanted: the viewer is zoomed in."""
        if full != self.full_size:
            self.full_size = full
            self.refresh()

    @property
    def clip(self) -> ClipItem | None:
        """The clip that is seen: the selected one under the playhead, else the topmost."""
        project, frame = self._session.project, self._session.playhead.frame
        if project is None:
            return None
        under = [
            clip
            for track in reversed(project.tracks)
            for clip in track.clips
            if clip.start <= frame < clip.start + clip.duration
        ]
        chosen = self._session.selected[-1:] or (None,)
        return next((clip for clip in under if clip.index == chosen[0]), under[0] if under else None)

    @property
    def on_shot(self) -> bool:
        """Whether the selected shot is what is seen, so that it can be drawn on."""
        shot, clip = self._session.shot, self.clip
        return shot is not None and clip is not None and shot.clip == clip.index

    @property
    def media_frame(self) -> int:
        """The frame of the media under the playhead."""
        frame = self._session.playhead.frame
        if self.on_shot and self._session.shot is not None:
            return self._session.shot.media_frame(frame)
        clip = self.clip
        return 0 if clip is None else clip.media_start + frame - clip.start

    @property
    def result(self) -> TimelineResult | None:
        """The result of the seen clip, if it is open."""
        clip = self.clip
        return self._session.results.shown(clip.index) if clip is not None and self.on_shot else None

    @property
    def accepted(self) -> bool:
        """Whether the seen result is to stay."""
        clip = self.clip
        return clip is not None and self._session.results.accepted(clip.index)

    @property
    def repairing(self) -> bool:
        """Whether a result stands in the plate's place, to be painted on."""
        return self._session.repairs is not None

    @property
    def preview(self) -> Preview | None:
        """The preview of the seen shot, if there is one."""
        preview, shot = self._session.previews.shown, self._session.shot
        return preview if self.on_shot and preview and shot and preview.plate == shot.media else None

    def picture(self, role: str) -> Decoded | None:
        """What there is to show: "plate", "preview", what is laid "over" that, "result", "difference", "origin" or
        "matte"; the last one until the right one is here, so that nothing flickers."""
        key, request = self._wanted(role, self._session.playhead.frame)
        if request is None:
            self._shown.pop(role, None)
            return None
        found = self._session.pictures.get(key)
        if found is not None:
            self._shown[role] = key, found
            return found
        return self._shown[role][1] if role in self._shown else None

    def is_current(self, role: str) -> bool:
        """Whether `picture` is that of the present frame."""
        key, request = self._wanted(role, self._session.playhead.frame)
        return request is not None and self._session.pictures.get(key) is not None

    @property
    def roles(self) -> tuple[str, ...]:
        """The pictures that the mode is made of."""
        by_mode = {"wipe": ("plate", "result"), "side": ("plate", "result"), "matte": ("plate", "matte")}
        roles = by_mode.get(self.mode, (self.mode,))
        if self.mode == "preview" and self.preview is not None and self.preview.over is not None:
            return (*roles, "over")
        return (*roles, "matte") if self.mode == "plate" and self.overlay else roles

    def _wanted(self, role: str, record: int) -> tuple[Hashable, Wish | None]:
        """Key and request of a picture; no request if there is nothing to show."""
        clip, shot = self.clip, self._session.shot
        side = 0 if self.full_size else PROXY_SIDE
        if clip is None or clip.media is None:
            return None, None
        if role == "plate":
            media = shot.media if self.on_shot and shot is not None else clip.media
            frame = self._media_frame_at(clip, record)
            return ("frame", media, frame, side), _frame(media, frame, side)
        if not self.on_shot or shot is None:
            return None, None
        if role == "matte":
            return self._wanted_matte(record)
        if role == "preview":
            return self._wanted_preview(self.preview, shot, record)
        if role == "over":
            preview = self.preview
            over = None if preview is None else preview.over
            return (None, None) if over is None else self._wanted_preview(over, shot, record)
        result = self.result
        if result is None or result.placement is None:
            return None, None
        start = self._session.results.shown_from(result)
        if role == "result" and not start <= record < start + result.placement.record_duration:
            frame = shot.media_frame(record)  # it covers a part of the shot: elsewhere the plate stands
            return ("frame", shot.media, frame, side), _frame(shot.media, frame, side)
        frame = self._session.results.frame(result, shot, record)
        if role == "difference":
            request = {
                **_frame(shot.media, shot.media_frame(record), side),
                "do": "difference",
                "other": result.media,
                "other_frame": frame,
                "gain": self.gain,
            }
            return ("difference", shot.media, result.media, frame, side, self.gain), request
        shown = result.origin if role == "origin" else result.media
        if shown is None:
            return None, None
        return ("frame", shown, frame, side), _frame(shown, frame, side)

    def _wanted_preview(
        self, preview: Preview | None, shot: Shot, record: int
    ) -> tuple[Hashable, Wish | None]:
        """A frame of a preview; outside of it the plate, so that it can be judged in its place."""
        frame = shot.media_frame(record)
        index = None if preview is None else self._preview_index(preview, shot, record)
        if preview is None or index is None:
            side = 0 if self.full_size else PROXY_SIDE
            return ("frame", shot.media, frame, side), _frame(shot.media, frame, side)
        return ("frame", preview.media, index, 0), _frame(preview.media, index, 0)

    def _preview_index(self, preview: Preview, shot: Shot, record: int) -> int | None:
        """The preview's frame; a loop that is played goes on where the shot begins again, without a jump."""
        head = self._session.playhead
        if not preview.loop or not head.speed:
            return preview.index(shot.media_frame(record))
        begun = preview.index(shot.media_frame(head.played_from)) or 0
        return (begun + head.travelled + record - head.frame) % preview.frames.duration

    @property
    def loops(self) -> bool:
        """Whether a loop is seen, which is played for ever."""
        return self.mode == "preview" and self.preview is not None and self.preview.loop

    def _wanted_matte(self, record: int) -> tuple[Hashable, Wish | None]:
        shot, roto, params = self._session.shot, self._session.roto, self._session.params
        if shot is None or roto.roto is None or not roto.roto.masks:
            return None, None
        grow, feather = getattr(params, "grow", 0.0), getattr(params, "feather", 0.0)
        scale = min(1.0, PROXY_SIDE / max(shot.width, shot.height))
        frame = shot.media_frame(record)
        drawn, size = roto.roto, (max(1, round(shot.width * scale)), max(1, round(shot.height * scale)))

        def request() -> dict[str, Any]:
            return {
                "do": "matte",
                "roto": encode(drawn),
                "frame": frame,
                "width": size[0],
                "height": size[1],
                "soft": True,
                "grow": grow,
                "feather": feather,
            }

        return ("matte", shot.media, frame, roto.revision, grow, feather), request

    def _media_frame_at(self, clip: ClipItem, record: int) -> int:
        shot = self._session.shot
        if shot is not None and shot.clip == clip.index:
            return shot.media_frame(record)
        return max(0, clip.media_start + record - clip.start)

    def _moved(self, _: int) -> None:
        self._session.pictures.forget_wishes(_AHEAD)
        self.refresh()

    def _results(self) -> None:
        if self.mode in NEEDS_RESULT and self.result is None:
            self.mode = "plate"
        self.refresh()

    def _previewed(self) -> None:
        if self.preview is not None:
            self.set_mode("preview")
            self.refresh()
            if self.loops and not self._session.playhead.speed:
                self._session.playhead.toggle()

    def _reset(self) -> None:
        self._shown.clear()
        self.mode = "plate"
        self.refresh()

    def refresh(self) -> None:
        """Ask for what is to be shown now."""
        store, record = self._session.pictures, self._session.playhead.frame
        store.forget_wishes(_NOW)
        store.forget_wishes(_MATTE)
        for role in self.roles:
            key, request = self._wanted(role, record)
            if request is not None:
                store.want(key, request, _MATTE if role == "matte" else _NOW)
        clip, head = self.clip, self._session.playhead
        looped = self.loops and clip is not None
        head.within = (clip.start, clip.start + clip.duration - 1) if looped and clip is not None else None
        direction = -1 if self._session.playhead.speed < 0 else 1
        if self._session.playhead.speed:
            for ahead in range(1, _AHEAD_FRAMES + 1):
                for role in self.roles:
                    key, request = self._wanted(role, record + direction * ahead)
                    if request is not None and role != "matte":
                        store.want(key, request, _AHEAD + ahead)
        self.changed.emit()

    def _ready(self, _: Hashable) -> None:
        self.changed.emit()


def _frame(path: str, frame: int, side: int) -> dict[str, Any]:
    return {"do": "frame", "path": path, "frame": frame, "side": side}

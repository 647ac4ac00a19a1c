"""Tracking a drawn mask for the panel: pictures in a folder beside the drawing, each run in one of its own."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lumiere_engine.client import ask
from lumiere_engine.protocol import Progress
from lumiere_engine.protocol.errors import OutputError, SpecError
from lumiere_engine.protocol.roto import ROTO_SUFFIX, Mask, Roto, Tracked
from lumiere_engine.protocol.wire import encode
from lumiere_ui.models.project import TrackRequest

_SUFFIX = ".tracks"
_OLD_S = 24 * 3600


def track_mask(request: TrackRequest, on_progress: Callable[[Progress], None]) -> tuple[Tracked, ...]:
    """Mattes for the wanted frames: of a mask that is tracked already, only of those that were.

    A finished run is never written to again, so that an undo, and a job that was queued before, find theirs.

    Raises:
        LumiereError: nothing is drawn, or it cannot be read or written.
    """
    frames = request.shot.frames
    drawn = [frame for frame in request.mask.key_frames() if frame in frames]
    if not drawn:
        raise SpecError("nothing is drawn in this clip", remedy="draw the object in one frame first")
    place = request.roto.with_name(request.roto.name[: -len(ROTO_SUFFIX)] + _SUFFIX)
    try:
        place.mkdir(parents=True, exist_ok=True)
        _clear_away(place)
        with tempfile.TemporaryDirectory(prefix=".part-", dir=place) as folder:
            answer = _ask(request, drawn, Path(folder), on_progress)
            known = {int(frame): float(sure) for frame, sure in answer["confidence"].items()}
            kept = _kept(request, drawn, answer)
            if not kept:
                return ()
            final = _free(place, request.mask.id)
            (Path(folder) / "mattes").rename(final)
            return tuple(_runs(final, kept, known))
    except OSError as error:
        raise OutputError(f"the tracking cannot be kept: {error.strerror}", clip=str(place)) from error


def _ask(
    request: TrackRequest, drawn: list[int], folder: Path, on_progress: Callable[[Progress], None]
) -> dict[str, Any]:
    shot = request.shot
    alone = replace(
        request.mask,
        mode="add",
        enabled=True,
        inverted=False,
        tracked=(),
        tracked_from={},
        keys=(),
        paintings=(),
    )
    entries = []
    for frame in drawn:
        # one document for each drawing: without tracking, shapes of different numbers of points cannot stand together
        document = folder / f"{frame}{ROTO_SUFFIX}"
        keys = tuple(key for key in request.mask.keys if key.frame == frame)
        if not keys and request.mask.keys:
            keys = (replace(request.mask.keys[0], frame=frame, knots=request.mask.knots_at(frame)),)
        paintings = tuple(one for one in request.mask.paintings if one.frame == frame)
        mask = replace(alone, keys=keys, paintings=paintings)
        document.write_text(json.dumps(encode(Roto(shot.width, shot.height, (mask,)))), encoding="utf-8")
        entries.append({"frame": frame, "matte": str(document)})
    return ask(
        "track",
        on_progress,
        plate=shot.media,
        frames={"start": shot.frames.start, "duration": shot.frames.duration},
        wanted={"start": request.wanted.start, "duration": request.wanted.duration},
        within=request.within,
        changed=None if request.changed is None else list(request.changed),
        drawn=entries,
        out=str(folder / "mattes"),
    )


def _kept(request: TrackRequest, drawn: list[int], answer: dict[str, Any]) -> list[int]:
    """The frames whose mattes count: those tracked now, and what is drawn among them."""
    found = set(answer["tracked"])
    if request.changed is not None:
        changed = set(request.changed) & set(drawn)
        return sorted(frame for frame in found | changed if _was_tracked(request.mask, frame))
    shots = [range(*shot) for shot in answer["shots"]]
    if request.within is not None:
        shots = [shot for shot in shots if request.within in shot]
    inside = {frame for frame in drawn if frame in request.wanted and any(frame in shot for shot in shots)}
    return sorted(found | inside) if found else []


def _was_tracked(mask: Mask, frame: int) -> bool:
    return any(one.start <= frame < one.end_exclusive for one in mask.tracked)


def _runs(folder: Path, frames: Iterable[int], confidence: dict[int, float]) -> list[Tracked]:
    runs: list[Tracked] = []
    for frame in frames:
        if runs and runs[-1].end_exclusive == frame:
            runs[-1] = replace(runs[-1], confidence=(*runs[-1].confidence, confidence[frame]))
        else:
            runs.append(Tracked(str(folder), frame, (confidence[frame],)))
    return runs


def _clear_away(place: Path) -> None:
    """What panels left that were killed while they tracked."""
    for left in place.glob(".part-*"):
        if time.time() - left.stat().st_mtime > _OLD_S:
            shutil.rmtree(left, ignore_errors=True)


def _free(place: Path, number: int) -> Path:
    run = 1
    while os.path.lexists(place / f"{number}-{run:03d}"):
        run += 1
    return place / f"{number}-{run:03d}"

"""For an artist who paints frames over: a frame as a picture, and which frames are worth painting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lumiere_engine.client import ask
from lumiere_engine.protocol import Progress
from lumiere_engine.protocol.patterns import without_number
from lumiere_ui.models.project import PaintAdvice, Request, Shot
from lumiere_ui.models.shot_notes import painting_name


def export_frame(shot: Shot, frame: int) -> Path:
    """A frame as a PNG beside the media, in a folder of its own, which tells the frame by its name.

    Raises:
        LumiereError: it cannot be read or written, or is there already.
    """
    media = Path(shot.media)
    stem = without_number(media.stem) or "frame"
    output = media.with_name(f"{stem}_paint") / painting_name(stem, frame)
    answer = ask("export_frame", path=shot.media, frame=frame, output=str(output))
    return Path(answer["output"])


def advise_paintings(request: Request, on_progress: Callable[[Progress], None]) -> PaintAdvice:
    """Which frames of a shot to paint.

    Raises:
        LumiereError: the shot cannot be read.
    """
    frames = request.frames or request.shot.frames
    answer = ask(
        "advise_paintings",
        on_progress,
        path=request.shot.media,
        start=frames.start,
        duration=frames.duration,
        painted=[key.frame for key in request.params.keyframes],
    )
    return PaintAdvice(tuple(answer["keys"]), answer["next"], tuple(answer["followed"]))

"""`lumiere track`: from a mask that was drawn in some frames to a matte of the whole clip."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from lumiere_engine.client import ask
from lumiere_engine.protocol import FrameRange, MediaInfo, Progress
from lumiere_engine.protocol.errors import SpecError

from .console import counted


@dataclass(frozen=True)
class Tracking:
    """What there is now.

    Attributes:
        output: the matte movie.
        tracked: how many frames were tracked.
        confidence: by frame, 0..1; 1 where the mask was drawn.
        warn: frames whose mask should be looked at.
    """

    output: Path
    tracked: int
    confidence: dict[str, float]
    warn: list[int]

    def to_wire(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "label": "Tracking.1",
            "output": str(self.output),
            "tracked": self.tracked,
            "confidence": self.confidence,
            "warn": self.warn,
        }

    def text(self) -> str:
        """For people."""
        told = f"{self.output}: {counted(self.tracked, 'frame')} tracked"
        if self.warn:
            told += f"; look at {_spans(self.warn)}, draw there what is wrong, and track again"
        return told


def run(
    source: Path,
    mattes: Sequence[Path],
    frames: Sequence[int],
    to: FrameRange | None,
    output: Path,
    overwrite: bool,
    on_progress: Callable[[Progress], None],
    *,
    conform: bool = False,
    rate: Fraction | None = None,
) -> Tracking:
    """Track masks through a media file.

    Args:
        source: the media.
        mattes: one per drawn frame.
        frames: the drawn frames, counted from 0.
        to: the frames to track; all by default.
        output: a matte movie with all frames of the source; black where nothing was tracked.
        overwrite: replace what has that name.
        on_progress: hears of every frame.
        conform: give a movie of variable rate a constant one.
        rate: frames per second of an image sequence, or the rate to conform to.

    Raises:
        LumiereError: whatever is wrong, in one readable line.
    """
    if len(mattes) != len(frames):
        raise SpecError(
            f"{len(mattes)} mattes for {len(frames)} frames", remedy="give --matte and --frame in pairs"
        )
    reading: dict[str, Any] = {"conform": conform, "rate": None if rate is None else str(rate)}
    info = MediaInfo.from_wire(ask("probe", path=str(source.absolute()), **reading))
    wanted = to or FrameRange(0, info.frame_count)
    with tempfile.TemporaryDirectory(prefix="lumiere-track-") as folder:
        answer = ask(
            "track",
            on_progress,
            plate=str(source.absolute()),
            frames={"start": 0, "duration": info.frame_count},
            wanted={"start": wanted.start, "duration": wanted.duration},
            drawn=[
                {"frame": frame, "matte": str(matte.absolute())}
                for frame, matte in zip(frames, mattes, strict=True)
            ],
            out=folder,
            movie=str(output.absolute()),
            overwrite=overwrite,
            **reading,
        )
    return Tracking(output.absolute(), len(answer["tracked"]), answer["confidence"], answer["warn"])


def _spans(frames: list[int]) -> str:
    """Frames as people write them: "frames 3-7, 9"."""
    spans: list[list[int]] = []
    for frame in frames:
        if spans and frame == spans[-1][1] + 1:
            spans[-1][1] = frame
        else:
            spans.append([frame, frame])
    return "frames " + ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)

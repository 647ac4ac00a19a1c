"""Tracking as a worker does it: drawn masks in, a folder of mattes out that corrections change only in part."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..effects.outputs import refuse_taken_name, refuse_unwritable
from ..frames.commit import make_folder
from ..frames.convert import to_rgb
from ..frames.picture import ColorTags, FrameFormat, Picture, PixelLayout
from ..frames.source import FrameSource, open_source
from ..frames.still import read_still
from ..frames.still_writer import write_still
from ..frames.writer import open_writer
from ..matte.source import core, open_matte
from ..motion.cuts import find_shots, thumbnail
from ..protocol.errors import MatteError, OutputError, SpecError
from ..protocol.messages import Progress
from ..protocol.ranges import FrameRange
from ..tracking.gaps import find_gaps, touched
from ..tracking.shelf import Shelf, analysis_size
from ..tracking.tracks import track as track_gap

Array = np.ndarray
OnProgress = Callable[[Progress], None]

LABEL = "Track.1"
WARN_BELOW = 0.6  # see docs/benchmarks.md: what the confidence is worth
_GREY = (PixelLayout("gray", 8), ColorTags(2, 2, 2, 2))
_SHARE = 0.5  # of a small pixel that must be inside
_EDGE = 2.0  # soft masks come from a smaller picture: their edges are made this much steeper


def track(question: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    """Track drawn masks through a clip.

    Args:
        question: "plate": media; "frames": {"start", "duration"}, the clip's frames, all of which may be looked
            at; "drawn": a list of {"frame", "matte"}, the matte a picture or media with all frames of the plate;
            "out": folder for the mattes, `000012.png` for frame 12, and `track.json`. Optional: "wanted":
            {"start", "duration"}, the frames to track (default: all); "within": a frame, of "wanted" only the shot
            between two cuts that holds it is tracked; "changed": frames whose drawing is new,
            changed or gone since the folder was written: only the stretches beside them are tracked again;
            "movie": a matte movie of all of "frames" to write in the end, black where nothing was tracked;
            "overwrite": whether the movie may replace another; "conform", "rate": as `open_source`.
        on_progress: hears of the stages "read" and "track" (one step per frame; `000012.png` is there by then).

    Returns:
        "tracked": the frames that were tracked now; "confidence": frame → 0..1 of all frames that the folder
        holds (1 where drawn); "warn": those below "warn_below"; "shots": [start, exclusive end] between the cuts.

    Raises:
        SpecError: nothing is drawn in "frames", or "wanted" lies outside.
        MatteError, MediaError: as `open_source` and `open_matte`.
        OutputError: the folder or the movie cannot be written, or the movie would replace what it is made from.
    """
    frames = FrameRange(**question["frames"])
    wanted = FrameRange(**question["wanted"]) if question.get("wanted") else frames
    out = Path(question["out"])
    make_folder(out)
    with (
        _open(question) as source,
        tempfile.TemporaryDirectory(prefix="lumiere-track-") as name,
    ):
        _check(question, frames, wanted, source.frame_count)
        book = _Book(out, source.format, frames)
        if question.get("movie"):
            book.check_movie(question)
        scratch = Path(name)
        drawn = _drawn(question["drawn"], source)
        shelf, shots = _read(source, frames, scratch, on_progress)
        small = {frame - frames.start: _shrunk(core(mask), shelf) for frame, mask in drawn.items()}
        gaps = find_gaps(small, _within(question.get("within"), wanted, frames, shots), shots)
        changed = question.get("changed")
        gaps = touched(gaps, None if changed is None else [frame - frames.start for frame in changed])
        for frame, mask in drawn.items():
            book.write(frame, mask, 1.0)
        tracked: list[int] = []
        total = sum(gap.frames.duration for gap in gaps)
        for gap in gaps:
            for step in track_gap(shelf, gap, small, scratch):
                tracked.append(frames.start + step.index)
                book.write(tracked[-1], _enlarged(step.soft, source), step.confidence)
                on_progress(Progress("track", len(tracked), total))
        book.close()
        if question.get("movie"):
            book.movie(Path(question["movie"]), overwrite=bool(question.get("overwrite")))
    confidence = book.confidence
    return {
        "tracked": sorted(tracked),
        "confidence": {str(frame): confidence[frame] for frame in sorted(confidence)},
        "warn": [frame for frame in sorted(confidence) if confidence[frame] < WARN_BELOW],
        "warn_below": WARN_BELOW,
        "shots": [[frames.start + shot.start, frames.start + shot.end_exclusive] for shot in shots],
    }


def _open(question: dict[str, Any]) -> FrameSource:
    rate = question.get("rate")
    return open_source(
        question["plate"], conform=bool(question.get("conform")), rate=Fraction(rate) if rate else None
    )


def _check(question: dict[str, Any], frames: FrameRange, wanted: FrameRange, count: int) -> None:
    if not FrameRange(0, count).contains_range(frames):
        raise SpecError(f"frames {frames} of a clip that has {count}", clip=str(question["plate"]))
    if not frames.contains_range(wanted):
        raise SpecError(
            f"frames {wanted} cannot be tracked, there are {frames}",
            clip=str(question["plate"]),
            remedy="choose frames that are there",
        )
    numbers = [int(entry["frame"]) for entry in question["drawn"]]
    if not numbers:
        raise SpecError("nothing is drawn", remedy="draw the object in one frame first")
    outside = [number for number in numbers if number not in frames]
    if outside:
        raise SpecError(
            f"a mask is drawn in frame {outside[0]}, and there are {frames}",
            clip=str(question["plate"]),
            remedy="name the frame that it is drawn in; they are counted from 0",
        )


def _within(frame: int | None, wanted: FrameRange, frames: FrameRange, shots: list[FrameRange]) -> FrameRange:
    """The wanted frames counted from the clip's first; of one shot alone if a frame of it is named."""
    counted = wanted.shifted(-frames.start)
    if frame is None:
        return counted
    shot = next((shot for shot in shots if frame - frames.start in shot), FrameRange(0, 0))
    return counted.intersection(shot)


def _drawn(entries: list[dict[str, Any]], source: FrameSource) -> dict[int, Array]:
    """The drawn mattes by frame, h w float32 at the plate's size."""
    found = {}
    for entry in entries:
        with open_matte([Path(entry["matte"])], source.format, source.frame_count) as matte:
            found[int(entry["frame"])] = matte.read(int(entry["frame"]))
    if not any(core(mask).any() for mask in found.values()):
        raise MatteError(
            "the drawn mask is empty", clip=entries[0]["matte"], remedy="white is the object that is tracked"
        )
    return found


def _read(
    source: FrameSource, frames: FrameRange, folder: Path, on_progress: OnProgress
) -> tuple[Shelf, list[FrameRange]]:
    """The clip at analysis size, and its shots counted from its first frame."""
    thumbnails: list[Array] = []

    def pictures() -> Iterator[Array]:
        size = analysis_size(source.format.width, source.format.height)
        for number, picture in enumerate(source.iter(frames), start=1):
            rgb = np.clip(np.rint(to_rgb(picture, source.format) * 255), 0, 255).astype(np.uint8)
            small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
            thumbnails.append(thumbnail(small))
            on_progress(Progress("read", number, frames.duration))
            yield small

    shelf = Shelf(folder, pictures(), frames.duration)
    return shelf, [FrameRange.between(start, end) for start, end in find_shots(thumbnails)]


def _shrunk(mask: Array, shelf: Shelf) -> Array:
    """A mask (h w bool) at analysis size; one that is too thin for it keeps what it touches."""
    size = (shelf.width, shelf.height)
    share = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return share >= _SHARE if (share >= _SHARE).any() else share > 0


def _enlarged(soft: Array, source: FrameSource) -> Array:
    """A soft mask at the plate's size, h w float32 0..1, with edges as wide as a pixel or two."""
    size = (source.format.width, source.format.height)
    large = cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR)
    return np.clip((large - 0.5) * _EDGE + 0.5, 0, 1)


class _Book:
    """The folder of mattes and what is known about them."""

    def __init__(self, folder: Path, fmt: FrameFormat, frames: FrameRange) -> None:
        self._folder, self._frames = folder, frames
        layout, color = _GREY
        # timecode, pixel aspect and file numbers stay: the matte lies over its plate
        self._format = replace(fmt, layout=layout, color=color)
        self._file = folder / "track.json"
        self.confidence = self._known()

    def write(self, frame: int, mask: Array, confidence: float) -> None:
        """One frame's matte (h w float32 0..1) and how far it can be trusted."""
        picture = Picture((np.rint(mask * 255).astype(np.uint8),), self._format.layout)
        final = self._picture(frame)
        part = final.with_name(f".part-{final.name}")
        write_still(part, picture, self._format)
        part.replace(final)
        self.confidence[frame] = round(float(confidence), 4)

    def close(self) -> None:
        """Keep the confidences."""
        part = self._file.with_name(".track.json.part")
        known = {str(frame): self.confidence[frame] for frame in sorted(self.confidence)}
        try:
            part.write_text(json.dumps({"label": LABEL, "confidence": known}), encoding="utf-8")
            part.replace(self._file)
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror}", clip=str(self._file)) from error

    def check_movie(self, question: dict[str, Any]) -> None:
        """Refuse a movie that could not be written in the end, before any work."""
        mattes = [entry["matte"] for entry in question["drawn"]]
        overwrite = bool(question.get("overwrite"))
        refuse_taken_name(question["movie"], [question["plate"], *mattes], overwrite=overwrite)
        fmt = self._format.starting_at(self._frames.start)
        refuse_unwritable(question["movie"], fmt, self._frames.duration, overwrite=overwrite)

    def movie(self, path: Path, *, overwrite: bool) -> None:
        """All frames as one matte movie."""
        black = np.zeros((self._format.height, self._format.width), np.uint8)
        fmt = self._format.starting_at(self._frames.start)
        with open_writer(path, fmt, overwrite=overwrite) as writer:
            for frame in self._frames:
                file = self._picture(frame)
                samples = read_still(file, frame)[0].planes[0].squeeze() if file.exists() else black
                writer.write(Picture((np.ascontiguousarray(samples),), self._format.layout))

    def _picture(self, frame: int) -> Path:
        return self._folder / f"{frame:06d}.png"

    def _known(self) -> dict[int, float]:
        if not self._file.exists():
            return {}
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))["confidence"]
            return {int(frame): float(value) for frame, value in kept.items()}
        except (OSError, ValueError, KeyError, AttributeError):
            return {}  # it is rewritten in a moment, and says nothing that the mattes need

"""What gives a shot a style: Lumiere by picture and by painted frames, each frame alone, colours alone, peers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from lumiere_engine.protocol import FrameRange, JobResult, KeyPicture, StylizeParams
from lumiere_engine.protocol.errors import SpecError

from .clips import read_result, write_clip
from .methods import OnProgress
from .peers import PaintingPeer
from .style_pictures import write_picture

Array = np.ndarray
METHODS = ("identity", "transfer", "alone", "strengths", "painted")
STRENGTHS = (0.5, 0.75, 1.0)
STRONGEST = f"Lumiere α {STRENGTHS[-1]}"
IDENTITY, TRANSFER, ALONE, PAINTED = "identity", "colour transfer", "each frame alone", "frames painted"


class Stylist(Protocol):
    """How the command line stylises a shot; handed in."""

    def __call__(
        self,
        plate: Path,
        output: Path,
        params: StylizeParams,
        frames: FrameRange | None,
        on_progress: OnProgress,
    ) -> JobResult:
        """Do it into `output`, a media file.

        Raises:
            LumiereError: it failed.
        """
        ...


@dataclass(frozen=True)
class Subject:
    """A shot, and the picture whose style it is to get.

    Attributes:
        frames: t h w 3 uint8.
        rate: frames per second.
        picture: the file of the style picture.
        reference: the same, h' w' 3 uint8.
        folder: takes the media of all jobs.
    """

    frames: Array
    rate: Fraction
    picture: Path
    reference: Array
    folder: Path


@dataclass(frozen=True)
class Answer:
    """What a method made of a subject.

    Attributes:
        frames: t' h w 3 uint8, fewer than the shot's where each was made alone.
        seconds: that it took.
        paintings: what frames were painted as by hand, by their numbers.
    """

    frames: Array
    seconds: float
    paintings: dict[int, Array] | None = None


class Methods:
    """All that is compared.

    Args:
        names: of `METHODS`.
        peers: programs that paint as some frames were painted.
        keys: the frames that are painted by hand.
        alone: frames, the first ones, that are painted one by one.
        quality: of the jobs.
        stylise: how the command line does it.

    Raises:
        SpecError: no such method, or a peer's name comes twice.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        peers: tuple[PaintingPeer, ...],
        keys: tuple[int, ...],
        alone: int,
        quality: str,
        stylise: Stylist,
    ) -> None:
        unknown = [name for name in names if name not in METHODS]
        if unknown:
            raise SpecError(
                f"there is no method {', '.join(unknown)}", remedy=f"choose from {', '.join(METHODS)}"
            )
        self._names, self._peers, self._keys = names or METHODS, peers, keys
        self._alone, self._quality, self._stylise = alone, quality, stylise
        if len(set(self.rows)) < len(self.rows):
            raise SpecError("two peers have one name, or that of a method", remedy="name them differently")

    @property
    def rows(self) -> list[str]:
        """Names in the table, in its order."""
        rows = {
            "identity": [IDENTITY],
            "transfer": [TRANSFER],
            "alone": [ALONE],
            "strengths": [f"Lumiere α {strength}" for strength in STRENGTHS],
            "painted": [PAINTED],
        }
        return [row for name in METHODS if name in self._names for row in rows[name]] + [
            p.name for p in self._peers
        ]

    def answers(self, subject: Subject, on_progress: OnProgress) -> Iterator[tuple[str, Answer]]:
        """Row → answer, in the table's order.

        Raises:
            SpecError: a frame to be painted is none of the shot's.
            LumiereError: a job failed.
        """
        studio = _Studio(subject, self._quality, self._stylise, on_progress)
        if "identity" in self._names:
            yield IDENTITY, Answer(subject.frames, 0.0)
        if "transfer" in self._names:
            begun = time.monotonic()
            recoloured = colour_transfer(subject.frames, subject.reference)
            yield TRANSFER, Answer(recoloured, time.monotonic() - begun)
        if "alone" in self._names:
            made = [studio.alone(number) for number in range(min(self._alone, len(subject.frames)))]
            yield (
                ALONE,
                Answer(np.stack([picture for picture, _ in made]), sum(seconds for _, seconds in made)),
            )
        if "strengths" in self._names:
            for strength in STRENGTHS:
                yield f"Lumiere α {strength}", studio.made(replace(studio.params, strength=strength))
        if "painted" in self._names or self._peers:
            yield from self._by_hand(studio)

    def _by_hand(self, studio: _Studio) -> Iterator[tuple[str, Answer]]:
        """From key frames that were painted alone, as an artist would."""
        shape = studio.subject.frames.shape
        beyond = [key for key in self._keys if key >= shape[0]]
        if beyond:
            raise SpecError(
                f"frame {beyond[0]} is to be painted, and the shot has {shape[0]}",
                remedy="name others with --keys; they are counted from 0",
            )
        folder = studio.subject.folder / "keys"
        paintings = {key: studio.alone(key)[0] for key in self._keys}
        files = {key: folder / f"{key:06d}.png" for key in paintings}
        for key, painting in paintings.items():
            write_picture(files[key], painting)
        if "painted" in self._names:
            keyframes = tuple(KeyPicture(key, str(file.absolute())) for key, file in files.items())
            params = StylizeParams(quality=self._quality, keyframes=keyframes)
            yield PAINTED, replace(studio.made(params), paintings=paintings)
        for peer in self._peers:
            yield peer.name, Answer(*peer.run(studio.plate, folder, shape), paintings)


class _Studio:
    """Where the jobs of one subject are done."""

    def __init__(self, subject: Subject, quality: str, stylise: Stylist, on_progress: OnProgress) -> None:
        self.subject, self.plate = subject, subject.folder / "plate.mkv"
        self.params = StylizeParams(quality=quality, reference=str(subject.picture.absolute()))
        self._stylise, self._on_progress = stylise, on_progress
        self._jobs = 0
        self.alone = cache(self._alone)
        write_clip(self.plate, subject.frames, subject.rate)

    def made(self, params: StylizeParams, frames: FrameRange | None = None) -> Answer:
        """The shot, or some frames of it, as a job with these parameters makes it."""
        self._jobs += 1
        output = self.subject.folder / f"result_{self._jobs}.mkv"
        done = self._stylise(self.plate, output, params, frames, self._on_progress)
        shape = self.subject.frames[: None if frames is None else frames.duration].shape
        return Answer(read_result(output, shape), sum(done.seconds.values()))

    def _alone(self, number: int) -> tuple[Array, float]:
        """A frame painted as a shot of one frame, h w 3 uint8, and the seconds that it took."""
        answer = self.made(self.params, FrameRange(number, 1))
        return answer.frames[0], answer.seconds


def colour_transfer(frames: Array, reference: Array) -> Array:
    """Mean and deviation of each L*a*b* channel made those of the reference, frame by frame (Reinhard et al. 2001)."""
    wanted = cv2.cvtColor(np.float32(reference) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    out = []
    for frame in frames:
        lab = cv2.cvtColor(np.float32(frame) / 255, cv2.COLOR_RGB2LAB)
        mine = lab.reshape(-1, 3)
        lab = (lab - mine.mean(0)) * (wanted.std(0) / (mine.std(0) + 1e-6)) + wanted.mean(0)
        rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)
        out.append(np.clip(np.rint(rgb * 255), 0, 255).astype(np.uint8))
    return np.stack(out)

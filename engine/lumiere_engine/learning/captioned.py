"""Clips with captions: what text-to-image networks and temporal layers learn from, see `material`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lumiere_engine.frames.convert import covering, to_rgb
from lumiere_engine.frames.source import open_source
from lumiere_engine.protocol.errors import LumiereError, OutputError, SpecError
from lumiere_engine.protocol.ranges import FrameRange

from .enlarging import shrunk
from .material import Item, find_items
from .params import TrainParams

Array = np.ndarray
MODES = ("nothing", "first", "ends", "every", "box", "region", "small")
"""What of a clip is given: nothing; its first frame; its first and last; every n-th; all but a box; the first
frame, and afterwards all but a region (a cinemagraph); all of it, but small (super-resolution, for networks that
read small pictures)."""


@dataclass(frozen=True)
class CaptionedParams(TrainParams):
    """How a network is taught captioned clips."""

    steps: int = 1000
    """Optimiser steps."""
    learning_rate: float = 1e-3
    """Of Adam, after the warm-up."""
    warmup: int = 100
    """Steps over which the learning rate rises."""
    hold: float = 0.5
    """Share of the steps after which the learning rate begins to fall."""
    ema: float = 0.995
    """Decay of the weights' moving average."""
    batch: int = 8
    """Clips per step."""
    size: tuple[int, int] = (256, 256)
    """Rows and columns of a frame; clips are shrunk and cut to it."""
    frames: int = 16
    """Frames of a window."""
    frame_step: int = 1
    """Frames of the clip from one of the window to the next."""
    unprompted: float = 0.1
    """Share of examples without their caption, which is what guidance leads away from."""
    modes: tuple[str, ...] = ("nothing",)
    """What is given of a clip, see `MODES`; drawn evenly. Anything but "nothing" and "small" makes the network read
    plate and matte."""
    every: int = 4
    """Frames from one given frame to the next in the mode "every"."""
    factor: int = 2
    """Rows and columns of a clip for each of the small one in the mode "small"."""

    def __post_init__(self) -> None:
        unknown = sorted(set(self.modes) - set(MODES))
        if unknown or not self.modes:
            raise SpecError(f"'{unknown[0] if unknown else ''}' is nothing that can be given of a clip")
        if self.batch < 1 or self.frames < 1 or self.frame_step < 1 or self.every < 1 or min(self.size) < 8:
            raise SpecError("a batch, a window and its steps are at least 1, its rows and columns at least 8")
        if "small" in self.modes and set(self.modes) != {"small"}:
            raise SpecError("networks that enlarge learn nothing else", remedy='say modes = ["small"] alone')
        if not 2 <= self.factor <= 8 or ("small" in self.modes and any(n % self.factor for n in self.size)):
            raise SpecError(
                f"rows and columns of {self.size} do not shrink by {self.factor}",
                remedy="choose a factor of 2 to 8, and multiples of it",
            )


@dataclass(frozen=True)
class TemporalTraining(CaptionedParams):
    """How temporal layers are taught; the image network's weights stay as they are."""

    strides: tuple[int, ...] = ()
    """Temporal stride after each spatial down-sampling; nothing said is 2 after each."""
    heads: int = 8
    """Heads of the temporal attention."""
    start: str = "identity"
    """How temporal resampling starts: "identity" (every second frame; a frame repeated) or "he" (at random)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start not in ("identity", "he"):
            raise SpecError(f"'{self.start}' is no way to start", remedy="choose identity or he")


@dataclass(frozen=True)
class CaptionedClip:
    """A clip, reduced and kept."""

    name: str
    """Its file, or shard and file."""
    caption: str
    """Its text, one line."""
    cache: Path
    """An array on disk, t h w 3 uint8."""


@dataclass(frozen=True)
class CaptionedBatch:
    """The examples of one step."""

    clean: Tensor
    """b 3 t h w in [-1, 1]."""
    wanted: Tensor
    """b 1 t h w, the matte M: 1 = generate, 0 = given."""
    small: Tensor | None
    """b 3 t h/factor w/factor in [-1, 1], in the mode "small"."""
    captions: list[str]
    """One each; empty where the example has none."""
    places: Tensor
    """b, where in the schedule: 0 ≤ place < 1."""
    small_places: Tensor
    """b, the same of the small picture's noise."""
    numbers: range
    """Of the examples in the step's whole batch; their noise hangs on it."""
    noise_seed: int
    """Of the noise."""


def gather(
    folder: Path, cache: Path, params: CaptionedParams, on_item: Callable[[int, int], None] | None = None
) -> list[CaptionedClip]:
    """Read and reduce all captioned clips; what is in `cache` is not read again.

    Raises:
        SpecError: nothing there, a caption without a clip, or a clip without a caption or too short.
        OutputError: the cache cannot be written.
    """
    found = find_items(folder)
    clips = []
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for number, item in enumerate(found, start=1):
            clips.append(CaptionedClip(item.name, item.caption, _reduced(item, cache, params)))
            if on_item:
                on_item(number, len(found))
    except OSError as error:
        raise OutputError(f"the cache '{cache}' cannot be written: {error.strerror}") from error
    return clips


def _reduced(item: Item, cache: Path, params: CaptionedParams) -> Path:
    """The cached array of one clip, made if it is missing."""
    key = hashlib.sha256(repr((*item.identity, params.size)).encode()).hexdigest()
    cached = cache / f"{key[:24]}.npy"
    needed = (params.frames - 1) * params.frame_step + 1
    if not cached.exists():
        with item.media(cache) as path, open_source(path, conform=True) as source:
            frames = source.iter(FrameRange(0, source.frame_count))
            first = _fitted(to_rgb(next(frames), source.format), params.size)
            part = cached.with_suffix(".part.npy")
            kept = np.lib.format.open_memmap(part, "w+", np.uint8, (source.frame_count, *first.shape))
            kept[0] = first
            for number, picture in enumerate(frames, start=1):
                kept[number] = _fitted(to_rgb(picture, source.format), params.size)
            kept.flush()
        part.replace(cached)
    count = np.load(cached, mmap_mode="r").shape[0]
    if count < needed:
        raise LumiereError(f"it has {count} frames, and a window needs {needed}", clip=item.name)
    return cached


def _fitted(rgb: Array, size: tuple[int, int]) -> Array:
    """Shrunk until it just covers the size, its middle cut out; h w 3 uint8."""
    return np.rint(covering(np.clip(rgb, 0, 1), size[1], size[0]) * 255).astype(np.uint8)


def draw_batch(
    clips: list[CaptionedClip], params: CaptionedParams, step: int, part: range | None = None
) -> CaptionedBatch:
    """The examples of a step, or a part of them: the same whatever else was drawn."""
    clean, wanted, captions, places, small_places = [], [], [], [], []
    numbers = range(params.batch) if part is None else part
    for index in numbers:
        rng = np.random.default_rng([params.seed, 0x7E47, step, index])
        clip = clips[rng.integers(len(clips))]
        pictures = np.load(clip.cache, mmap_mode="r")
        first = rng.integers(len(pictures) - (params.frames - 1) * params.frame_step)
        window = pictures[first : first + (params.frames - 1) * params.frame_step + 1 : params.frame_step]
        clean.append(torch.from_numpy(window.transpose(3, 0, 1, 2).astype(np.float32) / 127.5 - 1))
        mode = params.modes[rng.integers(len(params.modes))]
        wanted.append(torch.from_numpy(matte_of(mode, rng, window.shape[:3], params.every)))
        captions.append("" if rng.random() < params.unprompted else clip.caption)
        # evenly over the batch: an even spread of noise levels makes a step's gradient less noisy
        places.append((index + rng.random()) / params.batch)
        small_places.append(rng.random())
    seed = int(np.random.default_rng([params.seed, 0x401E, step]).integers(2**62))
    small = torch.stack([shrunk(clip, params.factor) for clip in clean]) if "small" in params.modes else None
    return CaptionedBatch(
        torch.stack(clean),
        torch.stack(wanted),
        small,
        captions,
        torch.tensor(places, dtype=torch.float32),
        torch.tensor(small_places, dtype=torch.float32),
        numbers,
        seed,
    )


def matte_of(mode: str, rng: np.random.Generator, shape: tuple[int, ...], every: int) -> Array:
    """What is to be generated in a mode of `MODES`: 1 t h w float32, 1 = generate."""
    t, h, w = shape
    matte = np.ones((1, t, h, w), np.float32)
    if mode in ("first", "ends", "region"):
        matte[:, 0] = 0
    if mode == "ends":
        matte[:, -1] = 0
    if mode == "every":
        matte[:, ::every] = 0
    if mode in ("box", "region"):
        rows, columns = (
            rng.integers(h // 4, max(h // 4 + 1, 3 * h // 4)),
            rng.integers(w // 4, max(w // 4 + 1, 3 * w // 4)),
        )
        top, left = rng.integers(h - rows + 1), rng.integers(w - columns + 1)
        outside = np.ones((h, w), bool)
        outside[top : top + rows, left : left + columns] = False
        matte[:, :, outside] = 0
    return matte

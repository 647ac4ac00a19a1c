"""The clips and pictures that a prior learns from: found in a folder, their licences known, reduced and kept.

A folder of training material has a `LICENCES.tsv`, tab separated, whose first row names its columns; `file` (path in
the folder) and one that begins with `licence` are read, `author…` too if it is there. What it does not list is not
learnt from.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from lumiere_engine.frames.convert import to_rgb
from lumiere_engine.frames.source import FrameSource, open_source
from lumiere_engine.protocol.errors import LumiereError, OutputError, SpecError
from lumiere_engine.protocol.ranges import FrameRange

Array = np.ndarray
OnItem = Callable[[int, int], None]
"""(items done, all items); may raise to stop."""

LICENCES = "LICENCES.tsv"


@dataclass(frozen=True)
class CorpusParams:
    """How much of each file is taken, and at what size: about that at which holes are completed."""

    clip_side: int = 288
    """Shorter side of a clip's frames, pixels; smaller ones keep their size."""
    picture_side: int = 576
    """Shorter side of a picture, pixels: larger, since a virtual camera moves over it."""
    stretches: int = 3
    """Stretches taken of a clip, spread evenly."""
    stretch_frames: int = 16
    """Frames of a stretch."""
    kept_out: int = 16
    """Every so manieth file is kept out of training, for validation."""


@dataclass(frozen=True)
class Item:
    """One file of the corpus."""

    name: str
    """Its path in the folder."""
    licence: str
    """As its list states it."""
    author: str
    """As its list states it."""
    cache: Path
    """An array on disk: stretches t h w 3 uint8."""

    @property
    def pictures(self) -> Array:
        """n t h w 3 uint8, on disk; a still picture has n = t = 1."""
        return np.load(self.cache, mmap_mode="r")


@dataclass(frozen=True)
class Corpus:
    """Everything that is learnt from, and what is kept out of it."""

    clips: tuple[Item, ...]
    pictures: tuple[Item, ...]
    kept_out: tuple[Item, ...]
    """Clips that are not learnt from, for validation."""
    skipped: tuple[str, ...]
    """Why a listed file is not here, a line each."""

    @property
    def items(self) -> tuple[Item, ...]:
        """All that is learnt from."""
        return (*self.clips, *self.pictures)


def prepare(
    folder: Path, cache: Path, params: CorpusParams | None = None, on_item: OnItem | None = None
) -> Corpus:
    """Read and reduce everything that the folder's list names; what is in `cache` is not read again.

    Args:
        folder: clips and pictures with their `LICENCES.tsv`.
        cache: a folder for the reduced arrays; made if it is missing.
        params: see there.
        on_item: hears of every file.

    Raises:
        SpecError: no list, or nothing that it names is there.
        OutputError: the cache cannot be written.
    """
    params = params or CorpusParams()
    listed = _listed(folder)
    clips: list[Item] = []
    pictures: list[Item] = []
    skipped: list[str] = []
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for number, (name, licence, author) in enumerate(listed, start=1):
            try:
                item = Item(name, licence, author, _reduced(folder / name, cache, params))
                (pictures if item.pictures.shape[:2] == (1, 1) else clips).append(item)
            except LumiereError as error:
                skipped.append(f"{name}: {error}")
            if on_item:
                on_item(number, len(listed))
    except OSError as error:
        raise OutputError(f"the cache '{cache}' cannot be written: {error.strerror}") from error
    if not clips and not pictures:
        raise SpecError("nothing that the list names can be read", clip=str(folder / LICENCES))
    kept_out = clips[params.kept_out - 1 :: params.kept_out]
    return Corpus(
        tuple(clip for clip in clips if clip not in kept_out),
        tuple(pictures),
        tuple(kept_out),
        tuple(skipped),
    )


def _listed(folder: Path) -> list[tuple[str, str, str]]:
    """File, licence, author of every row, sorted by file."""
    path = folder / LICENCES
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
    except OSError as error:
        raise SpecError(
            f"the list of licences cannot be read: {error.strerror}",
            clip=str(path),
            remedy="write one row per file: file, licence, author",
        ) from error
    if not rows or "file" not in rows[0]:
        raise SpecError("the list of licences names no 'file'", clip=str(path))
    licence = next((name for name in rows[0] if name.startswith("licence")), None)
    author = next((name for name in rows[0] if name.startswith("author")), None)
    if licence is None:
        raise SpecError("the list has no column for the licence", clip=str(path))
    entries = [(r["file"], r[licence] or "", (r[author] or "") if author else "") for r in rows]
    unlicensed = [name for name, terms, _ in entries if not terms.strip()]
    if unlicensed:
        raise SpecError(f"no licence is stated for '{unlicensed[0]}'", clip=str(path))
    return sorted(entries)


def _reduced(path: Path, cache: Path, params: CorpusParams) -> Path:
    """The cached array of one file, made if it is missing."""
    if not path.exists():
        raise SpecError("the file is not there", clip=str(path))
    stat = path.stat()
    key = hashlib.sha256(repr((path.name, stat.st_size, stat.st_mtime_ns, params)).encode()).hexdigest()
    cached = cache / f"{key[:24]}.npy"
    if not cached.exists():
        with open_source(path, conform=True) as source:
            pictures = _taken(source, params)
        part = cached.with_suffix(".part.npy")
        np.save(part, pictures)
        part.replace(cached)
    return cached


def _taken(source: FrameSource, params: CorpusParams) -> Array:
    """The stretches of a source, n t h w 3 uint8."""
    if source.frame_count == 1:
        return _small(source, FrameRange(0, 1), params.picture_side)[None]
    length = min(params.stretch_frames, source.frame_count)
    starts = np.unique(np.linspace(0, source.frame_count - length, params.stretches).astype(int))
    return np.stack([_small(source, FrameRange(int(s), length), params.clip_side) for s in starts])


def _small(source: FrameSource, frames: FrameRange, side: int) -> Array:
    fmt = source.format
    factor = min(1.0, side / min(fmt.width, fmt.height))
    size = (max(16, round(fmt.width * factor)), max(16, round(fmt.height * factor)))
    pictures = []
    for picture in source.iter(frames):
        rgb = np.clip(to_rgb(picture, fmt), 0, 1)
        pictures.append(np.rint(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) * 255).astype(np.uint8))
    return np.stack(pictures)

"""The real command line on small real media: a camera that pans, an object, its matte."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest
from lumiere_engine.client import EngineClient
from lumiere_engine.effects.softness import default_growth
from lumiere_engine.frames.convert import picture_from_rgb
from lumiere_engine.frames.picture import ColorTags, FrameFormat, PixelLayout
from lumiere_engine.frames.source import open_source
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.matte.shape import soft_matte
from lumiere_engine.matte.source import core, open_matte

WIDTH, HEIGHT, FRAMES = 128, 72, 10
GROWTH = default_growth(HEIGHT)
YUV = PixelLayout("yuv", 8, chroma_shift=(1, 1))
RGB = PixelLayout("rgb", 8)
FAST = ("--quality", "draft", "--no-imagine")


def lumiere(*arguments: Any, cwd: Path | None = None, timeout_s: float = 120) -> Any:
    """Run the command; its answer as a `CompletedProcess` of text."""
    command = [sys.executable, "-m", "lumiere_plugin", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=timeout_s)


def worker_of_engine() -> psutil.Process | None:
    """The process that works for the engine of these tests now."""
    workers = EngineClient(start=False).info().workers
    return psutil.Process(workers[0]) if workers else None


def write_clip(path: Path, frames: Iterable[np.ndarray], layout: PixelLayout = YUV, **more: Any) -> Path:
    """Float h w 3 pictures as the kind of media that `path` names; `more` goes into its format."""
    writer = None
    for rgb in frames:
        color = ColorTags(1, 1, 1, 1) if layout.family == "yuv" else ColorTags(1, 13, 0, 2)
        height, width = rgb.shape[:2]
        fmt = FrameFormat(width, height, **{"rate": Fraction(24), "layout": layout, "color": color, **more})
        writer = writer or open_writer(path, fmt, overwrite=True)
        writer.write(picture_from_rgb(np.ascontiguousarray(rgb, np.float32), fmt))
    assert writer is not None
    writer.commit()
    return path


def scene(frames: int = FRAMES, step: int = 9) -> list[np.ndarray]:
    """What the camera sees without the object; float h w 3."""
    noise = np.random.default_rng(5).random((HEIGHT, WIDTH + frames * step, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 3.0)
    plane = 0.1 + 0.8 * (soft - soft.min()) / (soft.max() - soft.min())
    return [plane[:, k * step : k * step + WIDTH] for k in range(frames)]


def holes(frames: int = FRAMES) -> list[np.ndarray]:
    """Around the object, drawn generously; bool h w."""
    masks = [np.zeros((HEIGHT, WIDTH), bool) for _ in range(frames)]
    for k, mask in enumerate(masks):
        mask[20:50, 46 + k : 76 + k] = True
    return masks


def with_object(pictures: list[np.ndarray], masks: list[np.ndarray]) -> list[np.ndarray]:
    """A red object in the middle of every mask."""
    margin = np.ones((17, 17), np.uint8)
    inside = [cv2.erode(mask.astype(np.uint8), margin)[..., None] > 0 for mask in masks]
    return [np.where(m, np.float32((0.9, 0.1, 0.1)), p) for p, m in zip(pictures, inside, strict=True)]


def as_matte(masks: list[np.ndarray]) -> list[np.ndarray]:
    return [np.repeat(mask[..., None], 3, -1).astype(np.float32) for mask in masks]


def untouched(matte: Path, plate: Path) -> list[np.ndarray]:
    """Per frame the pixels that the default matte leaves alone: bool h w."""
    with open_source(plate) as source, open_matte([matte], source.format, source.frame_count) as read:
        return [soft_matte(core(read.read(k)), GROWTH, GROWTH / 2) == 0 for k in range(source.frame_count)]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hidden_files(folder: Path) -> list[str]:
    """What lies about: workspaces, partial files."""
    names = [Path(root, name) for root, folders, files in os.walk(folder) for name in folders + files]
    return sorted(str(path.relative_to(folder)) for path in names if path.name.startswith("."))


@dataclass(frozen=True)
class Shot:
    """Media of one shot: all of the same pictures."""

    folder: Path
    plate: Path
    matte: Path
    truth: list[np.ndarray]


@pytest.fixture(scope="session")
def shot(tmp_path_factory: pytest.TempPathFactory) -> Shot:
    """A panning shot as lossless 4:2:0, with timecode; every hidden pixel is seen in another frame."""
    folder = tmp_path_factory.mktemp("shot")
    truth, masks = scene(), holes()
    timecode = {"timecode": "01:00:00:00", "start_frame": 86400}
    plate = write_clip(folder / "plate.mkv", with_object(truth, masks), **timecode)
    return Shot(folder, plate, write_clip(folder / "matte.mkv", as_matte(masks), RGB), truth)


@dataclass(frozen=True)
class Rendered:
    """One run of the command, and what its inputs were before."""

    said: Any
    folder: Path
    output: Path
    before: dict[Path, str]


@pytest.fixture(scope="session")
def rendered(shot: Shot, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """`shot` with the object removed, losslessly."""
    folder = tmp_path_factory.mktemp("rendered")
    before = {path: digest(path) for path in shot.folder.iterdir()}
    said = lumiere("remove", shot.plate, "--matte", shot.matte, "-o", folder / "out.mkv", *FAST, "--json")
    assert said.returncode == 0, said.stderr
    return Rendered(said, folder, folder / "out.mkv", before)


@pytest.fixture(scope="session")
def noise(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A plate that no encoder makes small, and its matte."""
    folder = tmp_path_factory.mktemp("noise")
    frames = [np.random.default_rng(k).random((108, 192, 3)) for k in range(5)]
    spot = np.zeros((108, 192, 3))
    spot[50:62, 90:102] = 1
    return (
        write_clip(folder / "noise.mkv", frames, RGB),
        write_clip(folder / "matte.png", [spot], RGB),
    )


@pytest.fixture(scope="session")
def tools() -> Any:
    """The helpers of this page."""
    return sys.modules[__name__]


@pytest.fixture
def remove(shot: Shot, tmp_path: Path) -> Callable[..., Any]:
    """`lumiere remove` of the shot into `tmp_path / out.mkv`, fast, with more or other options."""

    def _remove(*more: Any, plate: Path = shot.plate, matte: Path = shot.matte, out: str = "out.mkv") -> Any:
        return lumiere("remove", plate, "--matte", matte, "-o", tmp_path / out, *FAST, *more)

    return _remove

"""A camera that pans over a textured wall, a style picture, and jobs on them in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lumiere_engine.effects.performers import perform
from lumiere_engine.frames.convert import picture_from_rgb, to_rgb
from lumiere_engine.frames.picture import ColorTags, FrameFormat, PixelLayout
from lumiere_engine.frames.source import open_source
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.protocol import FrameRange, JobResult, JobSpec, StylizeParams, WorkOrder

Array = np.ndarray
WIDTH, HEIGHT, FRAMES = 96, 64, 8
RGB = PixelLayout("rgb", 8)


def smooth_noise(height: int, width: int, seed: int, softness: float = 3.0) -> Array:
    """H w 3 float32 in 0.1..0.9."""
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), softness)
    return 0.1 + 0.8 * (soft - soft.min()) / (soft.max() - soft.min())


def write(path: Path, frames: Iterable[Array], layout: PixelLayout = RGB) -> Path:
    """Float pictures as lossless media."""
    writer = None
    for rgb in frames:
        fmt = FrameFormat(
            rgb.shape[1], rgb.shape[0], rate=Fraction(24), layout=layout, color=ColorTags(1, 13, 0, 2)
        )
        writer = writer or open_writer(path, fmt, overwrite=True)
        writer.write(picture_from_rgb(np.ascontiguousarray(rgb, np.float32), fmt))
    assert writer is not None
    writer.commit()
    return path


def read(path: Path) -> list[Array]:
    """All frames, h w 3 float32 in 0..1."""
    with open_source(path) as source:
        return [to_rgb(source.read(k), source.format) for k in range(source.frame_count)]


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `plate.mkv` (it pans by 2 pixels a frame), `style.png`, `painted.png` (frame 3) and `matte.png`."""
    folder = tmp_path_factory.mktemp("stylize")
    wall = smooth_noise(HEIGHT, WIDTH + 2 * FRAMES, 5)
    write(folder / "plate.mkv", [wall[:, 2 * k : 2 * k + WIDTH] for k in range(FRAMES)])
    stripes = 0.5 + 0.5 * np.sin(np.arange(120) / 2.0)[:, None, None] * np.array([1, 0.3, -1], np.float32)
    write(folder / "style.png", [np.broadcast_to(stripes, (120, 120, 3))])
    frame = read(folder / "plate.mkv")[3]
    strokes = 0.15 * np.sign(np.sin(np.arange(WIDTH) * 1.1))[None, :, None]
    write(folder / "painted.png", [np.clip(frame[..., ::-1] + strokes, 0, 1)])
    region = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    region[16:48, 20:70] = 1
    write(folder / "matte.png", [region])
    return folder


@pytest.fixture
def styled(media: Path, tmp_path: Path) -> Callable[..., JobResult]:
    """Stylise the plate into `tmp_path / NAME`, as a draft."""

    def _styled(
        name: str = "out.mkv",
        matte: str | None = None,
        save: Path | None = None,
        keep: bool = False,
        frames: FrameRange | None = None,
        plate: str = "plate.mkv",
        **params: Any,
    ) -> JobResult:
        if "reference" in params:
            params["reference"] = str(media / params["reference"])
        spec = JobSpec(
            "stylize",
            str(media / plate),
            () if matte is None else (str(media / matte),),
            frames=frames,
            params=StylizeParams(**{"quality": "draft", **params}),
        )
        kept = None if save is None else str(save)
        order = WorkOrder(spec, str(tmp_path / name), save_network=kept, keep_work=keep)
        return perform(order, lambda _: None)

    return _styled


@pytest.fixture(scope="session")
def tools() -> Any:
    """The helpers of this page."""
    return sys.modules[__name__]

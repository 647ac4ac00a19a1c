"""A small shot with something that swings in front of something that stands."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from lumiere_engine.frames.convert import picture_from_rgb, to_rgb
from lumiere_engine.frames.picture import ColorTags, FrameFormat, PixelLayout
from lumiere_engine.frames.source import open_source
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.protocol import FrameRange

WIDTH, HEIGHT, PERIOD, FRAMES = 160, 96, 20, 50
REGION = (slice(24, 76), slice(40, 124))  # rows, columns


def background(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A texture that stands still, h w 3 float32."""
    noise = np.random.default_rng(3).random((height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return 0.2 + 0.6 * (soft - soft.min()) / (soft.max() - soft.min())


def swinging(frame: int, period: float = PERIOD) -> np.ndarray:
    """The texture with a bright ball in front that swings to and fro, h w 3 float32."""
    rgb = background()
    x = 82 + 26 * np.sin(2 * np.pi * frame / period)
    y = 50 + 8 * np.cos(2 * np.pi * frame / period)
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    ball = np.clip(9 - np.hypot(xs - x, ys - y), 0, 1)[..., None]
    return (rgb * (1 - ball) + ball * np.float32((0.95, 0.8, 0.2))).astype(np.float32)


def write_clip(path: Path, frames: Sequence[np.ndarray], **more: Any) -> Path:
    """Lossless 4:2:0 or, as a picture, RGB."""
    yuv = path.suffix == ".mkv"
    layout = PixelLayout("yuv", 8, chroma_shift=(1, 1)) if yuv else PixelLayout("rgb", 8)
    color = ColorTags(1, 1, 1, 1) if yuv else ColorTags(1, 13, 0, 2)
    height, width = frames[0].shape[:2]
    fmt = FrameFormat(width, height, **{"rate": Fraction(24), "layout": layout, "color": color, **more})
    with open_writer(path, fmt, overwrite=True) as writer:
        for rgb in frames:
            writer.write(picture_from_rgb(np.ascontiguousarray(rgb, np.float32), fmt))
    return path


def read_clip(path: Path) -> np.ndarray:
    """All frames, t h w 3, code values of 255."""
    with open_source(path) as source:
        frames = source.iter(FrameRange(0, source.frame_count))
        return np.stack([255 * to_rgb(picture, source.format) for picture in frames])


def region_mask() -> np.ndarray:
    """H w bool."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[REGION] = True
    return mask


@pytest.fixture(scope="session")
def swing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The shot and the matte of what swings in it."""
    folder = tmp_path_factory.mktemp("swing")
    plate = write_clip(
        folder / "swing.mkv", [swinging(k) for k in range(FRAMES)], timecode="01:00:00:00", start_frame=86400
    )
    matte = np.repeat(region_mask()[..., None], 3, -1).astype(np.float32)
    return plate, write_clip(folder / "matte.png", [matte])

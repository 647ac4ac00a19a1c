"""Small real mattes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from lumiere_engine.frames.picture import ColorTags, FrameFormat, PixelLayout

WIDTH, HEIGHT, FRAMES = 96, 64, 6


def box(k: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """bool h w: a box that moves with the frame."""
    width, height = size
    mask = np.zeros((height, width), bool)
    left = width // 4 + k * width // 32
    mask[height // 4 : height // 2, left : left + width // 4] = True
    return mask


def write_folder(folder: Path, frames: list[np.ndarray], name: str = "{:05d}.png") -> Path:
    """uint8 or uint16 h w [3, BGR] pictures as numbered files."""
    folder.mkdir(parents=True, exist_ok=True)
    for k, frame in enumerate(frames):
        assert cv2.imwrite(str(folder / name.format(k)), frame)
    return folder


def write_matte_movie(path: Path, frames: list[np.ndarray], codec: str = "libx264") -> Path:
    """bool h w masks as a compressed movie."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(24))
        stream.height, stream.width = frames[0].shape
        stream.pix_fmt = "yuv420p"
        for k, mask in enumerate(frames):
            rgb = np.repeat(mask[..., None], 3, -1).astype(np.uint8) * 255
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = k, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def plate() -> FrameFormat:
    """The format of a plate of 96 × 64."""
    layout = PixelLayout("yuv", 8, chroma_shift=(1, 1))
    return FrameFormat(WIDTH, HEIGHT, Fraction(24), layout, ColorTags(1, 1, 1, 1))


@pytest.fixture
def boxes() -> list[np.ndarray]:
    """Six masks, bool h w."""
    return [box(k) for k in range(FRAMES)]


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder of mattes."""
    return lambda frames, name="m": write_folder(tmp_path / name, frames)


@pytest.fixture
def matte_movie() -> Callable[..., Path]:
    """Write a matte movie."""
    return write_matte_movie


@pytest.fixture
def box_of() -> Callable[..., np.ndarray]:
    """`box`."""
    return box

"""Animated pictures: whole or not at all, for ever, in the colours that were given."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from lumiere_engine.frames.convert import picture_from_rgb
from lumiere_engine.frames.picture import ColorTags, FrameFormat, Picture, PixelLayout
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.protocol.errors import OutputError, OutputExistsError

RATE = Fraction(25)
COUNT = 10


def fmt_of(layout: PixelLayout) -> FrameFormat:
    color = ColorTags(1, 1, 1, 1) if layout.family == "yuv" else ColorTags(1, 13, 0, 2)
    return FrameFormat(64, 48, RATE, layout, color)


def frame(number: int) -> np.ndarray:
    """A bar that moves over a slope; h w 3."""
    rgb = np.zeros((48, 64, 3), np.float32)
    rgb[..., 2] = np.linspace(0.1, 0.6, 64)
    rgb[:, number * 4 : number * 4 + 8] = (0.9, 0.2, 0.1)
    return rgb


def written(path: Path, layout: PixelLayout) -> Path:
    fmt = fmt_of(layout)
    with open_writer(path, fmt) as writer:
        for number in range(COUNT):
            writer.write(picture_from_rgb(frame(number), fmt))
    return path


@pytest.mark.parametrize("suffix", [".gif", ".apng"])
@pytest.mark.parametrize(
    "layout", [PixelLayout("rgb", 8), PixelLayout("yuv", 10, chroma_shift=(1, 0))], ids=str
)
def test_frames_colours_and_time_come_back(tmp_path: Path, suffix: str, layout: PixelLayout) -> None:
    with av.open(str(written(tmp_path / f"a{suffix}", layout))) as movie:
        frames = list(movie.decode(video=0))
    assert len(frames) == COUNT
    assert float(frames[-1].pts * frames[-1].time_base) == pytest.approx((COUNT - 1) / RATE, abs=0.011)
    for number in (0, 5, 9):
        found = frames[number].to_ndarray(format="rgb24") / 255
        assert np.abs(found - frame(number))[:, number * 4 + 2 : number * 4 + 6].max() < 0.08
        assert np.abs(found - frame(number)).mean() < 0.03


def test_webp_holds_frames_and_alpha(tmp_path: Path) -> None:
    layout = PixelLayout("rgb", 8, alpha=True)
    fmt = fmt_of(layout)
    path = tmp_path / "a.webp"
    with open_writer(path, fmt) as writer:
        for number in range(COUNT):
            rgba = np.dstack([np.rint(255 * frame(number)), np.zeros((48, 64))]).astype(np.uint8)
            rgba[10:30, :, 3] = 255
            writer.write(Picture((rgba,), layout))
    found, animation = cv2.imreadanimation(str(path))
    assert found and len(animation.frames) == COUNT
    shown = animation.frames[3]
    assert shown.shape[2] == 4 and (shown[12:28, :, 3] == 255).all() and (shown[:8, :, 3] == 0).all()


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".apng"])
def test_what_fails_leaves_nothing_behind(tmp_path: Path, suffix: str) -> None:
    path, fmt = tmp_path / f"a{suffix}", fmt_of(PixelLayout("rgb", 8))
    with pytest.raises(OutputError, match="no frames"), open_writer(path, fmt):
        pass
    with pytest.raises(ZeroDivisionError), open_writer(path, fmt) as writer:
        writer.write(picture_from_rgb(frame(0), fmt))
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"mine")
    with pytest.raises(OutputExistsError):
        open_writer(path, fmt)
    assert path.read_bytes() == b"mine"

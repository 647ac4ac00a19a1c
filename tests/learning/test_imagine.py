"""Imagining: chunks do not matter, known pixels are the truth, memory is bounded by a segment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from lumiere_engine.diffusion import X0Denoiser
from lumiere_engine.learning import ArrayVolume, ImagineParams, Imaginer, imagine, push_pull
from lumiere_engine.learning.shot import Rgb
from lumiere_engine.protocol.errors import Cancelled, SpecError
from lumiere_engine.protocol.ranges import FrameRange
from lumiere_engine.stunet import TINY, STUNet

PARAMS = ImagineParams(
    seed=3,
    steps=2,
    window=(4, 16, 24),
    stride=(3, 12, 16),
    segment=8,
    segment_overlap=3,
    sigma_start=2.0,
    sigma_min=0.5,
)


@pytest.fixture(scope="module")
def denoiser() -> X0Denoiser:
    """Over a network whose last layers are not zero, so that its answer depends on everything it reads."""
    network = STUNet(TINY).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return X0Denoiser(network)


@pytest.fixture(scope="module")
def volume() -> ArrayVolume:
    rng = np.random.default_rng(0)
    known = np.ones((21, 24, 30), bool)
    for frame in range(3, 21):
        known[frame, 8:17, 4 + frame // 2 : 15 + frame // 2] = False
    return ArrayVolume(rng.uniform(-1, 1, (21, 24, 30, 3)).astype(np.float32), known)


@pytest.fixture(scope="module")
def whole(denoiser: X0Denoiser, volume: ArrayVolume) -> Rgb:
    """All frames, rendered at once."""
    return imagine(denoiser, volume, None, FrameRange(0, 21), PARAMS)


def test_any_chunking_gives_the_same_bytes(denoiser: X0Denoiser, volume: ArrayVolume, whole: Rgb) -> None:
    for size in (4, 9):
        chunks = FrameRange(0, 21).chunks(size)
        parts = [imagine(denoiser, volume, None, chunk, PARAMS) for chunk in chunks]
        assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_kept_segments_change_nothing_whatever_the_order(
    denoiser: X0Denoiser, volume: ArrayVolume, whole: Rgb
) -> None:
    imaginer = Imaginer(denoiser, volume, None, PARAMS, keep=1)
    for start in (15, 0, 1, 18):
        assert imaginer.frames(FrameRange(start, 3)).tobytes() == whole[start : start + 3].tobytes()


def test_known_pixels_are_the_truth_and_the_hole_is_imagined(
    denoiser: X0Denoiser, volume: ArrayVolume
) -> None:
    out = imagine(denoiser, volume, None, FrameRange(2, 10), PARAMS)
    known = volume.known[2:12]
    assert np.array_equal(out[known], volume.rgb[2:12][known])
    assert np.isfinite(out).all()
    assert np.abs(out - push_pull(volume.rgb, volume.known)[2:12])[~known].mean() > 0.01


def test_what_the_hole_held_does_not_matter(denoiser: X0Denoiser, volume: ArrayVolume) -> None:
    poisoned = ArrayVolume(np.where(volume.known[..., None], volume.rgb, np.float32(7)), volume.known)
    frames = FrameRange(4, 6)
    assert np.array_equal(
        imagine(denoiser, volume, None, frames, PARAMS), imagine(denoiser, poisoned, None, frames, PARAMS)
    )


def test_a_start_in_memory_and_one_read_piece_by_piece_are_the_same(
    denoiser: X0Denoiser, volume: ArrayVolume
) -> None:
    start = push_pull(volume.rgb, volume.known)

    def read(t0: int, t1: int, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        return start[t0:t1, y0:y1, x0:x1]

    frames = FrameRange(0, 9)
    expected = imagine(denoiser, volume, start, frames, PARAMS)
    assert np.array_equal(imagine(denoiser, volume, read, frames, PARAMS), expected)
    assert np.array_equal(imagine(denoiser, volume, None, frames, PARAMS), expected)


def test_a_network_that_answers_zero_gives_the_start_back(volume: ArrayVolume) -> None:
    out = imagine(X0Denoiser(STUNet(TINY)), volume, None, FrameRange(0, 21), PARAMS)
    assert np.allclose(out, push_pull(volume.rgb, volume.known), atol=1e-5)


def test_another_seed_gives_another_picture(denoiser: X0Denoiser, volume: ArrayVolume) -> None:
    from dataclasses import replace

    frames = FrameRange(4, 4)
    one = imagine(denoiser, volume, None, frames, PARAMS)
    assert not np.array_equal(one, imagine(denoiser, volume, None, frames, replace(PARAMS, seed=4)))


def test_no_more_than_a_segment_is_read_at_once(denoiser: X0Denoiser, volume: ArrayVolume) -> None:
    class Watched:
        shape = volume.shape
        longest = 0

        def read(self, t0: int, t1: int, *rest: int) -> tuple[np.ndarray, np.ndarray]:
            self.longest = max(self.longest, t1 - t0)
            return volume.read(t0, t1, *rest)  # type: ignore[arg-type]

    watched = Watched()
    imagine(denoiser, watched, None, FrameRange(7, 5), PARAMS)
    assert watched.longest == PARAMS.segment


def test_progress_is_told_and_can_stop_the_work(denoiser: X0Denoiser, volume: ArrayVolume) -> None:
    heard: list[tuple[int, int]] = []
    imagine(
        denoiser,
        volume,
        None,
        FrameRange(0, 12),
        PARAMS,
        on_step=lambda step, steps: heard.append((step, steps)),
    )
    assert heard == [(step, heard[0][1]) for step in range(1, heard[0][1] + 1)]

    def stop(step: int, steps: int) -> None:
        raise Cancelled("stopped by the user")

    with pytest.raises(Cancelled):
        imagine(denoiser, volume, None, FrameRange(0, 12), PARAMS, on_step=stop)


def test_frames_that_the_shot_does_not_have_are_refused(denoiser: X0Denoiser, volume: ArrayVolume) -> None:
    with pytest.raises(SpecError, match="21"):
        imagine(denoiser, volume, None, FrameRange(20, 2), PARAMS)


@pytest.mark.parametrize("wrong", [{"sigma_min": 20.0}, {"steps": 0}, {"segment": 8, "segment_overlap": 5}])
def test_parameters_that_make_no_schedule_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        ImagineParams(**wrong)

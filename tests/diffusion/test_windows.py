"""Windows cover everything, hang on the shot and not on the region, and average to the plain answer."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lumiere_engine.diffusion import WindowedDenoiser, WindowGrid, frame_noise
from lumiere_engine.diffusion.windows import fitted, spans, window_weight
from torch import Tensor

GRID = WindowGrid((4, 8, 8), (3, 5, 6))


def _pointwise(x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
    return x.tanh() * sigma[:, None, None, None, None] + cond[:, :3]


def _mean_of_window(x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
    return x.mean((2, 3, 4), keepdim=True).expand_as(x)


def _clip() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x, cond = (
        torch.randn(2, 3, 9, 19, 23, generator=generator),
        torch.randn(2, 4, 9, 19, 23, generator=generator),
    )
    return x, torch.tensor([0.5, 2.0]), cond


def test_windows_of_a_pointwise_denoiser_average_to_the_denoiser() -> None:
    x, sigma, cond = _clip()
    windowed = WindowedDenoiser(_pointwise, GRID, origin=(5, 3, 2))
    assert torch.allclose(windowed(x, sigma, cond), _pointwise(x, sigma, cond), atol=1e-5)


@pytest.mark.parametrize("batch", [2, 3, 100])
def test_the_answer_does_not_depend_on_how_many_windows_are_asked_at_once(batch: int) -> None:
    x, sigma, cond = _clip()
    one = WindowedDenoiser(_mean_of_window, GRID)(x, sigma, cond)
    assert torch.allclose(
        WindowedDenoiser(_mean_of_window, GRID, batch=batch)(x, sigma, cond), one, atol=1e-6
    )


def test_the_answer_minimises_the_weighted_squared_difference_to_all_windows() -> None:
    x, sigma, cond = (value[:1] for value in _clip())
    answer = WindowedDenoiser(_mean_of_window, GRID)(x, sigma, cond)
    slope = torch.zeros_like(answer)
    for window in GRID.windows(((0, 9), (0, 19), (0, 23))):
        (t0, t1), (y0, y1), (x0, x1) = window
        place = (slice(None), slice(None), slice(t0, t1), slice(y0, y1), slice(x0, x1))
        slope[place] += window_weight(window, GRID) * (answer[place] - _mean_of_window(x[place], sigma, cond))
    assert slope.abs().max() < 1e-5


def test_windows_without_anything_to_generate_are_not_asked() -> None:
    x, sigma, cond = _clip()
    windowed = WindowedDenoiser(_pointwise, GRID, wanted=lambda window: False)
    assert torch.equal(windowed(x, sigma, cond), cond[:, :3])


def test_weights_are_positive_smooth_and_highest_in_the_middle() -> None:
    weight = window_weight(((0, 8), (0, 32), (0, 32)), WindowGrid((8, 32, 32), (4, 16, 16)))
    assert weight.min() > 0
    assert weight.max() == weight[3:5, 15:17, 15:17].max()
    line = weight[4, 16]
    assert (line[1:] - line[:-1]).abs().max() < 0.15


@given(first=st.integers(-30, 30), length=st.integers(1, 60), size=st.integers(1, 12), gap=st.integers(0, 11))
def test_spans_cover_every_place_and_none_lies_inside_another(
    first: int, length: int, size: int, gap: int
) -> None:
    stride = max(1, size - gap)
    found = spans(first, first + length, size, stride)
    covered = {at for a, b in found for at in range(a, b)}
    assert covered == set(range(first, first + length))
    assert all(b - a <= size for a, b in found)
    assert len(found) == 1 or all(
        not (c <= a and b <= d) for i, (a, b) in enumerate(found) for j, (c, d) in enumerate(found) if i != j
    )


def test_two_regions_share_the_windows_that_lie_in_both() -> None:
    whole, part = set(spans(0, 60, 8, 6)), set(spans(17, 47, 8, 6))
    inner = {span for span in part if span[0] > 17 and span[1] < 47}
    assert inner
    assert inner <= whole


@given(length=st.integers(1, 900), size=st.integers(2, 130), share=st.floats(0, 0.9))
def test_windows_fitted_to_an_axis_are_of_nearly_one_size(length: int, size: int, share: float) -> None:
    fitted_size, stride = fitted(length, size, int(share * size))
    found = spans(0, length, fitted_size, stride)
    assert fitted_size <= 1.5 * size
    assert found[0][0] == 0 and found[-1][1] == length
    assert all(b - a > fitted_size - len(found) for a, b in found)


def test_windows_that_leave_gaps_are_refused() -> None:
    with pytest.raises(ValueError, match="cover"):
        WindowGrid((4, 8, 8), (5, 8, 8))


def test_a_frame_has_its_own_noise_whatever_else_is_drawn() -> None:
    shape = (3, 6, 5)
    together = frame_noise(7, range(-2, 10), shape)
    assert torch.equal(frame_noise(7, [4], shape)[:, 0], together[:, 6])
    assert torch.equal(frame_noise(7, [9, -2], shape), together[:, [11, 0]])
    assert not torch.equal(frame_noise(8, [4], shape)[:, 0], together[:, 6])
    assert frame_noise(7, [], shape).shape == (3, 0, 6, 5)


def test_noise_is_standard_normal() -> None:
    noise = frame_noise(2**70 + 1, range(20), (3, 64, 64))
    assert abs(noise.mean().item()) < 0.01
    assert noise.std().item() == pytest.approx(1, abs=0.01)
    flat = noise.flatten(2).flatten(0, 1).reshape(3, 20, -1)
    assert abs((flat[:, :-1] * flat[:, 1:]).mean().item()) < 0.01

"""Fitting a shot: it learns, it resumes bit for bit, it can be stopped."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from lumiere_engine.diffusion import X0Denoiser
from lumiere_engine.learning import ArrayVolume, FitParams, FitState, ImagineParams, fit_shot, held_out_error
from lumiere_engine.learning.held_out import trusted
from lumiere_engine.learning.trainer import learning_rate
from lumiere_engine.protocol.errors import Cancelled, LumiereError, SpecError, UnknownVersionError
from lumiere_engine.stunet import TINY, STUNet

PARAMS = FitParams(steps=6, batch=2, window=(4, 16, 16), warmup=2, reserve=1)


@pytest.fixture
def volume() -> ArrayVolume:
    """Soft waves that stand still, and a hole that stands still."""
    _, y, x = np.mgrid[:8, :40, :48].astype(np.float32)
    rgb = np.stack([0.6 * np.sin(x / 4 + k) * np.cos(y / 5) for k in range(3)], 3).astype(np.float32)
    known = np.ones((8, 40, 48), bool)
    known[:, 14:26, 18:30] = False
    return ArrayVolume(np.where(known[..., None], rgb, 0).astype(np.float32), known)


def test_an_interrupted_and_resumed_fit_is_the_uninterrupted_one_bit_for_bit(
    volume: ArrayVolume, tmp_path: Path
) -> None:
    whole = fit_shot(STUNet(TINY), volume, PARAMS)

    def stop(step: int, loss: float) -> None:
        if step == 5:
            raise Cancelled("stopped by the user")

    saved: list[FitState] = []
    with pytest.raises(Cancelled):
        fit_shot(STUNet(TINY), volume, PARAMS, on_step=stop, save=saved.append, save_every=2)
    assert [state.step for state in saved] == [2, 4]
    saved[0].save(tmp_path / "fit")
    resumed = fit_shot(STUNet(TINY, seed=99), volume, PARAMS, resume=FitState.load(tmp_path / "fit"))
    assert resumed.losses == whole.losses
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name])


def test_the_same_fit_twice_gives_the_same_weights_and_another_seed_others(volume: ArrayVolume) -> None:
    torch.manual_seed(1)
    first = fit_shot(STUNet(TINY), volume, PARAMS).network.state_dict()
    torch.manual_seed(2)
    second = fit_shot(STUNet(TINY), volume, PARAMS).network.state_dict()
    other = fit_shot(STUNet(TINY), volume, replace(PARAMS, seed=7)).network.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["leave.weight"], other["leave.weight"])


def test_a_fit_continues_stripes_into_places_it_never_saw(volume: ArrayVolume) -> None:
    x = np.broadcast_to(np.arange(48, dtype=np.float32), (8, 40, 48))
    rgb = np.stack([0.6 * np.sin(x + k) for k in range(3)], 3)
    stripes = ArrayVolume(np.where(volume.known[..., None], rgb, 0).astype(np.float32), volume.known)
    params = FitParams(steps=120, batch=4, window=(2, 24, 24), learning_rate=3e-3, reserve=1)
    result = fit_shot(STUNet(TINY), stripes, params)
    imagining = ImagineParams(window=(2, 32, 32), stride=(2, 24, 24), segment=8, segment_overlap=2)
    error = held_out_error(X0Denoiser(result.network), stripes, imagining, reserve=1, seed=params.seed)
    assert error.pixels > 0
    assert error.ratio < 0.5
    assert error.trust > 0.9
    assert error.blended <= min(error.imagined, error.start)
    assert error.saved == pytest.approx(1 - error.blended / error.start) and error.saved > 0.5


def test_a_network_that_learnt_nothing_is_as_good_as_the_fill(volume: ArrayVolume) -> None:
    error = held_out_error(X0Denoiser(STUNet(TINY).eval()), volume, ImagineParams(), reserve=2, seed=0)
    assert error.ratio == pytest.approx(1)
    assert error.trust == 0 and error.saved == 0


@pytest.mark.parametrize("best", [-0.5, 0.0, 0.2, 1 / 3, 0.6, 1.0, 1.7])
def test_the_trusted_blend_is_never_worse_than_the_start_on_held_out_pixels(best: float) -> None:
    trust = trusted(best, 1.0)
    assert 0 <= trust <= 1
    assert trust**2 - 2 * trust * best <= 1e-9
    assert trust == min(1.0, max(0.0, best))


def test_a_shot_without_holes_leaves_nothing_to_compare() -> None:
    volume = ArrayVolume(np.zeros((4, 16, 16, 3), np.float32), np.ones((4, 16, 16), bool))
    error = held_out_error(X0Denoiser(STUNet(TINY)), volume, ImagineParams(), reserve=2, seed=0)
    assert (error.pixels, error.ratio) == (0, 1.0)


def test_a_gradient_that_is_not_finite_ends_the_fit(volume: ArrayVolume) -> None:
    network = STUNet(TINY)
    with torch.no_grad():
        network.leave.weight.fill_(float("inf"))
    with pytest.raises(LumiereError, match="not finite"):
        fit_shot(network, volume, PARAMS)


def test_the_learning_rate_rises_then_falls() -> None:
    rates = [learning_rate(FitParams(steps=100, warmup=10, learning_rate=1.0), step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1, rel=0.01)
    assert max(rates) > 0.95
    assert rates[-1] < 0.02
    assert all(a >= b for a, b in pairwise(rates[10:]))


def test_a_state_of_another_version_or_kind_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"weights.a": torch.zeros(1)}, tmp_path / "fit", {"label": "FitState.9", "step": "1"})
    with pytest.raises(UnknownVersionError, match=r"FitState\.9"):
        FitState.load(tmp_path / "fit")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(SpecError):
        FitState.load(tmp_path / "text")


def test_a_shot_of_a_single_frame_can_be_learned(volume: ArrayVolume) -> None:
    flash = ArrayVolume(volume.rgb[:1], volume.known[:1])
    result = fit_shot(STUNet(TINY), flash, replace(PARAMS, steps=8))
    assert all(np.isfinite(result.losses))


def test_who_looks_on_changes_nothing_and_can_end_it(volume: ArrayVolume) -> None:
    whole = fit_shot(STUNet(TINY), volume, PARAMS)
    sheets: list[np.ndarray] = []
    watched = fit_shot(
        STUNet(TINY),
        volume,
        PARAMS,
        on_look=lambda state, draw: sheets.append(draw()),
        enough=lambda _: False,
    )
    assert watched.losses == whole.losses
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, watched.network.state_dict()[name])
    assert len(sheets) == PARAMS.steps and sheets[0].shape[2] == 3
    assert sheets[0].min() >= 0 and sheets[0].max() <= 1

    saved: list[FitState] = []
    ended = fit_shot(
        STUNet(TINY),
        volume,
        PARAMS,
        enough=lambda reached: reached.step == 2,
        save=saved.append,
        save_every=50,
    )
    assert ended.losses == whole.losses[:2] and [state.step for state in saved] == [2]

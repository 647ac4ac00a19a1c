"""The parts: patches, colours, the interpolated network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lumiere_engine.effects.stylize.layers import spread_out, tone
from lumiere_engine.learning.style.brush import Brush, TuneParams, base_network, interpolated, learn_style
from lumiere_engine.learning.style.colours import with_colours_of
from lumiere_engine.learning.style.paint import Begun, PaintParams, paint
from lumiere_engine.learning.style.patches import directions, sliced_distance
from lumiere_engine.learning.style.style_file import StyleNote, load_styles, read_note, save_style
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.stunet import STUNet
from lumiere_engine.stunet.params import TINY


@dataclass(frozen=True)
class Inverted:
    """A shot whose paint is its negative."""

    frames: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int]:
        t, h, w = self.frames.shape[:3]
        return t, h, w

    def plate(self, frame: int) -> Any:
        return self.frames[frame]

    def painted(self, frame: int) -> Any:
        return -self.frames[frame], np.ones(self.frames.shape[1:3], np.float32)


@pytest.fixture(scope="module")
def shot() -> Inverted:
    return Inverted(np.random.default_rng(0).uniform(-1, 1, (14, 16, 20, 3)).astype(np.float32))


def test_the_base_hands_the_plate_through_and_the_style_does_not(shot: Inverted) -> None:
    base = base_network(STUNet(TINY, seed=1))
    losses: list[float] = []
    params = TuneParams(steps=30, batch=2, window=(4, 16, 16))
    style = learn_style(base, [shot], params, lambda now, _: losses.append(now[-1]))
    assert losses[-1] < losses[0]
    assert np.allclose(Brush(interpolated(base, style, 0.0), shot).frame(5), shot.plate(5), atol=1e-6)
    assert not np.allclose(Brush(interpolated(base, style, 1.0), shot).frame(5), shot.plate(5), atol=0.05)


@dataclass(frozen=True)
class Even:
    """A shot that pans over a wall, painted in one colour."""

    wall: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int]:
        return 6, 48, 64

    def plate(self, frame: int) -> Any:
        return self.wall[:, 2 * frame : 2 * frame + 64]

    def painted(self, frame: int) -> Any:
        return np.full((48, 64, 3), 0.5, np.float32), np.ones((48, 64), np.float32)


def test_at_a_picture_s_edges_the_answer_is_as_good_as_elsewhere(tools: Any) -> None:
    shot = Even(tools.smooth_noise(48, 80, 0, 2.0) - 0.5)
    base = base_network(STUNet(TINY, seed=1))
    style = learn_style(base, [shot], TuneParams(steps=40, batch=2, window=(4, 32, 32)))
    away = np.abs(Brush(interpolated(base, style, 1.0), shot).frame(3) - 0.5)
    edges = np.mean([away[:2].mean(), away[-2:].mean(), away[:, :2].mean(), away[:, -2:].mean()])
    assert edges < 1.5 * away[12:36, 16:48].mean()


def test_styles_are_mixed_by_their_weights(tmp_path: Path) -> None:
    base, files = STUNet(TINY, seed=1), []
    for name, change in (("a", 0.5), ("b", -0.25)):
        style = {key: value + change for key, value in base.state_dict().items()}
        files.append(tmp_path / name)
        save_style(
            files[-1], base, style, StyleNote("base", "of a picture"), np.zeros((9, 16, 3), np.float32)
        )
    mixed = load_styles([(files[0], 0.5), (files[1], 0.5)], base, "base")
    for key, value in base.state_dict().items():
        assert torch.allclose(mixed[key], value + 0.125, atol=1e-3)
    assert read_note(files[0]).about == "of a picture"
    name, value = next(iter(base.state_dict().items()))
    wrong = {**base.state_dict(), name: torch.full_like(value, float("nan"))}
    save_style(files[1], base, wrong, StyleNote("base", ""), np.zeros((9, 16, 3), np.float32))
    with pytest.raises(SpecError, match=f"'{name}' holds values that are no finite numbers"):
        load_styles([(files[0], 0.5), (files[1], 0.5)], base, "base")


def test_a_frame_is_the_same_whichever_others_are_painted(shot: Inverted) -> None:
    network = STUNet(TINY, seed=1)
    torch.nn.init.normal_(network.leave.weight, generator=torch.Generator().manual_seed(0))
    in_order, alone = Brush(network, shot), Brush(network, shot)
    wanted = alone.frame(9)
    assert np.array_equal([in_order.frame(t) for t in range(10)][-1], wanted)


def test_a_painted_frame_has_the_patches_of_the_reference(tools: Any) -> None:
    stripes = 0.5 + 0.4 * np.sin(np.arange(64) * 0.8)[:, None, None] * np.array([1, 0.3, -1])
    frame = tools.smooth_noise(48, 64, 1, 6.0)
    reference = np.broadcast_to(stripes, (64, 64, 3)).astype(np.float32)
    recoloured, params = with_colours_of(frame, reference), PaintParams(steps=(20, 20), edges=0)
    painted = paint(frame, reference, params)
    kernels = directions(64, torch.Generator().manual_seed(3))
    tensors = [torch.from_numpy(p).permute(2, 0, 1)[None] for p in (recoloured, painted, reference)]
    before, after = (float(sliced_distance(t, tensors[2], kernels, (0, 0))) for t in tensors[:2])
    assert after < 0.6 * before
    assert np.array_equal(painted, paint(frame, reference, params))


def test_paint_that_is_there_stays_and_what_is_new_begins_in_its_colours(tools: Any) -> None:
    frame, reference = tools.smooth_noise(48, 64, 1, 6.0), tools.smooth_noise(64, 64, 2, 2.0)
    params = PaintParams(steps=(20, 20))
    alone = paint(frame, reference, params)
    kept = np.zeros((48, 64), np.float32)
    kept[:, :32] = 1
    begun = Begun(np.clip(alone - np.float32([0.3, 0, -0.3]), 0, 1), kept)
    assert np.array_equal(paint(frame, reference, params, begun=begun)[:, :32], begun.paint[:, :32])
    start = begun.continued(alone)
    assert np.array_equal(start[:, :32], begun.paint[:, :32])
    moved = start - alone
    assert np.abs(moved[:, 32:34].mean((0, 1)) - moved[:, 24:32].mean((0, 1))).max() < 0.1  # no edge
    assert np.abs(moved[:, 56:]).max() < 0.02  # and far away nothing


def test_colours_are_those_of_the_reference(tools: Any) -> None:
    frame, reference = tools.smooth_noise(40, 40, 1), np.float32(0.3) * tools.smooth_noise(50, 40, 2)
    given = with_colours_of(frame, reference)
    assert np.allclose(given.mean((0, 1)), reference.mean((0, 1)), atol=0.02)
    assert np.allclose(given.std((0, 1)), reference.std((0, 1)), atol=0.02)


def test_what_no_paint_reaches_has_the_tone_of_the_paint_and_a_finished_answer_keeps_its_own(
    tools: Any,
) -> None:
    picture = tools.smooth_noise(20, 24, 1)
    mapped = picture[..., ::-1] * np.float32(0.5) + np.float32(0.1)
    toned = np.pad(picture, ((0, 0), (0, 0), (0, 1)), constant_values=1) @ tone([(picture, mapped)])
    assert np.abs(toned - mapped).mean() < 0.02
    for pairs in ([(picture, picture)], []):
        assert np.array_equal(tone(pairs), np.eye(4, 3, dtype=np.float32))


def test_paint_spreads_in_colour_to_where_none_is_carried() -> None:
    followed = np.zeros((48, 60), np.float32)
    followed[:, :30] = 1
    spread = spread_out(followed[..., None] * np.float32([0.3, -0.2, 0.1]), followed)
    assert np.allclose(spread, [0.3, -0.2, 0.1], atol=0.01)

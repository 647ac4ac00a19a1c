"""The smooth fill: nothing outside changes, edges run on into the hole, and it is far closer than a membrane."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lumiere_engine.learning.fill import smooth_fill as fill_clip
from lumiere_engine.motion.fill import smooth_fill
from lumiere_engine.motion.pyramid import push_pull

Array = np.ndarray


def _hole(height: int, width: int) -> Array:
    hole = np.zeros((height, width), bool)
    hole[height // 3 : height // 2, width // 3 : width // 2] = True
    return hole


def _disc(height: int, width: int, radius: float) -> Array:
    ys, xs = np.mgrid[:height, :width]
    return np.asarray(np.hypot(ys - height / 2, xs - width / 2) < radius)


def _edge(height: int, width: int, degrees: float) -> Array:
    """Dark on one side of a line through the middle, bright on the other."""
    ys, xs = np.mgrid[:height, :width]
    turn = np.deg2rad(degrees)
    side = (xs - width / 2) * np.sin(turn) - (ys - height / 2) * np.cos(turn)
    grey = 40 + 160 * np.clip(side + 0.5, 0, 1)
    return np.repeat(grey[..., None], 3, 2).astype(np.float32)


def test_what_is_seen_is_kept_exactly(texture: Callable[..., Array]) -> None:
    picture, hole = texture(48, 64).astype(np.float32), _hole(48, 64)
    spoilt = np.where(hole[..., None], np.float32(1e6), picture)
    filled = smooth_fill(spoilt, hole)
    assert np.array_equal(filled[~hole], picture[~hole])
    assert filled.min() >= 0 and filled.max() <= 255
    clip = np.stack([picture, picture]) / np.float32(127.5) - 1
    assert np.array_equal(fill_clip(clip, ~np.stack([hole, hole]))[:, ~hole], clip[:, ~hole])


@pytest.mark.parametrize("degrees", [0, 30, 45, 80, 90, 135])
def test_an_edge_runs_through_the_hole_whatever_its_direction(degrees: float) -> None:
    picture, hole = _edge(96, 128, degrees), _disc(96, 128, 20)
    spoilt = np.where(hole[..., None], np.float32(0), picture)
    ours, membrane = (
        np.square(f - picture)[hole].mean() for f in (smooth_fill(spoilt, hole), push_pull(spoilt, ~hole))
    )
    assert ours < 0.3 * membrane


def test_an_edge_stays_one_in_a_large_picture_and_a_deep_hole() -> None:
    picture, hole = _edge(540, 960, 20), _disc(540, 960, 120)
    filled = smooth_fill(np.where(hole[..., None], np.float32(0), picture), hole)
    middle = filled[:, 480, 0]
    assert np.abs(filled - picture)[hole].mean() < 8
    assert middle[250] - middle[290] > 130


def test_the_line_between_two_surfaces_does_not_bleed() -> None:
    """A dark thing that touches the rim colours what runs on from it, and not the ground beside it."""
    picture = np.full((90, 120, 3), 180, np.float32)
    picture[60:] = 60  # ground below a horizon
    hole = _disc(90, 120, 22)
    filled = smooth_fill(np.where(hole[..., None], np.float32(0), picture), hole)
    assert np.abs(filled - picture)[hole & (np.abs(np.arange(90) - 60) > 4)[:, None]].max() < 12


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40), st.floats(0.01, 0.99))
def test_no_colour_is_invented_whatever_the_hole(seed: int, height: int, width: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    hole = rng.random((height, width)) < share
    hole[0, 0] = False
    filled = smooth_fill(np.where(hole[..., None], np.uint8(255), picture), hole)
    seen = picture[~hole].astype(np.float32)
    assert np.array_equal(filled[~hole], seen)
    assert (filled >= seen.min(0)).all() and (filled <= seen.max(0)).all()


def test_a_constant_stays_a_constant_and_a_slope_a_slope() -> None:
    hole = _disc(64, 96, 16)
    flat = np.full((64, 96, 3), 73, np.float32)
    assert np.abs(smooth_fill(flat, hole) - flat).max() < 1e-3
    slope = np.repeat(np.linspace(0, 200, 96, dtype=np.float32)[None, :, None], 64, 0).repeat(3, 2)
    across = slope[0, 64, 0] - slope[0, 32, 0]
    assert np.abs(smooth_fill(np.where(hole[..., None], 0, slope), hole) - slope).max() < 0.1 * across


def test_the_same_picture_in_a_larger_frame_is_filled_alike(texture: Callable[..., Array]) -> None:
    picture, hole = texture(140, 160).astype(np.float32), _disc(140, 160, 12)
    around = np.pad(picture, ((0, 200), (0, 240), (0, 0)), mode="reflect")
    larger = smooth_fill(around, np.pad(hole, ((0, 200), (0, 240))))
    assert np.array_equal(larger[:140, :160], smooth_fill(picture, hole))


def test_nothing_seen_and_nothing_missing_are_safe() -> None:
    picture = np.full((16, 16, 3), 90, np.float32)
    assert np.array_equal(smooth_fill(picture, np.zeros((16, 16), bool)), picture)
    assert not smooth_fill(picture, np.ones((16, 16), bool)).any()
    corner = np.ones((200, 200), bool)
    corner[:2, :2] = False  # everything that is known lies far from most of the hole
    assert np.abs(smooth_fill(np.full((200, 200, 3), 90, np.float32), corner) - 90).max() < 1e-2

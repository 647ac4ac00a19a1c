"""Volumes, fills, synthetic holes and training examples."""

from __future__ import annotations

import numpy as np
import pytest
from lumiere_engine.learning import ArrayVolume, FitParams, push_pull
from lumiere_engine.learning.fit import example_source
from lumiere_engine.learning.held_out import reserved_places
from lumiere_engine.learning.masks import Holes, blob, box, draw_hole, moved
from lumiere_engine.learning.shot import HiddenPlaces, Place
from lumiere_engine.protocol.errors import SpecError


def shot(frames: int = 10, h: int = 48, w: int = 56, still: bool = False) -> ArrayVolume:
    """Slanted stripes that drift, and a square hole that stands still or moves."""
    t, y, x = np.mgrid[:frames, :h, :w].astype(np.float32)
    colours = [np.sin((x + k * y + t) / (3 + k)) for k in range(3)]
    rgb = (0.7 * np.stack(colours, 3)).astype(np.float32)
    known = np.ones((frames, h, w), bool)
    for frame in range(frames):
        left = 20 if still else 14 + frame
        known[frame, 18:30, left : left + 12] = False
    return ArrayVolume(np.where(known[..., None], rgb, 0).astype(np.float32), known)


def test_a_volume_of_another_kind_is_refused() -> None:
    good = shot()
    with pytest.raises(SpecError):
        ArrayVolume(good.rgb.astype(np.float64), good.known)  # type: ignore[arg-type]
    with pytest.raises(SpecError):
        ArrayVolume(good.rgb, good.known[:, :-1])


def test_hidden_places_are_not_known_in_any_box_that_is_read() -> None:
    volume = HiddenPlaces(shot(), (Place(5, 9, 40, 50),))
    assert not volume.read(0, 3, 0, 48, 0, 56)[1][:, 5:9, 40:50].any()
    assert not volume.read(2, 3, 7, 20, 45, 56)[1][:, :2, :5].any()
    assert volume.read(2, 3, 9, 12, 45, 56)[1].all()


def test_the_fill_keeps_what_is_known_and_lies_between_its_values() -> None:
    volume = shot()
    filled = push_pull(volume.rgb, volume.known)
    assert np.array_equal(filled[volume.known], volume.rgb[volume.known])
    assert np.isfinite(filled).all()
    assert np.abs(filled).max() <= np.abs(volume.rgb).max()


def test_the_fill_of_a_constant_is_the_constant_whatever_the_hole_holds() -> None:
    known = np.ones((2, 13, 17), bool)
    known[:, 3:11, 4:16] = False
    rgb = np.where(known[..., None], np.float32(0.4), np.float32(np.nan)) * np.ones(3, np.float32)
    assert np.allclose(push_pull(rgb, known), 0.4, atol=1e-6)


def test_the_fill_of_a_frame_does_not_depend_on_its_neighbours() -> None:
    volume = shot()
    assert np.array_equal(
        push_pull(volume.rgb, volume.known)[4:5], push_pull(volume.rgb[4:5], volume.known[4:5])
    )


def test_a_frame_with_nothing_known_becomes_grey() -> None:
    assert not push_pull(np.ones((1, 8, 8, 3), np.float32), np.zeros((1, 8, 8), bool)).any()


def test_holes_are_measured() -> None:
    holes = Holes.of(shot())
    assert holes.height == pytest.approx(12, abs=2)
    assert holes.width == pytest.approx(12, abs=2)
    assert all(not shot().known[tuple(at)] for at in holes.positions)
    assert not len(
        Holes.of(ArrayVolume(np.zeros((2, 8, 8, 3), np.float32), np.ones((2, 8, 8), bool))).positions
    )


def test_synthetic_holes_cover_their_centre_at_mid_time() -> None:
    volume = shot()
    holes = Holes.of(volume)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        for mask in (box(rng, (5, 40, 40), (20, 15), 12), blob(rng, (5, 40, 40), (20, 15), 12)):
            assert mask.shape == (5, 40, 40) and mask[2, 20, 15]
        assert moved(rng, volume, holes, (5, 40, 40), (20.0, 15.0)).any()


def test_a_moved_hole_has_the_shape_of_a_real_one() -> None:
    volume = shot(still=True)
    mask = moved(np.random.default_rng(1), volume, Holes.of(volume), (4, 48, 56), (30.0, 30.0))
    assert (mask.sum((1, 2)) == 144).all()


def test_a_hole_can_be_drawn_for_a_shot_without_holes() -> None:
    volume = ArrayVolume(np.zeros((4, 32, 32, 3), np.float32), np.ones((4, 32, 32), bool))
    assert draw_hole(np.random.default_rng(0), volume, Holes.of(volume), (4, 32, 32), (16.0, 16.0)).any()


PARAMS = FitParams(window=(4, 16, 16), batch=3, reserve=2)


def test_examples_are_of_the_asked_size_and_count_known_pixels_only() -> None:
    volume = shot()
    examples = example_source(volume, PARAMS).batch(0, 3)
    assert examples.clean.shape == examples.noise.shape == (3, 3, 4, 16, 16)
    assert examples.cond.shape == (3, 4, 4, 16, 16)
    matte = examples.cond[:, 3:]
    assert not (examples.inside * examples.outside).any()
    assert ((examples.inside + examples.outside)[matte == 0] == 1).all()
    assert (matte[examples.inside == 1] == 1).all()
    assert examples.inside.sum() > 0
    seen = (examples.outside == 1).expand_as(examples.clean)
    assert (examples.clean[seen] == examples.cond[:, :3][seen]).all()


def test_an_example_does_not_depend_on_the_rest_of_its_batch() -> None:
    source = example_source(shot(), PARAMS)
    large, small = source.batch(5, 4), source.batch(5, 2)
    assert all((getattr(large, name)[:2] == getattr(small, name)).all() for name in vars(small))
    assert not (source.batch(6, 2).noise == small.noise).all()


def test_colours_of_the_hole_never_reach_an_example() -> None:
    volume = shot()
    poisoned = ArrayVolume(np.where(volume.known[..., None], volume.rgb, np.float32(9)), volume.known)
    one, other = example_source(volume, PARAMS).batch(0, 3), example_source(poisoned, PARAMS).batch(0, 3)
    assert all((getattr(one, name) == getattr(other, name)).all() for name in vars(one))


def test_a_shot_smaller_than_the_window_gives_examples_of_its_own_size() -> None:
    assert example_source(shot(3, 40, 40), FitParams(window=(8, 64, 64))).batch(0, 1).clean.shape[2:] == (
        3,
        40,
        40,
    )


def test_reserved_places_are_known_apart_and_few() -> None:
    volume = shot(still=True)
    places = reserved_places(volume, 3, seed=1)
    assert places == reserved_places(volume, 3, seed=1)
    assert 1 <= len(places) <= 3
    covered = np.zeros(volume.shape[1:], int)
    for place in places:
        covered[place.y0 : place.y1, place.x0 : place.x1] += 1
    assert covered.max() == 1
    assert covered.mean() <= 0.13
    assert not (covered.astype(bool) & ~volume.known[0]).any()
    assert reserved_places(volume, 0, seed=1) == ()

"""Texture that was copied at analysis size is as sharp as the plate at the plate's size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from lumiere_engine.effects.copied import NOBODY, Copied, Detail, add_details
from lumiere_engine.effects.refine import refine, texture_detail
from lumiere_engine.effects.shot import Scale
from lumiere_engine.effects.workspace import Workspace
from lumiere_engine.motion.align import Window
from lumiere_engine.motion.flow import grid

SHIFT = 30  # analysis pixels to the right, from where the texture is copied


def test_copied_texture_is_fetched_again_from_the_plate(
    scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace
) -> None:
    shown = scene(3, height=96, width=192)
    # what half the size cannot hold: a checkerboard of single pixels
    fine = 0.1 * ((np.indices((96, 192)).sum(0) % 2) * 2 - 1)[..., None].astype(np.float32)
    plate = [np.clip(truth + fine, 0, 1) for truth in shown.truths]
    shown = type(shown)(plate, shown.holes)
    completed = complete(shown, workspace, Scale(192, 96, 96, 48))
    unseen = completed.unseen(1)
    places = grid(48, 96)
    places[unseen] += (SHIFT, 0)
    steady = completed.picture(1)
    # by what it is weakened with, so that the texture as it is laid on is the whole of it
    strength = np.maximum(completed.texture_strength(1), 1e-3)[..., None]
    layer = (np.roll(steady, -SHIFT, 1) - steady) / strength
    completed.set_steady(1, steady[unseen], np.zeros_like(steady))
    completed.set_copied(1, Copied.nothing(48, 96).own(1, unseen))
    completed.set_texture(1, np.where(unseen[..., None], layer, 0), places)
    assert completed.textured() == [1]

    filling = completed.filling(1)

    def detail(key: int) -> Detail:
        found = texture_detail(key, completed, plate[key])
        at_plate = cv2.resize(strength[..., 0], (192, 96))[found.window.slices][..., None]
        return Detail(found.window, found.rgb / at_plate)

    patch = refine(1, completed, filling, lambda t: plate[t], detail)
    inside = patch.window.slices
    hole = shown.holes[1][inside]
    inner = hole & np.roll(hole, 6, 1) & np.roll(hole, -6, 1) & np.roll(hole, 6, 0) & np.roll(hole, -6, 0)
    wanted = np.roll(plate[1], -2 * SHIFT, 1)[inside]
    assert np.abs(patch.rgb - wanted)[inner].mean() < 0.02
    blurred = refine(1, completed, filling, lambda t: plate[t], lambda key: _nothing(patch.window))
    assert np.abs(blurred.rgb - wanted)[inner].mean() > 0.05


def _nothing(window: Window) -> Any:
    return Detail(window, np.zeros((window.height, window.width, 3), np.float32))


def test_who_takes_from_a_key_knows_where_its_texture_lies() -> None:
    places = grid(20, 30) + np.float32((2.25, 1))
    taken = np.zeros((20, 30), bool)
    taken[5:8, 7:11] = True
    ours = Copied.nothing(20, 30).taking(7, places, taken)
    assert np.array_equal(ours.lender == 7, taken) and np.array_equal(ours.nowhere, ~taken)
    assert np.allclose(ours.places[taken], places[taken])
    # frames of a shot are counted from its start, those of a job from the job's
    later = ours.counted_from(-100)
    assert (later.lender[taken] == 107).all() and (later.lender[~taken] == NOBODY).all()
    assert np.array_equal(later.counted_from(100).lender, ours.lender)


def test_a_layer_is_the_key_frames_own_seen_from_another_frame() -> None:
    key = np.random.default_rng(0).normal(size=(20, 30, 3)).astype(np.float32)
    taken = np.zeros((20, 30), bool)
    taken[5:8, 7:11] = True
    layer = Copied.nothing(20, 30).taking(7, grid(20, 30) + np.float32((2, 1)), taken).layer(lambda _: key)
    assert np.allclose(layer[taken], np.roll(key, (-1, -2), (0, 1))[taken], atol=1e-5)
    assert not layer[~taken].any()


def test_pixels_that_copied_nothing_get_no_details() -> None:
    rgb = np.random.default_rng(0).random((8, 8, 3)).astype(np.float32)

    def details(key: int) -> Any:
        raise AssertionError("nobody was asked")

    strength = np.ones((4, 4), np.float32)
    out = add_details(rgb, Copied.nothing(4, 4), (grid(8, 8) + 0.5) / 2 - 0.5, lambda p: p, details, strength)
    assert np.array_equal(out, rgb)


def test_texture_rises_from_the_edge_of_what_is_seen(
    scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace
) -> None:
    completed = complete(scene(3, height=96, width=192), workspace, Scale(192, 96, 96, 48))
    unseen, strength = completed.unseen(1), completed.texture_strength(1)
    assert not strength[~unseen].any() and strength[unseen].min() > 0
    edge = unseen & cv2.dilate((~unseen).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    assert strength[edge].max() < 0.5 * strength.max()

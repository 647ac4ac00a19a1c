"""Texture that was copied at analysis size is as sharp as the plate at the plate's size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from lumiere_engine.effects.copied import NOBODY, Copied, add_details
from lumiere_engine.effects.refine import refine, texture_detail
from lumiere_engine.effects.shot import Scale
from lumiere_engine.effects.workspace import Workspace
from lumiere_engine.motion.align import Aligned, Window
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
    picture = completed.picture(1).copy()
    picture[unseen] = np.roll(picture, -SHIFT, 1)[unseen]
    completed.set_settled(1, picture, Copied.nothing(48, 96).own(1, unseen))
    completed.set_texture(1, places)
    assert completed.textured() == [1]

    filling = completed.filling(1)
    patch = refine(
        1, completed, filling, lambda t: plate[t], lambda key: texture_detail(key, completed, plate[key])
    )
    inside = patch.window.slices
    hole = shown.holes[1][inside]
    inner = hole & np.roll(hole, 6, 1) & np.roll(hole, -6, 1) & np.roll(hole, 6, 0) & np.roll(hole, -6, 0)
    wanted = np.roll(plate[1], -2 * SHIFT, 1)[inside]
    assert np.abs(patch.rgb - wanted)[inner].mean() < 0.02
    blurred = refine(1, completed, filling, lambda t: plate[t], lambda key: _nothing(patch.window))
    assert np.abs(blurred.rgb - wanted)[inner].mean() > 0.05


def _nothing(window: Window) -> Any:
    from lumiere_engine.effects.copied import Detail

    return Detail(window, np.zeros((window.height, window.width, 3), np.float32))


def test_who_takes_from_a_key_knows_where_its_texture_lies() -> None:
    theirs = Copied.nothing(20, 30).own(7, np.ones((20, 30), bool))
    window = Window(4, 5, 6, 8)
    places = grid(6, 8, 4, 5) + np.float32((2.25, 1))
    taken = np.zeros((6, 8), bool)
    taken[1:4, 2:6] = True
    aligned = Aligned(places, taken, np.zeros((6, 8, 3)), np.zeros((6, 8, 3)), np.zeros((6, 8)))
    ours = Copied.nothing(20, 30).taking(window, taken, aligned, theirs)
    assert (ours.lender == 7).sum() == taken.sum()
    assert np.allclose(ours.places[window.slices][taken], places[taken])
    assert (ours.without(ours.lender == 7).lender == NOBODY).all()


def test_pixels_that_copied_nothing_get_no_details() -> None:
    rgb = np.random.default_rng(0).random((8, 8, 3)).astype(np.float32)

    def details(key: int) -> Any:
        raise AssertionError("nobody was asked")

    out = add_details(rgb, Copied.nothing(4, 4), (grid(8, 8) + 0.5) / 2 - 0.5, lambda p: p, details)
    assert np.array_equal(out, rgb)

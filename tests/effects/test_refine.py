"""Back at the plate's size: borrowed pixels are the plate's own, and everything lies where it belongs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lumiere_engine.effects.packing import pack, unpack
from lumiere_engine.effects.plates import Plates
from lumiere_engine.effects.refine import Patch, origin_colours, refine
from lumiere_engine.effects.shot import Scale
from lumiere_engine.effects.workspace import Workspace
from lumiere_engine.frames.convert import picture_from_rgb
from lumiere_engine.frames.picture import FrameFormat, PixelLayout
from lumiere_engine.motion.align import Window
from lumiere_engine.motion.parallel import MOST_WORKERS
from lumiere_engine.protocol import FrameRange


@given(st.integers(16, 8000), st.integers(16, 8000), st.integers(100 * 100, 10**6))
def test_a_scale_keeps_the_shape_and_the_limit(width: int, height: int, most: int) -> None:
    scale = Scale.within(width, height, most)
    if width * height <= most:
        assert scale.same and scale.factors == (1, 1)
    elif min(scale.small_width, scale.small_height) > 16:
        across, down = scale.factors
        assert across / down == pytest.approx(1, rel=1 / min(scale.small_width, scale.small_height))
        assert scale.small_width * scale.small_height < most * 1.1


def no_details(key: int) -> Any:
    raise AssertionError("nothing was given texture")


@pytest.mark.parametrize("frame", [6, 5], ids=["key", "between"])
@pytest.mark.parametrize("size", [(96, 64), (48, 32), (61, 43)], ids=["the plate's", "half", "odd"])
def test_borrowed_pixels_are_the_plates_own(
    size: tuple[int, int],
    frame: int,
    scene: Callable[..., Any],
    complete: Callable[..., Any],
    workspace: Workspace,
) -> None:
    shown = scene(10, 5)
    scale = Scale(96, 64, *size)
    completed = complete(shown, workspace, scale)
    filling = completed.filling(frame)
    plate = [rgb for rgb, _ in shown.frames(0)]
    # a key lends what it has borrowed itself
    lent = [shown.truths[t] if t in completed.keys - {frame} else plate[t] for t in range(10)]
    patch = refine(frame, completed, filling, lambda t: lent[t], no_details)
    where, hole = patch.window.slices, shown.holes[frame]
    assert not (hole & ~_in(patch.window, hole.shape)).any()
    error = np.abs(patch.rgb - shown.truths[frame][where])[hole[where]].mean()
    assert patch.borrowed[hole[where]].mean() > 0.9
    assert error < (0.01 if scale.same else 0.05)
    fill = (
        cv2.inpaint((plate[frame] * 255).astype(np.uint8), hole.astype(np.uint8), 3, cv2.INPAINT_TELEA) / 255
    )
    assert error < np.abs(fill - shown.truths[frame])[hole].mean() / 3


def _in(window: Window, shape: tuple[int, ...]) -> np.ndarray:
    inside = np.zeros(shape, bool)
    inside[window.slices] = True
    return inside


def test_what_is_not_borrowed_is_the_fill(
    scene: Callable[..., Any], complete: Callable[..., Any], workspace: Workspace
) -> None:
    shown = scene(4)
    completed = complete(shown, workspace)
    patch = refine(2, completed, completed.filling(2), lambda t: shown.truths[t], no_details)
    assert not patch.borrowed.any()
    assert np.array_equal(patch.rgb, completed.picture(2)[patch.window.slices] / np.float32(255))


def test_origin_colours_say_what_was_borrowed_what_imagined_and_how_sure() -> None:
    borrowed = np.float32([[1, 0, 0.25, 1]])
    patch = Patch(
        Window(0, 0, 1, 4), np.zeros((1, 4, 3), np.float32), borrowed, np.float32([[0.9, 0.2, 0.5, 0.7]])
    )
    colours = origin_colours(patch, np.float32([[1, 1, 0.5, 0]]))
    np.testing.assert_allclose(
        colours, [[[0, 1, 0.9], [1, 0, 0.2], [0.375, 0.125, 0.5], [0, 0, 0]]], atol=1e-6
    )


class Counted:
    """A plate of flat frames, each as bright as its number, that counts what was decoded."""

    def __init__(self, frames: int) -> None:
        self.format = FrameFormat(16, 16, Fraction(24), PixelLayout("rgb", 8))
        self.frames, self.decoded = frames, 0

    def iter(self, frames: FrameRange) -> Iterator[Any]:
        for number in frames:
            self.decoded += 1
            yield picture_from_rgb(np.full((16, 16, 3), number / 255, np.float32), self.format)


@pytest.mark.parametrize(
    "order", [range(200), range(0, 200, 9), [0, 1, 2, 150, 151, 199]], ids=["all", "few", "gap"]
)
def test_the_window_of_plates_is_bounded_and_decodes_once(order: Any, workspace: Workspace) -> None:
    reach, source = 2, Counted(200)
    plates = Plates(source, FrameRange(0, 200), workspace, reach)  # type: ignore[arg-type]
    for moves, frame in enumerate(order, start=1):
        plates.move_to(frame)
        for near in range(max(0, frame - reach), min(200, frame + reach + 1)):
            assert plates.rgb(near)[3, 3, 1] * 255 == pytest.approx(near, abs=0.02)
        kept = len(list((workspace.folder / "plates").glob("*.npz")))
        assert kept <= min(moves, MOST_WORKERS + 1) * (2 * reach + 1)
        if order == range(200):
            assert kept <= MOST_WORKERS + 2 * reach + 1
    assert source.decoded <= 200


def test_frames_that_other_threads_still_work_on_stay_at_hand(workspace: Workspace) -> None:
    plates = Plates(Counted(200), FrameRange(0, 200), workspace, 2)  # type: ignore[arg-type]
    for frame in [5, *range(100, 100 + MOST_WORKERS)]:
        plates.move_to(frame)
    assert plates.rgb(3)[0, 0, 0] * 255 == pytest.approx(3, abs=0.02)


def test_a_job_in_the_middle_of_its_plate_counts_from_its_own_start(workspace: Workspace) -> None:
    plates = Plates(Counted(80), FrameRange(30, 20), workspace, 3)  # type: ignore[arg-type]
    plates.move_to(5)
    assert plates.rgb(5)[0, 0, 0] * 255 == pytest.approx(35, abs=0.02)


def test_working_values_keep_their_headroom_on_disk() -> None:
    values = np.linspace(-0.4, 1.4, 16 * 16 * 3, dtype=np.float32).reshape(16, 16, 3)
    np.testing.assert_allclose(unpack(pack(values)), values, atol=2e-5)

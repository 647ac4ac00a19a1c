from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def test_steady_light_is_left_alone(square: Callable[..., Any], tmp_path: Path) -> None:
    clip = square(4)
    shelf = clip.shelf(tmp_path)
    assert all(np.array_equal(shelf.picture(n), frame) for n, frame in enumerate(clip.frames))


def test_flickering_light_is_evened_out(square: Callable[..., Any], tmp_path: Path) -> None:
    clip = square(4)
    steady = clip.frames.copy()
    clip.frames[1::2] = np.rint(steady[1::2] * 0.6)
    shelf = clip.shelf(tmp_path)
    apart = [np.abs(shelf.picture(n).astype(int) - steady[n]).mean() for n in range(4)]
    assert max(apart) < 4

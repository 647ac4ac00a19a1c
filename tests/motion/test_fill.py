"""The smooth fill: nothing outside changes, and it is closer to the truth than a membrane alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from lumiere_engine.learning.fill import smooth_fill as fill_clip
from lumiere_engine.motion.fill import smooth_fill
from lumiere_engine.motion.pyramid import push_pull


def _hole(height: int, width: int) -> np.ndarray:
    hole = np.zeros((height, width), bool)
    hole[height // 3 : height // 2, width // 3 : width // 2] = True
    return hole


def test_what_is_seen_is_kept_exactly(texture: Callable[..., np.ndarray]) -> None:
    picture, hole = texture(48, 64).astype(np.float32), _hole(48, 64)
    spoilt = np.where(hole[..., None], np.float32(1e6), picture)
    filled = smooth_fill(spoilt, hole)
    assert np.array_equal(filled[~hole], picture[~hole])
    assert filled.min() >= 0 and filled.max() <= 255
    clip = np.stack([picture, picture]) / np.float32(127.5) - 1
    assert np.array_equal(fill_clip(clip, ~np.stack([hole, hole]))[:, ~hole], clip[:, ~hole])


def test_an_edge_is_carried_further_than_by_a_membrane() -> None:
    picture = np.full((60, 80, 3), 40, np.float32)
    picture[:, 38:] = 200
    hole = _hole(60, 80)
    spoilt = np.where(hole[..., None], np.float32(0), picture)
    ours, membrane = (
        np.square(f - picture)[hole].mean() for f in (smooth_fill(spoilt, hole), push_pull(spoilt, ~hole))
    )
    assert ours < 0.9 * membrane


def test_nothing_seen_and_nothing_missing_are_safe() -> None:
    picture = np.full((16, 16, 3), 90, np.float32)
    assert np.array_equal(smooth_fill(picture, np.zeros((16, 16), bool)), picture)
    assert np.isfinite(smooth_fill(picture, np.ones((16, 16), bool))).all()

"""Texture by example: real patches, nothing changed outside, the same every time, safe where nothing can be copied."""

from __future__ import annotations

import cv2
import numpy as np
from lumiere_engine.motion.exemplar import exemplar_fill
from lumiere_engine.motion.fill import smooth_fill


def _texture() -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:96, :128]
    noise = np.random.default_rng(2).random((96, 128, 3)).astype(np.float32)
    picture = 128 + 400 * (cv2.GaussianBlur(noise, (0, 0), 1.5) - 0.5)
    hole = (np.abs(y - 48) < 14) & (np.abs(x - 64) < 16)
    return np.clip(picture, 0, 255).astype(np.float32), hole


def test_a_texture_goes_on_sharply_and_nothing_else_changes() -> None:
    picture, hole = _texture()
    spoilt = np.where(hole[..., None], np.float32(0), picture)
    found = exemplar_fill(spoilt, hole)
    assert np.array_equal(found.picture[~hole], picture[~hole])
    contrast, smooth = (
        p[hole].std() / picture[hole].std() for p in (found.picture, smooth_fill(spoilt, hole))
    )
    assert contrast > 0.75 > smooth
    x, y = found.places[hole].astype(int).T
    assert not hole[y, x][found.origin[hole] == 0].any()


def test_the_same_picture_gives_the_same_bytes() -> None:
    picture, hole = _texture()
    assert exemplar_fill(picture, hole).picture.tobytes() == exemplar_fill(picture, hole).picture.tobytes()


def test_where_nothing_can_be_copied_the_start_stands() -> None:
    picture, hole = _texture()
    start = np.full_like(picture, 77)
    found = exemplar_fill(picture, hole, usable=np.zeros_like(hole), start=start)
    assert (found.picture[hole] == 77).all() and (found.origin[hole] == -1).all()
    assert np.array_equal(exemplar_fill(picture, np.zeros_like(hole)).picture, picture)

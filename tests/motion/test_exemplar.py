"""Texture by example: real patches, nothing changed outside, the same every time, safe where nothing can be copied."""

from __future__ import annotations

import cv2
import numpy as np
from lumiere_engine.motion.exemplar import exemplar_fill
from lumiere_engine.motion.exemplar_search import ExemplarParams
from lumiere_engine.motion.fill import smooth_fill


def _texture(seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:96, :128]
    noise = np.random.default_rng(seed).random((96, 128, 3)).astype(np.float32)
    picture = 128 + 400 * (cv2.GaussianBlur(noise, (0, 0), 1.5) - 0.5)
    hole = (np.abs(y - 48) < 14) & (np.abs(x - 64) < 16)
    return np.clip(picture, 0, 255).astype(np.float32), hole


def test_a_texture_goes_on_sharply_and_nothing_else_changes() -> None:
    sharp, smooth = [], []
    for seed in range(6):
        picture, hole = _texture(seed)
        spoilt = np.where(hole[..., None], np.float32(0), picture)
        found = exemplar_fill(spoilt, hole)
        assert np.array_equal(found.picture[~hole], picture[~hole])
        x, y = found.places[hole].astype(int).T
        assert not hole[y, x][found.origin[hole] == 0].any()
        for contrasts, filled in ((sharp, found.picture), (smooth, smooth_fill(spoilt, hole))):
            contrasts.append(filled[hole].std() / picture[hole].std())
    assert np.mean(sharp) > 0.8 > 0.75 > max(smooth)


def test_the_same_picture_gives_the_same_bytes() -> None:
    picture, hole = _texture()
    assert exemplar_fill(picture, hole).picture.tobytes() == exemplar_fill(picture, hole).picture.tobytes()


def test_each_seed_copies_from_other_places_and_fits_about_as_well() -> None:
    picture, hole = _texture()
    takes = [exemplar_fill(picture, hole, params=ExemplarParams(seed=seed)) for seed in (0, 1, 2, 1)]
    assert takes[1].picture.tobytes() == takes[3].picture.tobytes(), "a seed says which"
    for one, other in ((0, 1), (0, 2), (1, 2)):
        elsewhere = (takes[one].places != takes[other].places).any(-1)[hole]
        assert elsewhere.mean() > 0.5
    doubts = [take.doubt[hole].mean() for take in takes]
    assert max(doubts) < 1.25 * min(doubts)


def test_detail_says_how_much_of_the_start_stays() -> None:
    picture, hole = _texture()
    start = np.full_like(picture, picture[~hole].mean())
    whole, half, none = (
        exemplar_fill(picture, hole, start=start, params=ExemplarParams(detail=detail)).picture
        for detail in (1.0, 0.5, 0.0)
    )
    assert np.allclose(half, (whole + none) / 2, atol=1e-3)
    inner = cv2.erode(hole.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    broad = [cv2.GaussianBlur(p, (0, 0), 4)[inner].std() for p in (whole, none)]
    assert broad[1] < 0.5 * broad[0], "without it, broad light and dark are the start's"


def test_where_nothing_can_be_copied_the_start_stands() -> None:
    picture, hole = _texture()
    start = np.full_like(picture, 77)
    found = exemplar_fill(picture, hole, usable=np.zeros_like(hole), start=start)
    assert (found.picture[hole] == 77).all() and (found.origin[hole] == -1).all()
    assert np.array_equal(exemplar_fill(picture, np.zeros_like(hole)).picture, picture)

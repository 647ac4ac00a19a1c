"""Anisotropic diffusion: the steady state is the one that the energy has, and gradients steer it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from lumiere_engine.motion.anisotropic import diffuse, structure_tensor

Array = np.ndarray


def _hole() -> Array:
    hole = np.zeros((14, 17), bool)
    hole[0:7, 5:12] = True  # reaches the picture's border
    hole[9, 3] = True
    return hole


def _energy(picture: Array, structure: Array) -> float:
    """Of all squares of four pixels, from the tensor's definition: D has the axes of `structure` and determinant 1."""
    total = 0.0
    tensors = np.empty((*structure.shape[:2], 2, 2))
    for place in np.ndindex(structure.shape[:2]):
        xx, xy, yy = structure[place].astype(float)
        values, axes = np.linalg.eigh(np.array([[xx, xy], [xy, yy]]))
        values = values + 0.01 * (xx + yy) + 0.5
        ratio = (values[1] / values[0]) ** 0.75
        tensors[place] = axes @ np.diag([ratio, 1 / ratio]) @ axes.T
    for y in range(picture.shape[0] - 1):
        for x in range(picture.shape[1] - 1):
            d = tensors[y : y + 2, x : x + 2].mean((0, 1))
            top, bottom = picture[y, x + 1] - picture[y, x], picture[y + 1, x + 1] - picture[y + 1, x]
            left, right = picture[y + 1, x] - picture[y, x], picture[y + 1, x + 1] - picture[y, x + 1]
            total += d[0, 0] * (top @ top + bottom @ bottom) / 2
            total += d[1, 1] * (left @ left + right @ right) / 2
            total += 2 * d[0, 1] * ((top + bottom) / 2) @ ((left + right) / 2)
    return float(total)


def test_the_steady_state_has_the_least_energy(texture: Callable[..., Array]) -> None:
    picture, hole = texture(14, 17).astype(np.float32), _hole()
    structure = structure_tensor(picture)
    steady = diffuse(np.where(hole[..., None], np.float32(0), picture), hole, structure, 120)
    assert np.array_equal(steady[~hole], picture[~hole])
    least = _energy(steady.astype(float), structure)
    rng = np.random.default_rng(0)
    for _ in range(5):
        other = steady.astype(float)
        other[hole] += rng.normal(0, 1, (int(hole.sum()), 3))
        assert _energy(other, structure) > least


def test_every_step_leads_nearer_to_it(texture: Callable[..., Array]) -> None:
    picture, hole = texture(14, 17).astype(np.float32), _hole()
    structure, start = structure_tensor(picture), np.where(hole[..., None], np.float32(0), picture)
    energies = [
        _energy(diffuse(start, hole, structure, steps).astype(float), structure) for steps in (0, 4, 8, 40)
    ]
    assert energies == sorted(energies, reverse=True) and energies[0] > 1.5 * energies[-1]


def test_gradients_of_stripes_point_across_them() -> None:
    stripes = np.zeros((32, 40, 3), np.float32)
    stripes[:, ::4] = stripes[:, 1::4] = 200
    xx, xy, yy = structure_tensor(stripes)[16, 20]
    assert xx > 1000 and abs(xy) < 1 and yy < 1


def test_what_is_hidden_does_not_steer(texture: Callable[..., Array]) -> None:
    picture, known = texture(80, 96).astype(np.float32), np.ones((80, 96), bool)
    known[34:46, 42:54] = False
    closed = np.where(known[..., None], picture, picture[known].mean(0)).astype(np.float32)
    told = structure_tensor(closed, known)
    far = np.zeros_like(known)
    far[:4] = far[-4:] = True
    np.testing.assert_allclose(told[far], structure_tensor(picture)[far], rtol=1e-3, atol=1e-2)
    assert told[~known][:, 0].min() > 0.1 * told[known][:, 0].mean()  # no quiet place where nothing is known

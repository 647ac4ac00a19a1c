"""Nearest patches and their votes, at one scale of `exemplar_search`.

All patches of a scale are compared with all others by matrix products, as in Granot et al., Drop the GAN (2022);
where the patches that overlap a pixel disagree they vote, as in Wexler et al., Space-time completion of video
(2007). Nothing is searched at random, nothing is handed on between neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .flow import widen

Array = np.ndarray

_BLOCK_KEYS = 1 << 14
_BLOCK = 1 << 22  # scores that are held at a time
_SAMPLES = 3000  # patches that the principal components are taken from
_COMPONENTS = 32
_MOST_KEYS = 40000
_RIM_PATCHES = 200  # patches of the surroundings that keys are compared with
_FEWEST_RIM = 20
_USUAL = 75  # percentile of the distances among the surroundings' own patches
_NOISE = 4.0  # mean squared distance that no two patches of a filmed picture fall below
_GUIDE_REACH = 8.0  # pixels from the rim over which a start that is not trusted fades
_FREE_COPIES = 1.2
_WHIM = 0.1  # of the usual distance: what taste counts
_DEEPER = 1.3  # by which a patch's vote loses per pixel of depth


@dataclass(frozen=True)
class Scale:
    """The window around a hole at one scale, with all that may be copied from.

    Attributes:
        pictures: s h w c float32; the first is the one to be completed, its hole filled with the start.
        usable: s h w bool, pixels that may be copied.
        hole: h w bool.
        low: s h w c float32, the pictures without their detail.
        depth: h w float32, distance to what is known, in pixels of this scale; 0 outside the hole.
        unit: pixels of the finest scale that a pixel of this one is wide.
        taste: s h w float32, how much some regions are preferred to others without any reason; about -2..2.
    """

    pictures: Array
    usable: Array
    hole: Array
    low: Array
    depth: Array
    unit: int
    taste: Array


@dataclass(frozen=True)
class Costs:
    """What besides unlikeness speaks against a patch.

    Attributes:
        guide: weight of the start's low frequencies, relative to the patch itself.
        trust: 0..1, how far they are right deep inside the hole; at the rim they always are.
        near: code values that a patch 100 pixels away counts as worse.
        reuse: weight of being copied more than once.
        odd: weight of being unlike all that surrounds the hole.
    """

    guide: float
    trust: float
    near: float
    reuse: float
    odd: float


class Matcher:
    """The patches of a scale that may be copied (keys), and those that overlap the hole (queries).

    A place is a flat index into the pictures, rows and columns of the scale. Distances are mean squares, in code
    values.
    """

    def __init__(self, scale: Scale, costs: Costs, side: int) -> None:
        """Only counts; `load` before searching, for a scale may turn out too large to be searched."""
        self._scale, self._costs, self._side = scale, costs, side
        self._radius = radius = side // 2
        self._height, self._width, self._channels = scale.pictures.shape[1:]
        self._dy, self._dx = (o.ravel() for o in np.mgrid[-radius : radius + 1, -radius : radius + 1])
        self.hole = np.flatnonzero(scale.hole)
        self.queries = np.flatnonzero(widen(scale.hole, radius))
        self.keys = self._find_keys()

    def load(self) -> None:
        """Cut out the keys and weigh them."""
        self._patches = self._cut(self._scale.pictures, self.keys)
        self._lows = self._scale.low.reshape(-1, self._channels)[self.keys]
        sample = self._patches[:: -(-len(self.keys) // _SAMPLES)]
        self._middle = sample.mean(0)
        _, vectors = np.linalg.eigh((sample - self._middle).T @ (sample - self._middle))
        self._basis = vectors[:, ::-1][:, :_COMPONENTS] / np.sqrt(len(self._middle), dtype=np.float32)
        self._compact = (self._patches - self._middle) @ self._basis
        apart, self.usual = self._oddness()
        whim = self._scale.taste.ravel()[self.keys]
        self._penalty = self._costs.odd * apart + _WHIM * self.usual * whim

    def nearest(
        self, picture: Array, asked: Array, confidence: Array | None, places: Array | None
    ) -> tuple[Array, Array]:
        """The best key of some queries.

        Args:
            picture: h w c, the present estimate.
            asked: indices into `queries`.
            confidence: h w, how much each pixel of the estimate counts. None counts all alike, and compares
                principal components only, which is faster.
            places: h w, where each pixel was copied from so far; what is copied often becomes dear.

        Returns:
            Per query that was asked the place of its key, and the distance of the two patches.
        """
        centres = self.queries[asked]
        patches = self._cut(picture[None], centres)
        penalty = self._penalty if places is None else self._penalty + self._repetition(places)
        weights = None if confidence is None else self._cut(confidence[None, ..., None], centres)
        query, key = self._plain_terms(patches) if weights is None else self._weighted_terms(patches, weights)
        query_side, key_side = self._side_terms(centres, penalty)
        best = _best_products(np.hstack([query, query_side]), np.hstack([key, key_side]))
        square = np.square(patches - self._patches[best]).reshape(len(best), -1, self._channels).mean(2)
        distance = square.mean(1) if weights is None else (square * weights).sum(1) / weights.sum(1)
        return self.keys[best], distance

    def vote(self, named: Array, distances: Array, *, mean: bool) -> tuple[Array, Array, Array]:
        """What the patches over each pixel of the hole make of it.

        Args:
            named: per query the place of its key, -1 where it was not asked.
            distances: per query.
            mean: average the values; else a pixel is a copy of the place that most votes name.

        Returns:
            Per pixel of the hole that place, its value (n c), and the mean distance of the patches over it.
        """
        usual = max(float(np.percentile(distances[named >= 0], _USUAL)), 1.0)
        depth = np.minimum(self._scale.depth.ravel()[self.queries], 20)
        strength = np.exp(-distances / (2 * usual)) * _DEEPER**-depth + 1e-6
        closeness = np.exp(-(self._dy**2 + self._dx**2) / (2 * (0.75 * self._radius + 0.5) ** 2))
        voters = self._voters()
        there = (voters >= 0) & (named[voters] >= 0)
        # the pixel lies as far from the place that is copied to it as the patch's centre from the key
        candidates = np.where(there, named[voters] - (self._dy * self._width + self._dx), -1)
        weights = np.where(there, strength[voters] * closeness, 0).astype(np.float32)
        places = _most_named(candidates, weights)
        weights /= weights.sum(1, keepdims=True)
        fit = (weights * distances[voters]).sum(1)
        values = self._scale.pictures.reshape(-1, self._channels)
        if not mean:
            return places, values[places], fit
        return places, np.einsum("nk,nkc->nc", weights, values[np.maximum(candidates, 0)]), fit

    def settled(self, places: Array) -> Array:
        """Queries whose patch is one piece of a source already, so that none can be nearer; bool."""
        moved = places - np.arange(places.size).reshape(places.shape)
        alike = self._scale.hole.copy()
        alike[1:] &= moved[1:] == moved[:-1]
        alike[:, 1:] &= moved[:, 1:] == moved[:, :-1]
        whole = _eroded(alike, self._side).ravel()[self.queries]
        key = np.zeros(self._scale.usable.size, bool)
        key[self.keys] = True
        return whole & key[places.ravel()[self.queries]]

    def _find_keys(self) -> Array:
        """Places whose whole patch may be copied; if they are many, those nearest to the hole."""
        whole = np.stack([_eroded(plane, self._side) for plane in self._scale.usable])
        keys = np.flatnonzero(whole)
        if len(keys) <= _MOST_KEYS:
            return keys
        away = cv2.distanceTransform((~self._scale.hole).astype(np.uint8), cv2.DIST_L2, 3).ravel()
        order = np.argsort(away[keys % away.size], kind="stable")
        return np.sort(keys[order[:_MOST_KEYS]])

    def _cut(self, planes: Array, places: Array) -> Array:
        """The patches of s h w c around `places`, n k·c; the border is mirrored."""
        radius, (height, width) = self._radius, (self._height, self._width)
        edge = (0, 0), (radius, radius), (radius, radius), (0, 0)
        flat = np.pad(planes, edge, mode="reflect").reshape(-1, planes.shape[3])
        plane, y, x = np.unravel_index(places, (len(planes), height, width))
        wide = width + 2 * radius
        centres = (plane * (height + 2 * radius) + y + radius) * wide + x + radius
        return flat[centres[:, None] + (self._dy * wide + self._dx)].reshape(len(places), -1)

    def _voters(self) -> Array:
        """Per pixel of the hole the queries whose patches cover it, -1 outside the picture; n k."""
        index = np.full((self._height, self._width), -1)
        index.ravel()[self.queries] = np.arange(len(self.queries))
        padded = np.pad(index, self._radius, constant_values=-1).ravel()
        y, x = np.divmod(self.hole, self._width)
        wide = self._width + 2 * self._radius
        centres = (y + self._radius) * wide + x + self._radius
        return padded[centres[:, None] + (self._dy * wide + self._dx)]

    # Both factors of a product are laid out so that it is largest where the distance is smallest:
    # -|q - k|² = 2 q·k - |k|² - |q|², of which the last is the same for all keys and left out.

    def _plain_terms(self, patches: Array) -> tuple[Array, Array]:
        query = (patches - self._middle) @ self._basis
        square = np.square(self._compact).sum(1, keepdims=True)
        return np.hstack([2 * query, -np.ones_like(query[:, :1])]), np.hstack([self._compact, square])

    def _weighted_terms(self, patches: Array, weights: Array) -> tuple[Array, Array]:
        shares = weights / (weights.sum(1, keepdims=True) * self._channels)
        squares = np.square(self._patches).reshape(len(self.keys), -1, self._channels).sum(2)
        query = np.hstack([2 * np.repeat(shares, self._channels, 1) * patches, -shares])
        return query, np.hstack([self._patches, squares])

    def _side_terms(self, centres: Array, penalty: Array) -> tuple[Array, Array]:
        """The guide, the way between the two places, and the penalty, in the same layout."""
        costs, unit = self._costs, self._scale.unit
        depth = self._scale.depth.ravel()[centres] * unit
        guide = costs.guide * np.maximum(costs.trust, np.exp(-depth / _GUIDE_REACH)) ** 2 / self._channels
        guide = guide[:, None].astype(np.float32)
        low = self._scale.low[0].reshape(-1, self._channels)[centres]
        near = costs.near * unit / 100
        here, there = self._position(centres) * near, self._position(self.keys) * near
        constant = -np.square(there).sum(1) - penalty
        query = np.hstack([2 * guide * low, -guide, 2 * here, np.ones_like(guide)])
        key = np.hstack([self._lows, np.square(self._lows).sum(1, keepdims=True), there, constant[:, None]])
        return query, key

    def _position(self, places: Array) -> Array:
        """Row and column; n 2 float32."""
        y, x = np.divmod(places % (self._height * self._width), self._width)
        return np.stack([y, x], 1).astype(np.float32)

    def _repetition(self, places: Array) -> Array:
        uses = np.bincount(places.ravel()[self.hole], minlength=self._scale.usable.size)
        planes = uses.reshape(self._scale.usable.shape).astype(np.float32)
        often = np.stack([cv2.blur(plane, (3, 3)) for plane in planes]).ravel()[self.keys]
        return self._costs.reuse * np.maximum(often - _FREE_COPIES, 0) * self.usual

    def _oddness(self) -> tuple[Array, float]:
        """How much farther each key is from what surrounds the hole than that is from itself; and this distance."""
        band = widen(self._scale.hole, 3 * self._radius + 1).ravel()
        rim = np.flatnonzero(band[self.keys % band.size] & (self.keys < band.size))
        if len(rim) < _FEWEST_RIM:
            return np.zeros(len(self.keys), np.float32), _NOISE
        rim = rim[:: -(-len(rim) // _RIM_PATCHES)]
        around = self._compact[rim]
        squares = np.square(self._compact).sum(1)
        apart = squares[rim] - 2 * self._compact @ around.T
        far = (
            np.abs(self._position(self.keys[rim])[:, None] - self._position(self.keys[rim])).max(2)
            >= self._side
        )
        own = np.where(far, apart[rim], np.inf).min(1) + squares[rim]
        own = own[np.isfinite(own)]
        usual = max(float(np.percentile(own, _USUAL)), _NOISE) if len(own) else _NOISE
        return np.maximum(apart.min(1) + squares - usual, 0), usual


def _eroded(mask: Array, side: int) -> Array:
    """Where a square of `side` pixels lies inside `mask` and the picture; h w bool."""
    kernel = np.ones((side, side), np.uint8)
    return cv2.erode(mask.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0


def _best_products(queries: Array, keys: Array) -> Array:
    """Index of the key with the largest product, for each query; in blocks, so that memory stays small."""
    keys = np.ascontiguousarray(keys, np.float32)
    queries = np.ascontiguousarray(queries, np.float32)
    rows = max(1, _BLOCK // min(len(keys), _BLOCK_KEYS))
    best = np.zeros(len(queries), np.int64)
    for top in range(0, len(queries), rows):
        part = queries[top : top + rows]
        every = np.arange(len(part))
        score = np.full(len(part), -np.inf, np.float32)
        for left in range(0, len(keys), _BLOCK_KEYS):
            products = part @ keys[left : left + _BLOCK_KEYS].T
            arg = products.argmax(1)
            value = products[every, arg]
            better = value > score
            score[better] = value[better]
            best[top : top + rows][better] = arg[better] + left
    return best


def _most_named(candidates: Array, weights: Array) -> Array:
    """Per row the candidate whose weights sum up to most; n k → n."""
    order = np.argsort(candidates, 1, kind="stable")
    candidates, weights = np.take_along_axis(candidates, order, 1), np.take_along_axis(weights, order, 1)
    first = np.ones(candidates.shape, bool)
    first[:, 1:] = candidates[:, 1:] != candidates[:, :-1]
    runs = np.flatnonzero(first)
    rows = runs // candidates.shape[1]
    sums = np.add.reduceat(weights.ravel(), runs)
    order = np.lexsort((runs, -sums, rows))
    winner = order[np.flatnonzero(np.diff(rows[order], prepend=-1))]
    return candidates.ravel()[runs[winner]]

"""Where each pixel of a hole is best copied from, coarse to fine: the search behind `exemplar`.

At the coarsest scale, where the hole is a few patches wide, the patches that overlap it look for the most similar
ones elsewhere, and vote, again and again; what is known counts most, so that structure grows inwards from the rim.
A finer scale begins with copies from the same places, and mends the seams between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .exemplar_match import Costs, Matcher, Scale

Array = np.ndarray

_FEWEST_KEYS = 64  # at the coarsest scale
_WEIGHED_PAIRS = 8e6  # comparisons up to which each pixel of a patch is weighed by its confidence
_LOW = 6.0  # pixels; what is smoother than this counts as low frequency
_FIRST_CONFIDENCE, _LAST_CONFIDENCE = 0.3, 0.9
_LEAST_CONFIDENCE = 1e-3
_REGION = 24  # pixels, of what a seed prefers


@dataclass(frozen=True)
class ExemplarParams:
    """How patches are chosen, and what is made of them.

    Attributes:
        patch: side of a patch in pixels, odd.
        coarsest: the search begins at the first scale where no pixel of the hole is deeper than this.
        finest: and ends at the scale whose pixels are this wide (1, 2, 4 ...); finer ones copy from the same
            places.
        iterations: rounds of search and vote at the coarsest scale, and at each finer one.
        most_pairs: comparisons of patches in a round; a finer scale that needs more looks at fewer patches.
        guide: weight of the start's low frequencies.
        trust: 0..1, how far the start is right deep inside the hole: 0 for a smooth fill, more for a network's.
        near: code values that a patch 100 pixels away counts as worse.
        reuse: weight of being copied more than once.
        odd: weight of being unlike all that surrounds the hole.
        detail: 1 keeps the patches' own low frequencies, 0 takes the start's.
        doubtful: where patches fit worse than this many times the texture's usual distance, the start comes
            through, and alone from twice that on.
        seed: 0 takes what fits best; any other prefers some regions to others, each in its own way, and so makes
            another picture that fits about as well.
    """

    patch: int = 7
    coarsest: float = 8.0
    finest: int = 2
    iterations: tuple[int, int] = (10, 3)
    most_pairs: float = 1.0e8
    guide: float = 0.2
    trust: float = 0.0
    near: float = 10.0
    reuse: float = 0.5
    odd: float = 1.0
    detail: float = 1.0
    doubtful: float = 3.0
    seed: int = 0


@dataclass(frozen=True)
class Found:
    """The result of a search.

    Attributes:
        places: h w int64, flat index into pictures, rows and columns; outside the hole each pixel itself.
        doubt: h w float32, root mean square distance of the patches over each pixel, code values.
        usual: the same between neighbouring patches of the surroundings.
    """

    places: Array
    doubt: Array
    usual: float


def search(pictures: Array, usable: Array, hole: Array, params: ExemplarParams) -> Found | None:
    """Places to copy a hole's pixels from.

    Args:
        pictures: s h w c float32, code values; the first is completed, and holds the start in its hole.
        usable: s h w bool, what may be copied.
        hole: h w bool.
        params: see there.

    Returns:
        None if there is no whole patch to copy.
    """
    height, width = hole.shape
    scales = _scales(pictures, usable, hole, params)
    costs = Costs(params.guide, params.trust, params.near, params.reuse, params.odd)
    found: Found | None = None
    for scale in reversed(scales):
        if found is not None:
            found = _finer(found, scale)
            if scale.unit < params.finest:
                continue
        matcher = Matcher(scale, costs, params.patch)
        if len(matcher.keys) >= (1 if scale.unit == 1 else _FEWEST_KEYS):
            found = _improve(matcher, scale, found, params)
    return None if found is None else _cropped(found, len(pictures), scales[0].hole.shape, (height, width))


def _scales(pictures: Array, usable: Array, hole: Array, params: ExemplarParams) -> list[Scale]:
    """From fine to coarse, each half as large; padded so that every size is even."""
    deepest = float(_depth(hole).max())
    count = 1 + int(np.ceil(np.log2(max(1.0, deepest / params.coarsest))))
    while count > 1 and min(hole.shape) < 2 * params.patch << (count - 1):
        count -= 1
    height, width = (-(-side >> (count - 1)) << (count - 1) for side in hole.shape)
    low_pass = [cv2.GaussianBlur(p, (0, 0), _LOW).reshape(p.shape) for p in pictures]
    pictures, low = (_padded(p, height, width, "edge") for p in (pictures, np.stack(low_pass)))
    usable = _padded(usable, height, width, "constant")
    hole = _padded(hole[None], height, width, "constant")[0]
    taste = _taste(hole.shape, len(pictures), params.seed)
    scales = [Scale(pictures, usable, hole, low, _depth(hole), 1, taste)]
    for level in range(1, count):
        pictures, low, taste = _halved(pictures), _halved(low), _halved(taste)
        usable, hole = _halved(usable) > 0.99, _halved(hole[None])[0] > 0
        scales.append(Scale(pictures, usable, hole, low, _depth(hole), 1 << level, taste))
    return scales


def _improve(matcher: Matcher, scale: Scale, found: Found | None, params: ExemplarParams) -> Found:
    """Rounds of search and vote at one scale."""
    matcher.load()
    height, width = scale.hole.shape
    coarsest = found is None
    rounds = params.iterations[0 if coarsest else 1]
    picture = scale.pictures[0].copy()
    places, doubt = np.arange(height * width).reshape(height, width), np.zeros((height, width), np.float32)
    if found is not None:
        places, doubt = found.places, found.doubt
        picture[scale.hole] = scale.pictures.reshape(-1, picture.shape[2])[places[scale.hole]]
    for number in range(rounds):
        settled = np.zeros(len(matcher.queries), bool) if coarsest else matcher.settled(places)
        asked = _thinned(matcher, np.flatnonzero(~settled), width, params.most_pairs)
        confidence = None
        if len(asked) * len(matcher.keys) <= _WEIGHED_PAIRS:
            progress = number / max(1, rounds - 1) if coarsest else 1.0
            confidence = _confidence(scale, params.trust, progress)
        named = np.full(len(matcher.queries), -1)
        named[settled] = places.ravel()[matcher.queries[settled]]
        distances = np.zeros(len(named), np.float32)
        repeated = None if coarsest and number == 0 else places
        named[asked], distances[asked] = matcher.nearest(picture, asked, confidence, repeated)
        last = number == rounds - 1
        chosen, values, fit = matcher.vote(named, distances, mean=coarsest and not last)
        places, doubt = places.copy(), np.zeros_like(doubt)
        places.ravel()[matcher.hole], doubt.ravel()[matcher.hole] = chosen, np.sqrt(fit)
        picture[scale.hole] = values
    return Found(places, doubt, float(np.sqrt(matcher.usual)))


def _thinned(matcher: Matcher, asked: Array, width: int, most_pairs: float) -> Array:
    """Every second or third query of a lattice where all would be too many; pixels still get several votes."""
    y, x = np.divmod(matcher.queries[asked], width)
    for kept in (np.ones(len(asked), bool), (y + x) % 2 == 0, (y % 2 == 0) & (x % 2 == 0)):
        if kept.sum() * len(matcher.keys) <= most_pairs:
            return asked[kept]
    return asked[(y % 3 == 0) & (x % 3 == 0)]


def _confidence(scale: Scale, trust: float, progress: float) -> Array:
    """How much each pixel counts in a comparison: 1 where it is known, inside less and less; h w."""
    base = _FIRST_CONFIDENCE + (_LAST_CONFIDENCE - _FIRST_CONFIDENCE) * progress
    return np.maximum(base**scale.depth, max(trust, _LEAST_CONFIDENCE)).astype(np.float32)


def _finer(found: Found, scale: Scale) -> Found:
    """The same places at the next scale: each pixel's four parts come from its place's four parts."""
    height, width = scale.hole.shape
    plane, y, x = np.unravel_index(found.places, (len(scale.pictures), height // 2, width // 2))
    places = np.empty((height, width), np.int64)
    for down in (0, 1):
        for right in (0, 1):
            places[down::2, right::2] = (plane * height + 2 * y + down) * width + 2 * x + right
    own = np.arange(height * width).reshape(height, width)
    doubt = np.repeat(np.repeat(found.doubt, 2, 0), 2, 1)
    return Found(np.where(scale.hole, places, own), np.where(scale.hole, doubt, 0), found.usual)


def _cropped(found: Found, count: int, padded: tuple[int, int], size: tuple[int, int]) -> Found:
    """Without the padding, which nothing was copied from."""
    height, width = size
    plane, y, x = np.unravel_index(found.places[:height, :width], (count, *padded))
    return Found((plane * height + y) * width + x, found.doubt[:height, :width], found.usual)


def _taste(size: tuple[int, int], count: int, seed: int) -> Array:
    """What a seed prefers: s h w float32, smooth, negative where it likes to copy from; 0 for seed 0."""
    if not seed:
        return np.zeros((count, *size), np.float32)
    height, width = size
    drawn = np.random.default_rng(seed).standard_normal(
        (count, -(-height // _REGION) + 1, -(-width // _REGION) + 1)
    )
    planes = [cv2.resize(p, (width, height), interpolation=cv2.INTER_CUBIC) for p in drawn.astype(np.float32)]
    return np.stack(planes)


def _depth(hole: Array) -> Array:
    """Distance of each pixel of the hole to what is known; the picture's border is not known."""
    if hole.all():
        return np.full(hole.shape, float(max(hole.shape)), np.float32)
    return cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)


def _padded(planes: Array, height: int, width: int, mode: str) -> Array:
    """Rows below and columns to the right, so that s h w (c) becomes that large."""
    edge = ((0, 0), (0, height - planes.shape[1]), (0, width - planes.shape[2]))
    return np.pad(planes, edge + ((0, 0),) * (planes.ndim - 3), mode=mode)  # type: ignore[call-overload]


def _halved(planes: Array) -> Array:
    """The mean of every two by two pixels of s h w (c); float32."""
    planes = planes.astype(np.float32)
    rows = planes[:, ::2] + planes[:, 1::2]
    return (rows[:, :, ::2] + rows[:, :, 1::2]) / 4

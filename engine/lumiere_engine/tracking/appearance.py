"""What the object looks like, learned from the drawn frame: a small perceptron over colours and texture.

One hidden layer, fitted by Adam (Kingma and Ba, 2015) with decoupled weight decay; its answer is calibrated on blocks
of the drawn frame that it did not learn from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..motion.flow import widen
from .propagate import signed_distance, surroundings

Array = np.ndarray

_SCALES = (0.0, 2.0, 6.0)
_CONTEXT = 8  # pixels to each side; a smaller object is judged without
_HIDDEN = 32
_STEPS = 150
_SAMPLES = 1200
_SURROUNDING = 12
_DOUBLES = 500
_RATE = 0.01
_DECAY = 0.02
_JITTER = 0.15  # of a feature's spread: lights and lenses change through a shot
_BLOCK = 24
_LARGEST_LOGIT = 4.0


def features(picture: Array, unexplained: Array) -> Array:
    """What is known of every pixel, n f float32; the last `_SURROUNDING` columns are about its surroundings.

    Args:
        picture: h w 3 uint8 R'G'B'.
        unexplained: h w float32, see `background.unexplained`.
    """
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    layers = [lab if s == 0 else cv2.GaussianBlur(lab, (0, 0), s) for s in _SCALES]
    light = np.ascontiguousarray(lab[..., 0])
    for radius in (2, 6):
        size = (2 * radius + 1,) * 2
        spread = cv2.blur(light * light, size) - cv2.blur(light, size) ** 2
        layers.append(np.log1p(np.sqrt(np.maximum(spread, 0))) * 10)
    strange = np.log1p(unexplained) * 10
    layers += [strange, cv2.GaussianBlur(strange, (0, 0), 3)]
    wide = layers[1]
    for dy, dx in ((-_CONTEXT, 0), (_CONTEXT, 0), (0, -_CONTEXT), (0, _CONTEXT)):
        layers.append(_shifted(wide, dy, dx))
    flat = [layer.reshape(-1, 1 if layer.ndim == 2 else layer.shape[2]) for layer in layers]
    return np.concatenate(flat, 1).astype(np.float32)


def _shifted(layer: Array, dy: int, dx: int) -> Array:
    """What lies `dy` below and `dx` to the right of every pixel; the border is repeated."""
    height, width = layer.shape[:2]
    rows = np.clip(np.arange(height) + dy, 0, height - 1)
    columns = np.clip(np.arange(width) + dx, 0, width - 1)
    return layer[rows][:, columns]


@dataclass
class Samples:
    """Pixels whose answer is known.

    Attributes:
        values: n f, see `features`.
        inside: n bool.
    """

    values: Array
    inside: Array


def choose(values: Array, sure_inside: Array, sure_outside: Array, near: Array, seed: int) -> Samples:
    """A few thousand pixels, half of them inside; of those outside, half near the object.

    Args:
        values: n f.
        sure_inside, sure_outside, near: h w bool.
        seed: of the choice.
    """
    draw = np.random.RandomState(seed)  # its stream is the same in every version of NumPy
    parts = []
    for mask, most in (
        (sure_inside, _SAMPLES // 2),
        (sure_outside & near, _SAMPLES // 4),
        (sure_outside & ~near, _SAMPLES // 4),
    ):
        found = np.flatnonzero(mask)
        parts.append(found if len(found) <= most else np.sort(draw.choice(found, most, replace=False)))
    chosen = np.concatenate(parts)
    return Samples(values[chosen], sure_inside.reshape(-1)[chosen])


@dataclass(frozen=True)
class _Change:
    """One way in which a shot may come to differ from its drawn frame."""

    size: float = 1.0
    gain: float = 1.0
    blur: float = 0.0
    mirrored: bool = False

    def of(self, layer: Array, *, light: bool = False) -> Array:
        height, width = layer.shape[:2]
        layer = layer[:, ::-1] if self.mirrored else layer
        size = (max(16, round(width * self.size)), max(16, round(height * self.size)))
        layer = cv2.resize(np.ascontiguousarray(layer), size, interpolation=cv2.INTER_AREA)
        if not light:
            return layer
        layer = cv2.blur(layer, (round(self.blur), 1)) if self.blur else layer
        return cv2.convertScaleAbs(layer, alpha=self.gain)


_CHANGES = (
    _Change(),
    _Change(size=0.8, gain=1.05, mirrored=True),
    _Change(size=1.2, gain=0.95),
    _Change(gain=0.9, blur=5, mirrored=True),
)


@dataclass(frozen=True)
class _Page:
    """The drawn frame, changed in one way: the features of its pixels and which of them are surely what."""

    values: Array
    inside: Array
    outside: Array
    near: Array
    blocks: Array


def _pages(drawing: Drawing) -> Iterator[_Page]:
    mask = drawing.mask
    for change in _CHANGES:
        inner = change.of(mask.astype(np.float32))
        yield _Page(
            features(change.of(drawing.picture, light=True), change.of(drawing.strange)),
            inner > 0.9 if (inner > 0.9).sum() > 50 else inner > 0.5,
            ~widen(inner > 0.1, 1),
            surroundings(inner > 0.5, 0.6),
            change.of(_held_back(mask.shape).astype(np.float32)) > 0.5,
        )


@dataclass(frozen=True)
class Looks:
    """Opinions with and without a pixel's surroundings; their mean is steadier than either."""

    members: tuple[Appearance, ...]

    def log_odds(self, values: Array, shape: tuple[int, int]) -> Array:
        """Log odds of being inside, h w float32, at most 4 either way.

        Args:
            values: n f, see `features`.
            shape: height and width.
        """
        limit = _LARGEST_LOGIT
        answers = [np.clip(member.raw(values) * member.trust, -limit, limit) for member in self.members]
        return np.mean(answers, 0).reshape(shape).astype(np.float32)


@dataclass(frozen=True)
class Drawing:
    """A frame in which it was drawn what belongs to the object.

    Attributes:
        picture: h w 3 uint8 R'G'B'.
        strange: h w float32, see `background.unexplained`.
        mask: h w bool; empty where the object is away.
    """

    picture: Array
    strange: Array
    mask: Array


def learn(drawings: Sequence[Drawing], seed: int) -> Looks:
    """Learn from drawn frames, themselves and changed; then once more with what was mistaken for the object.

    Args:
        drawings: one or more, not all of them empty.
        seed: of the weights and of the choice of pixels.
    """
    pages = [page for drawing in drawings for page in _pages(drawing)]
    parts = [choose(p.values, p.inside & ~p.blocks, p.outside & ~p.blocks, p.near, seed) for p in pages]
    checks = [choose(p.values, p.inside & p.blocks, p.outside & p.blocks, p.near, seed) for p in pages]
    samples = [choose(p.values, p.inside, p.outside, p.near, seed) for p in pages]
    count = pages[0].values.shape[1]
    members = []
    # what lies beside a pixel of a sliver is not the sliver
    small = max(signed_distance(drawing.mask).max() for drawing in drawings) < _CONTEXT
    for columns in (count - _SURROUNDING,) if small else (count, count - _SURROUNDING):
        trial = Appearance.fitted(joined(parts), columns, seed)
        first = Appearance.fitted(joined(samples), columns, seed)
        found = Appearance.fitted(joined(samples + [_doubles(first, p, seed) for p in pages]), columns, seed)
        check = joined(checks)
        found.trust = _calibration(trial.raw(check.values), check.inside)
        members.append(found)
    return Looks(tuple(members))


def _doubles(model: Appearance, page: _Page, seed: int) -> Samples:
    """Whole regions outside that look like the object: a reflection, another of its kind.

    Single pixels do not count: along edges and in noise there are always some, and learning those spoils the rest.
    """
    shape = page.inside.shape
    region = cv2.GaussianBlur(model.raw(page.values).reshape(shape).astype(np.float32), (0, 0), 3) > 0
    found = np.flatnonzero(region & page.outside & ~widen(page.inside, 5))
    if len(found) > _DOUBLES:
        found = np.sort(np.random.RandomState(seed).choice(found, _DOUBLES, replace=False))
    return Samples(page.values[found], np.zeros(len(found), bool))


def joined(parts: Sequence[Samples]) -> Samples:
    """All samples of several."""
    return Samples(np.concatenate([p.values for p in parts]), np.concatenate([p.inside for p in parts]))


@dataclass
class Appearance:
    """Inside or outside, by looks alone.

    Attributes:
        columns: how many of the first features it looks at.
        mean, spread: of each of them.
        weights: of the two layers.
        trust: what the raw answer is multiplied by, 0..1; small where drawn pixels that it did not learn from
            were judged badly.
    """

    columns: int
    mean: Array
    spread: Array
    weights: list[Array]
    trust: float = 1.0

    @classmethod
    def fitted(cls, samples: Samples, columns: int, seed: int) -> Appearance:
        """Learn from these pixels."""
        samples = Samples(samples.values[:, :columns], samples.inside)
        draw = np.random.RandomState(seed)
        mean, spread = samples.values.mean(0), samples.values.std(0) + 1e-3
        count = samples.values.shape[1]
        weights = [
            (draw.standard_normal((count, _HIDDEN)) / np.sqrt(count)).astype(np.float32),
            np.zeros(_HIDDEN, np.float32),
            (draw.standard_normal(_HIDDEN) / np.sqrt(_HIDDEN)).astype(np.float32),
            np.zeros(1, np.float32),
        ]
        model = cls(columns, mean, spread, weights)
        model._improve(samples, seed)
        return model

    def _improve(self, samples: Samples, seed: int) -> None:
        """Learn from these pixels; both sides count the same, however many they are."""
        if not samples.inside.any() or samples.inside.all():
            return
        draw = np.random.RandomState(seed)
        x = (samples.values - self.mean) / self.spread
        y = samples.inside.astype(np.float32)
        share = y.mean()
        weight = np.where(samples.inside, 0.5 / share, 0.5 / (1 - share)).astype(np.float32) / len(y)
        first = [np.zeros_like(w) for w in self.weights]
        second = [np.zeros_like(w) for w in self.weights]
        for step in range(1, _STEPS + 1):
            noisy = x + draw.standard_normal(x.shape).astype(np.float32) * np.float32(_JITTER)
            rate = _RATE * (1 - step / (_STEPS + 1))
            for w, m, v, g in zip(self.weights, first, second, self._slopes(noisy, y, weight), strict=True):
                m += 0.1 * (g - m)
                v += 0.01 * (g * g - v)
                w -= rate * (m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.99**step)) + 1e-8) + _DECAY * w)

    def raw(self, values: Array) -> Array:
        """The log odds before calibration, n float32."""
        w1, b1, w2, b2 = self.weights
        scale = 1 / self.spread
        hidden = values[:, : self.columns] @ (w1 * scale[:, None]) + (b1 - (self.mean * scale) @ w1)
        return np.maximum(hidden, 0, out=hidden) @ w2 + b2

    def _slopes(self, x: Array, y: Array, weight: Array) -> list[Array]:
        w1, b1, w2, b2 = self.weights
        hidden = np.maximum(x @ w1 + b1, 0)
        error = (1 / (1 + np.exp(-np.clip(hidden @ w2 + b2, -30, 30))) - y) * weight
        back = (error[:, None] * w2) * (hidden > 0)
        return [x.T @ back, back.sum(0), hidden.T @ error, error.sum(keepdims=True)]


def _held_back(shape: tuple[int, ...]) -> Array:
    """Every third block of a frame."""
    ys, xs = np.mgrid[: shape[0], : shape[1]] // _BLOCK
    return (ys + 2 * xs) % 3 == 0


def _calibration(raw: Array, inside: Array) -> float:
    """The factor in 0..1 under which log odds fit best to answers that were not learned from."""
    if not inside.any() or inside.all():
        return 0.5
    share = inside.mean()
    weight = np.where(inside, 0.5 / share, 0.5 / (1 - share))
    sign = np.where(inside, 1.0, -1.0)
    factors = np.linspace(0.05, 1.0, 20)
    losses = [float((weight * np.logaddexp(0, -factor * sign * raw)).mean()) for factor in factors]
    return float(factors[int(np.argmin(losses))])

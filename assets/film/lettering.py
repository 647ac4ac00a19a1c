"""Drawn pictures: the sign's art-deco letters and the posters on the wall, as numpy arrays, without fonts."""

from __future__ import annotations

import itertools

import numpy as np

# Letters in a cell 0.6 wide and 1 high (y up): strokes are polylines, or ("arc", cx, cy, radius, from°, to°).
LETTERS: dict[str, list] = {
    "A": [[(0, 0), (0.3, 1), (0.6, 0)], [(0.12, 0.35), (0.48, 0.35)]],
    "C": [("arc", 0.32, 0.5, 0.32, 60, 300)],
    "E": [[(0.5, 1), (0, 1), (0, 0), (0.5, 0)], [(0, 0.38), (0.4, 0.38)]],
    "I": [[(0.3, 0), (0.3, 1)]],
    "L": [[(0.05, 1), (0.05, 0), (0.52, 0)]],
    "M": [[(0, 0), (0, 1), (0.3, 0.38), (0.6, 1), (0.6, 0)]],
    "N": [[(0, 0), (0, 1), (0.55, 0), (0.55, 1)]],
    "O": [("arc", 0.3, 0.5, 0.36, 0, 360)],
    "R": [
        [(0, 0), (0, 1), (0.28, 1)],
        ("arc", 0.28, 0.71, 0.29, -90, 90),
        [(0.28, 0.42), (0, 0.42)],
        [(0.26, 0.42), (0.55, 0)],
    ],
    "S": [("arc", 0.28, 0.75, 0.25, 20, 270), ("arc", 0.28, 0.25, 0.25, -160, 90)],
    "T": [[(0, 1), (0.6, 1)], [(0.3, 1), (0.3, 0)]],
    "U": [[(0, 1), (0, 0.29)], ("arc", 0.29, 0.29, 0.29, 180, 360), [(0.58, 0.29), (0.58, 1)]],
    "`": [[(0.12, 1.32), (0.32, 1.17)]],
}
ADVANCE = 0.86


def _polyline(stroke: object) -> np.ndarray:
    """A stroke's points."""
    if isinstance(stroke, tuple):
        _, cx, cy, radius, start, end = stroke
        angles = np.radians(np.linspace(start, end, 25))
        return np.stack([cx + radius * np.cos(angles), cy + radius * np.sin(angles)], axis=1)
    return np.array(stroke, dtype=float)


def _distance(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distance from each pixel to the segment a-b."""
    along = b - a
    share = np.clip(((x - a[0]) * along[0] + (y - a[1]) * along[1]) / max(float(along @ along), 1e-9), 0, 1)
    return np.hypot(x - a[0] - share * along[0], y - a[1] - share * along[1])


def canvas(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixel centres of a picture whose height is 1, y upwards."""
    y, x = np.mgrid[0:height, 0:width]
    return (x + 0.5) / height, 1 - (y + 0.5) / height


def word(
    text: str, x: np.ndarray, y: np.ndarray, left: float, base: float, size: float, weight: float = 0.075
) -> np.ndarray:
    """Coverage 0..1 of a word; "`" sets a grave accent on the letter after it."""
    nearest = np.full(x.shape, 9.0)
    pen = left
    for letter in text:
        for stroke in LETTERS.get(letter, []):
            points = _polyline(stroke) * size + np.array([pen, base])
            for a, b in itertools.pairwise(points):
                nearest = np.minimum(nearest, _distance(x, y, a, b))
        pen += 0 if letter == "`" else ADVANCE * size
    pixel = float(y[0, 0] - y[1, 0])
    return np.clip((weight * size - nearest) / pixel + 0.5, 0, 1)


def word_width(text: str, size: float) -> float:
    """How far a word reaches."""
    return (len(text.replace("`", "")) * ADVANCE - (ADVANCE - 0.6)) * size


def sign(width: int = 1440, height: int = 256) -> np.ndarray:
    """The painted sign: red = letters and rules, green = the coloured band behind them."""
    x, y = canvas(width, height)
    size, reach = 0.50, width / height
    letters = word("LUMI`ERE", x, y, (reach - word_width("LUMIERE", size) * 1.0) / 2, 0.21, size, 0.115)
    band = ((y > 0.03) & (y < 0.97) & (x > 0.03) & (x < reach - 0.03)).astype(float)
    inner = np.maximum(np.abs(y - 0.5) - 0.42, np.abs(x - reach / 2) - (reach / 2 - 0.08))
    rule = (np.abs(inner) < 0.012).astype(float)
    for side in (0.42, reach - 0.42):
        rays = (np.hypot(x - side, y - 0.25) < 0.46) & (y > 0.25)
        rays &= np.cos(np.arctan2(y - 0.25, x - side) * 18) > 0.1
        rays &= np.hypot(x - side, y - 0.25) > 0.17
        letters = np.maximum(letters, rays * 1.0)
    return np.stack([np.maximum(letters, rule), band, np.zeros_like(band)], axis=2)


def _paint(picture: np.ndarray, cover: np.ndarray, colour: tuple[float, float, float]) -> None:
    """Lays a colour over a picture, in place."""
    picture += cover[..., None] * (np.array(colour) - picture)


def poster_moon(width: int = 360, height: int = 520) -> np.ndarray:
    """A night at the cinema: a moon, a beam of light, the word CINEMA."""
    x, y = canvas(width, height)
    reach = width / height
    picture = np.empty((height, width, 3))
    picture[:] = np.stack([0.05 + 0.1 * (1 - y), 0.10 + 0.22 * (1 - y), 0.25 + 0.25 * (1 - y)], axis=2)
    angle = np.arctan2(y - 0.24, x - 0.02)
    _paint(picture, ((angle > 0.42) & (angle < 1.0)) * 0.85, (0.95, 0.82, 0.42))
    _paint(picture, (np.hypot(x - reach * 0.62, y - 0.66) < 0.17) * 1.0, (0.97, 0.93, 0.78))
    _paint(picture, (np.hypot(x - reach * 0.56, y - 0.69) < 0.035) * 0.5, (0.75, 0.68, 0.5))
    _paint(picture, (np.hypot(x - reach * 0.70, y - 0.60) < 0.025) * 0.5, (0.75, 0.68, 0.5))
    hills = 0.26 + 0.05 * np.sin(9 * x + 1.0)
    _paint(picture, (y < hills) * 1.0, (0.55, 0.12, 0.10))
    size = 0.125
    _paint(
        picture,
        word("CINEMA", x, y, (reach - word_width("CINEMA", size)) / 2, 0.07, size, 0.09),
        (0.98, 0.90, 0.7),
    )
    return _framed(picture, x, y, reach)


def poster_sun(width: int = 360, height: int = 520) -> np.ndarray:
    """A seaside poster: sun rays over waves, the word MER."""
    x, y = canvas(width, height)
    reach = width / height
    picture = np.empty((height, width, 3))
    picture[:] = (0.96, 0.80, 0.50)
    angle = np.arctan2(y - 0.45, x - reach / 2)
    _paint(picture, (np.cos(angle * 22) > 0) * 0.9, (0.93, 0.52, 0.20))
    _paint(picture, (np.hypot(x - reach / 2, y - 0.45) < 0.17) * 1.0, (0.84, 0.16, 0.09))
    for k, colour in enumerate([(0.10, 0.48, 0.52), (0.07, 0.35, 0.44), (0.04, 0.22, 0.33)]):
        waves = 0.44 - 0.09 * k + 0.018 * np.abs(np.sin(18 * x + 1.3 * k))
        _paint(picture, (y < waves) * 1.0, colour)
    size = 0.13
    _paint(
        picture,
        word("LA MER", x, y, (reach - word_width("LA MER", size)) / 2, 0.07, size, 0.09),
        (0.98, 0.92, 0.76),
    )
    return _framed(picture, x, y, reach)


def poster_wheel(width: int = 360, height: int = 360) -> np.ndarray:
    """Rings and spokes: a zoetrope seen from above, the word TOUR."""
    x, y = canvas(width, height)
    picture = np.empty((height, width, 3))
    picture[:] = (0.93, 0.88, 0.74)
    radius, angle = np.hypot(x - 0.5, y - 0.57), np.arctan2(y - 0.57, x - 0.5)
    _paint(picture, (radius < 0.34) * 1.0, (0.10, 0.36, 0.36))
    _paint(
        picture, ((radius < 0.31) & (radius > 0.12) & (np.cos(angle * 12) > 0.2)) * 1.0, (0.95, 0.74, 0.30)
    )
    _paint(picture, (radius < 0.08) * 1.0, (0.80, 0.18, 0.10))
    _paint(
        picture, word("TOUR", x, y, 0.5 - word_width("TOUR", 0.12) / 2, 0.07, 0.12, 0.09), (0.16, 0.12, 0.10)
    )
    return _framed(picture, x, y, 1.0)


def _framed(picture: np.ndarray, x: np.ndarray, y: np.ndarray, reach: float) -> np.ndarray:
    """The paper's unprinted border."""
    edge = np.minimum(np.minimum(x, reach - x), np.minimum(y, 1 - y))
    _paint(picture, (edge < 0.03) * 1.0, (0.92, 0.87, 0.75))
    return picture

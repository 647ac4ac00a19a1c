"""How far a fitted network can be trusted: its error on places that it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lumiere_engine.diffusion.precondition import Denoiser
from lumiere_engine.protocol.ranges import FrameRange

from .fill import Fill, push_pull
from .imagine import ImagineParams, imagine
from .masks import Holes
from .shot import ArrayVolume, HiddenPlaces, Place, Rgb, ShotVolume

_MOST_OF_KNOWN = 0.12
# Sum of squares below which two pictures in [-1, 1] differ by rounding alone.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class HeldOutError:
    """Mean squared errors over held-out pixels, of values in [-1, 1]."""

    imagined: float
    """Of the imagined picture."""
    start: float
    """Of the fill that imagining started from."""
    blended: float
    """Of the picture that `trust` makes of both."""
    trust: float
    """α in [0, 1] to blend with: start + α·(imagined − start); see `trusted`."""
    pixels: int
    """How many pixels were compared; 0 if the shot had no room for a test."""

    @property
    def ratio(self) -> float:
        """imagined / start: below 1, the network is better than the fill; 1 if nothing was compared."""
        return self.imagined / max(self.start, 1e-12) if self.pixels else 1.0

    @property
    def saved(self) -> float:
        """The share of the fill's squared error that the trusted blend saves, in [0, 1]; 0 if nothing was compared."""
        return 1 - self.blended / max(self.start, 1e-12) if self.pixels else 0.0


def reserved_places(
    volume: ShotVolume, count: int, seed: int, holes: Holes | None = None
) -> tuple[Place, ...]:
    """Rectangles of about the hole's size near the hole, the same in every frame, mostly known.

    A place stands still through the whole shot: in a shot without camera movement its truth is then seen in
    no frame, as it is for a real hole. They take no more than 12 % of the picture together.

    Args:
        volume: the shot.
        count: wanted; there may be fewer.
        seed: of their positions.
        holes: of this shot, if at hand.
    """
    _, h, w = volume.shape
    holes = holes or Holes.of(volume)
    if not count or not len(holes.positions):
        return ()
    rng = np.random.default_rng([seed, 0x4E1D])
    often = _how_often_unknown(volume)
    room = _MOST_OF_KNOWN * h * w / count
    height, width = (
        float(np.clip(extent, 8, 0.5 * side)) for extent, side in ((holes.height, h), (holes.width, w))
    )
    shrink = min(1.0, (room / (height * width)) ** 0.5)
    rows, columns = max(4, int(height * shrink)), max(4, int(width * shrink))
    if rows > h or columns > w:
        return ()
    places: list[Place] = []
    taken = often > 0.1
    for _ in range(200 * count):
        _, y, x = holes.positions[rng.integers(len(holes.positions))]
        y0 = int(np.clip(rng.normal(y, 1.5 * holes.height) - rows / 2, 0, h - rows))
        x0 = int(np.clip(rng.normal(x, 1.5 * holes.width) - columns / 2, 0, w - columns))
        if taken[y0 : y0 + rows, x0 : x0 + columns].any():
            continue
        taken[y0 : y0 + rows, x0 : x0 + columns] = True
        places.append(Place(y0, y0 + rows, x0, x0 + columns))
        if len(places) == count:
            break
    return tuple(places)


def _how_often_unknown(volume: ShotVolume) -> Rgb:
    """The share of frames in which each pixel is not known, h w."""
    frames, h, w = volume.shape
    total = np.zeros((h, w), np.float32)
    for t in range(frames):
        total += ~volume.read(t, t + 1, 0, h, 0, w)[1][0]
    return total / np.float32(frames)


def held_out_error(
    denoiser: Denoiser,
    volume: ShotVolume,
    params: ImagineParams,
    *,
    reserve: int,
    seed: int,
    fill: Fill = push_pull,
    samples: int = 2,
) -> HeldOutError:
    """Imagine the reserved places of some stretches of the shot and compare with the truth.

    Args:
        denoiser: over the fitted network.
        volume: the shot that it was fitted to.
        params: as the imagining will use them.
        reserve: `FitParams.reserve` of the fit.
        seed: `FitParams.seed` of the fit.
        fill: of the fit.
        samples: stretches of one window's duration, spread evenly over the shot.
    """
    holes = Holes.of(volume)
    places = reserved_places(volume, reserve, seed, holes)
    hidden = HiddenPlaces(volume, places)
    frames, h, w = volume.shape
    length = min(params.window[0], frames)
    imagined, start, along, moved, pixels = 0.0, 0.0, 0.0, 0.0, 0
    for t0 in np.unique(np.linspace(0, frames - length, samples + 2).astype(int)[1:-1]) if places else ():
        truth, known = volume.read(int(t0), int(t0) + length, 0, h, 0, w)
        visible = hidden.read(int(t0), int(t0) + length, 0, h, 0, w)[1]
        plate = fill(truth, visible)
        tested = known & ~visible
        stretch = ArrayVolume(np.where(visible[..., None], truth, plate), visible)
        answer = imagine(denoiser, stretch, plate, FrameRange(0, length), params)
        change, error = (
            (answer - plate)[tested].astype(np.float64),
            (plate - truth)[tested].astype(np.float64),
        )
        imagined += float(np.square(error + change).sum())
        start += float(np.square(error).sum())
        along -= float((error * change).sum())
        moved += float(np.square(change).sum())
        pixels += int(tested.sum())
    scale = max(1, 3 * pixels)
    trust = trusted(along, moved)
    blended = max(0.0, start - 2 * trust * along + trust**2 * moved)
    return HeldOutError(imagined / scale, start / scale, blended / scale, trust, pixels)


def trusted(along: float, moved: float) -> float:
    """How far to blend from the start to the imagined, in [0, 1].

    Least squares over the held-out pixels says along/moved.

    Args:
        along: sum of (truth − start)·(imagined − start).
        moved: sum of (imagined − start)².
    """
    if moved <= _ROUNDING:
        return 0.0
    return min(1.0, max(0.0, along / moved))

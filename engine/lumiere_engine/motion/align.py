"""One frame laid over another behind a hole: the map, how far to trust it, the exposure between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from .chain import carry
from .exposure import CLEARLY, OUTLIER, difference, gain_towards, times
from .flow import SPOILT_RIM, FlowEstimator, channel_mean, grid, inside, sample, widen
from .pyramid import smooth_field

Array = np.ndarray

RING = 20  # pixels around the hole whose agreement speaks for what is inside
_ERROR_BLUR = 9  # the error of one pixel is mostly noise; that of its neighbourhood is not
_FEWEST = 200  # pixels that must be seen for a comparison
_FEWEST_OWN = 50  # of them that must be alike, or move with a plane, to be asked alone
_VOTERS = 1500  # of them that planes are fitted to
_MOST_PLANES = 3
_TRIALS = 300  # random samples per plane: enough for one that an eighth of the voters follow closely
_PLANE_PX = 0.5  # how closely a plane's pixels follow it
_LEAST_SHARE = 0.12  # of the voters that a plane must explain
_NEARLY_ALL = 0.92
_FOLLOWS_PX = 1.0  # how closely what moves with a plane follows it, with the errors of flow
_SUPPORTED = 0.5  # share of the nearby ring that must follow a plane for it to be believed behind the hole


@dataclass(frozen=True)
class Window:
    """A rectangle of a frame: corner and size in pixels."""

    y: int
    x: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """For indexing a picture: rows, columns."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


@dataclass(frozen=True)
class Target:
    """The frame that is to be completed, cut to a window around its hole.

    Attributes:
        picture: h w 3 uint8.
        hole: h w bool, what is to be filled.
        known: h w bool, what may be compared; without the hole's rim.
    """

    picture: Array
    hole: Array
    known: Array


@dataclass(frozen=True)
class Aligned:
    """Another frame, laid over the target.

    Attributes:
        places: h w 2 float32, where in the other frame each pixel of the window lies.
        usable: h w bool, pixels of the hole that the other frame really shows.
        picture: h w 3 float32, the other frame seen from here, exposure matched.
        gain: 3 float32, the factor per channel that it was exposed with, before the offset was added.
        offset: h w 3 float32, the exposure difference that was added, code values of 255.
        error: h w float32, expected absolute error, code values of 255.
        doubt: h w float32, 0 or more: by what share the error is to be taken for larger when candidates compete.
    """

    places: Array
    usable: Array
    picture: Array
    gain: Array
    offset: Array
    error: Array
    doubt: Array


class Aligner:
    """Lays frames over each other, starting from one or several guesses of the motion."""

    def __init__(self) -> None:
        self._flow = FlowEstimator("medium")

    def align(self, target: Target, frame: Array, frame_hole: Array, guesses: list[Array]) -> list[Aligned]:
        """The best of `guesses` (h w 2 each, places in `frame`), refined by the flow that is left.

        Behind a hole several surfaces may meet, a wall and the floor. The flow around it is continued into it
        smoothly, and besides along each plane that explains a part of it; which is right where, the candidates
        of several frames decide together.

        Args:
            target: what is to be completed.
            frame: the other frame, H W 3 uint8.
            frame_hole: H W bool, where the other frame cannot be used.
            guesses: places in the other frame of every pixel of the window.

        Returns:
            The smooth one first, then one per plane; none if too little is seen to compare.
        """
        # cubic interpolation reads two pixels to each side: the object must not be among them
        blocked = widen(frame_hole, 2).astype(np.uint8)
        best: tuple[float, Array, Array, Array, Array] | None = None
        for places in guesses:
            warped, shown = _see(frame, blocked, places)
            score, gain = _ring_error(target, warped, shown), np.ones(3, np.float32)
            theirs = gain_towards(target.picture, warped, target.known & shown)
            exposed = times(warped, theirs)
            better = _ring_error(target, exposed, shown)
            if score is not None and better is not None and better < CLEARLY * score:
                score, gain, warped = better, theirs, exposed
            if score is not None and (best is None or score < best[0]):
                best = (score, places, warped, shown, gain)
        if best is None:
            return []
        score, places, warped, shown, gain = best
        frame = times(frame, gain)
        flow = self._residual(target, warped, shown)
        seen = ~widen(target.hole, SPOILT_RIM) & shown
        measured = places + flow
        planes = _planes(measured, seen)
        both = target.known & shown
        refined = places + np.where(both[..., None], flow, smooth_field(flow, both))
        warped_refined, shown_refined = _see(frame, blocked, refined)
        refined_score = _ring_error(target, warped_refined, shown_refined)
        if refined_score is not None and refined_score < score:
            places, warped, shown = refined, warped_refined, shown_refined
        smooth = _judge(target, gain, places, warped, shown)
        layers = [
            _judge_plane(target, gain, p, *_see(frame, blocked, p), seen, _follow(measured, p))
            for p in planes
        ]
        return [_doubted(smooth, layers), *layers]

    def _residual(self, target: Target, warped: Array, shown: Array) -> Array:
        """Motion left between target and warped frame; it means something where both are seen."""
        first = np.where(target.hole[..., None], warped, target.picture)
        second = np.where(shown[..., None], warped, first)
        return self._flow(cv2.cvtColor(first, cv2.COLOR_RGB2GRAY), cv2.cvtColor(second, cv2.COLOR_RGB2GRAY))


def _planes(places: Array, seen: Array) -> list[Array]:
    """The motion of each plane that a good part of what is seen follows, everywhere in the window.

    Homographies are fitted one after the other, each to what the ones before left unexplained. None if one plane
    explains nearly everything: the smooth continuation does as well.
    """
    ys, xs = np.nonzero(seen)
    if len(xs) < _FEWEST:
        return []
    chosen = np.linspace(0, len(xs) - 1, min(len(xs), _VOTERS)).astype(int)
    first = np.stack([xs, ys], 1)[chosen].astype(np.float32)
    second = places[ys[chosen], xs[chosen]]
    everywhere = grid(*seen.shape)
    found: list[Array] = []
    total = len(first)
    while len(found) < _MOST_PLANES and len(first) >= max(40, _LEAST_SHARE * total):
        cv2.setRNGSeed(0)
        matrix, inliers = cv2.findHomography(
            first, second, cv2.USAC_MAGSAC, _PLANE_PX, maxIters=_TRIALS, confidence=0.99
        )
        if matrix is None or inliers.sum() < _LEAST_SHARE * total:
            break
        if not found and inliers.sum() > _NEARLY_ALL * total:
            return []
        found.append(carry(matrix, everywhere))
        rest = inliers[:, 0] == 0
        first, second = first[rest], second[rest]
    return found


def _see(frame: Array, blocked: Array, places: Array) -> tuple[Array, Array]:
    """The frame at `places` (h w 3 uint8), and where it is really shown (h w bool)."""
    warped = sample(frame, places, cubic=True)
    shown = (sample(blocked, places) == 0) & inside(places, *blocked.shape)
    return warped, shown


def _ring_error(target: Target, warped: Array, shown: Array) -> float | None:
    return difference(target.picture, warped, target.known & shown)


def _judge(target: Target, gain: Array, places: Array, warped: Array, shown: Array) -> Aligned:
    """Match the exposure and say what error to expect inside the hole, from all of the ring."""
    both = target.known & shown
    picture, offset, error = _matched(target, warped, both)
    return Aligned(places, shown & target.hole, picture, gain, offset, error, np.zeros_like(error))


def _judge_plane(
    target: Target, gain: Array, places: Array, warped: Array, shown: Array, seen: Array, follows: Array
) -> Aligned:
    """The same for one plane, from the part of the ring that `follows` it; motion is known where it is `seen`.

    What belongs to another surface, such as a person who walks past, differs and says nothing of how well this one
    is laid. Where hardly anything near moves with the plane, it is not believed to go on there, and all of the ring
    is asked.
    """
    whole = _judge(target, gain, places, warped, shown)
    both = target.known & shown & seen
    own = both & follows
    if own.sum() < _FEWEST_OWN:
        return whole
    picture, offset, error = _matched(target, warped, own)
    support = smooth_field(follows.astype(np.float32), both, blur=_ERROR_BLUR)
    belief = np.clip(support / _SUPPORTED, 0, 1)
    return replace(whole, picture=picture, offset=offset, error=belief * error + (1 - belief) * whole.error)


def _follow(measured: Array, plane: Array) -> Array:
    """Where what was measured (h w 2) moves with `plane` (h w 2): the majority of a small square does."""
    near = np.linalg.norm(measured - plane, axis=-1) < _FOLLOWS_PX
    return cv2.blur(near.astype(np.float32), (5, 5)) > 0.5


def _doubted(smooth: Aligned, layers: list[Aligned]) -> Aligned:
    """The smooth continuation, the more doubted the farther it is from all planes, in pixels.

    It was fitted to the very ring that judges it, and bends behind the hole to whatever touches the rim; planes have
    no such freedom, so that their promises hold and its do not.
    """
    if not layers:
        return smooth
    apart = [np.linalg.norm(smooth.places - layer.places, axis=-1) for layer in layers]
    return replace(smooth, doubt=np.min(apart, 0))


def _matched(target: Target, warped: Array, both: Array) -> tuple[Array, Array, Array]:
    """`warped` in the target's exposure, the offset that was added, and the error to expect inside the hole.

    The exposure is a membrane: the low-passed difference on the rim, continued harmonically inside. Adding a
    harmonic function that carries the boundary's difference is the solution of the Poisson equation with the
    borrowed gradients as guidance (Pérez et al., 2003; Georgiev, 2004).
    """
    warped = warped.astype(np.float32)
    difference = target.picture.astype(np.float32) - warped
    similar = both & (channel_mean(np.abs(difference)) < OUTLIER)
    offset = smooth_field(difference, similar if similar.sum() >= _FEWEST_OWN else both, blur=_ERROR_BLUR)
    rest = np.minimum(channel_mean(np.abs(difference - offset)), 2 * OUTLIER)
    error = smooth_field(rest, both, blur=_ERROR_BLUR)
    return np.clip(warped + offset, 0, 255), offset, error

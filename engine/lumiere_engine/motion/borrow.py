"""Real pixels for a hole, from the frames of the shot in which they are visible.

For each frame, other frames are tried from near to far. Each is laid over this one in two ways, by tracing
along the composed flow of the neighbours and by the camera's chain of homographies, whichever agrees better with
a ring around the hole; the flow that is left refines it. Every pixel then knows several candidates, the error
that each must expect, and how well the candidates agree with each other. Where the expected error is no smaller
than that of a smooth fill, nothing is borrowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from .align import RING, Aligned, Aligner, Target, Window
from .anisotropic import structure_tensor
from .chain import HomographyChain, carry
from .doubt import doubted
from .fill import smooth_fill
from .flow import SPOILT_RIM, channel_mean, grid, sample, widen

Array = np.ndarray

# A candidate that the best one outweighs this much is not worth fetching.
_LEAST_SHARE = 0.05
# Share of the borrowed pixels below which a candidate is dropped where others can stand in for it.
_DISPENSABLE = 0.03
# Share of them that may be lost with it.
_LONELY = 0.002
# Difference of two candidates, in code values of 255, at which their agreement has fallen to 1/e.
_SOFTNESS = 6.0
# Error of a smooth fill one pixel inside a hole, for a gradient of one code value per pixel around it.
_PER_GRADIENT = 1.6
# Agreement of a candidate that no other frame can confirm.
_UNHEARD = 0.3


class ShotView(Protocol):
    """One shot at analysis size; frames are counted from 0 in the shot."""

    @property
    def frame_count(self) -> int:
        """How many frames there are."""

    @property
    def chain(self) -> HomographyChain:
        """The camera's motion."""

    def picture(self, frame: int) -> Array:
        """h w 3 uint8."""

    def hole(self, frame: int) -> Array:
        """h w bool: what is to be filled, and may not be borrowed."""

    def forward_flow(self, frame: int) -> Array:
        """Completed flow from `frame` to `frame + 1`, h w 2."""

    def backward_flow(self, frame: int) -> Array:
        """Completed flow from `frame` to `frame - 1`, h w 2."""


@dataclass(frozen=True)
class BorrowParams:
    """How hard to look.

    Attributes:
        search: farthest frame to borrow from, in frames.
        trace: farthest frame to trace to along the flow; errors add up with every step.
        enough: candidates after which a pixel needs no more.
        worthwhile: share of the hole that a frame must add to be worth aligning.
        margin: pixels around the hole that are looked at.
        worst: expected error (of 255) beyond which nothing is borrowed, whatever the surroundings.
        key_every: frames from one key frame, which searches the whole shot, to the next; see `relay`.
    """

    search: int = 60
    trace: int = 24
    enough: int = 3
    worthwhile: float = 0.04
    margin: int = 40
    worst: float = 16.0
    key_every: int = 4


@dataclass(frozen=True)
class Source:
    """What one frame lends.

    Attributes:
        frame: the lending frame.
        window: the part of the borrowing frame that it lends something for.
        places: h w 2 float32, where in that frame, in pixels of the analysis size.
        weight: h w float32; over all sources they sum to 1 where anything is borrowed.
        gain: 3 float32, exposure: a factor per channel.
        offset: h w 3 float32, exposure to add after that, code values of 255.
    """

    frame: int
    window: Window
    places: Array
    weight: Array
    gain: Array
    offset: Array


@dataclass(frozen=True)
class Borrowed:
    """What a frame could borrow, within a window around its hole.

    Attributes:
        window: where the window lies in the frame.
        hole: h w bool.
        picture: h w 3 float32, the frame with the borrowed pixels in place (hole pixels that borrow nothing
            hold the smooth fill).
        filled: h w bool, hole pixels that borrowed.
        error: h w float32, expected error, code values of 255: of what was borrowed, elsewhere of the fill.
        sources: the lending frames.
    """

    window: Window
    hole: Array
    picture: Array
    filled: Array
    error: Array
    sources: tuple[Source, ...]

    @property
    def unseen(self) -> Array:
        """h w bool: pixels of the hole that no frame shows."""
        return self.hole & ~self.filled


def borrowing_order(frame: int, frame_count: int, params: BorrowParams) -> list[int]:
    """The frames to try, near to far, ever more sparsely: 1, 2, 3, 4, 6, 9, 14, … on both sides.

    The farthest frame on either side is among them: it is the one that an object has left farthest behind.
    """
    distances, step = [1], 1.0
    while distances[-1] + max(1, int(step)) <= params.search:
        distances.append(distances[-1] + max(1, int(step)))
        step *= 1.4
    before = {d for d in (*distances, min(frame, params.search)) if 0 < d <= frame}
    left = frame_count - 1 - frame
    after = {d for d in (*distances, min(left, params.search)) if 0 < d <= left}
    both = sorted([(d, frame - d) for d in before] + [(d, frame + d) for d in after])
    return [other for _, other in both]


class Borrower:
    """Borrows for one frame at a time from a `ShotView`; holds no frames, may be shared by threads."""

    def __init__(self, shot: ShotView, params: BorrowParams | None = None) -> None:
        self._shot = shot
        self._params = params or BorrowParams()

    def borrow(self, frame: int, order: list[int] | None = None) -> Borrowed | None:
        """What `frame` can borrow; None without a hole.

        Args:
            frame: counted from 0.
            order: the frames to try, whose word is taken for it that they show what is behind the hole; by default
                the whole shot is searched (`borrowing_order`), and that is doubted.
        """
        hole = self._shot.hole(frame)
        if not hole.any():
            return None
        window = window_around(hole, self._params.margin)
        target = _target(self._shot.picture(frame), hole, window)
        if order is not None:
            candidates = self._candidates(frame, window, target, order)
        else:
            order = borrowing_order(frame, self._shot.frame_count, self._params)
            candidates = doubted(
                self._shot, frame, window, self._candidates(frame, window, target, order), order
            )
        return _fuse(target, window, smooth_fill_error(target), candidates, self._params.worst)

    def _candidates(
        self, frame: int, window: Window, target: Target, order: list[int]
    ) -> list[tuple[int, Aligned]]:
        """Frames that show some of the hole, aligned, until every pixel has enough of them."""
        params, shot = self._params, self._shot
        here = grid(window.height, window.width, window.y, window.x)
        missing = np.where(target.hole, params.enough, 0).astype(np.int32)
        worthwhile = max(8, int(target.hole.sum() * params.worthwhile))
        aligner = Aligner()
        found: list[tuple[int, Aligned]] = []
        traces = {1: _Trace(shot, frame, here, 1), -1: _Trace(shot, frame, here, -1)}
        for other in order:
            if (missing > 0).sum() < worthwhile:
                break
            guesses = [carry(shot.chain.between(frame, other), here)]
            if abs(other - frame) <= params.trace:
                guesses.append(traces[1 if other > frame else -1].to(other))
            other_hole = shot.hole(other)
            if not _shows_some(guesses, other_hole, missing > 0, worthwhile):
                continue
            variants = aligner.align(target, shot.picture(other), other_hole, guesses)
            good = [a for a in variants if (_good(a, params) & (missing > 0)).sum() >= worthwhile]
            if good:
                found += [(other, aligned) for aligned in good]
                missing -= np.any([_good(aligned, params) for aligned in good], 0)
        return found


def _good(aligned: Aligned, params: BorrowParams) -> Array:
    return aligned.usable & (aligned.error <= params.worst)


class _Trace:
    """Places of the window's pixels, followed frame by frame along the completed flow."""

    def __init__(self, shot: ShotView, frame: int, here: Array, direction: int) -> None:
        self._shot, self._frame, self._places, self._direction = shot, frame, here, direction

    def to(self, other: int) -> Array:
        """Where the pixels are in `other`, which must not be nearer than the last one asked for."""
        while (other - self._frame) * self._direction > 0:
            flow = self._shot.forward_flow if self._direction > 0 else self._shot.backward_flow
            self._places = self._places + sample(flow(self._frame), self._places)
            self._frame += self._direction
        return self._places


def window_around(hole: Array, margin: int) -> Window:
    """The hole's bounding box with a margin, inside the frame."""
    ys, xs = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    top, left = max(0, ys[0] - margin), max(0, xs[0] - margin)
    bottom, right = min(hole.shape[0], ys[-1] + 1 + margin), min(hole.shape[1], xs[-1] + 1 + margin)
    return Window(int(top), int(left), int(bottom - top), int(right - left))


def smooth_fill_error(target: Target) -> Array:
    """What error a smooth fill must expect in the hole, from the gradients around it; h w, of 255.

    Where edges have one direction the fill carries them on, and errs little; what it cannot know is told by the
    geometric mean of the gradients along and across them. The deeper inside, the farther it was to carry. Fitted to 46
    frames of 23 shots. In shots that took no part it explains 0.58 of the variance of the error's logarithm (squares of
    8 pixels); the strength of the texture, whatever its direction, explains 0.43.
    """
    xx, xy, yy = np.moveaxis(structure_tensor(target.picture.astype(np.float32), target.known), 2, 0)
    gradient = np.maximum(xx * yy - xy * xy, 0) ** 0.25
    depth = cv2.distanceTransform(target.hole.astype(np.uint8), cv2.DIST_L2, 3)
    return _PER_GRADIENT * (gradient + 0.5) ** 0.9 * depth**0.2


def _target(picture: Array, hole: Array, window: Window) -> Target:
    cut = hole[window.slices]
    known = widen(cut, RING) & ~widen(cut, SPOILT_RIM // 2)
    return Target(picture[window.slices], cut, known if known.sum() >= 200 else ~cut)


def _shows_some(guesses: list[Array], other_hole: Array, wanted: Array, least: int) -> bool:
    """Whether the other frame shows `least` wanted pixels outside its own hole, by any guess."""
    height, width = other_hole.shape
    for places in guesses:
        spots = places[wanted]
        x, y = np.rint(spots[:, 0]).astype(int), np.rint(spots[:, 1]).astype(int)
        on_screen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        if (~other_hole[y[on_screen], x[on_screen]]).sum() >= least:
            return True
    return False


def _fuse(
    target: Target,
    window: Window,
    fill_error: Array,
    candidates: list[tuple[int, Aligned]],
    worst: float,
) -> Borrowed:
    """Weigh the candidates of every pixel by expected error and mutual agreement."""
    shape = target.hole.shape
    if not candidates:
        nothing = np.zeros(shape, bool)
        fill = smooth_fill(target.picture, target.hole)
        return Borrowed(window, target.hole, fill, nothing, fill_error, ())
    usable = np.stack([a.usable & (a.error <= worst) for _, a in candidates])
    errors = np.stack([a.error for _, a in candidates]) + 0.5
    doubted = errors * np.stack([1 + a.doubt for _, a in candidates])
    weights = np.where(usable, doubted**-3.0, 0).astype(np.float32)
    weights *= _agreement([f for f, _ in candidates], [a.picture for _, a in candidates], weights)
    weights[weights < _LEAST_SHARE * weights.max(0)] = 0
    _drop_dispensable(weights)
    total = weights.sum(0)
    weights /= np.maximum(total, 1e-12)
    error = (weights * errors).sum(0)
    filled = target.hole & (total > 0) & (borrowed_rms(error) <= np.maximum(filled_rms(fill_error), 2.0))
    weights *= filled
    borrowed = sum(w[..., None] * a.picture for w, (_, a) in zip(weights, candidates, strict=True))
    picture = np.where(filled[..., None], borrowed, target.picture).astype(np.float32)
    picture = smooth_fill(picture, target.hole & ~filled)
    sources = tuple(
        _source(frame, aligned, weight, window)
        for weight, (frame, aligned) in zip(weights, candidates, strict=True)
        if weight.any()
    )
    return Borrowed(window, target.hole, picture, filled, np.where(filled, error, fill_error), sources)


def _drop_dispensable(weights: Array) -> None:
    """Set to 0 the candidates (k h w, changed in place) that others replace: each costs a fetch at full size."""
    shares = weights / np.maximum(weights.sum(0), 1e-12)
    area = max(1, int((weights.max(0) > 0).sum()))
    holders = (weights > 0).sum(0)
    for index in np.argsort(shares.sum((1, 2)), kind="stable"):
        alone = (weights[index] > 0) & (holders == 1)
        if shares[index].sum() < _DISPENSABLE * area and alone.sum() < max(8, _LONELY * area):
            holders -= weights[index] > 0
            weights[index] = 0


def _source(frame: int, aligned: Aligned, weight: Array, window: Window) -> Source:
    """What a candidate lends, cut to where it lends anything, and one pixel around that for interpolation."""
    part = window_around(weight > 0, 1)
    places, offset = aligned.places[part.slices], aligned.offset[part.slices]
    there = Window(window.y + part.y, window.x + part.x, part.height, part.width)
    return Source(frame, there, places, weight[part.slices], aligned.gain, offset)


def borrowed_rms(error: Array) -> Array:
    """Root mean square error that borrowing really makes where the ring promises a mean error of `error`.

    Fitted to shots with known truth: small promises are kept, large ones are broken by more than their size,
    since a hole that the ring hardly agrees with often hides another surface.
    """
    return error * (1.2 + 0.22 * error)


def filled_rms(error: Array) -> Array:
    """The same for a smooth fill; its promises hold, the factor turns a mean into a root mean square."""
    return 1.3 * error


def _agreement(frames: list[int], pictures: list[Array], weights: Array) -> Array:
    """How much of the other frames' weight agrees with each candidate, per pixel; k h w, 0..1.

    Two candidates of one frame are two opinions about one picture and say nothing for each other. Compared at half
    size: pictures that agree, agree there.
    """
    _, height, width = weights.shape
    half = ((width + 1) // 2, (height + 1) // 2)
    small = [cv2.resize(p, half, interpolation=cv2.INTER_AREA) for p in pictures]
    shares = [cv2.resize(w, half, interpolation=cv2.INTER_AREA) for w in weights]
    others = [np.full(half[::-1], 1e-12, np.float32) for _ in pictures]
    agreed = [np.full(half[::-1], _UNHEARD * 1e-12, np.float32) for _ in pictures]
    for i in range(len(pictures)):
        for j in range(i):
            if frames[i] == frames[j]:
                continue
            apart = cv2.blur(channel_mean(cv2.absdiff(small[i], small[j])), (5, 5))
            alike = cv2.exp(apart * (-1 / _SOFTNESS))
            for one, other in ((i, j), (j, i)):
                others[one] += shares[other]
                agreed[one] += shares[other] * alike
    return np.stack(
        [
            cv2.resize(a / o, (width, height), interpolation=cv2.INTER_LINEAR)
            for a, o in zip(agreed, others, strict=True)
        ]
    )

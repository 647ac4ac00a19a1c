"""Every frame of a shot laid over one still of it: the camera's shake is gone, only the scene moves."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..flow import FlowEstimator

Array = np.ndarray

_PASSES = 2
# A camera whose corners move less (pixels at analysis size, 90th percentile of the frames) stands on a tripod.
_TRIPOD = 0.35
_DONE = 0.1  # pixels; a correction that moves no corner farther is the last
_ERROR = 0.6  # pixels by which a corner may be off its smooth path without the camera having moved so
_SMOOTH_FRAMES = 2.0  # standard deviation in time of a smooth path
_STEP = 4  # every fourth pixel votes
_TEXTURED = 6.0  # code values of 255 per pixel; flatter places do not tell how they moved
_LEAST_VOTES = 24
# What surrounds the region within this share of the picture's height tells its motion: what is farther away may be
# nearer to the camera, and moves otherwise.
_NEAR = 0.06
_ENOUGH_VOTES = 200
_STILL, _MOST = 0.5, 0.6  # pixels, and the share of the surroundings, that tell that the camera stands
# A camera that stays with one picture bends it no more than this share of its width; surroundings without texture,
# or whose lines can be followed across alone, tell anything.
_BENT = 0.06
_FAR = 3.0  # pixels; a vote that misses by more just misses
# A richer motion must miss by less than this share of what the simpler one misses.
_RICHER = 0.8
_NONE, _SHIFT, _SIMILARITY, _HOMOGRAPHY = range(4)
_EXACT = 1e-9
_WIDE = 160  # pixels of the width at which places are recognised
_AWAY = 0.1  # of that, to either side: so far a camera may have turned away from a place
_LEAST_AROUND = 0.05  # of the picture; a region that leaves less around it is not told by it
_ENOUGH = 100  # pixels that tell the exposure
_OUTLIERS = (40.0, 12.0)  # code values of 255
_SPREAD = 12.0  # code values of 255; standard deviation of values that tell a gain
_GAINS = (0.7, 1.4)
_NO_DRIFT = 0.5  # code values of 255


def lay_over(still: Array, frame: Array, region: Array, guess: Array) -> Array:
    """The 3×3 homography from places of `still` to places of `frame`, as all but the region moves.

    It is measured against the still itself and not chained along the frames, so that errors do not add up.

    Args:
        still, frame: h w uint8.
        region: h w bool, in the still; what moves by itself and is not asked.
        guess: of a neighbouring frame.
    """
    around = _telling(still) & ~region
    asked = _near(around, region)
    matrix = _laid(still, frame, asked, around, guess, shifted_alone=False)
    if _bent(matrix, *still.shape) > _BENT * still.shape[1]:
        matrix = _laid(still, frame, asked, around, _shift_of(guess, *still.shape), shifted_alone=True)
    return matrix


def likeness_around(still: Array, frame: Array, region: Array) -> float:
    """How much what surrounds `region` in the still is to be found again in a frame, at about the same place.

    It needs no motion that can be followed: the best correlation of the two, small and smooth, over all shifts by a
    tenth of the width or less.

    Args:
        still, frame: h w uint8.
        region: h w bool, in the still; not asked.

    Returns:
        -1..1; 1 where nothing surrounds the region.
    """
    width = min(_WIDE, still.shape[1])
    size = (width, max(8, round(still.shape[0] * width / still.shape[1])))
    around = 1 - cv2.resize(region.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    if float(around.mean()) < _LEAST_AROUND:
        return 1.0
    small = [
        cv2.GaussianBlur(cv2.resize(p, size, interpolation=cv2.INTER_AREA).astype(np.float32), (0, 0), 1.5)
        for p in (still, frame)
    ]
    margin = round(_AWAY * width)
    wider = cv2.copyMakeBorder(small[1], margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    alike = cv2.matchTemplate(wider, small[0], cv2.TM_CCOEFF_NORMED, mask=around)
    alike = alike[np.isfinite(alike)]
    return float(alike.max()) if alike.size else 1.0


def _laid(
    still: Array, frame: Array, asked: Array, around: Array, guess: Array, *, shifted_alone: bool
) -> Array:
    """As `lay_over`.

    Args:
        still, frame, guess: see there.
        asked: the places that tell, h w bool.
        around: those of them and others that tell whether the camera moves at all.
        shifted_alone: leave out richer motions than a shift.
    """
    estimate, height, width = FlowEstimator("medium"), *still.shape
    matrix = guess
    for _ in range(_PASSES):
        near = cv2.warpPerspective(
            frame, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        covered = cv2.warpPerspective(
            np.full_like(frame, 255), matrix, (width, height), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        )
        kind = _SHIFT if shifted_alone else _kind_of(matrix)
        most = _SHIFT if shifted_alone else _HOMOGRAPHY
        flow = estimate(still, near)
        if kind == _NONE and _stands(flow[around]):
            return matrix
        correction = _common_motion(flow, asked & (covered > 0), kind, most)
        matrix = matrix @ correction
        matrix = matrix / matrix[2, 2]
        if corner_shift(correction, height, width) < _DONE:
            break
    return matrix


def _near(around: Array, region: Array) -> Array:
    """Of the places `around` a region those near it, as near as enough of them are; all h w bool."""
    apart = cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    reach = _NEAR * len(region)
    while reach < max(region.shape):
        near = around & (apart < reach)
        if near[_STEP // 2 :: _STEP, _STEP // 2 :: _STEP].sum() >= _ENOUGH_VOTES:
            return near
        reach *= 2
    return around


def _stands(flow: Array) -> bool:
    """Whether most places (n 2, pixels) do not move: what moves near the region is then no camera."""
    return len(flow) > 0 and float((np.linalg.norm(flow, axis=-1) < _STILL).mean()) > _MOST


def _telling(still: Array) -> Array:
    """Where a picture (h w uint8) has something that can be followed, h w bool."""
    across, down = (cv2.Sobel(still, cv2.CV_32F, dx, 1 - dx, ksize=3, scale=1 / 4) for dx in (1, 0))
    return cv2.blur(np.hypot(across, down), (7, 7)) > _TEXTURED


def _common_motion(flow: Array, free: Array, kind: int, most: int) -> Array:
    """The simplest motion that most of `flow` (h w 2) follows in `free` (h w bool), as a 3×3 homography.

    None, a shift, a similarity, or a homography: what is measured in a corner of the picture must not bend the rest
    of it. Up to the `kind` that the camera is known to move by, each is taken as it is, so that a slow camera is not
    followed by steps; richer ones, up to `most`, must be worth it.
    """
    height, width = free.shape
    ys, xs = np.mgrid[_STEP // 2 : height : _STEP, _STEP // 2 : width : _STEP]
    votes = free[ys, xs]
    best = np.eye(3)
    if votes.sum() < _LEAST_VOTES:
        return best
    first = np.stack([xs[votes], ys[votes]], 1).astype(np.float32)
    second = first + flow[ys[votes], xs[votes]]
    motions = {_SHIFT: _shift(*np.median(second - first, axis=0))}
    if most > _SHIFT:
        motions |= _richer(first, second)
    least = _missed(best, first, second)
    for number, matrix in motions.items():
        missed = _missed(matrix, first, second)
        if missed < least * (1.0 if number <= kind else _RICHER):
            best, least = matrix, missed
    return best


def _kind_of(matrix: Array) -> int:
    """The simplest kind of motion that a homography is."""
    if np.abs(matrix[2, :2]).max() > _EXACT:
        return _HOMOGRAPHY
    if np.abs(matrix[:2, :2] - np.eye(2)).max() > _EXACT:
        return _SIMILARITY
    return _SHIFT if np.abs(matrix[:2, 2]).max() > _EXACT else _NONE


def _richer(first: Array, second: Array) -> dict[int, Array]:
    """A similarity and a homography through pairs of places, n 2 each, where there are such."""
    cv2.setRNGSeed(0)
    similar, _ = cv2.estimateAffinePartial2D(first, second, ransacReprojThreshold=1.0)
    cv2.setRNGSeed(0)
    bent, _ = cv2.findHomography(first, second, cv2.USAC_MAGSAC, 1.0)
    whole = None if similar is None else np.vstack([similar, [0.0, 0.0, 1.0]])
    found = {_SIMILARITY: whole, _HOMOGRAPHY: bent}
    return {number: matrix for number, matrix in found.items() if matrix is not None}


def _shift(x: float, y: float) -> Array:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def _shift_of(matrix: Array, height: int, width: int) -> Array:
    """The shift that a homography gives the middle of a picture."""
    middle = np.array([[[width / 2, height / 2]]], np.float64)
    return _shift(*(cv2.perspectiveTransform(middle, matrix) - middle)[0, 0])


def _bent(matrix: Array, height: int, width: int) -> float:
    """How far a homography moves a corner beside what it moves the middle, pixels."""
    return corner_shift(np.linalg.inv(_shift_of(matrix, height, width)) @ matrix, height, width)


def _missed(matrix: Array, first: Array, second: Array) -> float:
    """Mean distance by which a motion misses the votes, each at most `_FAR` pixels."""
    carried = cv2.perspectiveTransform(first[None].astype(np.float64), matrix)[0]
    return float(np.minimum(np.linalg.norm(carried - second, axis=1), _FAR).mean())


def corner_shift(matrix: Array, height: int, width: int) -> float:
    """How far a homography moves the farthest-moved corner of a picture, pixels."""
    corners = np.array([[[0, 0]], [[width, 0]], [[0, height]], [[width, height]]], np.float64)
    return float(np.linalg.norm(cv2.perspectiveTransform(corners, matrix) - corners, axis=-1).max())


def stands_still(matrices: dict[int, Array], region: Array) -> bool:
    """Whether the camera of these homographies stood on a tripod: then what is measured is noise.

    Asked is how far the corners of `region` (h w bool) move.
    """
    corners = _corners(region)
    shifts = [
        np.linalg.norm(cv2.perspectiveTransform(corners, matrix) - corners, axis=-1).max()
        for matrix in matrices.values()
    ]
    return float(np.percentile(shifts, 90)) < _TRIPOD


def _corners(region: Array) -> Array:
    """Of the box around a region, in a circle; 4 1 2."""
    x, y, width, height = cv2.boundingRect(region.astype(np.uint8))
    return np.array([[[x, y]], [[x + width, y]], [[x + width, y + height]], [[x, y + height]]], np.float64)


def steadied(matrices: dict[int, Array], region: Array) -> dict[int, Array]:
    """The homographies of frames in a row, without what is told of the camera by error and not by its motion.

    Where the path of the corners of `region` (h w bool) stays near a smooth one, it is that; a jolt of the camera
    stays what it is.
    """
    corners = _corners(region)
    frames = sorted(matrices)
    path = np.stack([cv2.perspectiveTransform(corners, matrices[frame])[:, 0] for frame in frames])
    smooth = _smoothed(path)
    off = np.linalg.norm(path - smooth, axis=-1).max(-1)
    # of a jolt and of what is beside it the smooth path knows nothing
    true = np.clip(off / _ERROR - 1, 0, 1)[:, None, None]
    path = smooth + true * (path - smooth)
    return {
        frame: cv2.getPerspectiveTransform(corners[:, 0].astype(np.float32), here.astype(np.float32))
        for frame, here in zip(frames, path, strict=True)
    }


def _smoothed(path: Array) -> Array:
    """A path (t …) under a Gaussian, its ends continued by their reflection through the last point."""
    reach = min(len(path) - 1, round(3 * _SMOOTH_FRAMES))
    if reach < 1:
        return path
    before, after = 2 * path[:1] - path[reach:0:-1], 2 * path[-1:] - path[-2 : -reach - 2 : -1]
    long = np.concatenate([before, path, after])
    kernel = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / _SMOOTH_FRAMES))
    kernel /= kernel.sum()
    return sum(weight * long[k : k + len(path)] for k, weight in enumerate(kernel))


def at_plate_size(matrix: Array, factors: tuple[float, float]) -> Array:
    """A homography between analysis pixels as one between plate pixels, `factors` (x, y) times as many."""
    x, y = factors
    # centres of pixels lie at whole numbers in both
    up = np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])
    return up @ matrix @ np.linalg.inv(up)


@dataclass(frozen=True)
class Exposure:
    """What makes a frame as bright as the still: gain · value + offset, per channel.

    Attributes:
        gain: 3 float32.
        offset: 3 float32, code values of 255.
    """

    gain: Array
    offset: Array

    def applied(self, picture: Array, white: float) -> Array:
        """A picture (h w 3 float32) whose white has the value `white`, as bright as the still."""
        if not self.offset.any() and (self.gain == 1).all():
            return picture
        return picture * self.gain + self.offset * np.float32(white / 255)


def match_exposure(still: Array, frame: Array, outside: Array) -> Exposure:
    """The exposure that takes `frame` to `still`, from what stands still around the region.

    A line per channel, fitted twice: the second time without what does not fit. What changes nothing visible is left
    out, so that a camera of fixed exposure is left alone.

    Args:
        still, frame: h w 3 float32, code values of 255, laid over each other.
        outside: h w bool.
    """
    gain, offset = np.ones(3, np.float32), np.zeros(3, np.float32)
    for channel in range(3):
        wanted, given = still[..., channel][outside], frame[..., channel][outside]
        for most in _OUTLIERS:
            fits = np.abs(gain[channel] * given + offset[channel] - wanted) < most
            if fits.sum() < _ENOUGH:
                break
            gain[channel], offset[channel] = _line(given[fits], wanted[fits])
    greys = np.percentile(frame[outside], (5, 95), axis=0) if outside.any() else np.zeros((1, 3))
    if float(np.abs(greys * (gain - 1) + offset).max()) < _NO_DRIFT:
        return Exposure(np.ones(3, np.float32), np.zeros(3, np.float32))
    return Exposure(gain, offset)


def _line(given: Array, wanted: Array) -> tuple[float, float]:
    """Gain and offset of the line through pairs of values; of values too alike, or a wild gain, the offset alone."""
    mean, target = float(given.mean()), float(wanted.mean())
    spread = float(given.std())
    # noise in both widens both alike; a regression would take it for a loss of contrast
    gain = 1.0 if spread < _SPREAD else float(wanted.std()) / spread
    gain = gain if _GAINS[0] < gain < _GAINS[1] else 1.0
    return gain, target - gain * mean

"""What each frame of the loop shows in each place of the region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from ...motion.loops.closing import Motion
from ...motion.loops.courses import Course, bounced, looped
from ...motion.loops.labels import CELL, choose_loops
from ...motion.loops.search import Loop, Moments, feature, fundamental, search_loop
from ...motion.loops.turning import doubled, search_turns, swings
from ...protocol.errors import SpecError
from ...protocol.params import CinemagraphParams
from .standing import StandingShot

Array = np.ndarray

_SHORTEST_S = 0.5
_NEIGHBOURS = 24  # frames that tell the usual step
_SOFT_CELLS = 1.0  # over which one loop fades into its neighbour


@dataclass(frozen=True)
class Plan:
    """The loop that is to be rendered.

    Attributes:
        length: frames.
        courses: one or several.
        shares: per course how much of it shows in each pixel of the shot's `small_window`, h w float32; their sum
            is 1.
        loops: what the courses follow, counted as the plate's frames.
        natural: the period of what really repeats in the region, frames; None if nothing does.
        along_motion: whether seams follow the motion between the two moments that they join.
        method: how it is closed, one of `protocol.params.LOOP_METHODS`, never "auto".
    """

    length: int
    courses: tuple[Course, ...]
    shares: tuple[Array, ...]
    loops: tuple[Loop, ...]
    natural: int | None
    along_motion: bool
    method: str

    @property
    def first(self) -> int:
        """The first moment that is shown anywhere."""
        return min(min(step.first, step.second) for course in self.courses for step in course)

    @property
    def last(self) -> int:
        """The last one."""
        return max(max(step.first, step.second) for course in self.courses for step in course)


def moments_of(shot: StandingShot) -> Iterator[Moments | int]:
    """Compare all usable frames: yields how many are taken in, then what was found."""
    weight = shot.region.astype(np.float32)
    features = []
    for done, frame in enumerate(shot.usable, start=1):
        features.append(feature(shot.small(frame), weight))
        yield done
    yield Moments(shot.usable.start, features)


def make_plan(shot: StandingShot, moments: Moments, params: CinemagraphParams, rate: float) -> Plan:
    """Find the loop.

    Raises:
        SpecError: the shot is too short for one.
    """
    blends = params.method in ("auto", "network", "crossfade")
    if params.method == "bounce":
        return _bounce(shot, moments, params, rate)
    start = None if params.start is None else params.start - moments.first - shot.scene.frames.start
    loop = search_loop(moments, rate, params.period, blends, start)
    if loop is None:
        if start is not None and search_loop(moments, rate, params.period, blends) is not None:
            raise _no_loop_there(shot, params)
        raise _too_short(shot, moments.count, params.period)
    first = moments.first
    if params.method == "auto" and _better_turned(shot, moments, loop):
        return _bounce(shot, moments, params, rate)
    natural = fundamental(moments, rate)
    loops, labels = [loop], None
    if params.method in ("auto", "liao") and loop.period < moments.count:
        loops, labels = choose_loops(
            lambda t: shot.small(first + t), shot.region, loop, moments.count, round(_SHORTEST_S * rate)
        )
    shifted = [Loop(one.start + first, one.period, one.overlap, one.cost) for one in loops]
    courses = tuple(looped(one, loop.period, loop.start + first) for one in shifted)
    return Plan(
        loop.period,
        courses,
        _shares(labels, len(loops), shot.region.shape),
        tuple(shifted),
        natural,
        params.method in ("auto", "network"),
        _closed_by(params.method, len(loops)),
    )


def _closed_by(method: str, loops: int) -> str:
    """What "auto" has chosen."""
    if method != "auto":
        return method
    return "liao" if loops > 1 else "crossfade"


def _better_turned(shot: StandingShot, moments: Moments, loop: Loop) -> bool:
    """Whether the middle of the best loop's seam shows things twice that could as well swing back."""
    if not loop.overlap:
        return False
    last = moments.first + loop.start + loop.period - loop.overlap // 2
    pair = [shot.small(frame) for frame in (last, last - loop.period)]
    motion = Motion.between(*(np.clip(np.rint(one), 0, 255).astype(np.uint8) for one in pair))
    around = range(max(moments.first + 1, last - _NEIGHBOURS), last)
    steps = [np.abs(shot.small(frame) - shot.small(frame - 1))[shot.region].mean() for frame in around]
    usual = float(np.median(steps))
    return doubled(pair[0], pair[1], motion, usual, shot.region) and swings(
        shot.small, shot.region, moments.first, moments.count
    )


def _bounce(shot: StandingShot, moments: Moments, params: CinemagraphParams, rate: float) -> Plan:
    """There and back, between two quiet moments."""
    found = search_turns(moments, rate, params.period)
    if found is None:
        raise _too_short(shot, moments.count, params.period)
    start = moments.first + found.start
    course = bounced(start, start + found.period // 2)
    loop = Loop(start, len(course), 0, found.cost)
    return Plan(len(course), (course,), _shares(None, 1, shot.region.shape), (loop,), None, False, "bounce")


def _no_loop_there(shot: StandingShot, params: CinemagraphParams) -> SpecError:
    wanted = "no loop" if params.period is None else f"no loop of {params.period} frames"
    return SpecError(
        f"{wanted} can begin there: it needs frames after it, and some before it to close its seam with",
        clip=str(shot.scene.plate.path),
        frame=params.start,
        remedy="choose another --start or a shorter --period, or leave --start out",
    )


def _too_short(shot: StandingShot, count: int, period: int | None) -> SpecError:
    plate = shot.scene.plate
    if count < 2:
        return SpecError(
            "a single picture has no motion of its own",
            clip=str(plate.path),
            remedy="give it motion with --hints",
        )
    wanted = "a loop" if period is None else f"a loop of {period} frames"
    return SpecError(
        f"the shot is too short for {wanted}: {count} frames around the still show the region",
        clip=str(plate.path),
        frame=shot.scene.still,
        remedy="choose a shorter --period, another --still, or --method bounce",
    )


def _shares(labels: Array | None, count: int, shape: tuple[int, int]) -> tuple[Array, ...]:
    """How much of each loop shows in each pixel, softly where they meet."""
    if labels is None or count == 1:
        return (np.ones(shape, np.float32),)
    soft = []
    for number in range(count):
        cells = (labels == number).astype(np.float32)
        fine = cv2.resize(cells, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
        soft.append(cv2.GaussianBlur(fine, (0, 0), _SOFT_CELLS * CELL / 2))
    total = sum(soft)
    return tuple(one / total for one in soft)

"""Doing an earlier job again where its plate or matte has changed, and only there.

An artist who mends a matte in three frames wants these three mended and nothing else. What an earlier job borrowed
and rendered is taken over for every frame that the change does not touch, and these are:

    the changed frames themselves, found by digests of plate and alpha at the plate's size;
    key frames that had borrowed one of the pixels that changed;
    frames between keys that had borrowed from such a frame;
    a few frames beside all of these, where the old result passes over into the new one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .. import __version__
from ..protocol.errors import SpecError
from ..protocol.jobs import JobSpec
from .completion import IMAGINED, CompletedShots
from .refine import PATCHES, Patch
from .shot import AnalysedShots
from .workspace import Workspace

Array = np.ndarray
# Frames in which the old result passes over into the new one.
_EASE = 4


@dataclass(frozen=True)
class Kept:
    """What is kept of a finished job.

    Attributes:
        spec: the job.
        borrowing, job: its two workspaces.
    """

    spec: JobSpec
    borrowing: Workspace
    job: Workspace


def find_kept(base: str, job: Workspace) -> Kept:
    """The finished job named `base`, kept where the workspace `job` lies.

    Raises:
        SpecError: nothing is kept of it.
    """
    earlier = job.beside(base)
    facts = earlier.facts()
    borrowing = None if facts is None else job.beside(str(facts["borrowing"]))
    if facts is None or facts["version"] != __version__ or borrowing is None or not borrowing.exists:
        raise SpecError(
            "nothing is kept of the result that is to be revised",
            clip=str(earlier.folder),
            remedy="render it anew with --keep-work; later changes to its matte are quick then",
        )
    return Kept(JobSpec.from_wire(facts["spec"]), borrowing, earlier)


def conclude(spec: JobSpec, borrowing: Workspace, job: Workspace) -> None:
    """Keep of a finished job what a revision of it needs."""
    facts = {
        "label": "Kept.1",
        "version": __version__,
        "borrowing": borrowing.folder.name,
        "spec": spec.to_wire(),
    }
    job.conclude(facts, PATCHES, IMAGINED)


class Revision:
    """What a job takes over from an earlier one.

    Args:
        spec: the job.
        kept: the earlier one.
        shots: the job's shots, read.
        every: key frames are so far apart.

    Attributes:
        renewed: the frames whose holes are closed anew.
        rendered: these, and those that pass over from the old result.
        note: what the user should know.
    """

    def __init__(self, spec: JobSpec, kept: Kept, shots: AnalysedShots, every: int) -> None:
        self._shots, self._kept = shots, kept
        count = shots.frame_count
        self._every_frame = frozenset(range(count))
        self.renewed = self.rendered = self._every_frame
        self._shares: dict[int, float] = {}
        self.note = "other parameters than the earlier result's: all frames are rendered"
        if not spec.alike_but_for_media(kept.spec):
            return
        before = AnalysedShots.kept(kept.borrowing, shots.scale, count)
        if before is None:
            self.note = "the earlier result had other frames: all are rendered"
            return
        self._before = before
        self._earlier = CompletedShots(kept.borrowing, kept.job, self._before)
        self._changed = {
            t: self._changed_pixels(t) for t in range(count) if shots.digest(t) != self._before.digest(t)
        }
        self.renewed = self._touched(every)
        self._shares = self._passing_over()
        self.rendered = self.renewed | self._shares.keys()
        self.note = f"{len(self.rendered)} of {count} frames are rendered, the others stay as they are"

    def adopt(self, completed: CompletedShots, job: Workspace) -> None:
        """Take over everything that is not touched."""
        if self.renewed == self._every_frame:
            return
        for frame in range(self._shots.frame_count - 1):
            if not self._changed.keys() & {frame, frame + 1}:
                self._shots.adopt_motion(self._before, frame)
        for frame in self._every_frame - self.renewed:
            completed.adopt(self._earlier, frame)
        patches, theirs = job.shelf(PATCHES), self._kept.job.shelf(PATCHES)
        for frame in self._every_frame - self.rendered:
            patches.adopt(theirs, frame)

    def ease(self, frame: int, patch: Patch) -> Patch:
        """A finished patch, passing over from the earlier one at the ends of what is rendered."""
        share = self._shares.get(frame, 1.0)
        if share == 1.0:
            return patch
        old = Patch.of(self._kept.job.shelf(PATCHES).get(frame))
        if old.window != patch.window:
            return patch
        return replace(
            patch,
            rgb=_between(old.rgb, patch.rgb, share),
            borrowed=_between(old.borrowed, patch.borrowed, share),
            confidence=_between(old.confidence, patch.confidence, share),
        )

    def _changed_pixels(self, frame: int) -> Array:
        """Where plate or hole differ at analysis size, h w bool."""
        before, now = self._before, self._shots
        differ: Array = (before.picture(frame) != now.picture(frame)).any(-1)
        return differ | (before.hole(frame) != now.hole(frame))

    def _touched(self, every: int) -> frozenset[int]:
        before, now = self._before, self._shots
        resized = [t for start, end in set(now.shots) - set(before.shots) for t in range(start, end)]
        keys = now.key_frames(every)
        first = {*self._changed, *resized}
        first |= {t for t in keys - first if self._borrowed_from(t, self._changed)}
        closed = {t: before.hole(t) for t in keys & first}
        return frozenset(
            first
            | {
                t
                for t in self._every_frame - keys - first
                if self._borrowed_from(t, self._changed) or self._borrowed_from(t, closed)
            }
        )

    def _borrowed_from(self, frame: int, places: dict[int, Array]) -> bool:
        """Whether a frame had borrowed one of the pixels that `places` (frame → h w bool) marks."""
        if self._earlier.filling(frame) is None:
            return False
        for source in self._earlier.sources(frame):
            marked = places.get(source.frame)
            if marked is not None and _any_at(marked, source.places[source.weight > 0]):
                return True
        return False

    def _passing_over(self) -> dict[int, float]:
        """The share of the new result in the frames beside those that are renewed."""
        shares: dict[int, float] = {}
        for start, end in self._shots.shots:
            for frame in self.renewed & set(range(start, end)):
                for near in range(max(start, frame - _EASE), min(end, frame + _EASE + 1)):
                    if near not in self.renewed:
                        share = 1 - abs(near - frame) / (_EASE + 1)
                        shares[near] = max(shares.get(near, 0.0), share)
        return shares


def _any_at(marked: Array, places: Array) -> bool:
    """Whether one of the `places` (n 2, x and y) or a pixel beside it is marked: interpolation reads both."""
    height, width = marked.shape
    for corner in ((0, 0), (0, 1), (1, 0), (1, 1)):
        spots = np.floor(places).astype(int) + corner
        x, y = spots[:, 0].clip(0, width - 1), spots[:, 1].clip(0, height - 1)
        if marked[y, x].any():
            return True
    return False


def _between(old: Array, new: Array, share: float) -> Array:
    return (old + np.float32(share) * (new - old)).astype(new.dtype)


def drop_superseded(kept: Kept) -> None:
    """Forget the work of an earlier job whose result was replaced, but not what other kept jobs share with it."""
    kept.job.discard()
    kept.borrowing.discard()

"""The loop's seam closed by the network: inpainting over time, in which time runs in a circle.

The frames in which one moment turns into another are masked inside the region, their mixture is the start. The
network, which has learned from the shot to get a moment out of such a mixture, sees them among what comes before and
after, around the seam.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import torch

from ...diffusion import X0Denoiser
from ...learning import FitParams, FitState, ImagineParams
from ...learning.fit import fit
from ...learning.seams import SeamSource, close_seam, seam_trust
from ...motion.loops.closing import Motion, blend
from ...motion.loops.courses import Step
from ...protocol.jobs import WorkOrder
from ...stunet import SHOT, STUNet, checkpoint
from ..effort import EFFORTS, Effort
from ..imagining import THREADS, in_half_precision
from ..observer import Observer
from ..workspace import Workspace
from .plan import Plan
from .standing import StandingShot

Array = np.ndarray
OnStep = Callable[[str, int, int], None]

_CIRCLE = 32  # most frames that the network sees: of a longer loop those around the seam
_AROUND = 4  # frames before and after the gap of an example
_PATCH = 64  # pixels of an example
_BATCH = 2
_SAVED = 12  # steps between two states on disk
_LEAST_TRUST = 0.02
_AT_HAND = 64


class ImaginedSeam:
    """What the network changes in the frames of a seam.

    Args:
        shot: the shot over the still.
        plan: of a single course.
        order: quality, seed, and the weights that learning starts from.
        workspace: where the state of the learning and what is found are kept.
        observer: watches the learning, and may end it.

    Attributes:
        trust: in the network, 0..1; None before `close`, or if there was nothing to close.
        notes: what the user should know.
    """

    def __init__(
        self, shot: StandingShot, plan: Plan, order: WorkOrder, workspace: Workspace, observer: Observer
    ) -> None:
        self._shot, self._course, self._order, self._observer = shot, plan.courses[0], order, observer
        self._shelf, self._state = workspace.shelf("seam"), workspace.folder / "seam.safetensors"
        self._picture = lru_cache(_AT_HAND)(self._read)
        self.trust: float | None = None
        self.notes: list[str] = []
        self.circle = circle_around(
            [bool(step.share) for step in self._course], _CIRCLE, SHOT.temporal_multiple
        )

    def close(self, on_step: OnStep) -> None:
        """Learn the shot, and close the seam; what an interrupted job has found already is kept.

        Args:
            on_step: hears (stage, done, total); may raise to stop.
        """
        gaps = [number for number in self.circle if self._course[number].share]
        source = self._source(len(gaps))
        if source is None or not gaps:
            self.notes.append("the shot is too short to learn from: its seam is blended")
            return
        if all(self._shelf.has(number) for number in gaps):
            self.trust = float(self._shelf.get(gaps[0], "trust")["trust"])
            return
        # the number of threads shapes the order of sums, and with it the last bits of every weight
        torch.set_num_threads(THREADS)
        learned, tests = source.parted()
        network = self._learned(learned, on_step)
        params = ImagineParams(seed=self._order.spec.seed, steps=max(1, self._effort.sample_steps))
        around = X0Denoiser(in_half_precision(partial(network, circular=True)))
        self.trust = seam_trust(X0Denoiser(in_half_precision(network)), tests, params.sigma_start)
        mixture = np.stack([self._mixture(self._course[number]) for number in self.circle])
        unknown = np.stack([self._shot.region & bool(self._course[n].share) for n in self.circle])
        closed = mixture
        if self.trust > _LEAST_TRUST:
            closed = close_seam(around, mixture, unknown, params)
        for place, number in enumerate(self.circle):
            if number in gaps:
                self._shelf.put(
                    number,
                    change=self.trust * (closed[place] - mixture[place]) / 2,
                    trust=np.array(self.trust),
                )
            on_step("imagine", place + 1, len(self.circle))

    def change(self, number: int) -> Array | None:
        """What is added to frame `number` of the loop: h w 3 float32 over the shot's `small_window`, working values."""
        return self._shelf.get(number)["change"] if self._shelf.has(number) else None

    @property
    def _effort(self) -> Effort:
        return EFFORTS[self._order.spec.params.quality]

    def _source(self, gap: int) -> SeamSource | None:
        """Examples of the shot; None if it is too short for one."""
        usable = self._shot.usable
        frames = gap + 2 * _AROUND
        frames += -frames % SHOT.temporal_multiple
        if usable.duration < 2 * frames:
            return None
        params = FitParams(
            steps=self._effort.fit_steps,
            seed=self._order.spec.seed,
            batch=_BATCH,
            window=(frames, _PATCH, _PATCH),
        )
        return SeamSource(
            self._picture, self._shot.region, (usable.start, usable.end_exclusive), gap, params.window, params
        )

    def _learned(self, source: SeamSource, on_step: OnStep) -> STUNet:
        """The network after a fit to the shot; an interrupted one goes on from its last state."""
        order, observer = self._order, self._observer
        network = STUNet(SHOT, seed=order.spec.seed)
        if order.network is not None:
            network = checkpoint.load(Path(order.network))
        params = source.params
        assert isinstance(params, FitParams)
        if params.steps:
            result = fit(
                network,
                source,
                params,
                resume=FitState.load(self._state) if self._state.exists() else None,
                save=lambda reached: reached.save(self._state),
                save_every=_SAVED,
                on_step=lambda step, _loss: on_step("learn", step, params.steps),
                enough=lambda _state: observer.enough(0),
                on_look=lambda reached, draw: observer.learned(
                    reached.step, params.steps, reached.losses, draw
                ),
            )
            if result.state.step < params.steps:
                self.notes.append(f"learned for {result.state.step} steps instead of {params.steps}")
        return network.eval()

    def _read(self, frame: int) -> Array:
        """A frame of the shot, h w 3 in [-1, 1]."""
        return (np.clip(self._shot.small(frame), 0, 255) / 127.5 - 1).astype(np.float32)

    def _mixture(self, step: Step) -> Array:
        """What a crossfade shows, h w 3 in [-1, 1]."""
        first = self._picture(step.first)
        if not step.share:
            return first
        pictures = [
            np.clip(np.rint(self._shot.small(frame)), 0, 255).astype(np.uint8)
            for frame in (step.first, step.second)
        ]
        return blend(first, self._picture(step.second), step.share, Motion.between(*pictures))


def circle_around(closing: list[bool], most: int, multiple: int) -> tuple[int, ...]:
    """The frames of a loop that the network sees, in the order of time.

    All of them where it can be; else those around the gap: what is left out is what is farthest from it, so that two
    known frames become neighbours there.

    Args:
        closing: of each frame of the loop, whether it closes the seam; these are the last ones.
        most: frames.
        multiple: of which their number must be.
    """
    length, gap = len(closing), sum(closing)
    count = min(length, most)
    count -= count % multiple
    first = length - gap // 2 - count // 2
    return tuple((first + k) % length for k in range(count))

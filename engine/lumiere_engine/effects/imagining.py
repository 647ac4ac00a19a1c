"""Let the network learn the shot and fill what no frame shows."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..diffusion import X0Denoiser
from ..diffusion.precondition import Network
from ..learning import FitParams, FitState, ImagineParams, Imaginer, averaged, fit_shot, held_out_error
from ..learning.fill import smooth_fill
from ..motion.align import Window
from ..motion.borrow import window_around
from ..protocol.jobs import WorkOrder
from ..protocol.ranges import FrameRange
from ..stunet import SHOT, STUNet, checkpoint
from .completion import CompletedShots
from .effort import Effort
from .observer import Observer

Array = np.ndarray
OnStep = Callable[[str, int, int], None]

THREADS = min(os.cpu_count() or 1, 8)
# Of the smooth fill's squared error on held-out places, that the network must save to be worth its time: sampling takes
# as long as all the rest of a job.
_LEAST_SAVED = 0.03
# After every so many steps learning asks whether it pays. It takes two of them to ask, and most shots that teach the
# network anything have by then done so.
_ASKED_EVERY = 12
_MARGIN = 48  # pixels around everything unseen that the network may learn from and look at


@dataclass(frozen=True)
class UnseenVolume:
    """One shot around what is to be imagined, as the learner reads it (`learning.ShotVolume`)."""

    shots: CompletedShots
    start: int
    end: int
    window: Window

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return self.end - self.start, self.window.height, self.window.width

    def read(self, t0: int, t1: int, y0: int, y1: int, x0: int, x1: int) -> tuple[Array, Array]:
        """See `ShotVolume.read`."""
        rows = slice(self.window.y + y0, self.window.y + y1)
        columns = slice(self.window.x + x0, self.window.x + x1)
        frames = range(self.start + t0, self.start + t1)
        rgb = np.stack([self.shots.filled(t)[rows, columns] for t in frames])
        known = np.stack([~self.shots.unseen(t)[rows, columns] for t in frames])
        return (rgb / 127.5 - 1).astype(np.float32), known


class Imagination:
    """Learns each shot and imagines what is unseen in it.

    Args:
        completed: the shots after borrowing.
        effort: how long to learn and sample.
        order: the seed of all randomness, the weights that learning starts from, and where they go afterwards.
        on_step: hears (stage, done, total); may raise to stop.
        observer: watches the learning, and may end it.

    Attributes:
        trust: in the network, one for each shot that was learned.
        cut_short: (steps learned, steps planned) of each shot whose learning the observer has ended.
    """

    def __init__(
        self,
        completed: CompletedShots,
        effort: Effort,
        order: WorkOrder,
        on_step: OnStep,
        observer: Observer | None = None,
    ) -> None:
        self._completed, self._effort, self._order, self._on_step = completed, effort, order, on_step
        self._observer = observer or Observer()
        self.cut_short: list[tuple[int, int]] = []
        self._seed = order.spec.seed
        self.trust: list[float] = []
        # The number of threads shapes the order of sums, and with it the last bits of every weight.
        torch.set_num_threads(THREADS)

    def run(self) -> None:
        """Imagine all shots."""
        for start, end in self._completed.shots.shots:
            window = self._unseen_window(start, end)
            if window is not None:
                self._imagine_shot(UnseenVolume(self._completed, start, end, window))

    def _unseen_window(self, start: int, end: int) -> Window | None:
        union: Array | None = None
        for frame in range(start, end):
            unseen = self._completed.unseen(frame)
            union = unseen if union is None else union | unseen
        if union is None or not union.any():
            return None
        return window_around(union, _MARGIN)

    def _imagine_shot(self, volume: UnseenVolume) -> None:
        frames = FrameRange(0, volume.shape[0])
        if not any(self._wanted(volume.start + t) for t in frames):
            return
        denoiser = self._learn(volume)
        trust = self._trust_in(denoiser, volume)
        self.trust.append(trust)
        if not trust:
            return  # the smooth fill is as good, and there already
        imaginer = Imaginer(denoiser, volume, _Start(volume), self._params)
        for chunk in frames.chunks(self._order.chunk_frames):
            if not any(self._wanted(volume.start + t) for t in chunk):
                continue
            imagined = imaginer.frames(chunk, lambda done, total: self._on_step("imagine", done, total))
            for offset, frame in enumerate(chunk):
                self._keep(volume, frame, imagined[offset], trust)

    @property
    def _params(self) -> ImagineParams:
        return ImagineParams(seed=self._seed, steps=self._effort.sample_steps)

    def _trust_in(self, denoiser: X0Denoiser, volume: UnseenVolume) -> float:
        """See `HeldOutError.trust`; 0 where the network is not worth its time."""
        error = held_out_error(
            denoiser,
            volume,
            self._params,
            reserve=FitParams.reserve,
            seed=self._seed,
            samples=1,
            fill=smooth_fill,
        )
        return error.trust if error.saved >= _LEAST_SAVED else 0.0

    def _wanted(self, frame: int) -> bool:
        """Whether something in a frame is still to be imagined."""
        return not self._completed.has_imagined(frame) and bool(self._completed.unseen(frame).any())

    def _learn(self, volume: UnseenVolume) -> X0Denoiser:
        """The network after a fit to this shot, as a denoiser; an interrupted fit goes on from its last state.

        It ends early where the network does not come to know more than the smooth fill does, unless the artist wants
        to keep what it learned.
        """
        network = self._start()
        if self._effort.fit_steps:
            params = FitParams(steps=self._effort.fit_steps, seed=self._seed)
            state = self._completed.folder / f"fit_{volume.start:08d}.safetensors"
            observer, wanted = self._observer, self._order.save_network is not None

            def enough(reached: FitState) -> bool:
                if observer.enough(volume.start):
                    self.cut_short.append((reached.step, params.steps))
                    return True
                if wanted or not reached.step or reached.step % _ASKED_EVERY:
                    return False
                now = X0Denoiser(in_half_precision(averaged(network, reached)))
                return not self._trust_in(now, volume)

            fit_shot(
                network,
                volume,
                params,
                fill=smooth_fill,
                resume=FitState.load(state) if state.exists() else None,
                save=lambda reached: reached.save(state),
                on_step=lambda step, _loss: self._on_step("learn", step, params.steps),
                enough=enough,
                on_look=lambda reached, draw: observer.learned(
                    reached.step, params.steps, reached.losses, draw
                ),
            )
        if self._order.save_network is not None:
            checkpoint.save(
                network, Path(self._order.save_network), {"learned": self._order.spec.plate}, half=True
            )
        return X0Denoiser(in_half_precision(network))

    def _start(self) -> STUNet:
        """The weights that the job names, or none."""
        if self._order.network is None:
            return STUNet(SHOT, seed=self._seed)
        return checkpoint.load(Path(self._order.network))

    def _keep(self, volume: UnseenVolume, frame: int, imagined: Array, trust: float) -> None:
        number = volume.start + frame
        picture = self._completed.filled(number).copy()
        window = volume.window.slices
        values = np.clip((imagined + 1) * 127.5, 0, 255)
        picture[window] = picture[window] + trust * (values - picture[window])
        self._completed.set_imagined(number, picture)


def in_half_precision(network: Network) -> Network:
    """The network computing in bfloat16, two to three times as fast; learning stays in float32, where it is sound."""

    def answer(x: Tensor, noise: Tensor) -> Tensor:
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            return network(x, noise).float()

    return answer


@dataclass(frozen=True)
class _Start:
    """The filled start of the imagining: the smooth fill that borrowing left in the unseen places."""

    volume: UnseenVolume

    def __call__(self, t0: int, t1: int, y0: int, y1: int, x0: int, x1: int) -> Array:
        return self.volume.read(t0, t1, y0, y1, x0, x1)[0]

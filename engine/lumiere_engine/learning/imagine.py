"""Imagine what no frame shows: from the filled start, deterministically, in overlapping windows.

Chunk independence. Windows that overlap and are averaged at every step carry influence one window further at
each step, so that, in one endless sweep, every frame would depend on all others. Time is therefore cut into
*segments* on a grid that hangs on the shot's frame 0. A segment is sampled on its own, all its windows
together; it depends on its own frames of the volume, on the start, and on the noise of its frames (each
frame has its own generator), and on nothing else. Neighbouring segments overlap, share the noise there, and
are crossfaded. Whichever frames are asked for, the segments that touch them are computed whole: the same
bytes, at a memory bounded by one segment.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lumiere_engine.diffusion.noise import frame_noise
from lumiere_engine.diffusion.precondition import Denoiser, KnownDenoiser
from lumiere_engine.diffusion.samplers import sample_euler, sample_heun
from lumiere_engine.diffusion.schedules import karras_sigmas
from lumiere_engine.diffusion.windows import Span, WindowedDenoiser, WindowGrid, fitted, spans
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.ranges import FrameRange

from .fill import push_pull
from .shot import Mask, Rgb, ShotVolume, Start, array_start

OnProgress = Callable[[int, int], None]
"""(finished steps, all steps) over all segments; may raise to stop."""


@dataclass(frozen=True)
class ImagineParams:
    """Everything that the imagined frames depend on, beside network, shot and start."""

    seed: int = 0
    """Of the noise."""
    sigma_start: float = 10.0
    """Noise added to the filled start (data: about 0.5).

    The start also stands in the plate of the condition, so that nothing is lost by much noise; with little,
    the network takes the start's errors for the truth.
    """
    sigma_min: float = 2.0
    """Last noise level above 0. Lower: more detail is made up, further from the likeliest picture."""
    steps: int = 3
    """Sampling steps."""
    rho: float = 7.0
    """Spacing of the noise levels, see `karras_sigmas`."""
    heun: bool = False
    """Second order (two evaluations per step) instead of Euler's method."""
    window: tuple[int, int, int] = (8, 128, 128)
    """Frames, rows, columns that the network sees at once; rows and columns are `fitted` to the picture."""
    stride: tuple[int, int, int] = (6, 104, 104)
    """From one window to the next; windows overlap by 2 frames, as in the paper."""
    segment: int = 32
    """Frames sampled together; memory and the longest consistency in time grow with it."""
    segment_overlap: int = 8
    """Frames over which two segments are crossfaded."""

    def __post_init__(self) -> None:
        if not 0 < self.sigma_min <= self.sigma_start or (
            self.sigma_min == self.sigma_start and self.steps > 1
        ):
            raise SpecError(
                f"noise cannot fall from {self.sigma_start} to {self.sigma_min} in {self.steps} steps"
            )
        if self.steps < 1:
            raise SpecError(f"imagining takes at least one step, not {self.steps}")
        if not 0 <= self.segment_overlap <= self.segment // 2:
            raise SpecError(f"segments of {self.segment} frames cannot overlap by {self.segment_overlap}")


class Imaginer:
    """Renders any frames of a shot; keeps the last segments, so that the next chunk need not repeat them.

    Args:
        denoiser: D(x; σ, cond).
        volume: the whole shot.
        start: the filled start, in memory (t h w 3) or read piece by piece; by default every frame is filled
            smoothly.
        params: see there.
        device: where the denoiser computes.
        keep: segments kept.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        volume: ShotVolume,
        start: Start | Rgb | None = None,
        params: ImagineParams | None = None,
        *,
        device: torch.device | str = "cpu",
        keep: int = 2,
    ) -> None:
        self.denoiser = denoiser
        self.volume = volume
        self.start = array_start(start) if isinstance(start, np.ndarray) else start
        self.params = params or ImagineParams()
        self.device = torch.device(device)
        self.keep = keep
        self._kept: OrderedDict[Span, Rgb] = OrderedDict()

    def frames(self, frames: FrameRange, on_step: OnProgress | None = None) -> Rgb:
        """The frames, whole pictures: the truth where known, imagined elsewhere; t h w 3 float32.

        Values are about in [-1, 1]; they are not clipped.

        Raises:
            SpecError: frames that the shot does not have.
        """
        count, h, w = self.volume.shape
        if not FrameRange(0, count).contains_range(frames):
            raise SpecError(f"frames {frames} are not all in the shot's {count}")
        p = self.params
        touched = [
            span
            for span in spans(0, count, p.segment, p.segment - p.segment_overlap)
            if span[0] < frames.end_exclusive and frames.start < span[1]
        ]
        total = np.zeros((frames.duration, h, w, 3), np.float32)
        weights = np.zeros((frames.duration, 1, 1, 1), np.float32)
        for index, span in enumerate(touched):
            report = _shifted(on_step, index * p.steps, len(touched) * p.steps)
            picture = self._segment(span, report)
            shared = FrameRange.between(*span).intersection(frames)
            here = slice(shared.start - frames.start, shared.end_exclusive - frames.start)
            there = slice(shared.start - span[0], shared.end_exclusive - span[0])
            weight = _crossfade(span, p.segment_overlap)[there, None, None, None]
            total[here] += weight * picture[there]
            weights[here] += weight
        known_rgb, known = self.volume.read(frames.start, frames.end_exclusive, 0, h, 0, w)
        out: Rgb = np.where(known[..., None], known_rgb, total / weights)
        return out

    def _segment(self, span: Span, on_step: OnProgress | None) -> Rgb:
        if span in self._kept:
            self._kept.move_to_end(span)
        else:
            self._kept[span] = self._sampled(span, on_step)
            while len(self._kept) > self.keep:
                self._kept.popitem(last=False)
        return self._kept[span]

    def _sampled(self, span: Span, on_step: OnProgress | None) -> Rgb:
        """One segment, t h w 3."""
        p, (_, h, w) = self.params, self.volume.shape
        rgb, known = self.volume.read(*span, 0, h, 0, w)
        base = self._base(span, rgb, known)
        if known.all():
            return base
        plate = torch.from_numpy(np.ascontiguousarray(np.moveaxis(base, 3, 0)))[None].to(self.device)
        known_plane = torch.from_numpy(np.ascontiguousarray(known))[None, None].to(self.device)
        cond = torch.cat([plate, (~known_plane).float()], 1)
        noise = frame_noise(p.seed, range(*span), (3, h, w))[None].to(self.device)

        def has_hole(window: tuple[Span, Span, Span]) -> bool:
            (t0, t1), (y0, y1), (x0, x1) = window
            return not known[t0 - span[0] : t1 - span[0], y0:y1, x0:x1].all()

        windowed = WindowedDenoiser(
            self.denoiser, _grid(p, self.volume.shape), origin=(span[0], 0, 0), wanted=has_hole
        )
        denoiser = KnownDenoiser(windowed, plate, known_plane)
        sigmas = karras_sigmas(p.steps, p.sigma_min, p.sigma_start, p.rho)

        def report(step: int, steps: int, _: Tensor) -> None:
            if on_step:
                on_step(step, steps)

        sample = sample_heun if p.heun else sample_euler
        end = sample(denoiser, plate + p.sigma_start * noise, sigmas.to(self.device), cond, report)
        out: Rgb = np.moveaxis(end[0].float().cpu().numpy(), 0, 3)
        return out

    def _base(self, span: Span, rgb: Rgb, known: Mask) -> Rgb:
        """The truth where known, the start elsewhere; t h w 3."""
        if self.start is None:
            return push_pull(rgb, known)
        _, h, w = self.volume.shape
        out: Rgb = np.where(known[..., None], rgb, self.start(*span, 0, h, 0, w)).astype(np.float32)
        return out


def imagine(
    denoiser: Denoiser,
    volume: ShotVolume,
    start: Start | Rgb | None,
    frames: FrameRange,
    params: ImagineParams | None = None,
    *,
    device: torch.device | str = "cpu",
    on_step: OnProgress | None = None,
) -> Rgb:
    """`Imaginer.frames` for a single call: t h w 3 float32, the truth where known, imagined elsewhere."""
    return Imaginer(denoiser, volume, start, params, device=device).frames(frames, on_step)


def _grid(params: ImagineParams, shape: tuple[int, int, int]) -> WindowGrid:
    """The windows of a segment; they follow from the parameters and the shot's size alone."""
    (t, *window), (dt, *stride), (_, h, w) = params.window, params.stride, shape
    rows, row_step = fitted(h, window[0], window[0] - stride[0])
    columns, column_step = fitted(w, window[1], window[1] - stride[1])
    return WindowGrid((t, rows, columns), (dt, row_step, column_step))


def _crossfade(span: Span, overlap: int) -> Rgb:
    """A segment's weight per frame, t float32: rises and falls linearly over the overlap, 1 between."""
    n = span[1] - span[0]
    edge = np.minimum(np.arange(n), np.arange(n)[::-1]) + 1
    out: Rgb = np.minimum(1.0, edge / (overlap + 1)).astype(np.float32)
    return out


def _shifted(on_step: OnProgress | None, before: int, steps: int) -> OnProgress | None:
    if on_step is None:
        return None
    report = on_step

    def shifted(step: int, _: int) -> None:
        report(before + step, steps)

    return shifted

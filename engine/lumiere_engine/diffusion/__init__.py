"""Diffusion without a network: denoisers, schedules, samplers, noise and windows. Tensors are `b c t h w`."""

from .discrete import DiscreteDenoiser, DiscreteSchedule, GuidedDenoiser, edited_from
from .noise import frame_noise
from .precondition import Denoiser, EDMDenoiser, KnownDenoiser, X0Denoiser
from .samplers import sample_dpmpp, sample_euler, sample_heun
from .schedules import karras_sigmas
from .windows import WindowedDenoiser, WindowGrid

__all__ = [
    "Denoiser",
    "DiscreteDenoiser",
    "DiscreteSchedule",
    "EDMDenoiser",
    "GuidedDenoiser",
    "KnownDenoiser",
    "WindowGrid",
    "WindowedDenoiser",
    "X0Denoiser",
    "edited_from",
    "frame_noise",
    "karras_sigmas",
    "sample_dpmpp",
    "sample_euler",
    "sample_heun",
]

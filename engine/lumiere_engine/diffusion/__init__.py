"""Diffusion without a network: denoisers, schedules, samplers, noise and windows. Tensors are `b c t h w`."""

from .noise import frame_noise
from .precondition import Denoiser, EDMDenoiser, KnownDenoiser, X0Denoiser
from .samplers import sample_euler, sample_heun
from .schedules import karras_sigmas
from .windows import WindowedDenoiser, WindowGrid

__all__ = [
    "Denoiser",
    "EDMDenoiser",
    "KnownDenoiser",
    "WindowGrid",
    "WindowedDenoiser",
    "X0Denoiser",
    "frame_noise",
    "karras_sigmas",
    "sample_euler",
    "sample_heun",
]

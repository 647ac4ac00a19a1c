"""A text-to-image model that makes clips: put together from what the user has, asked through a denoiser."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from ..diffusion import (
    Denoiser,
    DiscreteDenoiser,
    DiscreteSchedule,
    GuidedDenoiser,
    KnownDenoiser,
    WindowedDenoiser,
    WindowGrid,
    edited_from,
    frame_noise,
    sample_dpmpp,
    sample_euler,
)
from ..pretrained.small_picture import SmallPicture
from ..pretrained.space import Space
from ..pretrained.text import Text, TextEncoder
from ..protocol.errors import SpecError
from ..protocol.params import GenerateParams
from ..stunet.image_weights import load_inflated
from ..stunet.inflated import InflatedSTUNet
from ..stunet.lora import find_lora, merge_lora
from .free_memory import free_bytes
from .ingredients import Ingredients
from .planning import Pass, Sizes, choose_window, spaced
from .workspace import Shelf

Array = np.ndarray

THREADS = min(os.cpu_count() or 1, 8)
STEPS = {"draft": 12, "standard": 25, "best": 50}
OnStep = Callable[[int, int], None]


@dataclass(frozen=True)
class Given:
    """What of a clip is there already, in the space of the network."""

    truth: Tensor
    """1 c t h w."""
    wanted: Tensor
    """1 1 t h w, the matte M: 1 = generate."""
    shown: Tensor | None = None
    """1 3 t h w in [-1, 1], the small clip on the grid of a network that enlarges."""

    @classmethod
    def nothing(cls, space: Space, frames: int, size: tuple[int, int]) -> Given:
        """All is generated; `size`: width and height in pixels."""
        width, height = size
        shape = (1, space.channels, frames, height // space.factor, width // space.factor)
        return cls(torch.zeros(shape), torch.ones(1, 1, *shape[2:]))

    def give(self, space: Space, frame: int, rgb: Array, hole: Array | None) -> None:
        """Give one frame.

        Args:
            space: encodes it.
            frame: counted from 0.
            rgb: any size, h w 3 float32, 0..1; it is brought to the clip's size, whatever its own shape.
            hole: what of it is generated nevertheless, bool, of any size; None is all of it.
        """
        height, width = (length * space.factor for length in self.truth.shape[3:])
        how = cv2.INTER_AREA if width < rgb.shape[1] else cv2.INTER_CUBIC
        fitted = np.clip(cv2.resize(rgb, (width, height), interpolation=how), 0, 1).transpose(2, 0, 1) * 2 - 1
        self.truth[0, :, frame] = space.encode(torch.from_numpy(fitted)[:, None])[:, 0].cpu()
        if hole is not None:
            rows, columns = self.truth.shape[3:]
            part = cv2.resize(hole.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
            # whatever a latent has a part in is generated
            self.wanted[0, 0, frame] = torch.from_numpy((part > 0).astype(np.float32))


class Prompter:
    """Makes clips in the network's space.

    Args:
        ingredients: the files.
        params: what the artist chose.
        seed: of all randomness.
    """

    def __init__(self, ingredients: Ingredients, params: GenerateParams, seed: int) -> None:
        if params.window is not None and ingredients.most is not None and params.window > ingredients.most:
            raise SpecError(
                f"the motion adapter was trained with {ingredients.most} frames at most",
                remedy=f"choose a window of up to {ingredients.most}",
            )
        torch.set_num_threads(THREADS)
        self._parts, self._params, self._seed = ingredients, params, seed
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self.space: Space = ingredients.model.space(self._device)
        schedule = ingredients.schedule
        if params.terminal_snr:
            schedule = DiscreteSchedule(
                schedule.levels,
                schedule.beta_start,
                schedule.beta_end,
                schedule.betas,
                schedule.prediction,
                True,
            )
        self.schedule = schedule
        self.window = params.window or ingredients.window or 1
        """Frames of a window at most."""
        self.notes: list[str] = []

    @property
    def multiple(self) -> int:
        """Rows and columns of pictures are best a multiple of this."""
        return self.space.factor * (1 << (len(self._parts.model.image.params.channels) - 1))

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height in pixels to work at: of this shape, as large as the model was trained, in its steps."""
        factor = self._parts.model.side * self.space.factor / math.sqrt(width * height)
        wanted = (self._params.width or width * factor, self._params.height or height * factor)
        across, down = (
            max(self.multiple, round(length / self.multiple) * self.multiple) for length in wanted
        )
        return across, down

    def plan(self, frames: int, size: tuple[int, int], kept: Shelf, *, shorter: bool = True) -> None:
        """Choose windows that fit the device's memory; as they were chosen before, if the job was begun already.

        Args:
            frames: of the clip.
            size: width and height in pixels, from `size`.
            kept: where the choice is kept.
            shorter: whether windows may be shorter than what the layers learned.

        Raises:
            SpecError: the job does not fit; says what would. Nothing was read into memory for it yet.
        """
        parts, chosen = self._parts, self._params.window
        columns, rows = (length // self.space.factor for length in size)
        overlap = self._params.overlap
        work = Pass(parts.network, parts.dtype, frames, rows, columns, overlap, self._device)
        sizes = Sizes(self.space.factor, self.multiple // self.space.factor)
        if kept.has(0):
            chosen = int(kept.get(0)["window"])
        free, longest = free_bytes(self._device), parts.window or 1
        self.window = choose_window(work, longest, free, sizes, chosen=chosen, shorter=shorter)
        kept.put(0, window=np.array(self.window))
        if self.shortened is not None:
            self.notes.append(
                f"made in windows of {self.window} frames, not {longest} as the layers learned: that is what fits"
                " into memory"
            )

    @property
    def shortened(self) -> int | None:
        """The windows' frames, where memory and not the artist chose them."""
        chosen = self._params.window or self._parts.window or 1
        return self.window if self.window != chosen else None

    def texts(self) -> tuple[Text, Text]:
        """Prompt and negative prompt, read; the encoders are let go of afterwards."""
        read = TextEncoder(
            self._parts.model.folder, empty_is_zero=self._parts.model.empty_is_zero, device=self._device
        )
        wanted, unwanted = read(self._params.prompt), read(self._params.negative)
        if wanted.unread:
            self.notes.append(f"the prompt is too long for the model: '{wanted.unread}' is not read")
        return wanted, unwanted

    def network(self) -> InflatedSTUNet:
        """The network with its temporal layers and LoRAs, on the device."""
        parts = self._parts
        network = load_inflated(parts.model.image, parts.temporal, parts.motion, dtype=parts.dtype)
        for lora in parts.loras:
            found = find_lora(Path(lora.path), parts.model.image.params)
            merge_lora(network, found, lora.scale)
            if found.text_tensors:
                self.notes.append(f"the part of {Path(lora.path).name} for text encoders is not used")
        return network.to(self._device).channels_last()

    def sample(
        self,
        network: InflatedSTUNet,
        texts: tuple[Text, Text],
        given: Given,
        kept: Shelf,
        on_step: OnStep,
        first: int = 0,
    ) -> Tensor:
        """A clip, 1 c t h w float32 in the network's space, on the CPU.

        Args:
            network: from `network`.
            texts: prompt and negative prompt.
            given: what is there already; a matte of 1 throughout, and truth for `strength` below 1; the small
                clip, for a network that enlarges.
            kept: where the answer to each step is kept, and taken from if it is there.
            on_step: hears of (done, all) steps.
            first: number of the first frame, to which its noise belongs.
        """
        p = self._params
        self.space.rest()
        sigmas = self._sigmas()
        t, h, w = given.truth.shape[2:]
        noise, cond = self._conditioned(given, first)
        # in full width at the start, as the schedule's own x = clean + σ·noise; nothing is clean before it
        level = float(sigmas[0])
        x = given.truth + level * noise if p.strength < 1 else (1 + level**2) ** 0.5 * noise
        known = (given.wanted == 0).expand_as(given.truth[:, :1])
        if p.strength == 1 and bool(known.any()):
            x = torch.where(known, given.truth + level * noise, x)
        denoiser: Denoiser = self._guided(network, texts, (h, w))
        denoiser = self._windowed(denoiser, t, h, w)
        denoiser = KnownDenoiser(denoiser, given.truth, known)
        steps = len(sigmas) - 1
        remembered = _Remembered(denoiser, kept, steps, on_step)
        sample = sample_dpmpp if p.sampler == "dpm++" else sample_euler
        return sample(remembered, x, sigmas, cond)

    def _conditioned(self, given: Given, first: int) -> tuple[Tensor, Tensor]:
        """Noise to begin with, and what the network is shown of the clip."""
        c, t, h, w = given.truth.shape[1:]
        small = self._parts.model.small
        if small is None or given.shown is None:
            plate = given.truth * (1 - given.wanted)
            noise = frame_noise(self._seed, range(first, first + t), (c, h, w))
            return noise[None], torch.cat([plate, given.wanted], 1)
        # what is invented beside the small clip is calm if all frames begin with the same noise
        one = frame_noise(self._seed, [first], (c + given.shown.shape[1], h, w))
        noise = one.expand(-1, t, -1, -1)[None]
        shown = small.noised(given.shown, noise[:, c:], torch.tensor([small.usual]))
        return noise[:, :c], shown

    def _sigmas(self) -> Tensor:
        p = self._params
        steps = STEPS[p.quality] if p.steps is None else p.steps
        uniform = p.sampler == "ddim" or self.schedule.zero_terminal
        sigmas = self.schedule.uniform_sigmas(steps) if uniform else self.schedule.karras_sigmas(steps)
        return edited_from(sigmas, p.strength) if p.strength < 1 else sigmas

    def _guided(self, network: InflatedSTUNet, texts: tuple[Text, Text], size: tuple[int, int]) -> Denoiser:
        rows, columns = (length * self.space.factor for length in size)
        wanted, unwanted = (
            DiscreteDenoiser(
                _Prompted(network, text, (rows, columns), self._parts.model.small), self.schedule
            )
            for text in texts
        )
        return GuidedDenoiser(wanted, unwanted, self._params.guidance)

    def _windowed(self, denoiser: Denoiser, t: int, h: int, w: int) -> Denoiser:
        """Over time in overlapping windows, where the clip is longer than what the layers learned."""
        size, overlap = spaced(t, self.window, self._params.overlap)
        if size == t:
            return denoiser
        return WindowedDenoiser(denoiser, WindowGrid((size, h, w), (size - overlap, h, w)))


class _Prompted:
    """F(x, timestep, cond) of a network that is told one text; cond is the small clip for one that enlarges."""

    def __init__(
        self, network: InflatedSTUNet, text: Text, size: tuple[int, int], small: SmallPicture | None
    ) -> None:
        weight = next(network.parameters())
        self._network, self._size = network, size
        self._level = small.usual if small is not None and network.params.image.noise_levels else None
        self._device, self._dtype = weight.device, weight.dtype
        self._text = text.to(weight.device, weight.dtype)

    @torch.no_grad()
    def __call__(self, x: Tensor, timestep: Tensor, cond: Tensor) -> Tensor:
        p, b = self._network.params, len(x)
        given = cond.to(self._device, self._dtype)
        noisy = x.to(self._device, self._dtype)
        if p.image.in_channels == 2 * p.image.out_channels + 1:
            noisy = torch.cat([noisy, given[:, -1:], given[:, :-1]], 1)
        if p.image.enlarges:
            noisy = torch.cat([noisy, given], 1)
        pooled = self._text.pooled
        rows, columns = self._size
        answer = self._network(
            noisy,
            timestep.to(self._device),
            self._text.context[None].expand(b, -1, -1),
            pooled=None if pooled is None else pooled[None].expand(b, -1),
            sizes=None
            if pooled is None
            else timestep.new_tensor([[rows, columns, 0, 0, rows, columns]] * b).to(self._device),
            level=None if self._level is None else torch.full((b,), self._level, device=self._device),
            cond=given if p.temporal.conditioned else None,
        )
        return answer.to(x.device, x.dtype)


class _Remembered:
    """A denoiser whose answers lie on a shelf: an interrupted sampling takes the same way again, and goes on."""

    def __init__(self, denoiser: Denoiser, shelf: Shelf, steps: int, on_step: OnStep) -> None:
        self._denoiser, self._shelf, self._steps, self._on_step = denoiser, shelf, steps, on_step
        self._asked = 0

    def __call__(self, x: Tensor, sigma: Tensor, cond: Tensor) -> Tensor:
        number, self._asked = self._asked, self._asked + 1
        if self._shelf.has(number):
            return torch.from_numpy(self._shelf.get(number, "denoised")["denoised"])
        answer = self._denoiser(x, sigma, cond)
        self._shelf.put(number, denoised=answer.cpu().numpy())
        self._on_step(self._asked, self._steps)
        return answer

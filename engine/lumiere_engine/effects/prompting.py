"""A text-to-image model that makes clips: put together from what the user has, asked through a denoiser."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
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
from ..pretrained.folder import ImageModel, find_model
from ..pretrained.space import Space, open_space
from ..pretrained.text import Text, TextEncoder
from ..protocol.errors import SpecError
from ..protocol.params import GenerateParams
from ..protocol.weights import Weights, read_weights_header
from ..stunet.image_weights import (
    check_motion,
    check_temporal,
    fingerprint_of,
    load_inflated,
    motion_params,
    weight_files,
)
from ..stunet.inflated import InflatedSTUNet
from ..stunet.lora import find_lora, merge_lora
from .workspace import Shelf

Array = np.ndarray

THREADS = min(os.cpu_count() or 1, 8)
STEPS = {"draft": 12, "standard": 25, "best": 50}
# Networks larger than this compute in half precision: they would not fit otherwise.
_MOST_FULL = 100_000_000
OnStep = Callable[[int, int], None]


@dataclass(frozen=True)
class Ingredients:
    """What a job's weights are, checked against each other and against their fingerprints, and not yet read."""

    model: ImageModel
    temporal: Path | None
    motion: Path | None
    loras: tuple[Weights, ...]
    window: int | None
    """Frames that are generated in one pass; None if frames do not know each other."""
    most: int | None
    """Frames that can be; None where there is no limit."""
    upscale: Path | None = None
    """Temporal layers that enlarge a clip."""

    @property
    def factor(self) -> int:
        """How many times as wide and high as the network makes it the clip is in the end."""
        return 1 if self.upscale is None else enlarging_factor(self.upscale)

    @property
    def enlarging(self) -> Ingredients:
        """Those of the pass that enlarges."""
        assert self.upscale is not None
        return replace(
            self,
            temporal=self.upscale,
            motion=None,
            window=trained_frames(self.upscale),
            most=None,
            upscale=None,
        )

    @property
    def schedule(self) -> DiscreteSchedule:
        """The noise levels; AnimateDiff's modules were trained with levels that rise linearly."""
        own = self.model.schedule
        if self.motion is None:
            return own
        return DiscreteSchedule(betas="linear", prediction=own.prediction, zero_terminal=own.zero_terminal)


def find_ingredients(weights: tuple[Weights, ...]) -> Ingredients:
    """The files of a job.

    Raises:
        SpecError: something is missing, is not what the job was made with, or does not fit the rest.
    """
    by_role: dict[str, list[Weights]] = {}
    for one in weights:
        by_role.setdefault(one.role, []).append(one)
    if len(by_role.get("image", [])) != 1:
        raise SpecError("a job names one image model")
    image, like = by_role["image"][0], by_role.get("like", [None])[0]
    model = find_model(Path(image.path), None if like is None else Path(like.path))
    _same(image, fingerprint_of(model.image))
    temporal = motion = window = most = upscale = None
    for one in by_role.get("upscale", ()):
        upscale = Path(one.path)
        check_temporal(upscale, model.image.params)
        _same(one, files_fingerprint([upscale]))
        enlarging_factor(upscale)
    for one in by_role.get("temporal", ()):
        temporal = Path(one.path)
        check_temporal(temporal, model.image.params)
        _same(one, files_fingerprint([temporal]))
        window = trained_frames(temporal)
    for one in by_role.get("motion", ()):
        motion = Path(one.path)
        check_motion(motion, model.image.params)
        _same(one, files_fingerprint(list(weight_files(motion))))
        most = motion_params(motion).frames
        window = min(16, most)
    for one in by_role.get("lora", ()):
        find_lora(Path(one.path), model.image.params)
        _same(one, files_fingerprint([Path(one.path)]))
    return Ingredients(model, temporal, motion, tuple(by_role.get("lora", ())), window, most, upscale)


def enlarging_factor(upscale: Path) -> int:
    """How many times as wide and high a clip becomes, from the header of layers that enlarge.

    Raises:
        SpecError: these do not.
    """
    factor = read_weights_header(str(upscale)).metadata.get("factor", "")
    if factor not in {str(number) for number in range(2, 9)}:
        raise SpecError("these temporal layers do not enlarge", clip=str(upscale))
    return int(factor)


def trained_frames(temporal: Path) -> int:
    """Frames of the windows that temporal layers were trained with, from their file's header."""
    frames = read_weights_header(str(temporal)).metadata.get("frames", "")
    return int(frames) if frames.isdecimal() and int(frames) else 16


def files_fingerprint(files: list[Path]) -> str:
    """SHA-256 over the SHA-256 of each file, in order."""
    digest = hashlib.sha256()
    for file in files:
        try:
            with file.open("rb") as data:
                digest.update(hashlib.file_digest(data, "sha256").digest())
        except OSError as error:
            raise SpecError(f"the weights cannot be read: {error.strerror}", clip=str(file)) from error
    return digest.hexdigest()


def _same(named: Weights, found: str) -> None:
    if named.fingerprint != found:
        raise SpecError(
            "these are not the weights that the job was made with",
            clip=named.path,
            remedy="register them anew: lumiere models remove, then add",
        )


@dataclass(frozen=True)
class Given:
    """What of a clip is there already, in the space of the network."""

    truth: Tensor
    """1 c t h w."""
    wanted: Tensor
    """1 1 t h w, the matte M: 1 = generate."""
    shown: Tensor | None = None
    """1 c t h w, what the network sees in the plate where it generates; None is blank."""

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
        space: where the model works, if it is open already.
    """

    def __init__(
        self, ingredients: Ingredients, params: GenerateParams, seed: int, space: Space | None = None
    ) -> None:
        if params.window is not None and ingredients.most is not None and params.window > ingredients.most:
            raise SpecError(
                f"the motion adapter was trained with {ingredients.most} frames at most",
                remedy=f"choose a window of up to {ingredients.most}",
            )
        torch.set_num_threads(THREADS)
        self._parts, self._params, self._seed = ingredients, params, seed
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self.space: Space = space or open_space(ingredients.model.folder, self._device)
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
        large = (
            sum(file.stat().st_size for file in parts.model.image.tensors.files) > 2 * _MOST_FULL
        )  # two bytes a weight at least
        dtype = torch.bfloat16 if large else torch.float32
        network = load_inflated(parts.model.image, parts.temporal, parts.motion, dtype=dtype)
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
            given: what is there already; a matte of 1 throughout, and truth for `strength` below 1.
            kept: where the answer to each step is kept, and taken from if it is there.
            on_step: hears of (done, all) steps.
            first: number of the first frame, to which its noise belongs.
        """
        p = self._params
        sigmas = self._sigmas()
        c, t, h, w = given.truth.shape[1:]
        noise = frame_noise(self._seed, range(first, first + t), (c, h, w))[None]
        # in full width at the start, as the schedule's own x = clean + σ·noise; nothing is clean before it
        level = float(sigmas[0])
        x = given.truth + level * noise if p.strength < 1 else (1 + level**2) ** 0.5 * noise
        known = (given.wanted == 0).expand_as(given.truth[:, :1])
        if p.strength == 1 and bool(known.any()):
            x = torch.where(known, given.truth + level * noise, x)
        denoiser: Denoiser = self._guided(network, texts, (h, w))
        denoiser = self._windowed(denoiser, t, h, w)
        denoiser = KnownDenoiser(denoiser, given.truth, known)
        plate = given.truth * (1 - given.wanted)
        if given.shown is not None:
            plate = plate + given.shown * given.wanted
        cond = torch.cat([plate, given.wanted], 1)
        steps = len(sigmas) - 1
        remembered = _Remembered(denoiser, kept, steps, on_step)
        sample = sample_dpmpp if p.sampler == "dpm++" else sample_euler
        return sample(remembered, x, sigmas, cond)

    def _sigmas(self) -> Tensor:
        p = self._params
        steps = STEPS[p.quality] if p.steps is None else p.steps
        uniform = p.sampler == "ddim" or self.schedule.zero_terminal
        sigmas = self.schedule.uniform_sigmas(steps) if uniform else self.schedule.karras_sigmas(steps)
        return edited_from(sigmas, p.strength) if p.strength < 1 else sigmas

    def _guided(self, network: InflatedSTUNet, texts: tuple[Text, Text], size: tuple[int, int]) -> Denoiser:
        rows, columns = (length * self.space.factor for length in size)
        wanted, unwanted = (
            DiscreteDenoiser(_Prompted(network, text, (rows, columns)), self.schedule) for text in texts
        )
        return GuidedDenoiser(wanted, unwanted, self._params.guidance)

    def _windowed(self, denoiser: Denoiser, t: int, h: int, w: int) -> Denoiser:
        """Over time in overlapping windows, where the clip is longer than what the layers learned."""
        window = self._params.window or self._parts.window or 1
        if t <= window:
            return denoiser
        overlap = min(window // 4 if self._params.overlap is None else self._params.overlap, window - 1)
        count = -(-(t - overlap) // (window - overlap))
        size = -(-(t + (count - 1) * overlap) // count)
        return WindowedDenoiser(denoiser, WindowGrid((size, h, w), (size - overlap, h, w)))


class _Prompted:
    """F(x, timestep, cond) of a network that is told one text."""

    def __init__(self, network: InflatedSTUNet, text: Text, size: tuple[int, int]) -> None:
        weight = next(network.parameters())
        self._network, self._size = network, size
        self._device, self._dtype = weight.device, weight.dtype
        self._text = text.to(weight.device, weight.dtype)

    @torch.no_grad()
    def __call__(self, x: Tensor, timestep: Tensor, cond: Tensor) -> Tensor:
        p, b = self._network.params, len(x)
        given = cond.to(self._device, self._dtype)
        noisy = x.to(self._device, self._dtype)
        if p.image.in_channels == 2 * p.image.out_channels + 1:
            noisy = torch.cat([noisy, given[:, -1:], given[:, :-1]], 1)
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

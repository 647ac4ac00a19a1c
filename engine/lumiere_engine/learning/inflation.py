"""Teach a text-to-image network, or the temporal layers that inflation adds to it.

The image network's weights are frozen when temporal layers are learned (Lumiere, arXiv 2401.12945, section
3.1). Both learn to predict noise or velocity at evenly drawn levels of the network's own schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from lumiere_engine.diffusion import DiscreteSchedule, frame_noise
from lumiere_engine.frames.prefetch import prefetch
from lumiere_engine.pretrained.small_picture import SmallPicture
from lumiere_engine.pretrained.space import Space
from lumiere_engine.pretrained.text import Text
from lumiere_engine.stunet.inflated import InflatedSTUNet

from .captioned import CaptionedBatch, CaptionedClip, CaptionedParams, draw_batch
from .enlarging import resized
from .state import FitState
from .team import ALONE, Team
from .trainer import KEPT_NOWHERE, Adam, Keeping

ReadPrompt = Callable[[str], Text]


@dataclass
class Lesson:
    """What is taught to whom.

    Attributes:
        network: changed in place, on the device where it is.
        parameters: what of it is learned, by name.
        schedule: its noise levels.
        space: where it works.
        read: prompts as it reads them.
        clips: what it learns from.
        params: see there.
        half: compute in bfloat16 where that is precise enough (on a GPU).
        small: how it is shown small pictures, if it enlarges them.
    """

    network: InflatedSTUNet
    parameters: dict[str, nn.Parameter]
    schedule: DiscreteSchedule
    space: Space
    read: ReadPrompt
    clips: list[CaptionedClip]
    params: CaptionedParams
    half: bool = False
    small: SmallPicture | None = None


def teach(lesson: Lesson, keeping: Keeping = KEPT_NOWHERE, team: Team = ALONE) -> FitState:
    """Train until the last step; an interrupted training goes on from its state file, bit for bit on a CPU.

    Args:
        lesson: what is taught; the same for every member of a team.
        keeping: what becomes of the state as it goes; the first member's counts.
        team: with whom.

    Raises:
        LumiereError: the loss or a gradient is not finite.
    """
    params = lesson.params
    for parameter in lesson.network.parameters():
        parameter.requires_grad_(False)
    for parameter in lesson.parameters.values():
        parameter.requires_grad_(True)
    device = next(lesson.network.parameters()).device
    part = team.part(params.batch)
    adam = Adam(lesson.parameters, params, keeping.earlier(device), team)
    texts = {caption: lesson.read(caption) for caption in sorted({"", *(c.caption for c in lesson.clips)})}
    for batch in prefetch(_batches(lesson, adam.state.step, part), depth=2):
        loss = adam.descend(lambda: lesson_loss(lesson, batch, texts))  # noqa: B023 - called at once
        if team.rank == 0:
            keeping.after(adam.state, loss, params.steps)
    return adam.state


def _batches(lesson: Lesson, first: int, part: range) -> Iterator[CaptionedBatch]:
    for step in range(first, lesson.params.steps):
        yield draw_batch(lesson.clips, lesson.params, step, part)


def lesson_loss(lesson: Lesson, batch: CaptionedBatch, texts: dict[str, Text]) -> Tensor:
    """Mean of |F(α·x₀ + s·n, t, text, ⟨C, M⟩) − target|²; the target is n, or the velocity α·n − s·x₀."""
    network, schedule = lesson.network, lesson.schedule
    device = next(network.parameters()).device
    clean = torch.stack([lesson.space.encode(clip) for clip in batch.clean]).to(device)
    matte = _at_size(batch.wanted, clean.shape[3:]).to(device)
    levels = (batch.places * schedule.levels).long()
    sigma = schedule.sigmas[levels].float().to(device)[:, None, None, None, None]
    scale = (sigma**2 + 1).rsqrt()
    channels = clean.shape[1]
    noise = _noise(batch, clean, None if lesson.small is None else channels + 3)
    noise, small_noise = noise.to(device).tensor_split([channels], 1)
    noisy, small_levels = scale * (clean + sigma * noise), None
    read = noisy
    if lesson.small is not None and batch.small is not None:
        small_levels = lesson.small.levels(batch.small_places).to(device)
        rows, columns = clean.shape[3:]
        shown = torch.stack([resized(clip, (rows, columns)) for clip in batch.small]).to(device)
        read = torch.cat([noisy, lesson.small.noised(shown, small_noise, small_levels)], 1)
    target = noise if schedule.prediction == "epsilon" else scale * noise - scale * sigma * clean
    told = [texts[caption].to(device, clean.dtype) for caption in batch.captions]
    pooled = [text.pooled for text in told if text.pooled is not None]
    height, width = (length * lesson.space.factor for length in clean.shape[3:])
    with torch.autocast(device.type, torch.bfloat16, enabled=lesson.half):
        answer = network(
            read,
            levels.float().to(device),
            torch.stack([text.context for text in told]),
            pooled=torch.stack(pooled) if pooled else None,
            sizes=clean.new_tensor([[height, width, 0, 0, height, width]] * len(told)) if pooled else None,
            level=small_levels if network.params.image.noise_levels else None,
            cond=torch.cat([clean * (1 - matte), matte], 1) if network.params.temporal.conditioned else None,
        )
    return (answer.float() - target).square().mean()


def _noise(batch: CaptionedBatch, like: Tensor, steady: int | None) -> Tensor:
    """Of each frame its own; or, of so many channels, the same in all frames of a clip, as clips are enlarged."""
    c, t, h, w = like.shape[1:]
    clips = [range(k * t, (k + 1) * t) for k in batch.numbers]
    if steady is None:
        return torch.stack([frame_noise(batch.noise_seed, frames, (c, h, w)) for frames in clips])
    return torch.stack(
        [frame_noise(batch.noise_seed, frames[:1], (steady, h, w)).expand(-1, t, -1, -1) for frames in clips]
    )


def _at_size(matte: Tensor, size: torch.Size) -> Tensor:
    """A matte of pictures as one of latents: whatever a latent has a part in is generated."""
    factor = matte.shape[3] // size[0]
    return matte if factor == 1 else nn.functional.max_pool3d(matte, (1, factor, factor))


def he_start(network: InflatedSTUNet, seed: int) -> None:
    """Start the temporal resampling at random (He et al., arXiv 1502.01852): what the paper compares with."""
    from lumiere_engine.stunet.temporal import TemporalDown, TemporalUp

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(np.uint32(seed)))
        for module in network.modules():
            if isinstance(module, (TemporalDown, TemporalUp)):
                nn.init.kaiming_normal_(module.conv.weight, nonlinearity="linear")

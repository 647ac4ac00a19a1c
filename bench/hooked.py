"""lumiere-pytorch (Phil Wang) around Stable Diffusion 1.5's U-Net, for comparison; installed by whoever asks for it.

It adds temporal layers to any network of pictures by hooks on layers that one names. Here they stand where
Lumiere's own stand: a convolution after every step of the finer levels, attention after those of the coarsest
one, temporal resampling after each spatial one.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

LEVELS, STEPS_DOWN, STEPS_UP = 4, 2, 3


class Captioned(nn.Module):
    """U-Net and text as one network of pictures and timesteps, as lumiere-pytorch wants it.

    Args:
        network: of diffusers.
        tokens: of the text, one text for all frames.
    """

    def __init__(self, network: UNet2DConditionModel, tokens: int = 77) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("text", torch.randn(1, tokens, network.config.cross_attention_dim))
        for module in network.modules():
            module.register_forward_pre_hook(_positional, with_kwargs=True)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """x: n 4 h w, time: 1 or n → n 4 h w."""
        text = self.get_buffer("text").expand(len(x), -1, -1)
        answer: Tensor = self.network(x, time.expand(len(x)), text, return_dict=False)[0]
        return answer


def _positional(
    _: nn.Module, args: tuple[object, ...], kwargs: dict[str, object]
) -> tuple[tuple[object, ...], dict[str, object]]:
    """lumiere-pytorch reads the pictures from the first argument; diffusers names it."""
    if args or "hidden_states" not in kwargs:
        return args, kwargs
    rest = dict(kwargs)
    return (rest.pop("hidden_states"),), rest


def hooked(network: UNet2DConditionModel, side: int) -> nn.Module:
    """`network` with lumiere-pytorch's temporal layers, whose weights stand where the network's do.

    Args:
        network: Stable Diffusion 1.5's shape, or narrower.
        side: rows and columns of its latents; no other will be taken.

    Raises:
        ImportError: lumiere-pytorch or one of its own requirements is not installed.
    """
    from lumiere_pytorch import Lumiere

    down = [f"network.down_blocks.{level}" for level in range(LEVELS)]
    up = [f"network.up_blocks.{level}" for level in range(LEVELS)]
    inflated: nn.Module = Lumiere(
        Captioned(network),
        image_size=side,
        channels=network.config.in_channels,
        unet_time_kwarg="time",
        conv_module_names=[
            *(f"{block}.attentions.{step}.proj_out" for block in down[:-1] for step in range(STEPS_DOWN)),
            *(f"{block}.attentions.{step}.proj_out" for block in up[1:] for step in range(STEPS_UP)),
        ],
        attn_module_names=[
            *(f"{down[-1]}.resnets.{step}" for step in range(STEPS_DOWN)),
            "network.mid_block.attentions.0.proj_out",
            *(f"{up[0]}.resnets.{step}" for step in range(STEPS_UP)),
        ],
        downsample_module_names=[f"{block}.downsamplers.0" for block in down[:-1]],
        upsample_module_names=[f"{block}.upsamplers.0" for block in up[:-1]],
    )
    return inflated


def step_of(inflated: nn.Module, x: Tensor) -> Callable[[], object]:
    """One evaluation of b 4 t h w, as a function."""

    @torch.no_grad()
    def step() -> object:
        return inflated(x, time=torch.tensor([500.0], device=x.device)).sum().item()

    return step

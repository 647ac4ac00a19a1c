"""How much memory an evaluation of a network takes, told without taking it.

The evaluation runs on torch's "meta" device, whose tensors have shapes and no memory, and the storages that live are
counted as they come and go. What kernels take for themselves while they run is not seen there; see `Footprint`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from .image_params import InflatedParams
from .inflated import InflatedSTUNet

_TOKENS = 77  # of a text, as CLIP reads it
# What a GPU brings from channels last to channels first, and back, before it computes.
_COPYING = (torch.ops.aten.native_group_norm.default, torch.ops.aten.convolution.default)


@dataclass(frozen=True)
class Footprint:
    """Bytes of an evaluation.

    On a CPU both together are within 15 % of what a process was seen to take (`bench/denoising.py --memory` prints
    both). For a GPU the copies are counted that its normalisations and convolutions make of what they read; other
    workspaces of its kernels are not, and none of it was compared with a GPU.
    """

    weights: int
    """Of the network."""
    passing: int
    """At most, of everything else that is there at one time: inputs, skips, what layers answer."""

    @property
    def bytes(self) -> int:
        """All of it."""
        return self.weights + self.passing


@lru_cache(maxsize=256)
def footprint(
    params: InflatedParams, frames: int, rows: int, columns: int, dtype: torch.dtype, gpu: bool = False
) -> Footprint:
    """What one evaluation without gradients takes.

    Guidance asks the network twice, but one after the other, so that it takes no more.

    Args:
        params: the network's shape.
        frames: of the clip or window.
        rows: of the network's pictures, latents for Stable Diffusion.
        columns: the same.
        dtype: of weights and clip.
        gpu: whether it runs on one.
    """
    p = params.image
    network = _network(params).to(dtype)

    def evaluate() -> Tensor:
        x = torch.empty(1, p.in_channels, frames, rows, columns, dtype=dtype, device="meta")
        cond = torch.empty(1, params.condition_channels, frames, rows, columns, dtype=dtype, device="meta")
        text = torch.empty(1, _TOKENS, p.context, dtype=dtype, device="meta")
        pooled = torch.empty(1, p.pooled, dtype=dtype, device="meta") if p.pooled else None
        sizes = torch.empty(1, 6, device="meta") if p.pooled else None
        level = torch.zeros(1, dtype=torch.long, device="meta") if p.noise_levels else None
        answer: Tensor = network(
            x,
            torch.empty(1, device="meta"),
            text,
            pooled=pooled,
            sizes=sizes,
            level=level,
            cond=cond if params.condition_channels else None,
        )
        return answer

    return measured(network, evaluate, gpu=gpu)


def measured(network: nn.Module, evaluate: Callable[[], object], *, gpu: bool = False) -> Footprint:
    """What an evaluation of a network takes that lies on "meta", and makes all else there too."""
    weights = [*network.parameters(), *network.buffers()]
    counter = _Living(weights, _COPYING if gpu else ())
    with torch.no_grad(), _FusedAttention(), counter:
        evaluate()
    return Footprint(sum(w.nbytes for w in weights), counter.most)


@lru_cache(maxsize=4)
def _network(params: InflatedParams) -> InflatedSTUNet:
    with torch.device("meta"):
        return InflatedSTUNet(params).eval()


class _Living(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of all storages that live, but for those of `weights`; `copying` read a copy."""

    def __init__(self, weights: Iterable[Tensor], copying: Collection[Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._copying = copying
        self.most = self._now = 0
        self._known = {weight.untyped_storage()._cdata for weight in weights}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, Tensor):
                self._count(tensor.untyped_storage())
        copy = args[0].nbytes if func in self._copying else 0
        self.most = max(self.most, self._now + copy)
        return out

    def _count(self, storage: torch.UntypedStorage) -> None:
        # views and what is written in place have a storage that is known already
        if storage._cdata in self._known:
            return
        self._known.add(storage._cdata)
        self._now += storage.nbytes()
        weakref.finalize(storage, self._gone, storage._cdata, storage.nbytes())

    def _gone(self, name: int, size: int) -> None:
        self._known.discard(name)
        self._now -= size


class _FusedAttention(TorchFunctionMode):
    """Attention as devices do it, in tiles; on "meta" torch would count the whole matrix of all pairs."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is not F.scaled_dot_product_attention:
            return func(*args, **(kwargs or {}))
        q, _, v = args[:3]
        b, heads, length, _ = q.shape
        return q.new_empty(b, length, heads, v.shape[-1]).transpose(1, 2)

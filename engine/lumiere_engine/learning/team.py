"""Several processes that learn as one: each computes its part of every batch, and all take the same step.

A step of a team is that of one process with the same batch, to rounding: the loss is a mean over examples, and so is
its gradient. Who is in the team is told by torch's own launcher (`torchrun`) in the environment.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from lumiere_engine.protocol.errors import SpecError


@dataclass(frozen=True)
class Team:
    """A member's view of its team.

    Attributes:
        rank: its number; number 0 speaks for all.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def join(cls) -> Team:
        """The team that the launcher has put this process into; each takes a GPU of its own, if there are any."""
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        return cls(distributed.get_rank(), distributed.get_world_size())

    def part(self, batch: int) -> range:
        """Which examples of a batch this member computes.

        Raises:
            SpecError: a batch that cannot be shared evenly.
        """
        if batch % self.size:
            raise SpecError(
                f"{self.size} processes cannot share a batch of {batch} evenly",
                remedy="choose a batch that is a multiple of the processes",
            )
        return range(self.rank, batch, self.size)

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Give each tensor its mean over the team, in place."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])  # one message, not hundreds
        distributed.all_reduce(flat)
        flat /= self.size
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        for tensor, mean in zip(tensors, parts, strict=True):
            tensor.copy_(mean.view_as(tensor))


ALONE = Team()

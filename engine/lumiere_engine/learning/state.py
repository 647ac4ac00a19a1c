"""The state of a fit between two steps, in memory and on disk."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from lumiere_engine.protocol.errors import OutputError, SpecError, UnknownVersionError

LABEL = "FitState.1"
_GROUPS = ("weights", "average", "first_moment", "second_moment")


@dataclass
class FitState:
    """A fit between two steps: all that is needed to go on as if it had never stopped."""

    step: int
    """Finished steps."""
    weights: dict[str, Tensor]
    """The network's state."""
    average: dict[str, Tensor]
    """Its moving average."""
    first_moment: dict[str, Tensor]
    """Adam's mean of the gradients."""
    second_moment: dict[str, Tensor]
    """Adam's mean of their squares."""
    losses: list[float] = field(default_factory=list)
    """One per finished step."""

    @classmethod
    def fresh(cls, parameters: Mapping[str, nn.Parameter]) -> FitState:
        """Before the first step of learning these."""
        weights = {name: value.detach().clone() for name, value in parameters.items()}
        return cls(
            step=0,
            weights=weights,
            average={name: value.clone() for name, value in weights.items()},
            first_moment={name: torch.zeros_like(value) for name, value in weights.items()},
            second_moment={name: torch.zeros_like(value) for name, value in weights.items()},
        )

    def save(self, path: Path) -> None:
        """Write a safetensors file; under its name stands the old one or the whole new one.

        Raises:
            OutputError: it cannot be written.
        """
        tensors = {
            f"{group}.{name}": value.detach().cpu().contiguous()
            for group in _GROUPS
            for name, value in getattr(self, group).items()
        }
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            save_file(
                tensors, part, {"label": LABEL, "step": str(self.step), "losses": json.dumps(self.losses)}
            )
            part.replace(path)
        except (OSError, SafetensorError) as error:
            raise OutputError(f"the state of the fit '{path}' cannot be written: {error}") from error
        finally:
            part.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path, device: torch.device | str = "cpu") -> FitState:
        """The state that `save` wrote.

        Raises:
            UnknownVersionError: a label other than `LABEL`.
            SpecError: missing, damaged, or no state of a fit.
        """
        groups: dict[str, dict[str, Tensor]] = {group: {} for group in _GROUPS}
        try:
            with safe_open(path, "pt", device=str(device)) as file:
                metadata = file.metadata() or {}
                label = metadata.get("label", "nothing")
                if label != LABEL:
                    raise UnknownVersionError(f"'{path}' is labelled '{label}'; this version reads {LABEL}")
                for key in file.keys():  # noqa: SIM118  (safe_open is no mapping)
                    group, _, name = key.partition(".")
                    groups[group][name] = file.get_tensor(key)
                losses = [float(loss) for loss in json.loads(metadata["losses"])]
                return cls(step=int(metadata["step"]), losses=losses, **groups)
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise SpecError(
                f"the state of the fit '{path}' cannot be read: {error}", remedy="fit the shot again"
            ) from error

"""What a Space-Time U-Net is made of: one frozen record, and the presets."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from lumiere_engine.protocol.errors import SpecError

_MOST_LEVELS = 8
_MOST_CHANNELS = 4096
_MOST_BLOCKS = 16


@dataclass(frozen=True)
class STUNetParams:
    """The shape of an `STUNet`; stored in its checkpoint's header.

    Raises:
        SpecError: a value out of its range, or values that do not fit together.
    """

    channels: tuple[int, ...] = (48, 96, 128, 160)
    """Width of each level, finest first; each a multiple of `attention_heads` at the coarsest."""
    blocks: int = 1
    """Residual blocks per level on the way down, and as many on the way up."""
    unshuffle: int = 4
    """Pixels of each `unshuffle` × `unshuffle` square are stacked as channels before the first level."""
    in_channels: int = 7
    """⟨J, C, M⟩: noisy clip (3), masked plate (3), matte (1)."""
    out_channels: int = 3
    """Colour planes that the network answers with."""
    temporal_strides: tuple[int, ...] = (2, 2, 1)
    """Temporal stride after each spatial down-sampling, `len(channels) - 1` of them; 1 keeps every frame."""
    embedding: int = 128
    """Width of the noise level's embedding."""
    attention_heads: int = 4
    """Heads of the temporal attention at the coarsest level."""

    def __post_init__(self) -> None:
        levels = len(self.channels)
        if not 1 <= levels <= _MOST_LEVELS:
            raise SpecError(f"a network has 1 to {_MOST_LEVELS} levels, not {levels}")
        if len(self.temporal_strides) != levels - 1:
            raise SpecError(f"{levels} levels need {levels - 1} temporal strides")
        _check("channels", self.channels, _MOST_CHANNELS)
        _check("temporal_strides", self.temporal_strides, 4)
        _check("blocks", (self.blocks,), _MOST_BLOCKS)
        _check("unshuffle", (self.unshuffle,), 16)
        _check("in_channels", (self.in_channels,), 64)
        _check("out_channels", (self.out_channels,), 64)
        _check("embedding", (self.embedding,), _MOST_CHANNELS)
        _check("attention_heads", (self.attention_heads,), 64)
        if self.channels[-1] % (2 * self.attention_heads):
            raise SpecError("the coarsest level's channels must be a multiple of twice the attention heads")

    @property
    def spatial_multiple(self) -> int:
        """Pixels that height and width are padded to a multiple of inside the network."""
        return self.unshuffle << (len(self.channels) - 1)

    @property
    def temporal_multiple(self) -> int:
        """Frames that the duration is padded to a multiple of inside the network."""
        return math.prod(self.temporal_strides)

    def to_wire(self) -> dict[str, Any]:
        """A JSON-ready dictionary."""
        return asdict(self)

    @classmethod
    def from_wire(cls, data: object) -> STUNetParams:
        """The parameters that `to_wire` described.

        Raises:
            SpecError: fields missing, unknown, of the wrong type or out of range.
        """
        if not isinstance(data, dict) or set(data) != set(cls.__dataclass_fields__):
            raise SpecError("these are no parameters of a Space-Time U-Net")
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, (list, tuple)) else v for k, v in data.items()}
        for name, value in fields.items():
            listed = name in ("channels", "temporal_strides")
            numbers = value if isinstance(value, tuple) else (value,)
            if listed != isinstance(value, tuple) or not all(type(n) is int for n in numbers):
                raise SpecError(f"the network's '{name}' cannot be {value!r}")
        return cls(**fields)


def _check(name: str, values: tuple[int, ...], most: int) -> None:
    for value in values:
        if not 1 <= value <= most:
            raise SpecError(f"the network's {name} must lie in 1 to {most}, not {value}")


SHOT = STUNetParams()
"""The shape of the prior; fitted to a single shot on a CPU in well under a minute."""

TINY = STUNetParams(
    channels=(16, 32), blocks=1, unshuffle=2, temporal_strides=(2,), embedding=32, attention_heads=2
)
"""For tests: every kind of layer at almost no cost."""

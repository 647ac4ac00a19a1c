"""What a text-to-image U-Net of the Stable Diffusion family is made of, and what inflation adds to it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from lumiere_engine.protocol.errors import SpecError

_MOST_LEVELS = 6
_MOST_CHANNELS = 8192
_MOST_DEPTH = 40


@dataclass(frozen=True)
class ImageUNetParams:
    """The shape of an image network; the defaults are Stable Diffusion 1.x.

    Raises:
        SpecError: a value out of its range, or values that do not fit together.
    """

    in_channels: int = 4
    """Channels that it reads: 4 latents; 9 where latents, matte and masked latents are concatenated; 7 where
    latents and the colours of a small picture are."""
    out_channels: int = 4
    """Channels that it answers with."""
    channels: tuple[int, ...] = (320, 640, 1280, 1280)
    """Width of each level, finest first."""
    layers: int = 2
    """Residual blocks per level on the way down; one more on the way up."""
    depths: tuple[int, ...] = (1, 1, 1, 0)
    """Transformer blocks after each residual block of a level; 0 has no attention."""
    middle_depth: int = 1
    """Transformer blocks between the two residual blocks at the coarsest level."""
    heads: tuple[int, ...] = (8, 8, 8, 8)
    """Attention heads of each level."""
    context: int = 768
    """Width of the text's tokens."""
    pooled: int = 0
    """Width of the pooled text that is added to the time embedding together with six sizes (XL); 0 has none."""
    size_embedding: int = 256
    """Width of the embedding of each of those sizes."""
    groups: int = 32
    """Groups of the normalisations."""
    norm_eps: float = 1e-5
    """Added to variances outside of the transformers (those use 1e-6 and 1e-5)."""
    text_only: tuple[int, ...] = ()
    """Levels, 0 the finest, whose transformers attend to the text twice, and not to themselves."""
    noise_levels: int = 0
    """Levels of noise on the small picture, of which the network is told one by an embedding; 0 is told none."""

    def __post_init__(self) -> None:
        levels = len(self.channels)
        if not 2 <= levels <= _MOST_LEVELS:
            raise SpecError(f"an image network has 2 to {_MOST_LEVELS} levels, not {levels}")
        if len(self.depths) != levels or len(self.heads) != levels:
            raise SpecError(f"{levels} levels need as many depths and heads")
        _check("channels", self.channels, 1, _MOST_CHANNELS)
        _check("depths", (*self.depths, self.middle_depth), 0, _MOST_DEPTH)
        _check("heads", self.heads, 1, 128)
        _check("layers", (self.layers,), 1, 8)
        _check("in_channels and out_channels", (self.in_channels, self.out_channels), 1, 64)
        _check("context", (self.context,), 1, _MOST_CHANNELS)
        _check("pooled", (self.pooled,), 0, _MOST_CHANNELS)
        _check("size_embedding", (self.size_embedding,), 2, _MOST_CHANNELS)
        _check("groups", (self.groups,), 1, 128)
        _check("text_only", self.text_only, 0, levels - 1)
        _check("noise_levels", (self.noise_levels,), 0, 100_000)
        for width, heads in zip(self.channels, self.heads, strict=True):
            if width % self.groups or width % heads or self.channels[0] % 2:
                raise SpecError(f"{width} channels do not divide into {self.groups} groups and {heads} heads")

    @property
    def enlarges(self) -> bool:
        """Whether it reads a small picture, three colours, beside the noisy one: a super-resolution network."""
        return self.in_channels == self.out_channels + 3

    @property
    def embedding(self) -> int:
        """Width of the time embedding."""
        return 4 * self.channels[0]

    def to_wire(self) -> dict[str, Any]:
        """A JSON-ready dictionary."""
        return asdict(self)

    @classmethod
    def from_wire(cls, data: object) -> ImageUNetParams:
        """The parameters that `to_wire` described.

        Raises:
            SpecError: fields missing, unknown, of the wrong type or out of range.
        """
        return cls(**_fields(cls, data, "an image network"))


@dataclass(frozen=True)
class MotionParams:
    """The shape of AnimateDiff's motion modules (arXiv 2307.04725)."""

    heads: int = 8
    """Attention heads."""
    depth: int = 1
    """Transformer blocks per module."""
    frames: int = 32
    """Frames that they were trained with: no window may be longer."""
    middle: bool = True
    """Whether one stands at the coarsest level too."""

    def __post_init__(self) -> None:
        _check("motion modules' heads", (self.heads,), 1, 128)
        _check("motion modules' depth", (self.depth,), 1, 8)
        _check("motion modules' frames", (self.frames,), 1, 1024)


@dataclass(frozen=True)
class TemporalParams:
    """What Lumiere's inflation adds; stored in the header of the temporal layers' file.

    Raises:
        SpecError: a value out of its range.
    """

    strides: tuple[int, ...] = (2, 2, 2)
    """Temporal stride after each spatial down-sampling; 1 keeps every frame."""
    conditioned: bool = False
    """Whether the network also reads ⟨C, M⟩: the masked plate and the matte (1 = generate)."""
    heads: int = 8
    """Heads of the temporal attention at the coarsest level."""
    layers: bool = True
    """Whether there are temporal convolutions and attention; without, frames meet only where strides are not 1."""

    def __post_init__(self) -> None:
        _check("temporal strides", self.strides, 1, 4)
        _check("temporal heads", (self.heads,), 1, 64)

    def to_wire(self) -> dict[str, Any]:
        """A JSON-ready dictionary."""
        return asdict(self)

    @classmethod
    def from_wire(cls, data: object) -> TemporalParams:
        """The parameters that `to_wire` described; errors as there."""
        return cls(**_fields(cls, data, "temporal layers"))


@dataclass(frozen=True)
class InflatedParams:
    """An image network, and what is added to it over time.

    Raises:
        SpecError: parts that do not fit together.
    """

    image: ImageUNetParams
    """The spatial layers."""
    temporal: TemporalParams
    """Lumiere's layers."""
    motion: MotionParams | None = None
    """AnimateDiff's modules."""

    def __post_init__(self) -> None:
        p, t = self.image, self.temporal
        if len(t.strides) != len(p.channels) - 1:
            raise SpecError(f"{len(p.channels)} levels need {len(p.channels) - 1} temporal strides")
        if p.enlarges and t.conditioned:
            raise SpecError("a network that enlarges reads a small picture, and no plate and matte beside it")
        if t.layers and p.channels[-1] % (2 * t.heads):
            raise SpecError("the coarsest level's channels must be a multiple of twice the temporal heads")
        if self.motion and any(width % self.motion.heads for width in p.channels):
            raise SpecError("the motion modules' heads do not divide the network's channels")

    @property
    def condition_channels(self) -> int:
        """Channels of ⟨C, M⟩, 0 where they are not read."""
        return self.image.out_channels + 1 if self.temporal.conditioned else 0

    @property
    def spatial_multiple(self) -> int:
        """Rows and columns are best a multiple of this."""
        return 1 << (len(self.image.channels) - 1)

    @property
    def temporal_multiple(self) -> int:
        """Frames are best a multiple of this."""
        return math.prod(self.temporal.strides)


def frame_by_frame(image: ImageUNetParams) -> TemporalParams:
    """No temporal layers at all: the image network, applied to every frame."""
    return TemporalParams(strides=(1,) * (len(image.channels) - 1), layers=False)


def _fields(kind: Any, data: object, what: str) -> dict[str, Any]:
    if not isinstance(data, dict) or set(data) != set(kind.__dataclass_fields__):
        raise SpecError(f"these are no parameters of {what}")
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, (list, tuple)) else v for k, v in data.items()}
    default = kind()
    for name, value in fields.items():
        wanted = getattr(default, name)
        numbers = value if isinstance(value, tuple) else (value,)
        member = type(next(iter(wanted), 0)) if isinstance(wanted, tuple) else type(wanted)
        if isinstance(wanted, tuple) != isinstance(value, tuple) or any(
            type(n) is not member for n in numbers
        ):
            raise SpecError(f"'{name}' of {what} cannot be {value!r}")
    return fields


def _check(name: str, values: tuple[int, ...], least: int, most: int) -> None:
    for value in values:
        if type(value) is not int or not least <= value <= most:
            raise SpecError(f"the network's {name} must lie in {least} to {most}, not {value!r}")

"""What an artist can choose when a shot gets a style."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from .effect_params import PIXELS, EffectParams
from .errors import SpecError

_ALL = 1 + 1e-6  # weights that are written in decimals sum to 1 but for rounding


@dataclass(frozen=True)
class StyleShare:
    """A style file and what it counts.

    Attributes:
        file: its path.
        weight: of its change to the network's weights, 0 to 1; all of a job's sum to 1 at most.
    """

    file: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 1:
            raise SpecError(
                f"a style's weight of {self.weight} is out of range", clip=self.file, remedy="choose 0 to 1"
            )


@dataclass(frozen=True)
class KeyPicture:
    """A frame of the shot as it should look.

    Attributes:
        frame: the plate's frame, counted from 0, that was painted over.
        picture: path of the painting, of the plate's size.
    """

    frame: int
    picture: str

    def __post_init__(self) -> None:
        if self.frame < 0:
            raise SpecError(f"there is no frame {self.frame} to paint", remedy="frames are counted from 0")


@dataclass(frozen=True)
class StylizeParams(EffectParams):
    """What an artist can choose when a shot gets the style of a picture, or of frames that were painted.

    Attributes:
        quality: "draft", "standard" or "best".
        reference: path of the style picture; frames of the shot are painted from it.
        keyframes: frames that the artist painted; with them no reference is needed.
        styles: style files that other shots were saved to, mixed; they are applied as they are, without key frames.
        strength: how far the network's weights go from the shot to the style, 0 to 1; from a half on it looks
            like the style.
        scale: size of a reference's strokes; 2 makes them twice as large as in a picture as high as the frame.
        colour: share of a reference's colours; 0 keeps the shot's own.
        edges: how strongly a reference's strokes keep to the shot's edges; 1 is usual.
        outside: whether all but the matte gets the style.
        feather: pixels, inside the matte, over which the style fades out; None takes a sixtieth of the picture's
            height, and no less than 6.
    """

    reference: Optional[str] = field(default=None, metadata={"label": "Style picture", "kind": "picture"})
    keyframes: "tuple[KeyPicture, ...]" = field(
        default=(), metadata={"label": "Painted frames", "kind": "paintings"}
    )
    styles: "tuple[StyleShare, ...]" = field(
        default=(), metadata={"label": "Style files", "kind": "styles", "more": True}
    )
    strength: float = field(
        default=1.0, metadata={"label": "Strength", "kind": "slider", "low": 0.0, "high": 1.0, "step": 0.05}
    )
    scale: float = field(
        default=1.0,
        metadata={"label": "Size of the strokes", "low": 0.25, "high": 4.0, "step": 0.25, "more": True},
    )
    colour: float = field(
        default=1.0, metadata={"label": "Colours", "low": 0.0, "high": 1.0, "step": 0.05, "more": True}
    )
    edges: float = field(
        default=1.0, metadata={"label": "Edges", "low": 0.0, "high": 4.0, "step": 0.1, "more": True}
    )
    outside: bool = field(default=False, metadata={"label": "Everything but the mask"})
    feather: Optional[float] = field(
        default=None,
        metadata={"label": "Feather", "automatic": 6.0, "more": True, **PIXELS},
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        ranges = {
            "strength": (0, 1),
            "scale": (0.25, 4),
            "colour": (0, 1),
            "edges": (0, 4),
            "feather": (0, 1000),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise SpecError(f"{name} of {value} is out of range", remedy=f"choose {low} to {high}")
        if self.styles and (self.reference is not None or self.keyframes):
            raise SpecError(
                "a style file stands alone", remedy="leave out --style, or --reference and --keyframe"
            )
        if sum(share.weight for share in self.styles) > _ALL:
            raise SpecError("the styles' weights are more than 1 together", remedy="choose smaller ones")
        frames = [key.frame for key in self.keyframes]
        if len(set(frames)) < len(frames):
            raise SpecError("a frame has two paintings", remedy="give each key frame one picture")

    @property
    def needs_matte(self) -> bool:
        """Without a matte the whole picture gets the style."""
        return self.outside

    @property
    def lacks(self) -> str:
        """A style."""
        return "" if self.media else "Choose a style picture, or paint a frame"

    @property
    def media(self) -> "tuple[str, ...]":
        """The style picture, the paintings, the style file."""
        named = () if self.reference is None else (self.reference,)
        return (*named, *(key.picture for key in self.keyframes), *(share.file for share in self.styles))

"""What an artist can choose, effect by effect: the one table from an effect's name to its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Optional, Union

from .errors import SpecError
from .hints import MotionHints

QUALITIES = ("draft", "standard", "best")
LOOP_METHODS = ("auto", "liao", "crossfade", "bounce", "repeat")
GRAINS = ("alive", "frozen")


@dataclass(frozen=True)
class EffectParams:
    """What the parameters of all effects have in common.

    Attributes:
        quality: "draft", "standard" or "best".
    """

    # The metadata of a field is what forms are made of; its help is its line in the docstring.
    quality: str = field(default="standard", metadata={"label": "Quality", "choices": QUALITIES})

    def __post_init__(self) -> None:
        if self.quality not in QUALITIES:
            raise SpecError(f"'{self.quality}' is no quality", remedy=f"choose from {', '.join(QUALITIES)}")

    @property
    def imagines(self) -> bool:
        """Whether anything may be imagined: what a job takes depends on it."""
        return False

    @property
    def needs_plate(self) -> bool:
        """Whether a job must have a plate."""
        return True

    @property
    def needs_matte(self) -> bool:
        """Whether a job without a matte makes no sense; else it works on whole pictures."""
        return True

    @property
    def files(self) -> "tuple[str, ...]":
        """Weights that are read beside plate and mattes, which name their own fingerprints."""
        return ()

    @property
    def media(self) -> "tuple[str, ...]":
        """Files that the job reads beside plate and mattes: what it makes depends on what is in them."""
        return ()


@dataclass(frozen=True)
class RemoveParams(EffectParams):
    """What an artist can choose when an object is removed.

    Attributes:
        quality: "draft", "standard" or "best".
        grow: pixels of the plate by which the matte is grown; None takes a sixtieth of the picture's height,
            and no less than 6.
        feather: pixels over which the grown matte falls to 0; None takes half of the default growth.
        imagine: whether the network fills what no frame shows; without it a smooth fill stands there.
        regrain: whether imagined pixels get the plate's grain.
    """

    grow: Optional[float] = field(
        default=None,
        metadata={"label": "Grow", "unit": "px", "low": 0.0, "high": 200.0, "step": 1.0, "automatic": 10.0},
    )
    feather: Optional[float] = field(
        default=None,
        metadata={"label": "Feather", "unit": "px", "low": 0.0, "high": 200.0, "step": 1.0, "automatic": 5.0},
    )
    imagine: bool = field(default=True, metadata={"label": "Imagine what no frame shows"})
    regrain: bool = field(default=True, metadata={"label": "Match the grain"})

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("grow", "feather"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1000:
                raise SpecError(f"{name} of {value} pixels is out of range", remedy="choose 0 to 1000")

    @property
    def imagines(self) -> bool:
        """Whether anything may be imagined."""
        return self.imagine


@dataclass(frozen=True)
class CinemagraphParams(EffectParams):
    """What an artist can choose when a region is brought to life in a loop, and all else stands still.

    Attributes:
        quality: "draft", "standard" or "best".
        method: how the loop is closed: "auto" finds start and period per place and blends the seam along the
            motion, "liao" does so with hard seams, "crossfade" blends the whole region at once, "bounce" runs
            there and back, "repeat" just starts again.
        still: the plate's frame, counted from 0, that everything outside the region shows; None takes the
            sharpest.
        period: frames of the loop; None searches the best one.
        repeats: how often the loop runs in the result; a clip on a timeline is filled instead.
        stabilise: whether the camera's shake is taken out of the region.
        freeze: whether what stands still inside the region shows the still as well.
        grain: "alive" as in the shot, or "frozen".
        feather: pixels, inside the region, over which it fades into the still; None takes a sixtieth of the
            picture's height, and no less than 6.
        alpha: whether all but the region is transparent in the result, for compositing.
        hints: motion for a photograph, or for the still of a shot; None takes the shot's own motion.
    """

    method: str = field(default="auto", metadata={"label": "Loop", "choices": LOOP_METHODS})
    still: Optional[int] = None
    period: Optional[int] = field(
        default=None,
        metadata={"label": "Period", "unit": "frames", "low": 2, "high": 1000, "step": 1, "automatic": 60},
    )
    repeats: int = 1
    stabilise: bool = field(default=True, metadata={"label": "Take out the camera's shake"})
    freeze: bool = field(default=True, metadata={"label": "Freeze what stands still in the region"})
    grain: str = field(default="alive", metadata={"label": "Grain", "choices": GRAINS})
    feather: Optional[float] = field(
        default=None,
        metadata={"label": "Feather", "unit": "px", "low": 0.0, "high": 200.0, "step": 1.0, "automatic": 6.0},
    )
    alpha: bool = field(default=False, metadata={"label": "Transparent outside the region"})
    hints: Optional[MotionHints] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, choices in (("method", LOOP_METHODS), ("grain", GRAINS)):
            if getattr(self, name) not in choices:
                raise SpecError(
                    f"'{getattr(self, name)}' is no {name} of a loop",
                    remedy=f"choose from {', '.join(choices)}",
                )
        if self.still is not None and self.still < 0:
            raise SpecError(f"there is no frame {self.still}", remedy="frames are counted from 0")
        if self.period is not None and not 2 <= self.period <= 1000:
            raise SpecError(f"a loop of {self.period} frames is out of range", remedy="choose 2 to 1000")
        if not 1 <= self.repeats <= 1000:
            raise SpecError(f"{self.repeats} repeats are out of range", remedy="choose 1 to 1000")
        if self.feather is not None and not 0 <= self.feather <= 1000:
            raise SpecError(f"feather of {self.feather} pixels is out of range", remedy="choose 0 to 1000")


ROLES = ("image", "like", "temporal", "motion", "lora")
SAMPLERS = ("dpm++", "euler", "ddim")
PLATES = ("nothing", "first_frame", "clip")


@dataclass(frozen=True)
class Weights:
    """A file or folder of weights that a job is done with.

    Attributes:
        role: "image": the text-to-image model; "like": the folder whose text encoders and VAE a single file uses;
            "temporal": Lumiere's temporal layers; "motion": an AnimateDiff adapter; "lora".
        path: on this machine.
        fingerprint: SHA-256 over its weights.
        scale: of a LoRA, how much of it is added.
    """

    role: str
    path: str
    fingerprint: str
    scale: float = 1.0

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise SpecError(
                f"'{self.role}' is nothing that weights can be", remedy=f"choose {', '.join(ROLES)}"
            )
        if not -4 <= self.scale <= 4:
            raise SpecError(f"a scale of {self.scale} is out of range", remedy="choose -4 to 4")


@dataclass(frozen=True)
class GenerateParams(EffectParams):
    """What an artist can choose when a clip is generated.

    Attributes:
        quality: "draft", "standard" or "best": 12, 25 or 50 steps.
        prompt: what is to be seen, in words.
        negative: what is not.
        frames: how many, where there is no clip that says it.
        rate: frames per second, where there is no clip that says it.
        width: pixels; None takes what the model was trained at, in the shape of the picture or clip.
        height: as width.
        plate_as: what the plate is: "nothing", the "first_frame", or the "clip" that is changed.
        strength: how far a clip is taken back into noise: 1 makes it anew, 0.3 changes little (SDEdit).
        guidance: how strongly the prompt leads; 1 does not exaggerate it.
        sampler: "dpm++" (second order), "euler", or "ddim".
        steps: instead of the quality's.
        terminal_snr: start from pure noise, for very dark and very bright pictures; needs a model that predicts
            velocity.
        window: frames that are generated in one pass; None takes what the temporal layers were trained with.
        overlap: frames that windows share; None takes a quarter.
        grow: pixels by which the matte grows; None takes a sixtieth of the height, and no less than 6.
        feather: pixels over which it falls to 0; None takes half of the default growth.
        weights: what it is done with.
    """

    prompt: str = field(default="", metadata={"label": "Prompt"})
    negative: str = field(default="", metadata={"label": "Not"})
    frames: int = field(default=80, metadata={"label": "Frames", "low": 1, "high": 1000, "step": 1})
    rate: Fraction = Fraction(16)
    width: Optional[int] = None
    height: Optional[int] = None
    plate_as: str = "nothing"
    strength: float = field(
        default=1.0, metadata={"label": "Strength", "low": 0.05, "high": 1.0, "step": 0.05}
    )
    guidance: float = field(
        default=7.5, metadata={"label": "Guidance", "low": 1.0, "high": 20.0, "step": 0.5}
    )
    sampler: str = "dpm++"
    steps: Optional[int] = None
    terminal_snr: bool = False
    window: Optional[int] = None
    overlap: Optional[int] = None
    grow: Optional[float] = None
    feather: Optional[float] = None
    weights: "tuple[Weights, ...]" = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, choices in (("plate_as", PLATES), ("sampler", SAMPLERS)):
            if getattr(self, name) not in choices:
                raise SpecError(
                    f"{name} cannot be '{getattr(self, name)}'", remedy=f"choose {', '.join(choices)}"
                )
        for name, low, high in _GENERATE_RANGES:
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise SpecError(f"{name} of {value} is out of range", remedy=f"choose {low} to {high}")
        if len(self.prompt) > 4000 or len(self.negative) > 4000:
            raise SpecError("a prompt has at most 4000 characters")

    @property
    def imagines(self) -> bool:
        """All of it."""
        return True

    @property
    def needs_plate(self) -> bool:
        """A clip can come from words alone."""
        return False

    @property
    def needs_matte(self) -> bool:
        """Without one, all of it is generated."""
        return False

    @property
    def files(self) -> "tuple[str, ...]":
        """The weights."""
        return tuple(one.path for one in self.weights)


_GENERATE_RANGES = (
    ("frames", 1, 100_000),
    ("rate", Fraction(1, 100), 1000),
    ("width", 8, 8192),
    ("height", 8, 8192),
    ("strength", 0.01, 1),
    ("guidance", 0, 50),
    ("steps", 1, 1000),
    ("window", 1, 10_000),
    ("overlap", 0, 10_000),
    ("grow", 0, 1000),
    ("feather", 0, 1000),
)


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

    reference: Optional[str] = None
    keyframes: "tuple[KeyPicture, ...]" = ()
    styles: "tuple[StyleShare, ...]" = ()
    strength: float = field(
        default=1.0, metadata={"label": "Strength", "low": 0.0, "high": 1.0, "step": 0.05}
    )
    scale: float = field(
        default=1.0, metadata={"label": "Size of the strokes", "low": 0.25, "high": 4.0, "step": 0.25}
    )
    colour: float = field(default=1.0, metadata={"label": "Colours", "low": 0.0, "high": 1.0, "step": 0.05})
    edges: float = field(default=1.0, metadata={"label": "Edges", "low": 0.0, "high": 4.0, "step": 0.1})
    outside: bool = field(default=False, metadata={"label": "Everything but the matte"})
    feather: Optional[float] = field(
        default=None,
        metadata={"label": "Feather", "unit": "px", "low": 0.0, "high": 200.0, "step": 1.0, "automatic": 6.0},
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
    def media(self) -> "tuple[str, ...]":
        """The style picture, the paintings, the style file."""
        named = () if self.reference is None else (self.reference,)
        return (*named, *(key.picture for key in self.keyframes), *(share.file for share in self.styles))


# A new effect is an entry here, in `effects.performers`, in `messages.STAGES` and in the plug-in's `RESULT_WORDS`.
Params = Union[RemoveParams, CinemagraphParams, StylizeParams, GenerateParams]
EFFECTS: "dict[str, type[Params]]" = {
    "remove": RemoveParams,
    "cinemagraph": CinemagraphParams,
    "stylize": StylizeParams,
    "generate": GenerateParams,
}


def effect_of(params: Params) -> str:
    """The name of the effect that has such parameters."""
    return next(name for name, kind in EFFECTS.items() if type(params) is kind)

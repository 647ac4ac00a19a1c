"""What an artist can choose, effect by effect: the one table from an effect's name to its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Optional, Union

from .effect_params import PIXELS, EffectParams
from .errors import SpecError
from .hints import MotionHints
from .stylize_params import StylizeParams
from .weights import Weights

LOOP_METHODS = ("auto", "network", "liao", "crossfade", "bounce", "repeat")
GRAINS = ("alive", "frozen")


@dataclass(frozen=True)
class RemoveParams(EffectParams):
    """What an artist can choose when an object is removed.

    Attributes:
        quality: "draft", "standard" or "best".
        grow: pixels of the plate by which the matte is grown; None takes a sixtieth of the picture's height,
            and no less than 6.
        feather: pixels over which the grown matte falls to 0; None takes half of the default growth.
        imagine: whether the network fills what no frame shows; without it a smooth fill stands there.
        structure: how far what no frame shows is made of pieces of the picture, 0 to 1: at 0 they lend it their
            texture alone, over shapes that are likely and soft; at 1 it is as sharp as the picture, and an object
            beside the hole may stand there twice. Another seed takes other pieces.
        regrain: whether imagined pixels get the plate's grain.
        prompt: what stands where no frame shows anything, in words; empty lets the shot's own network imagine it.
        weights: the text-to-image model that reads the prompt, and what makes it move.
        window: frames that it generates in one pass; None takes what the temporal layers were trained with, or
            what of it fits into memory.
    """

    grow: Optional[float] = field(
        default=None,
        metadata={"label": "Grow", "automatic": 10.0, **PIXELS},
    )
    feather: Optional[float] = field(
        default=None,
        metadata={"label": "Feather", "automatic": 5.0, **PIXELS},
    )
    imagine: bool = field(default=True, metadata={"label": "Imagine what no frame shows"})
    structure: float = field(
        default=0.0,
        metadata={"label": "Structure", "low": 0.0, "high": 1.0, "step": 0.1, "needs": ("imagine",)},
    )
    regrain: bool = field(default=True, metadata={"label": "Match the grain"})
    prompt: str = field(
        default="",
        metadata={"label": "In words", "kind": "text", "more": True, "needs": ("weights", "imagine")},
    )
    weights: "tuple[Weights, ...]" = field(
        default=(),
        metadata={
            "label": "Model",
            "kind": "models",
            "roles": ("motion", "lora"),
            "more": True,
            "needs": ("prompt", "imagine"),
        },
    )
    window: Optional[int] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("grow", "feather"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1000:
                raise SpecError(f"{name} of {value} pixels is out of range", remedy="choose 0 to 1000")
        if not 0 <= self.structure <= 1:
            raise SpecError(f"structure of {self.structure} is out of range", remedy="choose 0 to 1")
        _check_prompts(self.prompt)
        if bool(self.prompt) != bool(self.weights):
            raise SpecError("a prompt needs a text-to-image model, and a model a prompt")
        if self.window is not None and not (self.prompt and 1 <= self.window <= 10_000):
            raise SpecError("a window of 1 to 10,000 frames belongs to a prompt")
        if self.prompt and not self.imagine:
            raise SpecError(
                "a prompt says what is imagined", remedy="leave out the prompt, or let it imagine"
            )

    @property
    def imagines(self) -> bool:
        """Whether anything may be imagined."""
        return self.imagine

    @property
    def files(self) -> "tuple[str, ...]":
        """The weights that read the prompt."""
        return tuple(one.path for one in self.weights)


@dataclass(frozen=True)
class CinemagraphParams(EffectParams):
    """What an artist can choose when a region is brought to life in a loop, and all else stands still.

    Attributes:
        quality: "draft", "standard" or "best".
        method: how the loop is closed: "auto" finds start and period per place and blends the seam along the
            motion, "network" learns the shot and refines one blended seam, "liao" has hard seams, "crossfade"
            blends the whole region at once, "bounce" runs there and back, "repeat" just starts again.
        still: the plate's frame, counted from 0, that everything outside the region shows; None takes the
            sharpest.
        start: the plate's frame, counted from 0, at which the loop begins; None searches the best one.
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
    still: Optional[int] = field(default=None, metadata={"label": "Still", "kind": "frame"})
    start: Optional[int] = None
    period: Optional[int] = field(
        default=None,
        metadata={"label": "Period", "unit": "frames", "low": 2, "high": 1000, "step": 1, "automatic": 60},
    )
    repeats: int = 1
    stabilise: bool = field(default=True, metadata={"label": "Take out the camera's shake"})
    freeze: bool = field(default=True, metadata={"label": "Freeze what stands still in the region"})
    grain: str = field(default="alive", metadata={"label": "Grain", "choices": GRAINS, "more": True})
    feather: Optional[float] = field(
        default=None,
        metadata={"label": "Feather", "automatic": 6.0, "more": True, **PIXELS},
    )
    alpha: bool = field(default=False, metadata={"label": "Transparent outside the region", "more": True})
    hints: Optional[MotionHints] = field(default=None, metadata={"label": "Motion", "kind": "motion"})

    @property
    def imagines(self) -> bool:
        """Whether anything may be imagined."""
        return self.method == "network" and self.hints is None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, choices in (("method", LOOP_METHODS), ("grain", GRAINS)):
            if getattr(self, name) not in choices:
                raise SpecError(
                    f"'{getattr(self, name)}' is no {name} of a loop",
                    remedy=f"choose from {', '.join(choices)}",
                )
        for frame in (self.still, self.start):
            if frame is not None and frame < 0:
                raise SpecError(f"there is no frame {frame}", remedy="frames are counted from 0")
        if self.period is not None and not 2 <= self.period <= 1000:
            raise SpecError(f"a loop of {self.period} frames is out of range", remedy="choose 2 to 1000")
        if not 1 <= self.repeats <= 1000:
            raise SpecError(f"{self.repeats} repeats are out of range", remedy="choose 1 to 1000")
        if self.feather is not None and not 0 <= self.feather <= 1000:
            raise SpecError(f"feather of {self.feather} pixels is out of range", remedy="choose 0 to 1000")


SAMPLERS = ("dpm++", "euler", "ddim")
# Networks halve their latents three times: what is no multiple of this is rounded to one.
_SIDE = {"unit": "px", "low": 64, "high": 4096, "step": 64, "automatic": 512, "more": True}
PLATES = ("nothing", "first_frame", "clip")


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
        window: frames that are generated in one pass; None takes what the temporal layers were trained with, or
            what of it fits into memory.
        overlap: frames that windows share; None takes a quarter.
        grow: pixels by which the matte grows; None takes a sixtieth of the height, and no less than 6.
        feather: pixels over which it falls to 0; None takes half of the default growth.
        weights: what it is done with.
    """

    prompt: str = field(default="", metadata={"label": "Prompt", "kind": "text"})
    negative: str = field(default="", metadata={"label": "But not", "kind": "text", "more": True})
    frames: int = 80
    rate: Fraction = Fraction(16)
    width: Optional[int] = field(default=None, metadata={"label": "Width", **_SIDE})
    height: Optional[int] = field(default=None, metadata={"label": "Height", **_SIDE})
    plate_as: str = field(
        default="nothing",
        metadata={
            "label": "Begin with",
            "kind": "begin",
            "choices": PLATES,
            "words": ("Words alone", "A first frame", "The clip, changed"),
        },
    )
    strength: float = field(
        default=1.0, metadata={"label": "Strength", "low": 0.05, "high": 1.0, "step": 0.05}
    )
    guidance: float = field(
        default=7.5, metadata={"label": "Guidance", "low": 1.0, "high": 20.0, "step": 0.5, "more": True}
    )
    sampler: str = field(
        default="dpm++",
        metadata={
            "label": "Sampler",
            "choices": SAMPLERS,
            "words": ("DPM-Solver++", "Euler", "DDIM"),
            "more": True,
        },
    )
    steps: Optional[int] = None
    terminal_snr: bool = False
    window: Optional[int] = field(
        default=None,
        metadata={
            "label": "Window",
            "unit": "frames",
            "low": 1,
            "high": 1000,
            "step": 1,
            "automatic": 16,
            "more": True,
        },
    )
    overlap: Optional[int] = None
    grow: Optional[float] = None
    feather: Optional[float] = None
    weights: "tuple[Weights, ...]" = field(
        default=(), metadata={"label": "Model", "kind": "models", "roles": ("motion", "lora", "upscale")}
    )

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
        _check_prompts(self.prompt, self.negative)

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
    def lacks(self) -> str:
        """A model, and something to go by."""
        if not any(one.role == "image" for one in self.weights):
            return "Choose a model"
        return "Say what is to be seen" if not self.prompt and self.plate_as == "nothing" else ""

    @property
    def files(self) -> "tuple[str, ...]":
        """The weights."""
        return tuple(one.path for one in self.weights)


def _check_prompts(*prompts: str) -> None:
    if any(len(prompt) > 4000 for prompt in prompts):
        raise SpecError("a prompt has at most 4000 characters")


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


# A new effect is an entry here, in `effects.performers`, in `messages.STAGES` and among the manifest's effects.
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

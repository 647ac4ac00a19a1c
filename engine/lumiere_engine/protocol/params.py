"""What an artist can choose, effect by effect: the one table from an effect's name to its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from .errors import SpecError

QUALITIES = ("draft", "standard", "best")


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


# A new effect is an entry here, one in `effects.performers` and one in the command line's `results`.
Params = RemoveParams
EFFECTS: "dict[str, type[Params]]" = {"remove": RemoveParams}


def effect_of(params: Params) -> str:
    """The name of the effect that has such parameters."""
    return next(name for name, kind in EFFECTS.items() if type(params) is kind)

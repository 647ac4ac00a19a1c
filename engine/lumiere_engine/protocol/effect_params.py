"""What the parameters of all effects have in common."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import SpecError

QUALITIES = ("draft", "standard", "best")
PIXELS = {"unit": "px", "low": 0.0, "high": 200.0, "step": 1.0}


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
    def lacks(self) -> str:
        """What must still be chosen before there can be a job, as a sentence for people; "" for nothing."""
        return ""

    @property
    def files(self) -> "tuple[str, ...]":
        """Weights that are read beside plate and mattes, which name their own fingerprints."""
        return ()

    @property
    def media(self) -> "tuple[str, ...]":
        """Files that the job reads beside plate and mattes: what it makes depends on what is in them."""
        return ()

"""Learning from the artist's own shot, and imagining with what was learnt."""

from .fill import push_pull
from .fit import FitParams, FitResult, averaged, fit_shot
from .held_out import HeldOutError, held_out_error
from .imagine import ImagineParams, Imaginer, imagine
from .shot import ArrayVolume, ShotVolume, Start
from .state import FitState

__all__ = [
    "ArrayVolume",
    "FitParams",
    "FitResult",
    "FitState",
    "HeldOutError",
    "ImagineParams",
    "Imaginer",
    "ShotVolume",
    "Start",
    "averaged",
    "fit_shot",
    "held_out_error",
    "imagine",
    "push_pull",
]

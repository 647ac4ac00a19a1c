"""What crosses a process, in standard-library dataclasses that any host's Python can import."""

from .errors import LumiereError
from .hints import MotionHints
from .jobs import JobSpec, WorkOrder
from .media import MediaInfo
from .messages import JobResult, Progress
from .params import (
    EFFECTS,
    CinemagraphParams,
    GenerateParams,
    Params,
    RemoveParams,
    effect_of,
)
from .queue import Finish, Job, Submit
from .ranges import FrameRange
from .states import JobState
from .stylize_params import KeyPicture, StyleShare, StylizeParams
from .weights import Weights

__all__ = [
    "EFFECTS",
    "CinemagraphParams",
    "Finish",
    "FrameRange",
    "GenerateParams",
    "Job",
    "JobResult",
    "JobSpec",
    "JobState",
    "KeyPicture",
    "LumiereError",
    "MediaInfo",
    "MotionHints",
    "Params",
    "Progress",
    "RemoveParams",
    "StyleShare",
    "StylizeParams",
    "Submit",
    "Weights",
    "WorkOrder",
    "effect_of",
]

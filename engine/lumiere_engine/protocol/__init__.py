"""What crosses a process, in standard-library dataclasses that any host's Python can import."""

from .errors import LumiereError
from .jobs import JobSpec, RemoveParams, WorkOrder
from .media import MediaInfo
from .messages import JobResult, Progress
from .queue import Finish, Job, Submit
from .ranges import FrameRange
from .states import JobState

__all__ = [
    "Finish",
    "FrameRange",
    "Job",
    "JobResult",
    "JobSpec",
    "JobState",
    "LumiereError",
    "MediaInfo",
    "Progress",
    "RemoveParams",
    "Submit",
    "WorkOrder",
]

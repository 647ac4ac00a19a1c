"""What crosses a process, in standard-library dataclasses that any host's Python can import."""

from .errors import LumiereError
from .jobs import JobSpec, RemoveParams, WorkOrder
from .media import MediaInfo
from .messages import JobResult, Progress
from .ranges import FrameRange

__all__ = [
    "FrameRange",
    "JobResult",
    "JobSpec",
    "LumiereError",
    "MediaInfo",
    "Progress",
    "RemoveParams",
    "WorkOrder",
]

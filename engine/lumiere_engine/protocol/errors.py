"""The one tree of errors: each says what happened, where, and what to do.

LumiereError
├── SpecError                 a job, message or option that does not make sense
│   └── UnknownVersionError   a stored or sent object whose label is not known here
├── MediaError                a movie or image sequence
│   ├── MissingMediaError     it is not there
│   ├── UnreadableMediaError  it is there and cannot be decoded (with the frame)
│   └── VariableRateError     its frames do not follow one rate
├── MatteError                a matte that does not fit its plate, is empty, or covers everything
├── TimelineError             a timeline that cannot be read or written
│   └── UnknownClipError      no such clip (with the names there are)
├── OutputError               the result cannot be written
│   └── OutputExistsError     it is already there
├── WorkerError               the process that renders died
│   └── OutOfMemory           it asked for more memory than there is
├── BusyError                 another process works on the same job
├── EngineError               the engine process
│   ├── EngineUnreachableError  it is not running, or does not answer
│   ├── RefusedError          it does not let this request in
│   └── StoreError            the queue cannot be read or written: damaged, or the disk is full
├── UnknownJobError           no job, timeline or picture of that number
├── StateError                a job in this state cannot do that
├── PathError                 a path that the engine may not touch
└── Cancelled                 the user stopped it

Errors cross processes as plain dictionaries (`to_wire`, `from_wire`).
"""

from __future__ import annotations

from typing import Any, Optional


class LumiereError(Exception):
    """Base of all errors that a user may see.

    Args:
        message: what happened, one sentence without a full stop.
        clip: the media file or timeline clip that it happened to.
        frame: the frame, counted from 0 in `clip`.
        remedy: what the user can do about it, one sentence without a full stop.
    """

    def __init__(
        self,
        message: str,
        *,
        clip: Optional[str] = None,
        frame: Optional[int] = None,
        remedy: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.clip = clip
        self.frame = frame
        self.remedy = remedy

    def __str__(self) -> str:
        """One line: `clip, frame 12: message (remedy)`."""
        where = ", ".join(
            part for part in (self.clip, None if self.frame is None else f"frame {self.frame}") if part
        )
        line = f"{where}: {self.message}" if where else self.message
        if self.remedy:
            line = f"{line}; {self.remedy}"
        return " ".join(line.split())

    def to_wire(self) -> dict[str, Any]:
        """The error as a JSON-ready dictionary, label `Failure.1`."""
        return {
            "label": "Failure.1",
            "kind": type(self).__name__,
            "message": self.message,
            "clip": self.clip,
            "frame": self.frame,
            "remedy": self.remedy,
        }


class SpecError(LumiereError):
    """A job, message or option that does not make sense."""


class UnknownVersionError(SpecError):
    """A stored or sent object whose label is not known to this version."""


class MediaError(LumiereError):
    """A movie or image sequence that cannot serve."""


class MissingMediaError(MediaError):
    """The media is not where it was said to be."""


class UnreadableMediaError(MediaError):
    """The media is there and cannot be decoded."""


class VariableRateError(MediaError):
    """The frames of a movie do not follow one rate."""


class MatteError(LumiereError):
    """A matte that does not fit its plate, is empty, or covers everything."""


class TimelineError(LumiereError):
    """A timeline that cannot be read or written."""


class UnknownClipError(TimelineError):
    """No clip of that name or index in the timeline."""


class OutputError(LumiereError):
    """The result cannot be written."""


class OutputExistsError(OutputError):
    """The result's final name is taken."""


class WorkerError(LumiereError):
    """The process that renders died without saying why."""


class OutOfMemory(WorkerError):
    """The process that renders asked for more memory than there is."""


class BusyError(LumiereError):
    """Another process works on the same job."""


class EngineError(LumiereError):
    """The engine process, or the way to it."""


class EngineUnreachableError(EngineError):
    """The engine is not running, or does not answer."""


class RefusedError(EngineError):
    """The engine does not let this request in."""


class StoreError(EngineError):
    """The queue cannot be read or written."""


class UnknownJobError(LumiereError):
    """No job, timeline or picture of that number."""


class StateError(LumiereError):
    """What a job in this state cannot do."""


class PathError(LumiereError):
    """A path that the engine may not touch."""


class Cancelled(LumiereError):
    """The user stopped the job."""


def _kinds(root: type[LumiereError]) -> dict[str, type[LumiereError]]:
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found.update(_kinds(child))
    return found


def from_wire(data: dict[str, Any]) -> LumiereError:
    """The error that `LumiereError.to_wire` described; an unknown kind becomes a `LumiereError`."""
    kind = _kinds(LumiereError).get(str(data.get("kind")), LumiereError)
    return kind(
        str(data.get("message") or "unknown failure"),
        clip=data.get("clip"),
        frame=data.get("frame"),
        remedy=data.get("remedy"),
    )

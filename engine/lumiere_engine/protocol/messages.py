"""What a worker says while it works: progress, and in the end a result or a failure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Optional

from .errors import SpecError, UnknownVersionError

PROGRESS_LABEL = "Progress.1"
RESULT_LABEL = "JobResult.1"

# The stages of each effect, in the order of the work.
STAGES = {
    "remove": ("read", "follow", "borrow", "learn", "imagine", "settle", "refine", "write"),
    "cinemagraph": ("read", "follow", "search", "learn", "imagine", "refine", "write"),
    "generate": ("read", "load", "imagine", "write"),
    "stylize": ("read", "follow", "paint", "learn", "write"),
}
# What a person reads while a stage lasts, also of finishing and of other tasks than jobs.
STAGE_WORDS = {
    "read": "Reading",
    "follow": "Following the motion",
    "borrow": "Borrowing real pixels",
    "search": "Searching the loop",
    "paint": "Painting key frames",
    "learn": "Learning the shot",
    "load": "Loading the model",
    "imagine": "Imagining the unseen",
    "settle": "Settling it over time",
    "refine": "Refining",
    "write": "Writing",
    "finish": "Finishing",
    "track": "Tracking",
    "gather": "Gathering material",
    "train": "Training",
}


@dataclass(frozen=True)
class Progress:
    """One step of a stage is done.

    Attributes:
        stage: what is being done, one word of `STAGE_WORDS`.
        done: steps done so far in this stage.
        total: steps of this stage.
        note: something that the user should know, once; None otherwise.
    """

    stage: str
    done: int
    total: int
    note: Optional[str] = None

    def to_wire(self) -> dict[str, Any]:
        """The message as a JSON-ready dictionary."""
        return {"label": PROGRESS_LABEL, **asdict(self)}


@dataclass(frozen=True)
class JobResult:
    """What a finished job made.

    Attributes:
        output: the clip, as it was ordered.
        origin: the origin matte, or None.
        frame_count: frames in the clip.
        start_frame: timecode of the clip's first frame as a frame number; 0 if it has none.
        rate: frames per second, "24000/1001".
        fingerprint: names the result; equal fingerprints mean equal bytes on one device.
        borrowed: share of the hole's pixels that real pixels fill, 0..1.
        imagined: share of the hole's pixels that no frame shows, 0..1.
        seconds: time the job took, per stage.
        notes: things that the user should know.
        recipe: everything needed to make the result again.
    """

    output: str
    origin: Optional[str]
    frame_count: int
    start_frame: int
    rate: str
    fingerprint: str
    borrowed: float
    imagined: float
    seconds: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    recipe: dict[str, Any] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        """The message as a JSON-ready dictionary."""
        return {"label": RESULT_LABEL, **asdict(self), "notes": list(self.notes)}


def message_from_wire(data: dict[str, Any]) -> "Progress | JobResult":
    """What `to_wire` of one of the messages described.

    Raises:
        UnknownVersionError: another label.
        SpecError: fields are missing or unknown.
    """
    values = {name: value for name, value in data.items() if name != "label"}
    try:
        if data.get("label") == PROGRESS_LABEL:
            return Progress(**values)
        if data.get("label") == RESULT_LABEL:
            return JobResult(**{**values, "notes": tuple(values.get("notes", ()))})
    except TypeError as error:
        raise SpecError(f"a message that cannot be understood: {error}") from error
    raise UnknownVersionError(f"'{data.get('label')}' is not known here")

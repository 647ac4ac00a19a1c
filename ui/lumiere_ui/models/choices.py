"""What the artist chose among results: which take is shown, which is accepted; kept for the next time."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.places import state_folder
from lumiere_engine.protocol.wire import decode, encode, labelled, parse_json


@labelled("Choices.1")
@dataclass(frozen=True)
class Choices:
    """Of one project.

    Attributes:
        shown: jobs that are shown in place of the newest of their clip.
        accepted: jobs whose result is to stay.
    """

    shown: tuple[int, ...] = ()
    accepted: tuple[int, ...] = ()

    def showing(self, job: int, takes: tuple[int, ...]) -> Choices:
        """With one of a clip's takes shown."""
        return replace(self, shown=(*(one for one in self.shown if one not in takes), job))

    def accepting(self, job: int, takes: tuple[int, ...]) -> Choices:
        """With one of a clip's takes shown and accepted."""
        kept = (*(one for one in self.accepted if one not in takes), job)
        return replace(self.showing(job, takes), accepted=kept)

    def undecided(self, takes: tuple[int, ...]) -> Choices:
        """With none of a clip's takes chosen: the newest is shown."""
        return Choices(
            tuple(one for one in self.shown if one not in takes),
            tuple(one for one in self.accepted if one not in takes),
        )


def choices_path(project: Path) -> Path:
    """Where they are kept: in the engine's folder, since a timeline's own folder is the editor's."""
    digest = hashlib.sha256(str(project).encode(errors="surrogateescape")).hexdigest()[:16]
    return state_folder() / "panel" / f"{digest}.json"


def read_choices(project: Path) -> Choices:
    """What was chosen; nothing where that is not known."""
    try:
        return decode(Choices, parse_json(choices_path(project).read_bytes()))
    except (OSError, SpecError):
        return Choices()


def write_choices(project: Path, choices: Choices) -> None:
    """Keep them, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    path = choices_path(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(encode(choices)), encoding="utf-8")
    part.replace(path)

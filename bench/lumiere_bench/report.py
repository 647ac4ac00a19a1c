"""`quality.json`: what was measured so far, kept after every result so that a run can be taken up again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lumiere_engine import __version__, motion
from lumiere_engine.protocol.errors import OutputError, SpecError, UnknownVersionError

from .cases import Case, Recipe
from .measures import Measures
from .methods import Answer, Method, code_of, in_table_order

LABEL = "QualityReport.1"
# The code that a case and its measures depend on; tables and pictures are made anew from what is kept.
_MEASURING = [
    *(Path(__file__).with_name(f"{name}.py") for name in ("cases", "clips", "masks")),
    *(Path(__file__).with_name(f"{name}.py") for name in ("measures", "fidelity", "likeness", "stability")),
    *(Path(motion.__file__).with_name(f"{name}.py") for name in ("flow", "pyramid")),
]


@dataclass(frozen=True)
class Entry:
    """One method's result of one case.

    Attributes:
        case: the case's entry: "name", "shot", "kind", "size", "frames", "hole_share", "note".
        method: its name.
        values: "measures" by name, "seconds_per_frame", "peak_bytes", "stages_s".
    """

    case: dict[str, Any]
    method: str
    values: dict[str, Any]

    def measure(self, name: str) -> float | None:
        """A measure, or None if there is none."""
        value = self.values["measures"][name]
        return None if value is None else float(value)


class Report:
    """The report of one folder.

    Attributes:
        path: of quality.json.
        data: as it stands there.
    """

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        """Go on with what the folder holds, unless it is to be `fresh`.

        Raises:
            SpecError: its quality.json cannot be understood.
        """
        self.path = folder / "quality.json"
        self.data: dict[str, Any] = {"label": LABEL, "machine": {}, "settings": {}}
        self.data.update(cases={}, flow={}, failed={})
        if self.path.exists() and not fresh:
            self.data = _read(self.path)

    def begin(self, settings: dict[str, Any], machine: dict[str, Any]) -> None:
        """Say what is measured, and on what.

        Raises:
            SpecError: the folder holds results of other settings, with which the new ones would be averaged.
        """
        known = self.data["settings"]
        if known not in ({}, settings):
            raise SpecError(
                f"it holds results of other settings: {known}",
                clip=str(self.path),
                remedy="choose another folder with --out, or start anew with --fresh",
            )
        self.data.update(settings=settings, machine=machine, failed={})

    def has(self, name: str, case: str, method: str, identity: str) -> bool:
        """Whether a case's result by a method is there, with these two fingerprints."""
        known = self.data["cases"].get(name, {"results": {}})
        result = known["results"].get(method, {})
        return known.get("fingerprint") == case and "measures" in result and result["fingerprint"] == identity

    def add_case(self, case: Case, fingerprint: str) -> None:
        """Describe a case; results of the same name from other footage or code are forgotten."""
        count, height, width = case.holes.shape
        known = self.data["cases"].get(case.name, {})
        self.data["cases"][case.name] = {
            "name": case.name,
            "shot": case.shot,
            "kind": case.kind,
            "size": case.size,
            "frames": count,
            "width": width,
            "height": height,
            "hole_share": round(float(case.holes.mean()), 5),
            "note": case.note,
            "fingerprint": fingerprint,
            "results": known["results"] if known.get("fingerprint") == fingerprint else {},
        }

    def add_result(self, case: Case, method: str, identity: str, answer: Answer, measures: Measures) -> None:
        """Keep a result of a case that was added, and save."""
        self.data["cases"][case.name]["results"][method] = {
            "fingerprint": identity,
            "measures": measures.to_wire(),
            "seconds_per_frame": round(answer.seconds / len(case.plate), 4),
            "peak_bytes": answer.peak_bytes,
            "stages_s": answer.stages_s,
        }
        self.save()

    def add_failure(self, what: str, error: str) -> None:
        """Note what could not be done, and save; the next run tries again."""
        self.data["failed"][what] = error
        self.save()

    def methods_of(self, case: str) -> list[str]:
        """The methods that have a result, in the order of tables."""
        return in_table_order(self.data["cases"].get(case, {"results": {}})["results"])

    def entries(self) -> Iterator[Entry]:
        """All results."""
        for case in self.data["cases"].values():
            for method, values in case["results"].items():
                yield Entry(case, method, values)

    def save(self) -> None:
        """Write the file.

        Raises:
            OutputError: it cannot be written.
        """
        text = json.dumps(self.data, indent=1, ensure_ascii=False) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self.path.with_suffix(f".{os.getpid()}.part")
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(self.path)
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror}", clip=str(self.path)) from error


def case_fingerprint(recipe: Recipe) -> str:
    """Names what is measured and how: footage, settings, and the code that does it; 16 characters."""
    shot, donor = recipe.shot, recipe.donor
    files = [shot.plate, *shot.mattes, *([shot.other] if shot.other else [])]
    files += [donor.plate, *donor.mattes] if donor else []
    identities = [_identity(file) for file in files]
    return _hash([code_of(_MEASURING), recipe.name, recipe.frames, recipe.seed, identities])


def method_fingerprint(method: Method) -> str:
    """Names what fills the holes; 16 characters."""
    return _hash([__version__, method.name, method.identity])


def _hash(words: list[Any]) -> str:
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]


def _identity(media: Path) -> str:
    """A hash of the names and contents of a file, or of a folder's files."""
    digest = hashlib.sha256()
    for file in sorted(media.iterdir()) if media.is_dir() else [media]:
        digest.update(file.name.encode(errors="surrogateescape"))
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SpecError(
            f"it cannot be read: {error}", clip=str(path), remedy="start anew with --fresh"
        ) from error
    if not isinstance(data, dict) or data.get("label") != LABEL:
        raise UnknownVersionError("it is no " + LABEL, clip=str(path), remedy="start anew with --fresh")
    return data

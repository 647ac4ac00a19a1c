"""The recipe of a result: a file beside its media from which the same result is made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .errors import OutputError, TimelineError, UnknownVersionError
from .whole_files import atomically

RECIPE = "Recipe.1"
SIDECAR_SUFFIX = ".lumiere.json"


def sidecar_path(media_path: Path) -> Path:
    """Where a result's recipe lies: `shot.mov.lumiere.json` beside its media; without a `%06d`."""
    media_path = Path(media_path)
    name = media_path.name
    head, percent, tail = name.partition("%0")
    digits, d, rest = tail.partition("d")
    if percent and d and digits.isdecimal():
        name = (head.rstrip("._-") + rest) if head.rstrip("._-") else rest.lstrip(".")
    return media_path.with_name(name + SIDECAR_SUFFIX)


def write_sidecar(media_path: Path, recipe: dict[str, Any], *, overwrite: bool = False) -> Path:
    """Writes the recipe that reproduces a result beside its media, labelled `Recipe.1`; returns the file.

    Raises:
        OutputExistsError: there is one and `overwrite` is off.
        OutputError: the recipe is not plain JSON, or the folder cannot be written.
    """
    path = sidecar_path(media_path)
    try:
        text = json.dumps({"label": RECIPE, **recipe}, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise OutputError(f"the recipe cannot be stored: {_one_line(error)}") from None
    content = text.encode("utf-8", "surrogatepass")
    atomically(path, lambda draft: draft.write_bytes(content), overwrite=overwrite)
    return path


def read_sidecar(path: Path) -> dict[str, Any]:
    """The recipe in a sidecar file.

    Raises:
        TimelineError: it is not there or no recipe.
        UnknownVersionError: its label is not `Recipe.1`.
    """
    try:
        recipe = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TimelineError(f"the recipe cannot be read: {_one_line(error)}", clip=Path(path).name) from None
    if not isinstance(recipe, dict):
        raise TimelineError("the file is no recipe", clip=Path(path).name)
    if recipe.get("label") != RECIPE:
        raise UnknownVersionError(
            f"the recipe's label is {recipe.get('label')!r}; this version reads {RECIPE}",
            clip=Path(path).name,
        )
    return recipe


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

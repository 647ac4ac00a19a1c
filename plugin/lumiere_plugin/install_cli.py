"""`lumiere install` and `lumiere uninstall`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from .console import Console, Json

if TYPE_CHECKING:
    from .install import Step


def install(
    host: Annotated[str, typer.Argument(help="blender, resolve, hiero, openrv or flame.")],
    into: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The folder that the host looks in, if not the usual one."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: Json = False,
) -> None:
    """Put Lumiere into an editing program's menus, for this user."""
    from .install import Installer, host_kind

    console = Console(as_json)
    with console.failures():
        steps = Installer().install(host, into=into, dry_run=dry_run)
        _tell_steps(console, steps, f"next: {host_kind(host).next_step}", dry_run)


def uninstall(
    host: Annotated[str, typer.Argument(help="As for `lumiere install`.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: Json = False,
) -> None:
    """Take Lumiere out of an editing program; files that somebody has changed are left."""
    from .install import Installer

    console = Console(as_json)
    with console.failures():
        _tell_steps(console, Installer().uninstall(host, dry_run=dry_run), "", dry_run)


def _tell_steps(console: Console, steps: list[Step], more: str, dry_run: bool) -> None:
    lines = [str(step) for step in steps]
    if dry_run:
        lines.append("nothing was changed")
    elif more:
        lines.append(more)
    console.answer(
        {
            "label": "Steps.1",
            "dry_run": dry_run,
            "steps": [{"done": step.done, "path": str(step.path)} for step in steps],
        },
        "\n".join(lines),
    )

"""What a command says: a progress bar on a terminal, one line at the end, or JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from lumiere_engine.protocol import LumiereError, Progress
from lumiere_engine.protocol.errors import Cancelled, SpecError
from lumiere_engine.protocol.messages import STAGE_WORDS

Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON object on standard output.")]


class Console:
    """One command's voice.

    Args:
        as_json: results and failures are one JSON object on standard output.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def answer(self, data: dict[str, Any], text: str) -> None:
        """The command's result: `data` for programs, `text` for people."""
        print(json.dumps(data, ensure_ascii=False) if self.as_json else text)

    def note(self, text: str) -> None:
        """Something that the user should know; never mixed into the answer."""
        print(f"note: {text}", file=sys.stderr)

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn errors into one readable line and the exit code: 2 for wrong use, 1 for the rest."""
        try:
            yield
        except LumiereError as error:
            if self.as_json:
                print(json.dumps(error.to_wire(), ensure_ascii=False))
            print(f"lumiere: {error}", file=sys.stderr)
            raise typer.Exit(2 if type(error) is SpecError and error.clip is None else 1) from None

    @contextmanager
    def progress(self, title: str = "") -> Iterator[Callable[[Progress], None]]:
        """A bar per stage on a terminal; elsewhere only notes."""
        if not sys.stderr.isatty():
            yield self._note_only
            return
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Bars(*columns, console=RichConsole(stderr=True)) as bars:
            tasks: dict[str, Any] = {}

            def show(step: Progress) -> None:
                if step.note:
                    bars.console.print(f"note: {step.note}", highlight=False)
                    return
                if step.stage not in tasks:
                    tasks[step.stage] = bars.add_task(
                        " ".join(part for part in (title, STAGE_WORDS.get(step.stage, step.stage)) if part)
                    )
                bars.update(tasks[step.stage], completed=step.done, total=step.total)

            yield show

    def _note_only(self, step: Progress) -> None:
        if step.note:
            self.note(step.note)


@contextmanager
def begins_anew() -> Iterator[None]:
    """Where Ctrl-C keeps nothing, say so; elsewhere the same command goes on from where it stopped."""
    try:
        yield
    except Cancelled:
        raise Cancelled("cancelled", remedy="the same command begins anew") from None


def counted(number: int, thing: str) -> str:
    """A count as people say it: "1 frame", "12 frames"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def duration(seconds: float) -> str:
    """A time as people say it: "40 s", "12 min", "3 h 20 min"."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"

"""`lumiere engine`: the process that owns queue, device and results."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from lumiere_engine.client import EngineClient
from lumiere_engine.protocol.engine import EngineInfo
from lumiere_engine.protocol.errors import EngineError, EngineUnreachableError
from lumiere_engine.protocol.wire import encode

from .console import Console, Json

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_ENDED_S = 40.0


@app.callback()
def engine() -> None:
    """The process that owns the queue, the device and the results."""


@app.command()
def start(as_json: Json = False) -> None:
    """Start the engine, if it is not running; it goes on with what was queued."""
    console = Console(as_json)
    with console.failures():
        _tell(console, EngineClient().info())


@app.command()
def stop(as_json: Json = False) -> None:
    """Stop the engine; the running job waits until the engine is started again."""
    console = Console(as_json)
    with console.failures():
        client = EngineClient(start=False)
        info = client.stop()
        deadline = time.monotonic() + _ENDED_S
        while client.connection.found() is not None:
            if time.monotonic() > deadline:
                raise EngineError(f"the engine does not end (process {info.pid})")
            time.sleep(0.02)
        console.answer({"label": "Stopped.1", "pid": info.pid}, "the engine has stopped")


@app.command()
def status(as_json: Json = False) -> None:
    """Say whether the engine runs, and what it does."""
    console = Console(as_json)
    with console.failures():
        try:
            info = EngineClient(start=False).info()
        except EngineUnreachableError as error:
            if not as_json:
                print("the engine is not running; lumiere engine start")
                raise typer.Exit(1) from None
            raise error
        _tell(console, info)


@app.command("yield")
def give_back(as_json: Json = False) -> None:
    """Give the device's memory back at once; the queue waits until `lumiere queue resume`."""
    console = Console(as_json)
    with console.failures():
        info = EngineClient(start=False).give_back()
        console.answer(encode(info), "the device is free; lumiere queue resume goes on")


@app.command()
def allow(
    folder: Annotated[Path, typer.Argument(help="A folder with media.")], as_json: Json = False
) -> None:
    """Let the engine's clients read and write in a folder; folders named to other commands are allowed by that."""
    console = Console(as_json)
    with console.failures():
        info = EngineClient().allow(folder)
        console.answer(encode(info), "the engine may use:\n" + "\n".join(f"  {root}" for root in info.roots))


def _tell(console: Console, info: EngineInfo) -> None:
    counts = ", ".join(f"{count} {state}" for state, count in sorted(info.counts.items())) or "no jobs"
    doing = f"job {info.running} runs" if info.running is not None else "nothing runs"
    paused = "; the queue is paused" if info.paused else ""
    console.answer(
        encode(info),
        f"engine {info.version}, process {info.pid}, {info.memory_bytes / 1e6:.0f} MB: "
        f"{doing}{paused}; {counts}",
    )

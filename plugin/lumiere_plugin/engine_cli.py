"""`lumiere engine`: the process that owns queue, device and results."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Optional

import typer
from lumiere_engine.client import EngineClient
from lumiere_engine.protocol.engine import Device, EngineInfo
from lumiere_engine.protocol.errors import EngineError, EngineUnreachableError, SpecError
from lumiere_engine.protocol.wire import encode

from .console import Console, Json

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_ENDED_S = 40.0


@app.callback()
def engine() -> None:
    """The process that owns the queue, the device and the results."""


@app.command()
def start(
    devices: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="What jobs run on, one worker each, from now on: auto (all GPUs, or the processor), or names such as "
            "cuda:0,cuda:1 or cpu."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Start the engine, if it is not running; it goes on with what was queued."""
    console = Console(as_json)
    with console.failures():
        runs = EngineClient(start=False).connection.found() is not None
        info = EngineClient(devices=devices).info()
        named = ",".join(device.name for device in info.devices)
        if runs and devices is not None and devices != named:
            raise EngineError(
                f"the engine runs already, on {named}", remedy="lumiere engine stop, then start it anew"
            )
        _tell(console, info)


@app.command()
def stop(as_json: Json = False) -> None:
    """Stop the engine; the running job waits until the engine is started again."""
    console = Console(as_json)
    with console.failures():
        client = EngineClient(start=False)
        pid = client.stop()
        deadline = time.monotonic() + _ENDED_S
        while client.connection.found() is not None:
            if time.monotonic() > deadline:
                raise EngineError(f"the engine does not end (process {pid})")
            time.sleep(0.02)
        console.answer({"label": "Stopped.1", "pid": pid}, "the engine has stopped")


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
def give_back(
    device: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Only this one, by its name; the others go on."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Give the devices' memory back at once; the queue waits until `lumiere queue resume`."""
    console = Console(as_json)
    with console.failures():
        client = EngineClient(start=False)
        info = client.give_back() if device is None else _without(client, device)
        free = (
            "the devices are" if device is None and len(info.devices) > 1 else f"{device or 'the device'} is"
        )
        console.answer(encode(info), f"{free} free; lumiere queue resume goes on")


@app.command()
def allow(
    folder: Annotated[Path, typer.Argument(help="A folder with media.")], as_json: Json = False
) -> None:
    """Let the engine's clients read and write in a folder; folders named to other commands are allowed by that."""
    console = Console(as_json)
    with console.failures():
        info = EngineClient().allow(folder)
        console.answer(encode(info), "the engine may use:\n" + "\n".join(f"  {root}" for root in info.roots))


def _doing(device: Device) -> str:
    if device.job is not None:
        return f"job {device.job} runs on {device.name}"
    return f"{device.name} is {'given back' if device.yielded else 'free'}"


def _without(client: EngineClient, name: str) -> EngineInfo:
    """Give back all devices of a name."""
    info = client.info()
    places = [place for place, device in enumerate(info.devices) if device.name == name]
    if not places:
        names = ", ".join(device.name for device in info.devices)
        raise SpecError(f"the engine has no device '{name}', only {names}", remedy="name one of these")
    for place in places:
        info = client.give_back(place)
    return info


def _tell(console: Console, info: EngineInfo) -> None:
    counts = ", ".join(f"{count} {state}" for state, count in sorted(info.counts.items())) or "no jobs"
    doing = ", ".join(map(_doing, info.devices))
    paused = "; the queue is paused" if info.paused else ""
    console.answer(
        encode(info),
        f"engine {info.version}, process {info.pid}, {info.memory_bytes / 1e6:.0f} MB: "
        f"{doing}{paused}; {counts}",
    )

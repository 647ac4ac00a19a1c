"""`lumiere doctor`: what this machine has, what it lacks, and what to do about it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from lumiere_engine import __version__
from lumiere_engine.client import EngineClient, ask
from lumiere_engine.protocol import LumiereError
from lumiere_engine.protocol.errors import EngineUnreachableError
from lumiere_engine.protocol.places import state_folder

from .host_places import HOSTS, System, installed_at
from .install import Installer

_ENOUGH_MEMORY_BYTES = 4 << 30
_ENOUGH_DISK_BYTES = 5 << 30
_QT = ("PySide6", "PySide2", "PyQt6", "PyQt5")
# Programs that read and write timelines by file alone: name, commands, where their installers put them.
_BY_FILE = (
    ("Kdenlive", ("kdenlive",), ("/Applications/kdenlive.app",)),
    ("Premiere Pro", (), ("/Applications/Adobe Premiere Pro*", "C:/Program Files/Adobe/Adobe Premiere Pro*")),
    ("Final Cut Pro", (), ("/Applications/Final Cut Pro.app",)),
    ("Media Composer", (), ("/Applications/Avid Media Composer*", "C:/Program Files/Avid/*")),
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what.
        state: "ok", "absent" (it can be done without), or "problem".
        found: what there is.
        remedy: what to do about it; None if nothing needs to be done.
    """

    subject: str
    state: str
    found: str
    remedy: str | None = None


def examine() -> list[Finding]:
    """Look at everything; nothing is started or changed, but for a worker that looks at device and codecs."""
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _program,
        _device,
        _memory,
        _disk,
        _codecs,
        _qt,
        _hosts,
        _engine,
    )
    return [finding for look in looks for finding in look()]


def to_wire(findings: list[Finding]) -> dict[str, Any]:
    """For `--json`."""
    return {"label": "Doctor.1", "healthy": healthy(findings), "findings": [asdict(f) for f in findings]}


def text(findings: list[Finding]) -> str:
    """For people."""
    signs = {"ok": "ok ", "absent": "-  ", "problem": "!! "}
    lines = []
    for finding in findings:
        lines.append(f"{signs[finding.state]} {finding.subject:<16} {finding.found}")
        if finding.remedy:
            lines.append(f"{'':<20} → {finding.remedy}")
    return "\n".join(lines)


def healthy(findings: list[Finding]) -> bool:
    """Whether nothing stands in the way of work."""
    return all(finding.state != "problem" for finding in findings)


def _program() -> Iterator[Finding]:
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding("lumiere", "ok", f"{__version__}, {python}")


def _device() -> Iterator[Finding]:
    try:
        devices = ask("devices")["devices"]
    except LumiereError as error:
        yield Finding("device", "problem", str(error), "install PyTorch again: pip install torch")
        return
    for about in devices:
        memory = about["memory_bytes"]
        shown = about["about"] if memory is None else f"{about['about']}, {memory / 2**30:.0f} GiB"
        slow = about["name"] == "cpu" and len(devices) == 1
        yield Finding(
            "device",
            "ok",
            f"{about['name']}: {shown}",
            "imagining is slow without a GPU; borrowing is not" if slow else None,
        )


def _memory() -> Iterator[Finding]:
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        yield Finding("memory", "absent", "the system does not tell")
        return
    low = total < _ENOUGH_MEMORY_BYTES
    yield Finding(
        "memory",
        "problem" if low else "ok",
        f"{total / 2**30:.0f} GiB",
        "use --quality draft, and --chunk-frames 4 or less" if low else None,
    )


def _disk() -> Iterator[Finding]:
    folder = state_folder()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    low = free < _ENOUGH_DISK_BYTES
    yield Finding(
        "disk",
        "problem" if low else "ok",
        f"{free / 2**30:.0f} GiB free at {folder}",
        "free some space: a job keeps its finished chunks beside its output" if low else None,
    )


def _codecs() -> Iterator[Finding]:
    try:
        about = ask("codecs")
    except LumiereError as error:
        yield Finding("codecs", "problem", str(error), "install PyAV and OpenImageIO again")
        return
    for what, key in (("write", "missing_writers"), ("read", "missing_readers")):
        missing = about[key]
        yield Finding(
            f"codecs to {what}",
            "problem" if missing and what == "write" else "absent" if missing else "ok",
            f"lacks {', '.join(missing)}" if missing else "all that Lumiere uses",
            "install PyAV from its wheel: pip install --force-reinstall av" if missing else None,
        )
    lacks = sorted({"openexr", "dpx", "tiff", "png", "jpeg"} - set(about["picture_formats"]))
    yield Finding(
        "picture formats",
        "problem" if lacks else "ok",
        f"lacks {', '.join(lacks)}"
        if lacks
        else f"{len(about['picture_formats'])} formats, EXR and DPX among them",
        "install OpenImageIO from its wheel" if lacks else None,
    )


def _qt() -> Iterator[Finding]:
    found = [name for name in _QT if importlib.util.find_spec(name) is not None]
    if found:
        yield Finding("Qt", "ok", ", ".join(found))
    else:
        yield Finding(
            "Qt", "absent", "none; the command line does without", "for a panel: pip install PySide6"
        )


def _hosts() -> Iterator[Finding]:
    installer = Installer()
    installed = installer.installed()
    found = False
    for kind in HOSTS:
        files, there = installed.get(kind.id), kind.is_there(System.here())
        if files:
            stale = not installer.up_to_date()
            yield Finding(
                kind.title,
                "problem" if stale else "ok",
                f"Lumiere is in its menus ({files[0]})" + (", but another version" if stale else ""),
                f"lumiere install {kind.id}" if stale else None,
            )
        elif kind.id in installed:
            yield Finding(kind.title, "problem", "its file is gone", f"lumiere install {kind.id}")
        elif there:
            yield Finding(
                kind.title, "absent", "found, without Lumiere in its menus", f"lumiere install {kind.id}"
            )
        found = found or there or bool(files)
    by_file = [name for name, commands, places in _BY_FILE if installed_at(commands, places)]
    if by_file:
        yield Finding("by file", "ok", ", ".join(by_file))
    elif not found:
        yield Finding("hosts", "absent", "no editing program found", "timelines go in and out as .otio files")


def _engine() -> Iterator[Finding]:
    try:
        info = EngineClient(start=False).info()
    except EngineUnreachableError as error:
        if "not running" in error.message:
            yield Finding(
                "engine", "absent", f"not running; its folder is {state_folder()}", "it starts by itself"
            )
        else:
            yield Finding("engine", "problem", str(error), "lumiere engine stop, then lumiere engine start")
        return
    except LumiereError as error:
        yield Finding("engine", "problem", str(error), error.remedy)
        return
    if info.version != __version__:
        yield Finding(
            "engine",
            "problem",
            f"version {info.version} runs, {__version__} is installed",
            "lumiere engine stop; the next command starts the new one",
        )
        return
    jobs = ", ".join(f"{count} {state}" for state, count in sorted(info.counts.items())) or "no jobs"
    used = ", ".join(device.name + (" (given back)" if device.yielded else "") for device in info.devices)
    yield Finding(
        "engine", "ok", f"process {info.pid}, {info.memory_bytes / 1e6:.0f} MB, works on {used}, {jobs}"
    )
    resting = any(device.yielded for device in info.devices)
    if info.paused or resting:
        why = "paused" if info.paused else "a device was given back"
        yield Finding("queue", "absent", why, "lumiere queue resume")
    failed = info.counts.get("failed", 0)
    if failed:
        yield Finding(
            "queue", "absent", f"{failed} failed jobs", "lumiere queue list --state failed tells why"
        )

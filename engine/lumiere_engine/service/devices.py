"""The devices of this machine, found without torch, and what a worker's surroundings must be to have one of them."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ..protocol.engine import Device
from ..protocol.errors import SpecError

AUTO = "auto"
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_NODE = re.compile(r"nvidia\d+")
_PATIENCE_S = 10.0
_MOST = 64


def kind_of(device: str) -> str:
    """Its name without its number: results of one kind have the same bytes."""
    return Device(device).kind


def chosen(wanted: str) -> tuple[str, ...]:
    """The devices that jobs run on, one worker each.

    Args:
        wanted: "auto", which is all GPUs, or the processor where there is none; or names, separated by commas. The
            processor may be named several times: small jobs of a farm fill many cores better when several run at once.

    Raises:
        SpecError: no list of devices, or one of them is not here.
    """
    here = found()
    if wanted == AUTO:
        return tuple(name for name in here if name != "cpu") or ("cpu",)
    names = tuple(name.strip() for name in wanted.split(","))
    if not 1 <= len(names) <= _MOST:
        raise SpecError(f"an engine has 1 to {_MOST} devices")
    for place, name in enumerate(names):
        if name not in here:
            raise SpecError(
                f"there is no device '{name[:40]}' here, only {', '.join(here)}",
                remedy="lumiere engine start --devices auto, or name those there are",
            )
        if name != "cpu" and name in names[:place]:
            raise SpecError(f"the device {name} is named twice", remedy="give each GPU one worker")
    return names


def found() -> tuple[str, ...]:
    """Names of all devices that a worker's torch can compute on, GPUs first; nothing heavy is imported for it."""
    gpus = [f"cuda:{number}" for number in range(len(_visible()))] if _torch_has_cuda() else []
    if sys.platform == "darwin" and platform.machine() == "arm64":
        gpus.append("mps")
    return (*gpus, "cpu")


def surroundings(device: str) -> Mapping[str, str]:
    """Environment variables that leave a worker one device: whatever asks torch for a GPU in it gets this one."""
    kind, _, number = device.partition(":")
    if kind == "cuda":
        return {_VISIBLE: _visible()[int(number)], "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    return {_VISIBLE: ""}


def _visible() -> list[str]:
    """What CUDA's own variable calls each GPU that this process may use."""
    named = os.environ.get(_VISIBLE)
    if named is None:
        return [str(number) for number in range(_count())]
    entries = [entry.strip() for entry in named.split(",")]
    ends = [place for place, entry in enumerate(entries) if entry in ("", "-1")]
    return entries[: ends[0]] if ends else entries


def _count() -> int:
    """How many GPUs of Nvidia there are: by their files, at once; else by asking the driver's tool.

    A container has the files of those GPUs alone that it may use. WSL has none, and a machine whose driver has just
    been loaded has none until somebody asks.
    """
    nodes = [node for node in Path("/dev").glob("nvidia*") if _NODE.fullmatch(node.name)]
    tool = shutil.which("nvidia-smi")
    if nodes or tool is None:
        return len(nodes)
    try:
        said = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in said.stdout.splitlines())


def _torch_has_cuda() -> bool:
    """Whether the torch that workers import was built for Nvidia's GPUs."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    return any((Path(spec.origin).parent / "lib").glob("*torch_cuda*"))

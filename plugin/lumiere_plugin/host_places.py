"""The hosts, where each looks for scripts of the user's own, and the small file that goes there."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_BLENDER_MINIMUM = (4, 2)
_BOOTSTRAP = '''"""Lumiere: written by `lumiere install {host}`, taken away by `lumiere uninstall {host}`."""

{before}import sys

SHIM = {shim!r}
if SHIM not in sys.path:
    sys.path.append(SHIM)

{after}'''
_BLENDER_INFO = """bl_info = {{
    "name": "Lumiere",
    "author": "The Lumiere authors",
    "version": ({version}),
    "blender": (4, 2, 0),
    "location": "Sequencer > Strip context menu and sidebar",
    "description": "Remove objects from strips, on your own machine",
    "category": "Sequencer",
}}

"""
_PACKAGE = """package: Lumiere
author: The Lumiere authors
version: {version}
rv: 1.0
openrv: 1.0
requires: ''
modes:
  - file: lumiere_mode
    load: immediate
description: |
  <p>Removes objects from sources, on your own machine.</p>
"""


@dataclass(frozen=True)
class System:
    """The machine, as far as it decides where files go.

    Attributes:
        platform: as `sys.platform`.
        home: the user's folder.
        environment: variables.
        root: what absolute places start from; "/" but in tests.
    """

    platform: str
    home: Path
    environment: Mapping[str, str]
    root: Path = Path("/")

    @classmethod
    def here(cls) -> System:
        """This machine."""
        return cls(sys.platform, Path.home(), os.environ)

    def roaming(self) -> Path:
        """Where Windows programs keep a user's settings."""
        return Path(self.environment.get("APPDATA") or self.home / "AppData" / "Roaming")

    def by_platform(self, linux: Path, mac: Path, windows: Path) -> Path:
        """The one of this platform."""
        return {"darwin": mac, "win32": windows}.get(self.platform, linux)


@dataclass(frozen=True)
class HostKind:
    """A program that a shim exists for.

    Attributes:
        id: as in `lumiere install ID`.
        title: for people.
        folders: where its scripts go; empty if the program has never been started by this user.
        file: the bootstrap's name there.
        bootstrap: Python lines after the search path is set.
        next_step: what the user does in the host.
        commands: its executables.
        places: where its installer puts it, patterns.
    """

    id: str
    title: str
    folders: Callable[[System], list[Path]]
    file: str
    bootstrap: str
    next_step: str
    commands: tuple[str, ...]
    places: tuple[str, ...]

    def content(self, shim: Path, version: str) -> bytes:
        """The bootstrap file."""
        before = _BLENDER_INFO.format(version=version.replace(".", ", ")) if self.id == "blender" else ""
        text = _BOOTSTRAP.format(host=self.id, before=before, shim=str(shim), after=self.bootstrap)
        return _rvpkg(text, version) if self.file.endswith(".rvpkg") else text.encode()

    def is_there(self, system: System) -> bool:
        """Whether the program seems to be installed."""
        return installed_at(self.commands, self.places, system.root)


def _rvpkg(mode: str, version: str) -> bytes:
    """A package of RV: a zip with a description and the mode (RV Reference Manual, chapter 10)."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as package:
        for name, text in (("PACKAGE", _PACKAGE.format(version=version)), ("lumiere_mode.py", mode)):
            package.writestr(zipfile.ZipInfo(name), text)
    return held.getvalue()


def installed_at(commands: Sequence[str], places: Sequence[str], root: Path = Path("/")) -> bool:
    """Whether a program's command is on the path, or something lies where its installer puts it."""
    if any(shutil.which(command) for command in commands):
        return True
    for place in places:
        path = Path(place) if place[1:2] == ":" else root / place.lstrip("/")
        if path.parent.is_dir() and next(path.parent.glob(path.name), None) is not None:
            return True
    return False


def _blender(system: System) -> list[Path]:
    settings = system.by_platform(
        system.home / ".config" / "blender",
        system.home / "Library" / "Application Support" / "Blender",
        system.roaming() / "Blender Foundation" / "Blender",
    )
    versions = [path for path in sorted(settings.glob("*.*")) if path.is_dir()]
    return [path / "scripts" / "addons" / "lumiere" for path in versions if _new_enough(path.name)]


def _new_enough(name: str) -> bool:
    match = re.fullmatch(r"(\d+)\.(\d+)", name)
    return match is not None and (int(match[1]), int(match[2])) >= _BLENDER_MINIMUM


def _resolve(system: System) -> list[Path]:
    support = system.by_platform(
        system.home / ".local" / "share" / "DaVinciResolve",
        system.home / "Library" / "Application Support" / "Blackmagic Design" / "DaVinci Resolve",
        system.roaming() / "Blackmagic Design" / "DaVinci Resolve" / "Support",
    )
    return [support / "Fusion" / "Scripts" / "Utility"] if support.is_dir() else []


def _nuke(system: System) -> list[Path]:
    folder = system.home / ".nuke"
    return [folder / "Python" / "Startup"] if folder.is_dir() else []


def _openrv(system: System) -> list[Path]:
    support = system.by_platform(
        system.home / ".rv",
        system.home / "Library" / "Application Support" / "RV",
        system.roaming() / "RV",
    )
    return [support / "Packages"] if support.is_dir() else []


def _flame(system: System) -> list[Path]:
    """Flame has none for Windows, and one folder for all users."""
    shared = system.root / "opt" / "Autodesk" / "shared" / "python"
    return [shared] if shared.is_dir() and system.platform != "win32" else []


HOSTS = (
    HostKind(
        "blender",
        "Blender",
        _blender,
        "__init__.py",
        "from lumiere_plugin.hosts.blender import register, unregister  # noqa: E402, F401\n",
        "tick Lumiere in Edit ▸ Preferences ▸ Add-ons; then right-click a movie strip in the sequencer",
        ("blender",),
        ("/Applications/Blender.app", "C:/Program Files/Blender Foundation/*", "/opt/blender*"),
    ),
    HostKind(
        "resolve",
        "DaVinci Resolve Studio",
        _resolve,
        "Lumiere.py",
        "from lumiere_plugin.hosts.resolve import run  # noqa: E402\n\nrun(globals())\n",
        "select a clip, then Workspace ▸ Scripts ▸ Lumiere; the free edition runs no scripts since 21.1",
        ("resolve",),
        (
            "/opt/resolve/bin/resolve",
            "/Applications/DaVinci Resolve*",
            "C:/Program Files/Blackmagic Design/*",
        ),
    ),
    HostKind(
        "hiero",
        "Nuke Studio and Hiero",
        _nuke,
        "lumiere_startup.py",
        "from lumiere_plugin.hosts.hiero import register  # noqa: E402\n\nregister()\n",
        "start Nuke Studio again; then right-click a clip in the timeline",
        ("nuke", "Nuke", "hiero"),
        ("/usr/local/Nuke*", "/opt/Nuke*", "/Applications/Nuke*", "C:/Program Files/Nuke*"),
    ),
    HostKind(
        "openrv",
        "OpenRV",
        _openrv,
        "lumiere.rvpkg",
        "from lumiere_plugin.hosts.openrv import create_mode  # noqa: E402\n\n\n"
        "def createMode():\n    return create_mode()\n",
        "in RV's preferences, under Packages, tick Lumiere for install and load; then start RV again",
        ("rv",),
        ("/opt/rv*", "/opt/openrv*", "/Applications/RV.app", "C:/Program Files/RV*"),
    ),
    HostKind(
        "flame",
        "Flame",
        _flame,
        "lumiere_hook.py",
        "from lumiere_plugin.hosts.flame import get_timeline_custom_ui_actions  # noqa: E402, F401\n",
        "in Flame: Flame menu ▸ Python ▸ Rescan Python Hooks; then right-click a segment in the timeline",
        (),
        ("/opt/Autodesk/flame*",),
    ),
)

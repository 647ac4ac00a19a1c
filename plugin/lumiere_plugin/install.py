"""`lumiere install HOST` and `uninstall`: the shim, and one small file where the host looks for it."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lumiere_engine
from lumiere_engine import __version__
from lumiere_engine.protocol.errors import OutputError, OutputExistsError, SpecError
from lumiere_engine.protocol.places import interpreter_file, state_folder

from .host_places import HOSTS, HostKind, System
from .manifest import manifest

RECEIPT = "installed.json"
_ENGINE_PARTS = ("protocol", "client")


@dataclass(frozen=True)
class Step:
    """Something that is done, or would be.

    Attributes:
        done: "write", "keep" (it is there already), "remove", "leave" (it was changed by somebody).
        path: of the file.
    """

    done: str
    path: Path

    def __str__(self) -> str:
        """One line."""
        return f"{self.done:<6} {self.path}"


class Installer:
    """Puts shims in place and takes them away.

    The shim itself, of which all hosts share one copy, lies in the engine's folder. What was written is noted with
    its checksum, so that nothing is ever replaced or removed that somebody else has written.

    Args:
        system: the machine.
        state: the engine's folder.
    """

    def __init__(self, system: System | None = None, state: Path | None = None) -> None:
        self._system = system or System.here()
        self._state = state or state_folder()
        self._shim = self._state / "shim"

    def install(self, host: str, *, into: Path | None = None, dry_run: bool = False) -> list[Step]:
        """Install a host's shim, or bring it up to date.

        Args:
            host: its id.
            into: the folder that it looks in, if that is not the usual one.
            dry_run: change nothing.

        Raises:
            SpecError: no such host, or it keeps its scripts nowhere.
            OutputExistsError: somebody else's file is in the way.
            OutputError: a folder cannot be written.
        """
        kind = host_kind(host)
        content = kind.content(self._shim / "python", __version__)
        places = [folder / kind.file for folder in self._folders(kind, into)]
        noted = self._receipt()
        for place in places:
            self._check_free(place, content, noted.get(host, {}))
        wanted = [*self._shim_files(), *((place, content) for place in places)]
        steps = [Step("keep" if _holds(path, data) else "write", path) for path, data in wanted]
        if dry_run:
            return steps
        for (path, data), step in zip(wanted, steps, strict=True):
            if step.done == "write":
                _write(path, data)
        self._note_interpreter()
        noted[host] = {**noted.get(host, {}), **{str(place): _checksum(content) for place in places}}
        self._note(noted)
        return steps

    def uninstall(self, host: str, *, dry_run: bool = False) -> list[Step]:
        """Take a host's files away; the shim goes with the last host.

        Raises:
            SpecError: no such host, or it is not installed.
            OutputError: a file cannot be removed.
        """
        kind = host_kind(host)
        noted = self._receipt()
        if host not in noted:
            raise SpecError(f"Lumiere is not installed in {kind.title}")
        steps = [
            Step("remove" if _checksum_of(Path(path)) == checksum else "leave", Path(path))
            for path, checksum in noted[host].items()
            if Path(path).exists()
        ]
        last = set(noted) == {host}
        if last:
            steps += [Step("remove", path) for path, _ in self._shim_files() if path.exists()]
        if dry_run:
            return steps
        for step in steps:
            if step.done == "remove":
                _remove(step.path, self._shim)
        del noted[host]
        self._note(noted)
        return steps

    def installed(self) -> dict[str, list[Path]]:
        """Host → its files that are in place."""
        found = {host: [Path(path) for path in files] for host, files in self._receipt().items()}
        return {host: [path for path in files if path.is_file()] for host, files in found.items()}

    def up_to_date(self) -> bool:
        """Whether the shim is that of this version."""
        return all(_holds(path, data) for path, data in self._shim_files())

    def _folders(self, kind: HostKind, into: Path | None) -> list[Path]:
        if into is not None:
            return [into.absolute() / "lumiere" if kind.file == "__init__.py" else into.absolute()]
        folders = kind.folders(self._system)
        if not folders:
            raise SpecError(
                f"{kind.title} has no folder for scripts here",
                remedy="start it once, or name the folder with --into",
            )
        return folders

    def _check_free(self, place: Path, content: bytes, noted: dict[str, str]) -> None:
        if not place.exists() or _holds(place, content):
            return
        if _checksum_of(place) != noted.get(str(place)):
            raise OutputExistsError(f"{place} was not written by Lumiere", remedy="move it away first")

    def _shim_files(self) -> Iterator[tuple[Path, bytes]]:
        """What runs in hosts, and what tells it where Lumiere is."""
        plugin, engine = Path(__file__).parent, Path(lumiere_engine.__file__).parent
        python = self._shim / "python"
        for source in (
            plugin / "__init__.py",
            plugin / "manifest.py",
            *sorted((plugin / "hosts").glob("*.py")),
        ):
            yield python / "lumiere_plugin" / source.relative_to(plugin), source.read_bytes()
        yield python / "lumiere_engine" / "__init__.py", (engine / "__init__.py").read_bytes()
        for part in _ENGINE_PARTS:
            for source in sorted((engine / part).glob("*.py")):
                yield python / "lumiere_engine" / part / source.name, source.read_bytes()
        yield self._shim / "plugin.json", _json(manifest())
        yield (
            self._shim / "shim.json",
            _json({"label": "Shim.1", "python": sys.executable, "version": __version__}),
        )

    def _note_interpreter(self) -> None:
        """So that a host can start the engine before any command did."""
        place = interpreter_file(self._state)
        if not place.exists():
            _write(place, sys.executable.encode())

    def _receipt(self) -> dict[str, dict[str, str]]:
        try:
            hosts: dict[str, dict[str, str]] = json.loads((self._shim / RECEIPT).read_text("utf-8"))["hosts"]
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OutputError(
                "the note of what is installed is damaged", clip=str(self._shim / RECEIPT)
            ) from error
        return hosts

    def _note(self, hosts: dict[str, dict[str, str]]) -> None:
        if hosts:
            _write(self._shim / RECEIPT, _json({"label": "Installed.1", "hosts": hosts}))
        elif (self._shim / RECEIPT).exists():
            _remove(self._shim / RECEIPT, self._shim)


def host_kind(host: str) -> HostKind:
    """The host of that id.

    Raises:
        SpecError: there is none.
    """
    for kind in HOSTS:
        if kind.id == host:
            return kind
    raise SpecError(f"there is no shim for '{host}'", remedy=f"choose {', '.join(kind.id for kind in HOSTS)}")


def _json(thing: Any) -> bytes:
    return (json.dumps(thing, indent=2, ensure_ascii=False) + "\n").encode()


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _checksum_of(path: Path) -> str:
    try:
        return _checksum(path.read_bytes())
    except OSError:
        return ""


def _holds(path: Path, data: bytes) -> bool:
    return _checksum_of(path) == _checksum(data)


def _write(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all."""
    draft = path.with_name(f".{path.name}.lumiere")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def _remove(path: Path, shim: Path) -> None:
    """Remove a file, what Python has compiled of it, and folders of ours that are empty then."""
    try:
        path.unlink()
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            compiled.unlink()
        for folder in (path.parent / "__pycache__", *path.parents):
            ours = folder == shim or shim in folder.parents or folder.name in ("lumiere", "__pycache__")
            if not ours or (folder.is_dir() and any(folder.iterdir())):
                if folder.name == "__pycache__":
                    continue
                break
            if folder.is_dir():
                folder.rmdir()
    except OSError as error:
        raise OutputError(f"{path} cannot be removed: {error.strerror}") from error

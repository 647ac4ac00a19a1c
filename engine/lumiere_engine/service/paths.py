"""Which files the engine may touch: those under registered roots, after every link is followed."""

from __future__ import annotations

import os
from pathlib import Path

from ..protocol.errors import OutputExistsError, PathError
from ..protocol.jobs import WorkOrder
from ..protocol.queue import Submit
from ..protocol.roto import ROTO_SUFFIX, Roto
from ..protocol.wire import decode, parse_json
from .database import Database
from .weights import check_weights

# A root here would be as good as none, or a way into the machine.
_NO_ROOTS = ("/", "/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/run", "/sbin", "/sys", "/usr", "/var")


class Roots:
    """The folders that paths of jobs may lie in.

    Args:
        database: where they are kept.
        state: the engine's own folder, which is never one.
    """

    def __init__(self, database: Database, state: Path) -> None:
        self._database = database
        self._state = state.resolve()

    def all(self) -> tuple[str, ...]:
        """The registered folders."""
        return tuple(row["path"] for row in self._database.read("SELECT path FROM roots ORDER BY path"))

    def add(self, path: str) -> str:
        """Register a folder; returns it with its links followed.

        Raises:
            PathError: no folder, or one that would let everything in.
        """
        folder = _followed(path)
        if not folder.is_dir():
            raise PathError("there is no such folder", clip=path)
        if str(folder) in _NO_ROOTS or folder == Path(folder.anchor) or self._is_state(folder):
            raise PathError("that folder cannot be a root", clip=path, remedy="name the folder of your media")
        try:
            str(folder).encode()
        except UnicodeEncodeError:
            raise PathError("that folder's name is no Unicode text", clip=path) from None
        with self._database.change() as connection:
            connection.execute("INSERT OR IGNORE INTO roots (path) VALUES (?)", (str(folder),))
        return str(folder)

    def check(self, path: str) -> None:
        """Refuse a path outside the roots.

        Raises:
            PathError: it is not absolute, or does not lie under a root after following links.
        """
        place = _followed(path)
        roots = [Path(root) for root in self.all()]
        if self._is_state(place) or not any(place.is_relative_to(root) for root in roots):
            raise PathError(
                "it lies under none of the folders that the engine may use",
                clip=path,
                remedy=f"lumiere engine allow {place.parent}",
            )

    def _is_state(self, place: Path) -> bool:
        return place.is_relative_to(self._state)


def check_submit(submit: Submit, roots: Roots) -> None:
    """Refuse a job whose paths, weights or names will not do, before it is queued.

    Raises:
        PathError: a path outside the roots.
        SpecError: weights that are no safetensors file.
        OutputExistsError: a result's name is taken.
    """
    order = submit.order
    check_order(order, roots)
    for path in submit.finish.outputs if submit.finish else ():
        roots.check(path)
    for path in filter(None, (order.output, order.origin)):
        if not order.overwrite and os.path.lexists(path):
            raise OutputExistsError(
                "the output exists already", clip=path, remedy="choose another name or use --overwrite"
            )


def check_order(order: WorkOrder, roots: Roots) -> None:
    """Refuse an order whose paths lie outside the roots; asked again when it starts, since links change.

    Raises:
        PathError: a path outside the roots.
        SpecError: weights that are no safetensors file.
    """
    spec = order.spec
    for path in (*spec.media, order.output, order.origin, order.save_network):
        if path is not None:
            roots.check(path)
    for path in spec.mattes:
        for named in _named_by_roto(path):
            roots.check(named)
    if order.network is not None:
        roots.check(order.network)
        check_weights(order.network)


def _named_by_roto(path: str) -> tuple[str, ...]:
    """The rendered mattes that a roto document names: the worker will read them as well.

    Raises:
        SpecError: it is no roto document.
    """
    if not path.endswith(ROTO_SUFFIX):
        return ()
    try:
        roto = decode(Roto, parse_json(Path(path).read_bytes()))
    except OSError:
        return ()  # the worker tells what it lacks
    return tuple(mask.media for mask in roto.masks if mask.media is not None)


def _followed(path: str) -> Path:
    if not Path(path).is_absolute():
        raise PathError("the engine takes absolute paths alone", clip=path[:200])
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError) as error:
        raise PathError(f"that is no path: {error}", clip=path[:200]) from None

"""Picture sequences out: PNG, TIFF and EXR, gathered aside and moved into place together."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

from ..protocol.errors import OutputError, OutputExistsError
from ..protocol.patterns import files_named, is_pattern, pattern_name
from .commit import folder_to_disk, make_folder, output_error, refuse_existing, remove, to_disk
from .picture import FrameFormat, Picture
from .still_writer import write_still


class SequenceWriter:
    """Numbered pictures (or a single one) being written into a hidden folder beside their final place.

    Frames are numbered from the plate's own first number, else from 0. With `overwrite` all files of the
    pattern are replaced: none of an earlier, longer sequence is left to be mistaken for part of this one.

    Attributes:
        notes: what a user should know.
    """

    def __init__(
        self, path: Path, fmt: FrameFormat, *, overwrite: bool = False, aside: Path | None = None
    ) -> None:
        """Start writing.

        Args:
            path: a pattern (`name.%06d.png`), or the name of a single picture.
            fmt: of the pictures to come.
            overwrite: replace what has those names.
            aside: a folder on the same disk for the unfinished files; by default the result's own.

        Raises:
            OutputExistsError: a file of the pattern exists.
            OutputError: the folder cannot be written.
        """
        self.path = path
        self.notes: list[str] = []
        self._format = fmt
        self._overwrite = overwrite
        self._first = fmt.first_number or 0
        self._names: list[str] = []
        self._finished = False
        self._refuse_existing()
        make_folder(path.parent)
        self._aside = (aside or path.parent) / f".{path.stem.replace('%', '')}.{secrets.token_hex(4)}.partial"
        self._open = True
        try:
            self._aside.mkdir()
        except OSError as error:
            raise output_error(path, error) from error

    def write(self, picture: Picture) -> None:
        """Append one frame.

        Raises:
            ValueError: the picture is not of the writer's format.
            OutputError: it cannot be written; nothing is left behind.
        """
        if not self._open:
            raise ValueError("the writer is closed")
        if picture.layout != self._format.layout or (picture.width, picture.height) != (
            self._format.width,
            self._format.height,
        ):
            raise ValueError(f"a picture of {picture.width}x{picture.height}, {picture.layout}")
        place = len(self._names)
        try:
            name = self._name(place)
            write_still(self._aside / name, picture, self._format.starting_at(place))
            self._names.append(name)
        except (OSError, OutputError) as error:
            self.abort()
            failure = output_error(self.path, error)
            failure.clip = str(self.path)  # not the temporary name
            raise failure from error

    def finish(self) -> None:
        """Bring everything to the disk, still aside.

        Raises:
            OutputError: there are no frames, or they cannot be written; nothing is left behind.
        """
        if self._finished:
            return
        try:
            if not self._names:
                raise OutputError("there are no frames to write", clip=str(self.path))
            for name in self._names:
                to_disk(self._aside / name)
            self._finished = True
        except (OSError, OutputError) as error:
            self.abort()
            raise output_error(self.path, error) from error

    def commit(self) -> None:
        """Move all files to their final names; if one cannot be moved, none is left.

        Raises:
            OutputError: there are no frames, or they cannot be moved.
            OutputExistsError: a name was taken in the meantime.
        """
        self.finish()
        moved: list[Path] = []
        try:
            self._refuse_existing()
            for old in self._existing():
                old.unlink()
            for name in self._names:
                final = self.path.parent / name
                (self._aside / name).replace(final)
                moved.append(final)
            folder_to_disk(self.path.parent)
        except (OSError, OutputError) as error:
            for final in moved:
                with contextlib.suppress(OSError):
                    final.unlink()
            raise output_error(self.path, error) from error
        finally:
            self.abort()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._open = False
        remove(self._aside)

    def __enter__(self) -> SequenceWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self.abort()
        elif self._open:
            self.commit()

    def _name(self, place: int) -> str:
        if is_pattern(str(self.path)):
            return pattern_name(self.path.name, self._first + place)
        if place:
            raise OutputError(
                "the name is that of a single picture",
                clip=str(self.path),
                remedy=f"use a pattern, for example {self.path.stem}.%06d{self.path.suffix}",
            )
        return self.path.name

    def _existing(self) -> list[Path]:
        """Files that have names of this result."""
        return files_named(self.path)

    def _refuse_existing(self) -> None:
        if not is_pattern(str(self.path)):
            refuse_existing(self.path, self._overwrite)
            return
        existing = self._existing()
        if existing and not self._overwrite:
            raise OutputExistsError(
                f"{existing[0].name} and {len(existing) - 1} more exist already"
                if len(existing) > 1
                else f"{existing[0].name} exists already",
                clip=str(self.path),
                remedy="choose another name or pass --overwrite",
            )

"""Captioned media: files beside their captions, or both packed into shards.

A folder holds movies, pictures or sequences, and beside each a text file of the same name: `horse.mp4`,
`horse.txt`. A shard is an uncompressed tar archive of such files, as WebDataset writes them: what a name has before
its first dot says what belongs together.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from lumiere_engine.protocol.errors import LumiereError, SpecError

_NOTES = (".json", ".cls")  # what WebDataset puts beside a picture and nothing here reads
_MOST_CAPTION_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Packed:
    """A file inside a shard: so many bytes from here."""

    suffix: str
    first: int
    size_bytes: int


@dataclass(frozen=True)
class Item:
    """One clip and its caption.

    Attributes:
        name: for messages: its file, or shard and file.
        caption: its text, one line.
        identity: changes when the file does.
        file: the media, or the shard that holds it.
        packed: where in the shard.
    """

    name: str
    caption: str
    identity: tuple[str | int, ...]
    file: Path
    packed: Packed | None = None

    @contextmanager
    def media(self, folder: Path) -> Iterator[Path]:
        """The media as a file; what is packed lies in `folder` for as long. Errors name the item."""
        if self.packed is None:
            yield self.file
            return
        with TemporaryDirectory(prefix=".", dir=folder) as place:
            path = Path(place) / f"media{self.packed.suffix}"
            with self.file.open("rb") as shard, path.open("wb") as out:
                shard.seek(self.packed.first)
                left = self.packed.size_bytes
                while left and (block := shard.read(min(left, _BLOCK_BYTES))):
                    out.write(block)
                    left -= len(block)
            try:
                yield path
            except LumiereError as error:
                error.clip = self.name
                raise


def find_items(folder: Path) -> list[Item]:
    """All captioned media of a folder, in the order of their names; nothing is decoded.

    Raises:
        SpecError: no such folder, nothing there, media without a caption or a caption without media.
    """
    if not folder.is_dir():
        raise SpecError("there is no such folder", clip=str(folder))
    entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    shards = [path for path in entries if path.suffix == ".tar"]
    texts = {path.stem: path for path in entries if path.suffix == ".txt"}
    items = []
    for path in entries:
        if path.suffix in (".txt", ".tar"):
            continue
        text = texts.get(path.stem)
        if text is None:
            raise SpecError("it has no caption", clip=str(path), remedy=f"write one into {path.stem}.txt")
        stat = path.stat()
        caption = _line(text.read_bytes(), str(text))
        items.append(Item(str(path), caption, (path.name, stat.st_size, stat.st_mtime_ns), path))
    lonely = sorted(texts.keys() - {item.file.stem for item in items})
    if lonely:
        raise SpecError("that caption has no clip", clip=str(texts[lonely[0]]))
    for shard in shards:
        items += _unpacked(shard)
    if not items:
        raise SpecError(
            "there are no captioned clips in that folder",
            clip=str(folder),
            remedy="put NAME.mp4 beside NAME.txt, or both into a .tar",
        )
    return items


def _unpacked(shard: Path) -> Iterator[Item]:
    """The items of a shard, found by its headers alone."""
    stat = shard.stat()
    try:
        with tarfile.open(shard, "r:") as archive:
            samples: dict[str, dict[str, tarfile.TarInfo]] = {}
            for member in archive:
                path = PurePosixPath(member.name)
                if member.isreg() and not path.name.startswith("."):
                    stem, dot, suffix = path.name.partition(".")
                    samples.setdefault(str(path.with_name(stem)), {})[f"{dot}{suffix}"] = member
            captions = {name: _caption(archive, shard, files.get(".txt")) for name, files in samples.items()}
    except (tarfile.TarError, EOFError) as error:
        raise SpecError(
            "it is no uncompressed tar archive, or not all of one",
            clip=str(shard),
            remedy="unpack it, or fetch it anew",
        ) from error
    for name, files in samples.items():
        media = [suffix for suffix in files if suffix != ".txt" and suffix not in _NOTES]
        where, caption = f"{shard}:{name}", captions[name]
        if not media:
            raise SpecError("that caption has no clip", clip=where)
        if len(media) > 1:
            raise SpecError(
                f"it is there as {' and as '.join(sorted(media))}", clip=where, remedy="keep one of them"
            )
        if caption is None:
            raise SpecError(
                "it has no caption", clip=f"{where}{media[0]}", remedy=f"pack {name}.txt beside it"
            )
        member = files[media[0]]
        if member.offset_data + member.size > stat.st_size:
            raise SpecError(
                "not all of it is there", clip=f"{where}{media[0]}", remedy="fetch the shard anew"
            )
        yield Item(
            f"{where}{media[0]}",
            caption,
            (shard.name, stat.st_size, stat.st_mtime_ns, member.name),
            shard,
            Packed(Path(media[0]).suffix, member.offset_data, member.size),
        )


def _caption(archive: tarfile.TarFile, shard: Path, member: tarfile.TarInfo | None) -> str | None:
    if member is None:
        return None
    where = f"{shard}:{member.name}"
    if member.size > _MOST_CAPTION_BYTES:
        raise SpecError(f"a caption of {member.size} bytes is none", clip=where)
    file = archive.extractfile(member)
    return _line(b"" if file is None else file.read(), where)


def _line(text: bytes, where: str) -> str:
    try:
        return " ".join(text.decode("utf-8").split())
    except UnicodeDecodeError as error:
        raise SpecError("the caption is not UTF-8", clip=where) from error

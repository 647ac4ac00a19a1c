"""Only files under registered folders, after every link is followed; weights are what their header says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lumiere_engine.protocol import Submit
from lumiere_engine.protocol.errors import LumiereError, PathError, SpecError
from lumiere_engine.protocol.weights import check_weights
from lumiere_engine.service.engine import Engine
from lumiere_engine.service.paths import check_order, check_submit


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file that no root holds."""
    path = tmp_path / "secret" / "diary.txt"
    path.parent.mkdir()
    path.write_text("dear diary")
    return path


def with_path(submit: Submit, field: str, path: str) -> Submit:
    order = submit.order
    if field == "plate":
        order = replace(order, spec=replace(order.spec, plate=path))
    elif field == "matte":
        order = replace(order, spec=replace(order.spec, mattes=(*order.spec.mattes, path)))
    elif field == "network":
        order = replace(order, network=path, spec=replace(order.spec, checkpoint="abc"))
    else:
        order = replace(order, **{field: path})
    return replace(submit, order=order)


@pytest.mark.parametrize("field", ["plate", "matte", "output", "origin", "network", "save_network"])
@pytest.mark.parametrize(
    "way", ["straight", "dots", "link", "linked folder", "relative", "nul", "device", "state"]
)
def test_a_path_outside_the_roots_is_refused(
    field: str, way: str, engine: Engine, submit: Callable[..., Submit], media: Path, outside: Path
) -> None:
    (media / "link").symlink_to(outside)
    (media / "folder").symlink_to(outside.parent)
    path = {
        "straight": str(outside),
        "dots": f"{media}/../secret/diary.txt",
        "link": f"{media}/link",
        "linked folder": f"{media}/folder/new.mkv",
        "relative": "media/plate.mov",
        "nul": f"{media}/a\0b",
        "device": "/dev/stdin",
        "state": str(engine.folder / "queue.sqlite3"),
    }[way]
    with pytest.raises(PathError):
        check_submit(with_path(submit(), field, path), engine.roots)


def test_a_link_within_the_roots_is_followed(
    engine: Engine, submit: Callable[..., Submit], media: Path
) -> None:
    (media / "link.mov").symlink_to(media / "plate.mov")
    check_submit(with_path(submit(), "plate", str(media / "link.mov")), engine.roots)


def test_a_link_that_changes_after_submitting_is_noticed(
    engine: Engine, submit: Callable[..., Submit], media: Path, outside: Path
) -> None:
    link = media / "link.mov"
    link.symlink_to(media / "plate.mov")
    order = with_path(submit(), "plate", str(link)).order
    check_order(order, engine.roots)
    link.unlink()
    link.symlink_to(outside)
    with pytest.raises(PathError):
        check_order(order, engine.roots)


@pytest.mark.parametrize(
    "path", ["/", "/etc", "/dev", "/proc", "relative", "/no/such/folder", "/etc/passwd", ""]
)
def test_what_cannot_be_a_root_is_refused(path: str, engine: Engine) -> None:
    before = engine.roots.all()
    with pytest.raises(PathError):
        engine.roots.add(path)
    assert engine.roots.all() == before


def test_the_engines_own_folder_is_no_root_under_any_name(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(engine.folder)
    for path in (engine.folder, tmp_path / "alias", engine.folder / "jobs"):
        path.mkdir(exist_ok=True)
        with pytest.raises(PathError):
            engine.roots.add(str(path))


def test_names_that_are_no_unicode_are_names(
    engine: Engine, submit: Callable[..., Submit], media: Path
) -> None:
    path = os.fsdecode(os.fsencode(media) + b"/plate-\xff.mov")
    Path(path).write_bytes(b"x")
    (job,) = engine.submit((with_path(submit(), "plate", path),))
    assert engine.queue.get(job.id).order.spec.plate == path
    (job,) = engine.submit((with_path(submit(), "output", path + ".mkv"),))
    assert engine.queue.get(job.id).order.output == path + ".mkv"


def safetensors(header: Any, data: int = 16, *, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + bytes(data)


GOOD = {"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}


def test_weights_are_known_by_their_header_and_not_by_their_name(tmp_path: Path) -> None:
    path = tmp_path / "weights.pickle"
    path.write_bytes(safetensors({"__metadata__": {"a": "b"}, **GOOD}))
    check_weights(str(path))


def tensor(**change: Any) -> bytes:
    return safetensors({"w": {**GOOD["w"], **change}})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04\x95pickle",
        b"PK\x03\x04" + bytes(100),
        safetensors(GOOD, 15),
        safetensors(GOOD, 17),
        safetensors(GOOD, length=2**62),
        safetensors(GOOD, length=0),
        safetensors(b"[" * 5000),
        safetensors(b"\xff\xfe"),
        safetensors([]),
        safetensors({}, 0),
        safetensors({"w": []}),
        tensor(dtype="F33"),
        tensor(dtype=["F32"]),
        tensor(shape=[2, 3]),
        tensor(shape=[2**40, 2**40]),
        tensor(shape=[-2, -2]),
        tensor(shape="22"),
        tensor(shape=[2.0, 2.0]),
        tensor(data_offsets=[0, 2**60]),
        tensor(data_offsets=[16, 0]),
        tensor(data_offsets=[0]),
        safetensors({**GOOD, "v": GOOD["w"]}),
    ],
    ids=lambda content: content[:60].decode("latin-1"),
)
def test_what_is_no_whole_safetensors_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(SpecError, match="safetensors"):
        check_weights(str(path))


def test_weights_that_are_not_there_are_told(tmp_path: Path) -> None:
    for path, line in ((tmp_path / "none.safetensors", "cannot be read"), (tmp_path, "it is no file")):
        with pytest.raises(LumiereError, match=line):
            check_weights(str(path))

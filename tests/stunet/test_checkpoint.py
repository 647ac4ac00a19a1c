"""Checkpoints hold exactly what was saved, and everything else is refused before it costs memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from lumiere_engine.protocol.errors import OutputError, SpecError, UnknownVersionError
from lumiere_engine.stunet import TINY, STUNet
from lumiere_engine.stunet.checkpoint import LABEL, fingerprint, load, read_header, save


def _saved(tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    save(STUNet(TINY, seed=4), path, {"licence": "CC0"})
    return path


def _with_header(path: Path, change: Any) -> Path:
    """The file with another header, its weights left as they are."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])
    return path


def test_what_is_loaded_is_what_was_saved(tmp_path: Path) -> None:
    path, original = _saved(tmp_path), STUNet(TINY, seed=4)
    loaded = load(path)
    assert loaded.params == TINY
    assert all(torch.equal(v, original.state_dict()[k]) for k, v in loaded.state_dict().items())
    assert read_header(path).metadata == {"licence": "CC0"}
    assert [p.name for p in tmp_path.iterdir()] == ["net.safetensors"]


def test_weights_that_are_no_numbers_are_refused_by_name(tmp_path: Path) -> None:
    network = STUNet(TINY, seed=4)
    name, weight = list(network.named_parameters())[3]
    torch.nn.init.constant_(weight, float("nan"))
    save(network, tmp_path / "net.safetensors", {})
    with pytest.raises(SpecError, match=f"net.safetensors: its tensor '{name}' holds values"):
        load(tmp_path / "net.safetensors")


def test_half_the_bytes_keep_eleven_bits_of_every_weight(tmp_path: Path) -> None:
    path, original = _saved(tmp_path), STUNet(TINY, seed=4)
    whole = path.stat().st_size
    save(original, path, half=True)
    assert path.stat().st_size < 0.6 * whole
    loaded = load(path).state_dict()
    for name, value in original.state_dict().items():
        assert loaded[name].dtype == torch.float32
        assert torch.allclose(loaded[name], value, rtol=2**-11, atol=1e-7)


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    path = _saved(tmp_path)
    before = fingerprint(path)
    save(STUNet(TINY, seed=4), path, {"licence": "CC0"})
    assert fingerprint(path) == before
    save(STUNet(TINY, seed=5), path, {"licence": "CC0"})
    assert fingerprint(path) != before


def test_an_unknown_version_is_refused_by_name(tmp_path: Path) -> None:
    path = _with_header(_saved(tmp_path), lambda h: h["__metadata__"].update(label="STUNetCheckpoint.2"))
    with pytest.raises(UnknownVersionError, match=rf"STUNetCheckpoint\.2.*{LABEL}"):
        load(path)


def _huge(header: dict[str, Any]) -> None:
    header["enter.weight"]["shape"] = [10**6, 10**6, 1, 3, 3]


def _wide(header: dict[str, Any]) -> None:
    params = json.loads(header["__metadata__"]["params"])
    header["__metadata__"]["params"] = json.dumps(params | {"channels": [16, 64]})


def _text(header: dict[str, Any]) -> None:
    params = json.loads(header["__metadata__"]["params"])
    header["__metadata__"]["params"] = json.dumps(params | {"blocks": "many"})


@pytest.mark.parametrize(
    "change",
    [
        _huge,
        _wide,
        _text,
        lambda h: h.pop("__metadata__"),
        lambda h: h["__metadata__"].update(params="{"),
        lambda h: h["__metadata__"].update(params="[]"),
        lambda h: h.pop("enter.weight"),
        lambda h: h["enter.weight"].update(dtype="F64"),
        lambda h: h["enter.weight"].update(data_offsets=[0, -4]),
    ],
)
def test_a_header_that_does_not_fit_is_refused(tmp_path: Path, change: Any) -> None:
    with pytest.raises(SpecError):
        load(_with_header(_saved(tmp_path), change))


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 100, b"\x02" + bytes(7) + b"[]", b"\x04" + bytes(7) + b"nope"]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(SpecError):
        load(path)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = _saved(tmp_path)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(SpecError, match="cut short"):
        load(path)


def test_a_missing_file_and_a_missing_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be opened"):
        load(tmp_path / "none")
    with pytest.raises(OutputError):
        save(STUNet(TINY), tmp_path / "no" / "where")
    with pytest.raises(SpecError, match="label"):
        save(STUNet(TINY), tmp_path / "x", {"label": "mine"})

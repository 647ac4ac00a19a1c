"""Media is known by what is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_engine.effects.identity import media_identity, refuse_other_weights
from lumiere_engine.protocol import JobSpec, WorkOrder
from lumiere_engine.protocol.errors import MissingMediaError, SpecError

MIB = 1 << 20


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Five MiB, the same every time but for a byte."""

    def _file(folder: str = "a", changed_at: int | None = None, name: str = "plate.mov") -> Path:
        data = bytearray(np.random.default_rng(0).bytes(5 * MIB))
        if changed_at is not None:
            data[changed_at] ^= 1
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    return _file


def test_media_that_was_moved_is_the_same(file: Callable[..., Path]) -> None:
    assert media_identity(str(file("a"))) == media_identity(str(file("b")))


@pytest.mark.parametrize("place", [0, MIB + 5, 5 * MIB // 2, 5 * MIB - 1], ids=str)
def test_a_change_anywhere_is_another_medium(place: int, file: Callable[..., Path]) -> None:
    assert media_identity(str(file("a"))) != media_identity(str(file("b", place)))


def pictures(folder: Path, painted: int | None = None, count: int = 40) -> Path:
    folder.mkdir()
    for k in range(count):
        picture = np.zeros((90, 160, 3), np.uint8)
        if k == painted:
            picture[60:65, 70:80] = 255
        cv2.imwrite(str(folder / f"m.{k:04d}.tif"), picture, [cv2.IMWRITE_TIFF_COMPRESSION, 1])
    return folder


def test_a_touch_of_paint_in_one_picture_is_another_matte(tmp_path: Path) -> None:
    """Uncompressed pictures keep their size, and what was painted lies in the middle of the file."""
    plain = media_identity(str(pictures(tmp_path / "a")))
    assert media_identity(str(pictures(tmp_path / "b"))) == plain
    assert media_identity(str(pictures(tmp_path / "c", painted=20))) != plain
    assert media_identity(str(pictures(tmp_path / "d", count=39))) != plain


def test_a_folder_and_its_pattern_are_the_same_medium(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "a", count=3)
    assert media_identity(str(folder)) == media_identity(str(folder / "m.%04d.tif"))


def test_media_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(MissingMediaError, match=r"none.mov"):
        media_identity(str(tmp_path / "none.mov"))


def test_other_weights_than_the_job_names_are_refused(tmp_path: Path) -> None:
    weights = tmp_path / "net.safetensors"
    weights.write_bytes(b"weights")
    named = hashlib.sha256(b"weights").hexdigest()

    def order(network: Path) -> WorkOrder:
        return WorkOrder(JobSpec("remove", "p", ("m",), checkpoint=named), "o.mkv", network=str(network))

    refuse_other_weights(order(weights))
    weights.write_bytes(b"other weights")
    with pytest.raises(SpecError, match=r"not the weights.*--network"):
        refuse_other_weights(order(weights))
    with pytest.raises(SpecError, match="cannot be read"):
        refuse_other_weights(order(tmp_path / "gone.safetensors"))

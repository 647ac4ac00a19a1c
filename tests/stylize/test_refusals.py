"""Pictures that will not do are refused in one line that names them and says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest
from lumiere_engine.protocol import JobResult, KeyPicture, StyleShare, StylizeParams
from lumiere_engine.protocol.errors import LumiereError, SpecError
from safetensors.numpy import save_file

Styled = Callable[..., JobResult]


def four_inks(path: Path) -> Path:
    """A picture in CMYK."""
    spec = oiio.ImageSpec(80, 80, 4, "uint8")
    spec.channelnames, spec["tiff:ColorSpace"], spec["tiff:PhotometricInterpretation"] = (*"CMYK",), "CMYK", 5
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec) and output.write_image(np.full((80, 80, 4), 90, np.uint8))
    output.close()
    return path


def with_alpha(path: Path) -> Path:
    """A picture with an alpha channel."""
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), oiio.ImageSpec(96, 96, 4, "uint8"))
    assert output.write_image(np.full((96, 96, 4), 90, np.uint8))
    output.close()
    return path


def refused(styled: Styled, *words: str, **params: Any) -> None:
    with pytest.raises(LumiereError) as caught:
        styled(**params)
    line = str(caught.value)
    assert "\n" not in line
    for word in words:
        assert word in line, line


def test_style_pictures_that_will_not_do(styled: Styled, tmp_path: Path, tools: Any) -> None:
    small = tools.write(tmp_path / "dot.png", [np.full((2, 2, 3), 0.5, np.float32)])
    refused(styled, "dot.png", "2 × 2 pixels", "at least 64", reference=str(small))
    refused(styled, "inks.tif", "CMYK", "RGB", reference=str(four_inks(tmp_path / "inks.tif")))
    inks = tmp_path / "inks.jpg"
    inks.write_bytes(bytes.fromhex("ffd8 ffe00004 0000 ffc00014 08 0050 0050 04") + bytes(12))
    refused(styled, "inks.jpg", "CMYK", "RGB", reference=str(inks))
    refused(styled, "see.png", "alpha", reference=str(with_alpha(tmp_path / "see.png")))
    refused(styled, "none.png", "no such picture", reference=str(tmp_path / "none.png"))
    refused(styled, "plate.mkv", "no picture", reference="plate.mkv")


def test_a_picture_is_no_style_file_and_is_told_its_place(styled: Styled, tmp_path: Path, tools: Any) -> None:
    picture = tools.write(tmp_path / "scream.png", [np.full((96, 96, 3), 0.5, np.float32)])
    refused(styled, "scream.png", "picture", "--reference", styles=(StyleShare(str(picture), 1.0),))


def test_key_frames_that_will_not_do(styled: Styled, media: Path, tmp_path: Path, tools: Any) -> None:
    other = tools.write(tmp_path / "other.png", [np.full((60, 96, 3), 0.5, np.float32)])
    refused(styled, "other.png", "96 × 60", "96 × 64", keyframes=(KeyPicture(2, str(other)),))
    refused(
        styled, "plate.mkv", "frame 9: ", "frames 0-7", keyframes=(KeyPicture(9, str(media / "painted.png")),)
    )


def test_a_job_without_a_style(styled: Styled) -> None:
    refused(styled, "--reference", "--keyframe")


def test_style_files_that_will_not_do(styled: Styled, tmp_path: Path) -> None:
    junk, other = tmp_path / "junk.safetensors", tmp_path / "other.safetensors"
    junk.write_bytes(b"no style")
    refused(styled, "junk.safetensors", "cannot be read", styles=(StyleShare(str(junk)),))
    save_file({"x": np.zeros(3, np.float32)}, other, {"label": "StyleFile.1", "base": "others"})
    refused(styled, "other.safetensors", "other weights", styles=(StyleShare(str(other)),))
    refused(styled, "--save-style", styles=(StyleShare(str(junk)),), save=tmp_path / "new.safetensors")
    refused(styled, "stands alone", styles=(StyleShare(str(junk)),), reference="style.png")


def test_a_style_is_kept_as_a_style_file_and_as_nothing_else(styled: Styled, media: Path) -> None:
    before = (media / "plate.mkv").read_bytes()
    refused(styled, "plate.mkv", ".safetensors", reference="style.png", save=media / "plate.mkv")
    assert (media / "plate.mkv").read_bytes() == before


def test_outside_of_no_matte(styled: Styled) -> None:
    refused(styled, "no matte", reference="style.png", outside=True)


@pytest.mark.parametrize("name", ["strength", "scale", "colour", "edges", "feather"])
def test_numbers_out_of_range(name: str) -> None:
    with pytest.raises(SpecError, match=name):
        StylizeParams(**{name: -1.0})  # type: ignore[arg-type]


def test_a_frame_has_one_painting() -> None:
    with pytest.raises(SpecError, match="two paintings"):
        StylizeParams(keyframes=(KeyPicture(1, "a.png"), KeyPicture(1, "b.png")))


def test_styles_are_mixed_in_shares_of_one() -> None:
    with pytest.raises(SpecError, match="more than 1 together"):
        StylizeParams(styles=(StyleShare("a", 0.7), StyleShare("b", 0.7)))
    with pytest.raises(SpecError, match="0 to 1"):
        StyleShare("a", -0.5)

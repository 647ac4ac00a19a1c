"""Mattes of every kind that artists bring."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_engine.matte.source import core, open_matte
from lumiere_engine.matte.survey import check_matte, survey
from lumiere_engine.protocol.errors import MatteError, MissingMediaError, UnreadableMediaError


def palette_png(path: Path, indices: np.ndarray, colors: list[tuple[int, int, int]]) -> Path:
    """An indexed PNG, as DAVIS has them."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width = indices.shape
    rows = b"".join(b"\0" + row.tobytes() for row in indices.astype(np.uint8))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + chunk(b"PLTE", bytes(v for color in colors for v in color))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    return path


def test_white_is_1_and_black_is_0_at_every_depth(plate, boxes, folder) -> None:
    eight = folder([b.astype(np.uint8) * 255 for b in boxes], "a")
    sixteen = folder([b.astype(np.uint16) * 65535 for b in boxes], "b")
    color = folder([np.dstack([b * 0, b * 0, b * 255]).astype(np.uint8) for b in boxes], "c")
    for path in (eight, sixteen, color):
        with open_matte([path], plate, 6) as matte:
            for k in (3, 0, 5):
                assert np.array_equal(matte.read(k), boxes[k].astype(np.float32))
            assert matte.notes == []


def test_soft_values_are_kept(plate, folder) -> None:
    ramp = np.tile(np.linspace(0, 255, 96).astype(np.uint8), (64, 1))
    with open_matte([folder([ramp] * 6)], plate, 6) as matte:
        assert np.allclose(matte.read(2), ramp / 255, atol=1e-6)


def test_any_index_of_a_palette_but_0_is_the_object(plate, boxes, tmp_path: Path) -> None:
    for k, mask in enumerate(boxes):
        indices = mask.astype(np.uint8) * (1 + k % 2)
        palette_png(tmp_path / f"{k:05d}.png", indices, [(0, 0, 0), (20, 0, 0), (0, 9, 0)])
    with open_matte([tmp_path], plate, 6) as matte:
        assert np.array_equal(matte.read(3), boxes[3].astype(np.float32))


def test_a_single_picture_is_held(plate, boxes, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "still.png"), boxes[0].astype(np.uint8) * 255)
    with open_matte([tmp_path / "still.png"], plate, 6) as matte:
        assert all(np.array_equal(matte.read(k), boxes[0]) for k in range(6))


@pytest.mark.parametrize(("name", "codec"), [("m.mp4", "libx264"), ("m.avi", "mpeg4"), ("m.mkv", "ffv1")])
def test_the_core_of_a_compressed_matte_is_the_mask(plate, boxes, matte_movie, tmp_path: Path, name, codec):
    with open_matte([matte_movie(tmp_path / name, boxes, codec)], plate, 6) as matte:
        for k, mask in enumerate(boxes):
            wrong = core(matte.read(k)) != mask
            band = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))) - cv2.erode(
                mask.astype(np.uint8), np.ones((5, 5))
            )
            assert not (wrong & (band == 0)).any()


def test_alpha_counts_only_if_nothing_else_varies(plate, boxes, folder) -> None:
    white = [np.dstack([np.full((64, 96, 3), 255), b * 255]).astype(np.uint8) for b in boxes]
    drawn = [np.dstack([b * 255] * 3 + [np.full((64, 96), 255)]).astype(np.uint8) for b in boxes]
    both = [np.dstack([b * 255] * 3 + [b * 0 + 90]).astype(np.uint8) for b in boxes]
    for name, frames in (("w", white), ("d", drawn), ("b", both)):
        with open_matte([folder(frames, name)], plate, 6) as matte:
            assert np.array_equal(matte.read(1), boxes[1].astype(np.float32))


def test_a_flat_frame_of_a_matte_in_alpha_is_empty_or_full(plate, folder) -> None:
    white = np.full((64, 96, 4), 255, np.uint8)
    clear = white.copy()
    clear[..., 3] = 0
    with open_matte([folder([white, clear] * 3)], plate, 6) as matte:
        assert (matte.read(0) == 1).all()
        assert (matte.read(1) == 0).all()


def test_several_mattes_are_their_union(plate, boxes, folder) -> None:
    one = folder([b.astype(np.uint8) * 255 for b in boxes], "one")
    two = folder([b[::-1].astype(np.uint8) * 128 for b in boxes], "two")
    with open_matte([one, two], plate, 6) as matte:
        expected = np.maximum(boxes[2].astype(np.float32), boxes[2][::-1] * np.float32(128 / 255))
        assert np.allclose(matte.read(2), expected)


def test_another_size_of_the_same_shape_is_scaled_and_said(plate, box_of, folder) -> None:
    for scale, name in ((0.5, "small"), (2, "large")):
        size = (int(96 * scale), int(64 * scale))
        path = folder([box_of(k, size).astype(np.uint8) * 255 for k in range(6)], name)
        with open_matte([path], plate, 6) as matte:
            read = matte.read(0)
            assert read.shape == (64, 96)
            assert abs(float(read.mean()) - float(box_of(0).mean())) < 0.01
            assert matte.notes == [f"matte {name} scaled from {size[0]}x{size[1]} to 96x64"]


def test_another_shape_is_refused_with_both_sizes(plate, folder) -> None:
    path = folder([np.full((64, 64), 255, np.uint8)] * 6)
    with pytest.raises(MatteError, match=r"64x64.*96x64"):
        open_matte([path], plate, 6)


def test_another_number_of_frames_is_refused_with_both_numbers(plate, boxes, folder, matte_movie, tmp_path):
    pictures = folder([b.astype(np.uint8) * 255 for b in boxes[:5]])
    movie = matte_movie(tmp_path / "m.mp4", boxes[:5])
    for path in (pictures, movie):
        with pytest.raises(MatteError, match="5 frames, the plate has 6"):
            open_matte([path], plate, 6)


def test_an_empty_matte_is_refused(plate, folder) -> None:
    path = folder([np.zeros((64, 96), np.uint8)] * 6)
    with open_matte([path], plate, 6) as matte, pytest.raises(MatteError, match="empty"):
        check_matte(matte)


def test_a_full_matte_is_refused_unless_everything_may_be_replaced(plate, folder) -> None:
    with open_matte([folder([np.full((64, 96), 255, np.uint8)] * 6)], plate, 6) as matte:
        with pytest.raises(MatteError, match="full"):
            check_matte(matte)
        assert check_matte(matte, allow_full=True).full_frames == 6


def test_single_frames_may_be_empty_or_full(plate, boxes, folder) -> None:
    frames = [b.astype(np.uint8) * 255 for b in boxes]
    frames[1][:] = 0
    frames[4][:] = 255
    with open_matte([folder(frames)], plate, 6) as matte:
        found = check_matte(matte)
    assert (found.empty_frames, found.full_frames) == (1, 1)
    assert found.frames[1].empty


def test_a_survey_knows_boxes_and_areas(plate, boxes, folder) -> None:
    with open_matte([folder([b.astype(np.uint8) * 255 for b in boxes])], plate, 6) as matte:
        found = survey(matte)
    for frame, mask in zip(found.frames, boxes, strict=True):
        rows, columns = np.nonzero(mask)
        assert (frame.left, frame.top) == (columns.min(), rows.min())
        assert (frame.right, frame.bottom) == (columns.max() + 1, rows.max() + 1)
        assert frame.area_px == mask.sum()
    assert found.coverage == pytest.approx(np.mean(boxes))


def test_a_broken_frame_is_named(plate, boxes, folder) -> None:
    path = folder([b.astype(np.uint8) * 255 for b in boxes])
    (path / "00003.png").write_bytes((path / "00003.png").read_bytes()[:60])
    with open_matte([path], plate, 6) as matte, pytest.raises(UnreadableMediaError) as caught:
        survey(matte)
    assert caught.value.frame == 3


def test_a_missing_matte_is_named(plate, tmp_path: Path) -> None:
    with pytest.raises(MissingMediaError):
        open_matte([tmp_path / "no.png"], plate, 6)


def test_what_is_read_cannot_be_changed_by_accident(plate, boxes, folder) -> None:
    path = folder([b.astype(np.uint8) * 255 for b in boxes])
    with open_matte([path], plate, 6) as matte, pytest.raises(ValueError, match="read-only"):
        matte.read(0)[0, 0] = 1

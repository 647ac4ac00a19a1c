"""Cases: known truth, destroyed holes, and the right one of two versions taken for clean."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_bench.cases import GREY, Recipe, recipes
from lumiere_bench.clips import NATIVE, Size, read_clip, write_clip
from lumiere_bench.footage import find_shots
from lumiere_engine.frames.source import open_source
from lumiere_engine.matte.source import open_matte
from lumiere_engine.protocol.errors import SpecError


def made(footage: Path, kinds: list[str], size: str = NATIVE, frames: int = 8) -> dict[str, Recipe]:
    shots = find_shots(footage)
    found = recipes(shots, shots, kinds, [Size.parse(size)], frames, seed=0)
    return {recipe.name: recipe for recipe in found}


def test_seeded_cases_hide_the_shot_itself(footage: Path, tmp_path: Path) -> None:
    case = made(footage, ["stationary", "moving"], "96x54", frames=5)["beta-moving-96x54"].make(tmp_path)
    assert case.truth.shape == case.plate.shape == (5, 54, 96, 3)
    assert (case.plate[case.holes] == GREY).all()
    assert np.array_equal(case.plate[~case.holes], case.truth[~case.holes])
    assert case.name == "beta-moving-96x54"


def test_what_is_stored_is_the_case_without_loss(footage: Path, tmp_path: Path) -> None:
    case = made(footage, ["moving"])["beta-moving-native"].make(tmp_path)
    case.store()
    frames, rate = read_clip(case.plate_path, Size(), 99)
    assert np.array_equal(frames, case.plate) and rate == case.rate
    with open_source(case.plate_path) as plate:
        fmt, count = plate.format, plate.frame_count
    with open_matte([case.matte_path], fmt, count) as matte:
        assert all(np.array_equal(matte.read(t) == 1, case.holes[t]) for t in range(count))


def test_object_masks_come_from_another_shot(footage: Path, tmp_path: Path) -> None:
    found = made(footage, ["object"])
    assert list(found) == ["beta-object-native"]  # there is no other shot with a matte for alpha
    case = found["beta-object-native"].make(tmp_path)
    assert case.holes[0].sum() == 20 * 26 and (case.plate[case.holes] == GREY).all()


def test_a_matte_that_hides_next_to_nothing_is_not_lent(footage: Path, tmp_path: Path) -> None:
    shutil.copytree(footage, tmp_path / "thin")
    matte = tmp_path / "thin/alpha/mask.mkv"
    holes = np.zeros((12, 72, 128), bool)
    holes[:, 30, 20:60] = True
    write_clip(matte, holes, read_clip(tmp_path / "thin/beta.mkv", Size(), 1)[1])
    assert not made(tmp_path / "thin", ["object"])


def test_the_version_with_the_object_is_the_plate_whichever_way_round(footage: Path, tmp_path: Path) -> None:
    recipe = made(footage, ["removal"])["alpha-removal-native"]
    case = recipe.make(tmp_path)
    assert (case.plate == 250).all(-1).any() and not (case.truth == 250).all(-1).any()
    assert "video.mkv shows the object, gt is clean" in case.note
    swapped = tmp_path / "swapped/alpha"
    shutil.copytree(footage / "alpha" / "gt", swapped / "frames")
    shutil.copy(footage / "alpha" / "mask.mkv", swapped / "mask.mkv")
    other = swapped / "gt"
    other.mkdir()
    for number, frame in enumerate(case.plate):
        cv2.imwrite(str(other / f"{number:05d}.png"), frame[..., ::-1])
    again = made(tmp_path / "swapped", ["removal"])["alpha-removal-native"].make(tmp_path)
    assert np.array_equal(again.truth, case.truth) and np.array_equal(again.plate, case.plate)
    assert "gt shows the object, frames is clean" in again.note


def test_a_removals_holes_hold_all_of_the_object(footage: Path, tmp_path: Path) -> None:
    case = made(footage, ["removal"], "64x36")["alpha-removal-64x36"].make(tmp_path)
    apart = np.abs(case.plate.astype(int) - case.truth).max(-1)
    assert apart[~case.holes].max() <= 1


@pytest.mark.parametrize("text", ["432", "432x", "8x8", "axb", "native2"])
def test_a_size_that_is_none_says_how_to_write_it(text: str) -> None:
    with pytest.raises(SpecError, match="432x240"):
        Size.parse(text)


def test_unknown_masks_are_refused(footage: Path) -> None:
    with pytest.raises(SpecError, match="choose from stationary"):
        made(footage, ["round"])

"""Revising: after a change to plate or matte, the frames that it touches are rendered, all others stay as they are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lumiere_engine.client import EngineClient
from lumiere_engine.frames.source import open_source

FRAMES, MENDED = 40, 30


def planes(path: Path) -> list[bytes]:
    """Every frame's code values, exactly."""
    with open_source(path) as source:
        pictures = [source.read(k) for k in range(source.frame_count)]
        return [b"".join(plane.tobytes() for plane in picture.planes) for picture in pictures]


def different(first: list[bytes], second: list[bytes]) -> list[int]:
    return [k for k, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]


@dataclass(frozen=True)
class Cut:
    """A result whose work was kept, in a folder of its own, and what it was made from."""

    folder: Path
    masks: list[np.ndarray]
    first: list[bytes]
    revise: Callable[..., Any]

    @property
    def now(self) -> list[bytes]:
        return planes(self.folder / "out.mkv")


def remove(tools: Any, folder: Path, *more: Any) -> Any:
    plate, matte, out = (folder / name for name in ("plate.mkv", "matte.mkv", "out.mkv"))
    return tools.lumiere("remove", plate, "--matte", matte, "-o", out, *tools.FAST, "--json", *more)


@pytest.fixture(scope="module")
def original(tools: Any, tmp_path_factory: pytest.TempPathFactory) -> Cut:
    """A long pan; the object hides each place for a few frames. Nobody changes these files."""
    folder = tmp_path_factory.mktemp("revised")
    truth, masks = tools.scene(FRAMES), tools.holes(FRAMES)
    tools.write_clip(folder / "plate.mkv", tools.with_object(truth, masks))
    tools.write_clip(folder / "matte.mkv", tools.as_matte(masks), tools.RGB)
    said = remove(tools, folder, "--keep-work")
    assert said.returncode == 0, said.stderr
    return Cut(folder, masks, planes(folder / "out.mkv"), lambda *more: None)


@pytest.fixture
def cut(original: Cut, tools: Any, tmp_path: Path) -> Cut:
    """A copy of it, kept work and all."""
    folder = tmp_path / "copy"
    shutil.copytree(original.folder, folder)
    return replace(original, folder=folder, revise=lambda *more: remove(tools, folder, "--revise", *more))


def mend_matte(cut: Cut, tools: Any, name: str = "matte.mkv") -> None:
    """The matte of one frame reaches farther down."""
    more = cut.masks[MENDED].copy()
    more[50:60, 80:100] = True
    mended = [more if k == MENDED else mask for k, mask in enumerate(cut.masks)]
    tools.write_clip(cut.folder / name, tools.as_matte(mended), tools.RGB)


def test_a_mended_matte_renders_only_the_frames_it_touches(cut: Cut, tools: Any) -> None:
    mend_matte(cut, tools)
    said = cut.revise()
    assert said.returncode == 0, said.stderr
    changed = different(cut.first, cut.now)
    assert MENDED in changed
    assert len(changed) < FRAMES // 2
    (note,) = [note for note in json.loads(said.stdout)["notes"] if "stay as they are" in note]
    assert len(changed) <= int(note.split()[0]) < FRAMES


def test_a_changed_plate_renders_what_borrows_from_it(cut: Cut, tools: Any) -> None:
    truth = tools.scene(FRAMES)
    truth[MENDED] = np.clip(truth[MENDED] + 0.1, 0, 1)
    tools.write_clip(cut.folder / "plate.mkv", tools.with_object(truth, cut.masks))
    said = cut.revise()
    assert said.returncode == 0, said.stderr
    changed = different(cut.first, cut.now)
    assert MENDED in changed and len(changed) < FRAMES
    with open_source(cut.folder / "plate.mkv") as plate, open_source(cut.folder / "out.mkv") as result:
        outside = tools.untouched(cut.folder / "matte.mkv", cut.folder / "plate.mkv")
        for k in changed:
            before, after = plate.read(k).planes[0], result.read(k).planes[0]
            assert (before[outside[k]] == after[outside[k]]).all()


def test_a_revision_joins_the_old_result_without_a_step(cut: Cut, tools: Any) -> None:
    """It passes over in a few frames: the last of them differs less than the ones nearest to the change."""
    mend_matte(cut, tools)
    assert cut.revise().returncode == 0
    now = cut.now
    apart = {
        k: np.abs(np.frombuffer(now[k], np.uint8).astype(int) - np.frombuffer(cut.first[k], np.uint8)).mean()
        for k in different(cut.first, now)
    }
    assert apart[max(apart)] < 0.5 * apart[MENDED]


def test_nothing_changed_is_the_same_result(cut: Cut) -> None:
    said = cut.revise()
    assert said.returncode == 0, said.stderr
    assert cut.now == cut.first
    assert "0 of 40 frames are rendered, the others stay as they are" in json.loads(said.stdout)["notes"]


def test_a_revision_can_be_revised(cut: Cut, tools: Any) -> None:
    mend_matte(cut, tools)
    assert cut.revise().returncode == 0
    tools.write_clip(cut.folder / "matte.mkv", tools.as_matte(cut.masks), tools.RGB)
    assert cut.revise().returncode == 0
    assert len(different(cut.first, cut.now)) < FRAMES // 2
    kept = [path for path in (cut.folder / ".lumiere").iterdir() if path.is_dir()]
    assert len(kept) == 2, "the work of a result that was replaced is cleared away"


def test_other_parameters_touch_every_frame(cut: Cut) -> None:
    said = cut.revise("--grow", "12")
    assert said.returncode == 0, said.stderr
    assert len(different(cut.first, cut.now)) > FRAMES // 2
    assert any("all frames are rendered" in note for note in json.loads(said.stdout)["notes"])


@pytest.mark.parametrize("missing", ["result", "work"])
def test_what_was_not_kept_cannot_be_revised(missing: str, cut: Cut, tools: Any) -> None:
    if missing == "work":
        for path in (cut.folder / ".lumiere").glob("*/done.json"):
            path.unlink()
    else:
        (cut.folder / "out.mkv.lumiere.json").unlink()
    said = cut.revise()
    assert said.returncode in (1, 2)
    (line,) = said.stderr.splitlines()
    assert "--keep-work" in line
    assert cut.now == cut.first


def test_a_duplicate_of_a_job_that_kept_its_work_revises_it(
    original: Cut, tools: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mend_matte(original, tools, "mended.mkv")
    client = EngineClient()
    number = next(
        job.id for job in client.jobs().jobs if job.order.output == str(original.folder / "out.mkv")
    )

    def duplicate(*more: Any) -> Any:
        asked = ("queue", "duplicate", number, "--matte", original.folder / "mended.mkv", "--json", *more)
        return json.loads(tools.lumiere(*asked).stdout)

    draft = duplicate()
    assert draft["state"] == "draft" and draft["order"]["spec"]["base"] is not None
    assert draft["order"]["spec"]["mattes"] == [str(original.folder / "mended.mkv")]
    job = client.follow(client.resume(draft["id"]).id)
    changed = different(original.first, planes(original.folder / "out_2.mkv"))
    assert MENDED in changed and len(changed) < FRAMES // 2
    assert any("stay as they are" in note for note in (job.result or {})["notes"])
    assert duplicate("--no-revise", "-o", original.folder / "a.mkv")["order"]["spec"]["base"] is None
    elsewhere = tmp_path_factory.mktemp("elsewhere")  # nothing is kept there
    client.allow(elsewhere)
    assert duplicate("-o", elsewhere / "a.mkv")["order"]["spec"]["base"] is None

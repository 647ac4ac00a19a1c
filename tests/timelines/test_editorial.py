"""Edits of every kind in every format: each clip at its frames; with a result all else is the same, field by field."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import lumiere_otio.selection as selection_module
import pytest
from editorial import FCP7, FCPXML, Edit
from editorial_lists import EDL, OTIO
from lumiere_engine.protocol.errors import LumiereError
from lumiere_otio import (
    MediaFile,
    Timeline,
    add_result,
    list_clips,
    read_timeline,
    select_clip,
    write_timeline,
)

EDITS = {f"{edit.suffix} {name}": edit for group in (FCP7, FCPXML, EDL, OTIO) for name, edit in group.items()}


@pytest.fixture(autouse=True)
def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """All media is taken to be there."""
    monkeypatch.setattr(selection_module, "find_media", lambda *_, **__: MediaFile(Path("/media/plate.mov")))


def with_result(timeline: Timeline, which: str) -> Timeline:
    got = select_clip(timeline, which)
    held = got.with_handles(4)
    return add_result(
        timeline, got, media_path=Path("/media/the result.mov"), result_range=held, rate=got.rate,
        media_start_frame=got.source_start_frame + held.start, recipe={}, name="NEW",
    )  # fmt: skip


def everything_else(node: Any) -> Any:
    """A document without the new track; without what tells the number of a track."""
    if isinstance(node, dict):
        numbered = node.get("OTIO_SCHEMA") == "Track.1" and re.fullmatch(r"[VA]\d+", str(node.get("name")))
        left_out = ("link", "name") if numbered else ("link",)
        return {key: everything_else(value) for key, value in node.items() if key not in left_out}
    if isinstance(node, list):
        return [everything_else(one) for one in node if not is_new(one)]
    return node


def is_new(node: Any) -> bool:
    children = node.get("children") if isinstance(node, dict) else None
    return any(isinstance(one, dict) and one.get("name") == "NEW" for one in children or [])


def written(edit: Edit, folder: Path) -> Path:
    path = folder / f"edit{edit.suffix}"
    path.write_text(edit.text, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def adapter(request: pytest.FixtureRequest) -> None:
    """Decision lists want OpenTimelineIO's adapter."""
    if getattr(request.node, "callspec", None) and request.node.callspec.params["edit"].suffix == ".edl":
        pytest.importorskip("otio_cmx3600_adapter")


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_each_clip_is_where_the_host_shows_it(edit: Edit, tmp_path: Path) -> None:
    timeline = read_timeline(written(edit, tmp_path))
    found = {info.name: info for info in list_clips(timeline)}
    assert set(found) == {*edit.clips, *edit.refused}
    for name, (record, first) in edit.clips.items():
        assert found[name].record.partition("-")[0] == record, name
        assert select_clip(timeline, name).trimmed_media_range.start == first, name


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_result_changes_nothing_else(edit: Edit, tmp_path: Path) -> None:
    before = read_timeline(written(edit, tmp_path))
    for name in (*edit.clips, *edit.refused):
        out = tmp_path / f"out{'.otio' if edit.suffix == '.edl' else edit.suffix}"
        try:
            write_timeline(with_result(before, name), out, overwrite=True)
        except LumiereError as error:
            told = edit.refused.get(name, "speed of its own" if "'speed'" in name else "nothing")
            assert told in str(error), (name, str(error))
            continue
        assert name in edit.clips, name
        after = read_timeline(out)
        assert everything_else(after.document) == everything_else(before.document), name
        (new,) = [info for info in list_clips(after) if info.name == "NEW"]
        (old,) = [info for info in list_clips(before) if info.name == name]
        assert new.record == old.record, name
        one, other = select_clip(before, name), select_clip(after, "NEW")
        shift = one.with_handles(4).start
        assert other.trimmed_media_range == one.trimmed_media_range.shifted(-shift), name
        assert other.time_scalar == one.time_scalar, name


@pytest.mark.parametrize("edit", EDL.values(), ids=EDL)
def test_a_list_of_the_new_clip_alone_has_its_record_timecode(edit: Edit, tmp_path: Path) -> None:
    before = read_timeline(written(edit, tmp_path))
    for name, (record, _) in edit.clips.items():
        write_timeline(with_result(before, name), tmp_path / "out.edl", overwrite=True)
        told = (tmp_path / "out.edl").read_text(encoding="utf-8")
        assert f"FCM: {'DROP' if ';' in record else 'NON-DROP'} FRAME" in told
        (event,) = [line for line in told.splitlines() if line.startswith("00")]
        assert event.split()[-2].replace(";", ":") == record.replace(";", ":"), (name, event)


@pytest.mark.slow
@pytest.mark.parametrize("edit", OTIO.values(), ids=OTIO)
def test_for_media_composer_the_new_clip_alone_is_where_it_belongs(edit: Edit, tmp_path: Path) -> None:
    pytest.importorskip("otio_aaf_adapter")
    before = read_timeline(written(edit, tmp_path))
    for name, (record, _) in edit.clips.items():
        try:
            write_timeline(with_result(before, name), tmp_path / "out.aaf", overwrite=True)
        except LumiereError as error:
            assert "speed" in str(error) or "not exactly one" in str(error) or "here are 0" in str(error), (
                error
            )
            continue
        (new,) = list_clips(read_timeline(tmp_path / "out.aaf"))
        assert new.record.partition("-")[0] == record, name

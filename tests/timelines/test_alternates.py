"""The result as a second media reference of its clip: survives where OpenTimelineIO's own formats are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from lumiere_engine.protocol.errors import OutputError, TimelineError
from lumiere_otio import (
    Timeline,
    add_alternate,
    check_keeps_alternates,
    list_clips,
    read_timeline,
    select_clip,
    write_timeline,
)


def with_alternate(timeline: Timeline, which: str, off: int = 0) -> Timeline:
    got = select_clip(timeline, which)
    held = got.with_handles(8)
    return add_alternate(
        timeline, got, media_path=Path("/results/a.mov"), result_range=held, rate=got.rate,
        media_start_frame=got.source_start_frame + held.start + off,
    )  # fmt: skip


def test_what_is_seen_stays_and_the_alternate_has_the_same_frames(
    edit: Any, make: Any, tmp_path: Path
) -> None:
    timeline = edit(make.track(make.clip("a", make.span(86420, 20), make.span(86400, 100), make.warp(-2))))
    write_timeline(with_alternate(timeline, "a"), tmp_path / "out.otio")
    (clip,) = otio.adapters.read_from_file(str(tmp_path / "out.otio")).find_clips()
    assert (
        clip.media_reference.target_url == "media.mov" and clip.active_media_reference_key == "DEFAULT_MEDIA"
    )
    other = clip.media_references()["Lumiere"]
    assert other.target_url == "/results/a.mov" and other.available_range == make.span(86412, 56)
    clip.active_media_reference_key = "Lumiere"
    assert clip.trimmed_range() == make.span(86420, 20) and clip.available_range().contains(
        clip.trimmed_range()
    )


def test_a_second_alternate_does_not_take_the_place_of_the_first(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("a", make.span(0, 20), make.span(0, 100))))
    twice = with_alternate(with_alternate(timeline, "a"), "a")
    (clip,) = twice.model.find_clips()
    assert sorted(clip.media_references()) == ["DEFAULT_MEDIA", "Lumiere", "Lumiere 2"]


def test_a_clip_of_the_old_schema_gets_the_new_one(tmp_path: Path, make: Any) -> None:
    document = json.loads(make.clip("a", make.span(0, 20), make.span(0, 100)).to_json_string())
    document |= {
        "OTIO_SCHEMA": "Clip.1",
        "media_reference": document.pop("media_references")["DEFAULT_MEDIA"],
    }
    del document["active_media_reference_key"]
    (tmp_path / "old.otio").write_text(json.dumps(document))
    (tmp_path / "media.mov").touch()
    (clip,) = with_alternate(read_timeline(tmp_path / "old.otio"), "a").model.find_clips()
    assert {key: one.target_url for key, one in clip.media_references().items()} == {
        "DEFAULT_MEDIA": "media.mov",
        "Lumiere": "/results/a.mov",
    }


def test_a_result_that_counts_its_frames_otherwise_is_no_alternate(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("a", make.span(0, 20), make.span(0, 100))))
    with pytest.raises(TimelineError, match="a: the result numbers its frames otherwise"):
        with_alternate(timeline, "a", off=1)


@pytest.mark.parametrize("suffix", [".otio", ".otioz", ".json"])
def test_formats_of_opentimelineio_keep_alternates(suffix: str, tmp_path: Path, edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("a", make.span(0, 20), make.span(0, 100))))
    out = tmp_path / f"out{suffix}"
    check_keeps_alternates(out)
    changed = with_alternate(timeline, "a")
    if suffix == ".otioz":  # which takes its media along, or says that it is missing
        otio.adapters.write_to_file(changed.model, str(out), media_policy="MissingIfNotFile")
    else:
        write_timeline(changed, out)
    (clip,) = read_timeline(out).model.find_clips()
    assert set(clip.media_references()) == {"DEFAULT_MEDIA", "Lumiere"}
    assert [info.name for info in list_clips(read_timeline(out))] == ["a"]


@pytest.mark.parametrize("suffix", [".xml", ".fcpxml", ".edl", ".aaf"])
def test_formats_with_one_media_for_each_clip_are_refused_before_any_work(
    suffix: str, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match="one media for each clip, no alternates; write .otio"):
        check_keeps_alternates(tmp_path / f"out{suffix}")

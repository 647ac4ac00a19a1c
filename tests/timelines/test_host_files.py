"""Timelines that real hosts wrote: each loads with the right ranges or is refused by name.

They lie in a folder beside the repository, or where LUMIERE_FOOTAGE says; else these tests are skipped.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import lumiere_otio.selection as selection_module
import opentimelineio as otio
import pytest
from lumiere_engine.protocol.errors import LumiereError, MissingMediaError, TimelineError
from lumiere_engine.protocol.ranges import FrameRange
from lumiere_otio import (
    ADAPTER_PACKAGES,
    MediaFile,
    add_result,
    list_clips,
    read_timeline,
    select_clip,
    write_timeline,
)
from lumiere_otio.moving import moved

HERE = Path(__file__).resolve()
FOOTAGE = Path(os.environ.get("LUMIERE_FOOTAGE") or HERE.parents[3] / "shared" / "footage")
TIMELINES = FOOTAGE / "timelines"
pytestmark = pytest.mark.skipif(not TIMELINES.is_dir(), reason="no host timelines beside the repository")

F = FrameRange
CLIPS = {
    "Meridian_UHD4k5994.otio": 83,
    "avid_time_warp_test_suite.otio": 41,
    "effects.otio": 20,
    "hiero_timeline.otio": 10,
    "lossless_otio_user_60fps.otio": 3,
    "nested_example.otio": 7,
    "obs_util_2026.otio": 1,
    "premiere_example.otio": 7,
    "resolve_img_seq_2x_speed_resolve.otio.json": 1,
    "resolve_movie_with_handles.otio.json": 1,
    "resolve_qt_retimed_speed.otio.json": 1,
    "screening_example.otio": 9,
    "transition.otio": 4,
    "tlrender/Gap.otio": 2,
    "tlrender/LinearTimeWarp.otio": 1,
    "tlrender/Markers.otio": 2,
    "tlrender/MultipleClips.otio": 3,
    "tlrender/Transition.otio": 2,
    "tlrender/TransitionOverlay.otio": 4,
}
RANGES = [
    # file, clip, frames of the media file, available, record range in frames with the global start
    ("Meridian_UHD4k5994.otio", "C003", F(552, 234), F(0, 43093), (552, 234)),
    ("avid_time_warp_test_suite.otio", "#3", F(110, 10), F(0, 120), (86541, 10)),
    ("avid_time_warp_test_suite.otio", "#6", F(119, 1), F(0, 120), (86572, 10)),
    ("avid_time_warp_test_suite.otio", "#8", F(0, 119), F(0, 120), (86704, 120)),
    ("avid_time_warp_test_suite.otio", "#25", F(0, 100), F(0, 120), (88373, 9)),
    ("avid_time_warp_test_suite.otio", "#37", F(49, 51), F(0, 120), (89194, 100)),
    ("hiero_timeline.otio", "#1", F(24, 52), F(0, 216), (86424, 52)),
    ("hiero_timeline.otio", "#5", F(4, 52), F(0, 60), (86424, 52)),
    ("hiero_timeline.otio", "img_sequence_exr", F(0, 27), F(0, 84), None),
    ("lossless_otio_user_60fps.otio", "#2", F(270, 3712), F(0, 34023), (25222, 3712)),
    ("nested_example.otio", "Clip Inside A Stack 1", F(373, 37), None, (238, 37)),
    ("premiere_example.otio", "#0", F(0, 100), F(0, 100), (536, 100)),
    ("premiere_example.otio", "sc01_master_layerA_sh030_temp.mov", F(34, 221), F(0, 400), (956, 208)),
    ("resolve_img_seq_2x_speed_resolve.otio.json", "#0", F(39, 22), F(0, 99), (0, 11)),
    ("resolve_movie_with_handles.otio.json", "#0", F(0, 171), F(0, 16450), (0, 171)),
    ("resolve_qt_retimed_speed.otio.json", "#0", F(0, 428), F(0, 16450), (0, 171)),
    ("screening_example.otio", "ZZ100_501 (LAY3)", F(86501, 31), None, (86243, 31)),
    ("tlrender/LinearTimeWarp.otio", "#0", F(90, 68), F(0, 704), (0, 90)),
    ("tlrender/MultipleClips.otio", "#0", F(0, 72), F(0, 411), (0, 71.94)),
    ("tlrender/Transition.otio", "#1", F(405, 135), F(0, 704), (90, 90)),
    ("transition.otio", "Clip-003", F(0, 6), F(0, 10), (9, 4)),
    ("transition.otio", "Clip-004", F(0, 6), F(0, 6), (13, 6)),
]
REFUSED = [
    ("avid_time_warp_test_suite.otio", "#14", r"frames 86400-86639 of its media, which has only 86400-86519"),
    (
        "avid_time_warp_test_suite.otio",
        "#26",
        r"time effect TimeEffect 'Motion Control' has no constant speed",
    ),
    ("effects.otio", "#2", r"still picture"),
    ("nested_example.otio", "Clip Inside A Track", r"'Nested Track', whose FreezeFrame has no constant"),
    ("obs_util_2026.otio", "#0", r"have the rate 0"),
    ("transition.otio", "Clip-002", r"frames 2-10 \(dissolves included\) of its media, which has only 0-8"),
]


@pytest.fixture
def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """All media is taken to be there."""
    monkeypatch.setattr(selection_module, "find_media", lambda *_, **__: MediaFile(Path("media.mov")))


def others(document: Any) -> Any:
    """The document without tracks that hold a clip with a Lumiere block."""
    if isinstance(document, dict):
        return {key: others(value) for key, value in document.items()}
    if not isinstance(document, list):
        return document
    return [others(node) for node in document if not _is_new(node)]


def _is_new(node: Any) -> bool:
    children = node.get("children") if isinstance(node, dict) else None
    return any("Lumiere" in child.get("metadata", {}) for child in children or [] if isinstance(child, dict))


@pytest.mark.parametrize("name", CLIPS)
def test_a_host_file_lists_its_picture_clips(name: str) -> None:
    assert len(list_clips(read_timeline(TIMELINES / name))) == CLIPS[name]


@pytest.mark.parametrize(("name", "which", "media", "available", "record"), RANGES)
def test_a_host_file_has_the_right_ranges(
    anywhere: None, name: str, which: str, media: FrameRange, available: FrameRange | None, record: Any
) -> None:
    got = select_clip(read_timeline(TIMELINES / name), which)
    assert (got.media_range, got.available) == (media, available)
    if record is not None:
        assert (got.record_start.value, got.record_duration.value) == record


@pytest.mark.parametrize(("name", "which", "said"), REFUSED)
def test_what_a_host_file_has_that_cannot_serve_is_refused_by_name(
    anywhere: None, name: str, which: str, said: str
) -> None:
    with pytest.raises(TimelineError, match=said):
        select_clip(read_timeline(TIMELINES / name), which)


@pytest.mark.parametrize("name", CLIPS)
def test_a_result_leaves_all_else_in_a_host_file_to_the_letter(
    anywhere: None, tmp_path: Path, name: str
) -> None:
    timeline = read_timeline(TIMELINES / name)
    done = 0
    for info in list_clips(timeline)[:12]:
        try:
            got = select_clip(timeline, f"#{info.index}")
            result = add_result(
                timeline,
                got,
                media_path=tmp_path / "result.mov",
                result_range=got.with_handles(8),
                rate=got.rate,
                media_start_frame=got.source_start_frame + got.with_handles(8).start,
                recipe={"effect": "remove", "seed": 0},
            )
        except TimelineError:
            continue
        write_timeline(result, tmp_path / "out.otio", overwrite=True)
        written = json.loads((tmp_path / "out.otio").read_text(encoding="utf-8"))
        # media that is named relative to the file is named relative to the new one; see `moving`
        expected = moved(timeline.document, (TIMELINES / name).parent, tmp_path)
        assert json.dumps(others(written)) == json.dumps(others(expected))
        (new,) = [clip for clip in result.model.find_clips() if "Lumiere" in clip.metadata]
        assert new.source_range == got.source_range
        done += 1
    assert done or name in ("effects.otio", "obs_util_2026.otio")


def test_a_file_that_needs_an_adapter_names_it_or_is_read() -> None:
    for path in sorted(TIMELINES.iterdir()):
        if path.suffix not in ADAPTER_PACKAGES:
            continue
        try:
            assert list_clips(read_timeline(path)) is not None
        except LumiereError as error:
            assert str(error).startswith(path.name)
            if path.suffix.lstrip(".") not in otio.adapters.suffixes_with_defined_adapters(read=True):
                assert f"install {ADAPTER_PACKAGES[path.suffix]}" in str(error)


def test_relative_media_beside_a_host_file_is_found() -> None:
    got = select_clip(read_timeline(TIMELINES / "tlrender" / "Gap.otio"), "#1")
    assert got.media_path == TIMELINES / "tlrender" / "BART_2021-02-07.m4v"


def test_missing_host_media_is_relinked_or_told_in_one_line(tmp_path: Path) -> None:
    timeline = read_timeline(TIMELINES / "premiere_example.otio")
    with pytest.raises(
        MissingMediaError, match=r"sc01_sh020_anim.mov: its media D:/media/sc01_sh020_anim.mov"
    ):
        select_clip(timeline, "sc01_sh020_anim.mov")
    (tmp_path / "sc01_sh020_anim.mov").touch()
    assert select_clip(timeline, "sc01_sh020_anim.mov", relink=[tmp_path]).media_path.parent == tmp_path

"""Choosing a clip, and finding its media."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from lumiere_engine.protocol.errors import MissingMediaError, TimelineError, UnknownClipError
from lumiere_otio import find_clip, list_clips, paths_of_url, read_timeline, select_clip


@pytest.fixture
def three(edit: Any, make: Any) -> Any:
    def clip(name: str) -> Any:
        return make.clip(name, make.span(0, 20), make.span(0, 100))

    return edit(
        make.track(clip("a"), clip("b"), clip("b")),
        make.track(clip("a"), clip("voice"), name="A1", kind="Audio"),
        make.track(clip("12"), name="V2"),
    )


def test_the_list_goes_track_by_track_without_sound(three: Any) -> None:
    assert [str(info) for info in list_clips(three)] == [
        "#0 a @00:00:00:00-00:00:00:19",
        "#1 b @00:00:00:20-00:00:01:15",
        "#2 b @00:00:01:16-00:00:02:11",
        "#3 12 @00:00:00:00-00:00:00:19",
    ]
    assert [(info.track_name, info.track_index) for info in list_clips(three)][-1] == ("V2", 2)


@pytest.mark.parametrize(("which", "index"), [("a", 0), ("#1", 1), ("2", 2), ("12", 3), (" a ", 0)])
def test_a_clip_is_chosen_by_name_or_number(three: Any, which: str, index: int) -> None:
    assert find_clip(three, which).index == index


def test_an_ambiguous_name_tells_every_candidate(three: Any) -> None:
    with pytest.raises(
        UnknownClipError, match=r"2 clips are named 'b'.*#1 b @00:00:00:20.*#2 b @00:00:01:16"
    ):
        find_clip(three, "b")


def test_an_unknown_name_tells_the_names_there_are(three: Any) -> None:
    with pytest.raises(UnknownClipError, match=r"no clip 'x'; it has #0 a .*#3 12"):
        find_clip(three, "x")
    with pytest.raises(UnknownClipError, match="no clip '#9'"):
        find_clip(three, "#9")
    with pytest.raises(UnknownClipError, match="'voice' is only on sound tracks"):
        find_clip(three, "voice")


def test_a_long_list_of_names_is_cut(edit: Any, make: Any) -> None:
    clips = [make.clip(f"c{i}", make.span(0, 2), make.span(0, 9)) for i in range(25)]
    with pytest.raises(UnknownClipError, match=r"#19 c19 .* and 5 more$"):
        find_clip(edit(make.track(*clips)), "x")


def test_no_name_is_needed_for_the_only_clip_with_media(edit: Any, make: Any, three: Any) -> None:
    timeline = edit(make.track(otio.schema.Clip("slug"), make.clip("a", make.span(0, 2), make.span(0, 9))))
    assert find_clip(timeline, None).clip.name == "a"
    with pytest.raises(UnknownClipError, match="4 clips"):
        find_clip(three, None)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/shots/a.mov", "/shots/a.mov"),
        ("file:///shots/my%20shot.mov", "/shots/my shot.mov"),
        ("file://localhost/D%3a/media/a.mov", "D:/media/a.mov"),
        ("file:///C:/media/a.mov", "C:/media/a.mov"),
        ("file:///shots/take#1?.mov", "/shots/take#1?.mov"),
        ("file://server/share/a.mov", "//server/share/a.mov"),
        ("file:/shots/a.mov", "/shots/a.mov"),
        ("shots/a.mov", "/edit/shots/a.mov"),
        ("./a.mov", "/edit/a.mov"),
    ],
)
def test_urls_and_paths_of_every_spelling_are_understood(url: str, path: str) -> None:
    assert Path(path) in paths_of_url(url, Path("/edit"))


def test_web_addresses_are_not_files() -> None:
    assert paths_of_url("https://example.com/a.mov", Path("/edit")) == []


def one(edit: Any, make: Any, url: str) -> Any:
    return edit(make.track(make.clip("a", make.span(0, 20), make.span(0, 100), url=url)))


def test_missing_media_is_one_line_with_clip_path_and_remedy(edit: Any, make: Any) -> None:
    with pytest.raises(MissingMediaError) as caught:
        select_clip(one(edit, make, "/nowhere/gone.mov"), "a")
    assert str(caught.value) == (
        "a: its media /nowhere/gone.mov is not there; name the folder that holds it with --relink FOLDER"
    )


@pytest.mark.parametrize(
    "url", ["/nowhere/Shot.mov", "C:\\old\\Shot.mov", "file:///D%3a/old/Shot.mov", "SHOT.MOV"]
)
def test_media_is_relinked_by_its_file_name(edit: Any, make: Any, tmp_path: Path, url: str) -> None:
    there = tmp_path / "disk" / "deep" / "Shot.mov"
    there.parent.mkdir(parents=True)
    there.touch()
    assert select_clip(one(edit, make, url), "a", relink=[tmp_path / "disk"]).media_path == there


def test_the_exact_name_goes_before_another_case(edit: Any, make: Any, tmp_path: Path) -> None:
    for folder, name in (("x", "SHOT.mov"), ("y", "shot.mov")):
        (tmp_path / "disk" / folder).mkdir(parents=True)
        (tmp_path / "disk" / folder / name).touch()
    got = select_clip(one(edit, make, "/old/shot.mov"), "a", relink=[tmp_path / "disk"])
    assert got.media_path == tmp_path / "disk" / "y" / "shot.mov"


def test_two_files_of_one_name_are_refused_naming_both(edit: Any, make: Any, tmp_path: Path) -> None:
    for folder in "xy":
        (tmp_path / "disk" / folder).mkdir(parents=True)
        (tmp_path / "disk" / folder / "shot.mov").touch()
    with pytest.raises(MissingMediaError, match=r"more than once: .*x/shot.mov and .*y/shot.mov"):
        select_clip(one(edit, make, "/old/shot.mov"), "a", relink=[tmp_path / "disk"])


def test_a_relink_folder_without_the_file_or_that_is_none_is_told(
    edit: Any, make: Any, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    with pytest.raises(MissingMediaError, match=r"no shot.mov below .*disk"):
        select_clip(one(edit, make, "/old/shot.mov"), "a", relink=[tmp_path / "disk"])
    with pytest.raises(MissingMediaError, match=r"no folder .*none"):
        select_clip(one(edit, make, "/old/shot.mov"), "a", relink=[tmp_path / "none"])


def test_a_clip_without_a_reference_is_relinked_by_its_name(edit: Any, make: Any, tmp_path: Path) -> None:
    timeline = edit(make.track(otio.schema.Clip("A001_C003", source_range=make.span(0, 20))))
    with pytest.raises(MissingMediaError, match="does not say where its media is"):
        select_clip(timeline, "A001_C003")
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "A001_C003.mov").touch()
    got = select_clip(timeline, "A001_C003", relink=[tmp_path / "disk"])
    assert got.media_path.name == "A001_C003.mov"


def test_the_active_reference_of_several_counts(edit: Any, make: Any, tmp_path: Path) -> None:
    clip = make.clip("a", make.span(0, 20), make.span(0, 100))
    proxy = otio.schema.ExternalReference(target_url="proxy.mov", available_range=make.span(0, 100))
    clip.set_media_references({"DEFAULT_MEDIA": clip.media_reference, "proxy": proxy}, "proxy")
    (tmp_path / "proxy.mov").touch()
    assert select_clip(edit(make.track(clip)), "a").media_path.name == "proxy.mov"


def test_a_generator_is_refused_by_name(edit: Any, make: Any) -> None:
    bars = otio.schema.GeneratorReference(name="bars", generator_kind="SMPTEBars")
    timeline = edit(make.track(otio.schema.Clip("a", media_reference=bars, source_range=make.span(0, 20))))
    with pytest.raises(TimelineError, match="a: its media is a GeneratorReference"):
        select_clip(timeline, "a")


def sequence(make: Any, base: str) -> Any:
    reference = otio.schema.ImageSequenceReference(
        target_url_base=base, name_prefix="plate.", name_suffix=".exr", start_frame=1001, rate=24,
        frame_zero_padding=4, available_range=make.span(86400, 10),
    )  # fmt: skip
    return otio.schema.Clip("a", media_reference=reference, source_range=make.span(86402, 4))


def frames(folder: Path, *numbers: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / f"plate.{number}.exr").touch()


def test_an_image_sequence_is_a_pattern_with_its_first_number(edit: Any, make: Any, tmp_path: Path) -> None:
    frames(tmp_path / "plates", *range(1001, 1011))
    got = select_clip(edit(make.track(sequence(make, "plates"))), "a")
    assert (got.media_path, got.first_number) == (tmp_path / "plates" / "plate.%04d.exr", 1001)
    assert (got.media_range.start, got.media_range.duration) == (2, 4)


def test_an_image_sequence_is_relinked_and_a_missing_file_named(edit: Any, make: Any, tmp_path: Path) -> None:
    frames(tmp_path / "disk" / "deep", 1001, 1003, 1004, 1006)
    timeline = edit(make.track(sequence(make, "C:\\plates\\")))
    with pytest.raises(MissingMediaError, match=r"a, frame 4: the image sequence lacks .*plate.1005.exr"):
        select_clip(timeline, "a", relink=[tmp_path / "disk"])
    frames(tmp_path / "disk" / "deep", 1005)
    got = select_clip(timeline, "a", relink=[tmp_path / "disk"])
    assert got.media_path == tmp_path / "disk" / "deep" / "plate.%04d.exr"


@pytest.mark.parametrize("name", ["plate.[1001-1010].exr", "plate.%04d.exr", "plate.####.exr"])
def test_a_sequence_that_is_written_as_one_file_is_understood(
    edit: Any, make: Any, tmp_path: Path, name: str
) -> None:
    frames(tmp_path, *range(1001, 1011))
    clip = make.clip("a", make.span(2, 4), make.span(0, 10), url=name)
    got = select_clip(edit(make.track(clip)), "a")
    assert (got.media_path, got.first_number) == (tmp_path / "plate.%04d.exr", 1001)


def test_relative_media_counts_from_the_given_timeline_path(edit: Any, make: Any, tmp_path: Path) -> None:
    timeline = one(edit, make, "sub/only.mov")
    (tmp_path / "other" / "sub").mkdir(parents=True)
    (tmp_path / "other" / "sub" / "only.mov").touch()
    got = select_clip(timeline, "a", timeline_path=tmp_path / "other" / "edit.otio")
    assert got.media_path == tmp_path / "other" / "sub" / "only.mov"


def test_nothing_is_written_while_reading_and_selecting(three: Any, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    select_clip(read_timeline(tmp_path / "edit.otio"), "a")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before

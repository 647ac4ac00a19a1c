"""The result is the input with one new track, the clip at its place, and nothing else changed."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lumiere_engine.protocol.errors import (
    OutputError,
    OutputExistsError,
    SpecError,
    TimelineError,
    UnknownVersionError,
)
from lumiere_engine.protocol.ranges import FrameRange
from lumiere_engine.protocol.recipe import read_sidecar, write_sidecar
from lumiere_otio import (
    ClipSelection,
    Timeline,
    add_result,
    list_clips,
    read_timeline,
    select_clip,
    write_timeline,
)

schema = otio.schema
RECIPE = {"effect": "remove", "seed": 7, "version": "0.1.0", "quality": "draft"}


def with_result(timeline: Timeline, got: ClipSelection, handles: int = 8, **more: Any) -> Timeline:
    held = got.with_handles(handles)
    options: dict[str, Any] = {
        "media_path": Path("/results/a_lumiere.mov"),
        "result_range": held,
        "rate": got.rate,
        "media_start_frame": got.source_start_frame + held.start,
        "recipe": RECIPE,
    }
    return add_result(timeline, got, **(options | more))


def new_clip(result: Timeline) -> Any:
    (found,) = [clip for clip in result.model.find_clips() if "Lumiere" in clip.metadata]
    return found


def without_new_track(document: Any) -> Any:
    """The document without every track that holds a clip with a Lumiere block."""
    if isinstance(document, list):
        return [without_new_track(node) for node in document if not is_new_track(node)]
    if isinstance(document, dict):
        return {key: without_new_track(value) for key, value in document.items()}
    return document


def is_new_track(node: Any) -> bool:
    children = node.get("children") if isinstance(node, dict) else None
    return isinstance(children, list) and any(
        isinstance(child, dict) and "Lumiere" in (child.get("metadata") or {}) for child in children
    )


def test_the_new_track_lies_directly_above_the_clips(edit: Any, make: Any) -> None:
    below = make.track(make.gap(10), make.clip("a", make.span(86420, 20), make.span(86400, 100)))
    timeline = edit(below, make.track(name="V2"), make.track(name="A1", kind="Audio"))
    result = with_result(timeline, select_clip(timeline, "a"))
    assert [track.name for track in result.model.tracks] == ["V1", "Lumiere", "V2", "A1"]
    assert [type(child).__name__ for child in result.model.tracks[1]] == ["Gap", "Clip"]
    assert result.model.tracks[1].kind == "Video"


def test_the_new_clip_has_the_place_range_and_handles_of_the_original(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.gap(10), make.clip("a", make.span(86420, 20), make.span(86400, 100))))
    result = with_result(timeline, select_clip(timeline, "a"))
    clip = new_clip(result)
    assert clip.name == "a (removed)"
    assert clip.range_in_parent() == make.span(10, 20)
    assert clip.source_range == make.span(86420, 20)
    assert clip.media_reference.target_url == "/results/a_lumiere.mov"
    assert clip.media_reference.available_range == make.span(86412, 36)


def test_a_result_with_timecode_of_its_own_moves_the_source_range(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("a", make.span(86420, 20), make.span(86400, 100))))
    clip = new_clip(with_result(timeline, select_clip(timeline, "a"), media_start_frame=0))
    assert clip.source_range == make.span(8, 20)
    assert clip.media_reference.available_range == make.span(0, 36)


def test_the_result_is_selected_with_the_same_frames(edit: Any, make: Any, tmp_path: Path) -> None:
    clips = [make.clip(name, make.span(40, 20), make.span(0, 100), make.warp(-1.5)) for name in "ab"]
    timeline = edit(make.track(clips[0], make.dissolve(4, 6), clips[1]))
    first = select_clip(timeline, "b")
    media = tmp_path / "b.mov"
    media.touch()
    again = select_clip(with_result(timeline, first, media_path=media, name="new"), "new")
    held = first.with_handles(8)
    assert again.trimmed_media_range == first.trimmed_media_range.shifted(-held.start)
    assert (again.available, again.rate, again.time_scalar) == (
        FrameRange(0, held.duration),
        first.rate,
        -1.5,
    )
    assert (again.record_start, again.record_duration) == (first.record_start, first.record_duration)


def test_effects_are_kept_markers_and_dissolves_are_not(edit: Any, make: Any) -> None:
    clip = make.clip("a", make.span(40, 20), make.span(0, 100), make.warp(2), schema.Effect("Crop"))
    clip.markers.append(schema.Marker(name="m", marked_range=make.span(41, 0)))
    timeline = edit(
        make.track(clip, make.dissolve(2, 2), make.clip("b", make.span(40, 20), make.span(0, 100)))
    )
    result = with_result(timeline, select_clip(timeline, "a"))
    assert new_clip(result).effects[0].time_scalar == 2
    assert new_clip(result).effects[1].name == "Crop"
    assert not new_clip(result).markers
    assert [type(child).__name__ for child in result.model.tracks[1]] == ["Clip"]


def test_in_a_nested_stack_the_track_goes_into_that_stack(edit: Any, make: Any) -> None:
    inner = schema.Stack(name="nest", source_range=make.span(5, 30))
    inner.append(make.track(make.gap(10), make.clip("a", make.span(50, 20), make.span(0, 100))))
    timeline = edit(make.track(make.gap(100), inner))
    result = with_result(timeline, select_clip(timeline, "a"))
    assert [track.name for track in result.model.tracks[0][1]] == ["V1", "Lumiere"]
    clip = new_clip(result)
    twin = next(found for found in result.model.find_clips() if found.name == "a")
    assert clip.transformed_time(make.time(50), result.model.tracks) == twin.transformed_time(
        make.time(50), result.model.tracks
    )


def test_a_clip_directly_in_a_stack_gets_its_track_above_it(edit: Any, make: Any) -> None:
    inner = schema.Stack(name="nest")
    inner.extend([make.clip("a", make.span(50, 20), make.span(0, 100)), make.track(name="over")])
    timeline = edit(make.track(inner))
    result = with_result(timeline, select_clip(timeline, "a"))
    assert [child.name for child in result.model.tracks[0][0]] == ["a", "Lumiere", "over"]


def test_a_track_within_a_track_is_refused(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.track(make.clip("a", make.span(50, 20), make.span(0, 100)))))
    with pytest.raises(TimelineError, match="track within a track"):
        with_result(timeline, select_clip(timeline, "a"))


def test_a_trimmed_track_gets_a_neighbour_with_the_same_trim(edit: Any, make: Any) -> None:
    clip = make.clip("a", make.span(0, 20), make.span(0, 100))
    timeline = edit(make.track(make.gap(50), clip, make.gap(30), source=make.span(30, 60)))
    result = with_result(timeline, select_clip(timeline, "a"))
    track = result.model.tracks[1]
    assert (track.source_range, track.available_range()) == (make.span(30, 60), make.span(0, 90))
    assert new_clip(result).trimmed_range_in_parent() == make.span(50, 20)


def test_the_metadata_tells_what_was_done_and_where_the_recipe_lies(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("a", make.span(0, 20), make.span(0, 100))))
    result = with_result(
        timeline,
        select_clip(timeline, "a"),
        output_path=Path("/results.otio"),
        origin_path=Path("/results/a_origin.mov"),
    )
    assert json.loads(json.dumps(dict(new_clip(result).metadata["Lumiere"]))) == {
        "label": "Generation.1",
        "effect": "remove",
        "seed": 7,
        "version": "0.1.0",
        "source_clip": "a",
        "recipe": "results/a_lumiere.mov.lumiere.json",
        "origin_matte": "results/a_origin.mov",
    }


def test_a_result_that_lacks_visible_frames_is_refused(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("a", make.span(0, 20), make.span(0, 100))))
    with pytest.raises(SpecError, match=r"has the frames 0-9, the clip shows 0-19"):
        with_result(timeline, select_clip(timeline, "a"), result_range=FrameRange(0, 10))


def test_the_clip_must_be_of_this_timeline(edit: Any, make: Any) -> None:
    clip = make.clip("a", make.span(0, 20), make.span(0, 100))
    got = select_clip(edit(make.track(make.gap(1), clip.deepcopy())), "a")
    with pytest.raises(TimelineError, match="not in this timeline"):
        with_result(edit(make.track(clip)), got)


def test_the_input_object_and_file_stay_as_they_were(edit: Any, make: Any, tmp_path: Path) -> None:
    timeline = edit(make.track(make.clip("a", make.span(0, 20), make.span(0, 100))))
    document, data = copy.deepcopy(timeline.document), (tmp_path / "edit.otio").read_bytes()
    write_timeline(with_result(timeline, select_clip(timeline, "a")), tmp_path / "out.otio")
    assert (timeline.document, (tmp_path / "edit.otio").read_bytes()) == (document, data)


def test_the_input_file_is_never_written_over(edit: Any, make: Any, tmp_path: Path) -> None:
    result = edit(make.track(make.clip("a", make.span(0, 20), make.span(0, 100))))
    (tmp_path / "link.otio").symlink_to(tmp_path / "edit.otio")
    for name in ("edit.otio", "link.otio"):
        with pytest.raises(OutputError, match="never changed"):
            write_timeline(result, tmp_path / name, overwrite=True)


def test_an_existing_file_is_only_replaced_when_allowed(edit: Any, make: Any, tmp_path: Path) -> None:
    timeline = edit(make.track(make.clip("a", make.span(0, 20), make.span(0, 100))))
    out = tmp_path / "out.otio"
    out.write_text("mine")
    with pytest.raises(OutputExistsError):
        write_timeline(timeline, out)
    assert out.read_text() == "mine"
    write_timeline(timeline, out, overwrite=True)
    assert [info.name for info in list_clips(read_timeline(out))] == ["a"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["edit.otio", "media.mov", "out.otio"]


def test_a_failed_write_leaves_nothing_behind(edit: Any, make: Any, tmp_path: Path) -> None:
    timeline = edit(make.track(make.clip("a", make.span(0, 20), make.span(0, 100), url="/none.mov")))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OutputError):  # a bundle needs its media
        write_timeline(timeline, tmp_path / "out.otioz")
    with pytest.raises(OutputError, match="adapter to write"):
        write_timeline(timeline, tmp_path / "out.unknown")
    with pytest.raises(OutputError):
        write_timeline(timeline, tmp_path / "edit.otio" / "out.otio")
    assert sorted(tmp_path.iterdir()) == before


def test_the_sidecar_holds_the_recipe_beside_the_media(tmp_path: Path) -> None:
    path = write_sidecar(tmp_path / "shot.mov", RECIPE)
    assert path == tmp_path / "shot.mov.lumiere.json"
    assert read_sidecar(path) == {"label": "Recipe.1", **RECIPE}
    with pytest.raises(OutputExistsError):
        write_sidecar(tmp_path / "shot.mov", RECIPE)
    assert write_sidecar(tmp_path / "shot.%06d.png", RECIPE).name == "shot.png.lumiere.json"
    with pytest.raises(OutputError, match="cannot be stored"):
        write_sidecar(tmp_path / "nan.mov", {"x": float("nan")})
    path.write_text('{"label": "Recipe.2"}')
    with pytest.raises(UnknownVersionError, match=r"Recipe\.2"):
        read_sidecar(path)


def test_numbers_and_unknown_fields_of_the_input_are_kept_to_the_letter(tmp_path: Path, make: Any) -> None:
    clip = make.clip("a", make.span(0, 20), make.span(0, 100))
    document = json.loads(otio.core.serialize_json_to_string(clip))
    numbers = {"a": 6755.123456789012, "b": 2**63, "c": 1, "d": 1.0, "e": 0.1 + 0.2, "f": "ü"}
    document["metadata"] = numbers
    document["unheard_of"] = {"OTIO_SCHEMA": "Thing.1", "x": [1, 2.5, None]}
    document["source_range"]["duration"]["value"] = 20
    path = tmp_path / "in.otio"
    path.write_text(json.dumps(document))
    (tmp_path / "media.mov").touch()
    timeline = read_timeline(path)
    write_timeline(with_result(timeline, select_clip(timeline, "a")), tmp_path / "out.otio")
    written = json.loads((tmp_path / "out.otio").read_bytes().decode("utf-8", "surrogatepass"))
    kept = written["tracks"]["children"][0]["children"][0]
    assert json.dumps(kept) == json.dumps(document)


RATES = [24.0, 25.0, 30.0, 23.976, 23.976024627685547, 29.97, 30000 / 1001, 59.94]
values = st.one_of(st.integers(1, 200).map(float), st.floats(1, 200))


@st.composite
def tracks(draw: st.DrawFn, make: Any, depth: int = 0) -> Any:
    rate = draw(st.sampled_from(RATES))
    children: list[Any] = []
    for index in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["clip", "clip", "gap", "nest" if depth < 2 else "gap"]))
        own = draw(st.sampled_from([rate, rate, draw(st.sampled_from(RATES))]))
        if kind == "gap":
            children.append(make.gap(draw(values), own))
        elif kind == "nest":
            trim = make.span(draw(values), draw(values), own) if draw(st.booleans()) else None
            nest = schema.Stack(name="nest", source_range=trim)
            nest.extend([draw(tracks(make, depth + 1)) for _ in range(draw(st.integers(1, 2)))])
            children.append(nest)
        else:
            if children and isinstance(children[-1], schema.Clip) and draw(st.booleans()):
                children.append(make.dissolve(draw(st.integers(0, 5)), draw(st.integers(0, 5)), own))
            scalar = draw(st.sampled_from([1, 1, 1, 2, 0.5, -1, 0]))
            clip = make.clip(
                f"c{index}",
                make.span(86400 + 1000 + draw(values), draw(values), own),
                make.span(86400, 5000, draw(st.sampled_from([own, draw(st.sampled_from(RATES))]))),
                *([make.warp(scalar)] if scalar != 1 else []),
            )
            clip.metadata["host"] = {"number": draw(st.floats(allow_nan=False, allow_infinity=False))}
            if draw(st.booleans()):
                clip.markers.append(schema.Marker(name="m", marked_range=make.span(draw(values), 0, own)))
            children.append(clip)
    trim = make.span(draw(values), draw(values), rate) if draw(st.integers(0, 4)) == 0 else None
    kind = draw(st.sampled_from(["Video", "Video", "Audio"]))
    return make.track(*children, name="t", kind=kind, source=trim)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_in_any_timeline_everything_else_stays_and_the_place_is_exact(
    tmp_path_factory: pytest.TempPathFactory, make: Any, data: st.DataObject
) -> None:
    timeline = schema.Timeline("random")
    timeline.tracks.extend([data.draw(tracks(make)) for _ in range(data.draw(st.integers(1, 3)))])
    folder = tmp_path_factory.mktemp("random")
    (folder / "media.mov").touch()
    otio.adapters.write_to_file(timeline, str(folder / "in.otio"))
    read = read_timeline(folder / "in.otio")
    for info in list_clips(read):
        try:
            got = select_clip(read, f"#{info.index}")
        except TimelineError:
            continue  # a range outside of the media, or a nested stack at no constant speed
        held = got.with_handles(8)
        start = data.draw(st.sampled_from([0, 1001, got.source_start_frame + held.start]))
        result = with_result(read, got, media_path=folder / "media.mov", media_start_frame=start)
        write_timeline(result, folder / "out.otio", overwrite=True)
        result = read_timeline(folder / "out.otio")
        assert without_new_track(result.document) == read.document
        new, old = new_clip(result), got.clip
        assert new.trimmed_range().duration == old.trimmed_range().duration
        assert new.range_in_parent() == old.range_in_parent()
        assert new.parent().source_range == old.parent().source_range
        number = next(i.index for i in list_clips(result) if i.name.endswith("(removed)"))
        again = select_clip(result, f"#{number}")
        assert (again.record_start, again.record_duration) == (got.record_start, got.record_duration)
        assert again.trimmed_media_range == got.trimmed_media_range.shifted(-held.start)


def test_relative_media_is_still_found_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "shot.mov").write_bytes(b"media")
    clip = otio.schema.Clip("shot", otio.schema.ExternalReference("shot.mov"))
    gone = otio.schema.Clip("gone", otio.schema.ExternalReference("gone.mov"))
    timeline = otio.schema.Timeline("cut")
    timeline.tracks.append(otio.schema.Track(children=[clip, gone]))
    source = tmp_path / "in" / "cut.otio"
    timeline.to_json_file(str(source))
    for target, url in (("out/cut.otio", "../in/shot.mov"), ("in/copy.otio", "shot.mov")):
        write_timeline(read_timeline(source), tmp_path / target)
        written = otio.adapters.read_from_file(str(tmp_path / target)).find_clips()
        assert [found.media_reference.target_url for found in written] == [url, "gone.mov"]

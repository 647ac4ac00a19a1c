"""What is read, what is refused, and that a refusal is always one line."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from lumiere_engine.protocol.errors import LumiereError, TimelineError
from lumiere_otio import add_result, list_clips, read_timeline, select_clip


def save(path: Path, thing: Any) -> Path:
    path.write_text(thing if isinstance(thing, str) else otio.core.serialize_json_to_string(thing))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(TimelineError) as caught:
        read_timeline(path)
    line = str(caught.value)
    assert line.startswith(path.name) and "\n" not in line
    return line


def test_the_suffix_does_not_matter_for_json(tmp_path: Path, make: Any) -> None:
    clip = make.clip("a", make.span(0, 20), make.span(0, 100))
    for name in ("shot.otio.json", "shot.json", "shot.otio", "shot", "shot.xml"):
        assert [info.name for info in list_clips(read_timeline(save(tmp_path / name, clip)))] == ["a"]


def test_a_clip_track_stack_or_collection_is_wrapped(tmp_path: Path, make: Any) -> None:
    def clip() -> Any:
        return make.clip("a", make.span(0, 20), make.span(0, 100))

    stack = otio.schema.Stack(children=[make.track(clip())])
    roots = [clip(), make.track(clip()), stack, otio.schema.SerializableCollection(children=[clip()])]
    for root in roots:
        timeline = read_timeline(save(tmp_path / "root.otio", root))
        assert [(info.name, info.record) for info in list_clips(timeline)] == [
            ("a", "00:00:00:00-00:00:00:19")
        ]


def test_a_collection_with_one_timeline_keeps_its_collection(tmp_path: Path, make: Any) -> None:
    timeline = otio.schema.Timeline(name="t")
    timeline.tracks.append(make.track(make.clip("a", make.span(0, 20), make.span(0, 100))))
    collection = otio.schema.SerializableCollection(name="bin", children=[timeline])
    got = read_timeline(save(tmp_path / "bin.otio", collection))
    assert (got.document["OTIO_SCHEMA"], got.name) == ("SerializableCollection.1", "t")


def test_several_timelines_are_refused_by_their_names(tmp_path: Path) -> None:
    two = otio.schema.SerializableCollection(
        children=[otio.schema.Timeline("one"), otio.schema.Timeline("two")]
    )
    assert "2 timelines ('one', 'two')" in refusal(save(tmp_path / "bin.otio", two))


def test_newer_markers_are_read_and_kept_as_they_are(tmp_path: Path, make: Any) -> None:
    clip = make.clip("a", make.span(0, 20), make.span(0, 100))
    clip.markers.append(otio.schema.Marker(name="m", marked_range=make.span(7, 0)))
    document = json.loads(otio.core.serialize_json_to_string(clip))
    color = {"OTIO_SCHEMA": "Color.1", "r": 1.0, "g": 0.0, "b": 0.0, "a": 1.0, "name": "RED"}
    document["markers"][0] |= {"OTIO_SCHEMA": "Marker.3", "color": color, "unheard_of": [1]}
    timeline = read_timeline(save(tmp_path / "m.otio", json.dumps(document)))
    (found,) = timeline.model.find_clips()
    assert found.markers[0].name == "m"
    inner = timeline.document["tracks"]["children"][0]["children"][0]
    assert inner == document


def test_any_other_newer_schema_is_refused_by_name(tmp_path: Path, make: Any) -> None:
    text = otio.core.serialize_json_to_string(make.clip("a", make.span(0, 20), make.span(0, 100)))
    assert "Clip.9" in refusal(save(tmp_path / "new.otio", text.replace("Clip.2", "Clip.9")))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"\x00\xff\xfe binary \x80", "no text"),
        (b'{"OTIO_SCHEMA": "Timeline.1",', "broken JSON in line 1"),
        (b"[]", "no OpenTimelineIO object"),
        (b'{"a": 1}', "no OpenTimelineIO object"),
        (b'{"OTIO_SCHEMA": "Timeline.1"}', "refuses it"),
        (b'{"OTIO_SCHEMA": "Timeline.1", "tracks": null}', "no stack of tracks"),
        (b'{"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": 1}', "no timeline but RationalTime"),
        (b'{"OTIO_SCHEMA": "SerializableCollection.1", "children": []}', "empty collection"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested too deeply"),
    ],
)
def test_what_is_no_timeline_is_refused_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.otio"
    path.write_bytes(content)
    assert said in refusal(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "none.otio")
    assert refusal(tmp_path)


@pytest.mark.parametrize(
    ("suffix", "package"),
    [
        (".aaf", "otio-aaf-adapter"),
        (".edl", "otio-cmx3600-adapter"),
        (".xges", "otio-xges-adapter"),
        (".kdenlive", "otio-kdenlive-adapter"),
    ],
)
def test_a_missing_adapter_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, package: str
) -> None:
    monkeypatch.setattr(otio.adapters, "suffixes_with_defined_adapters", lambda **_: {"otio"})
    path = tmp_path / f"edit{suffix}"
    path.write_bytes(b"\x00something")
    assert f"install {package}" in refusal(path)


def test_bundles_are_read(tmp_path: Path, make: Any) -> None:
    media = tmp_path / "media.mov"
    media.write_bytes(b"movie")
    timeline = otio.schema.Timeline("t")
    timeline.tracks.append(make.track(make.clip("a", make.span(0, 20), make.span(0, 100), url=str(media))))
    for suffix in ("otioz", "otiod"):
        otio.adapters.write_to_file(timeline, str(tmp_path / f"edit.{suffix}"))
        got = read_timeline(tmp_path / f"edit.{suffix}")
        assert [info.name for info in list_clips(got)] == ["a"]
    assert select_clip(got, "a").media_path.read_bytes() == b"movie"  # a folder's media is where it lies


def rich_timeline(make: Any) -> Any:
    timeline = otio.schema.Timeline("rich", global_start_time=make.time(86400))
    inner = otio.schema.Stack(name="nest", source_range=make.span(5, 30))
    inner.append(make.track(make.gap(10), make.clip("c", make.span(50, 20), make.span(0, 100))))
    first = make.clip("a", make.span(10, 20), make.span(0, 100), make.warp(0.5))
    first.markers.append(otio.schema.Marker(name="m", marked_range=make.span(7, 0)))
    second = make.clip("b", make.span(10, 20), make.span(0, 100))
    timeline.tracks.append(make.track(make.gap(5), first, make.dissolve(3, 4), second, inner))
    return timeline


def survive(path: Path) -> bool:
    """Reads and selects everything; True if it was read. Only `LumiereError`s of one line may come."""
    try:
        timeline = read_timeline(path)
    except LumiereError as error:
        assert "\n" not in str(error)
        return False
    for info in list_clips(timeline):
        try:
            got = select_clip(timeline, f"#{info.index}", probe=None)
            add_result(
                timeline,
                got,
                media_path=path.with_name("result.mov"),
                result_range=got.media_range,
                rate=got.rate,
                media_start_frame=0,
                recipe={},
            )
        except LumiereError as error:
            assert "\n" not in str(error)
    return True


def test_mutated_bytes_never_raise_anything_else(tmp_path: Path, make: Any) -> None:
    (tmp_path / "media.mov").touch()
    data = otio.core.serialize_json_to_string(rich_timeline(make)).encode()
    draw, path = random.Random(7), tmp_path / "mutated.otio"
    for _ in range(300):
        mutated = bytearray(data)
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(mutated))
            kind = draw.randrange(4)
            if kind == 0:
                mutated[at] = draw.randrange(256)
            elif kind == 1:
                del mutated[at : at + draw.randint(1, 60)]
            elif kind == 2:
                mutated[at:at] = bytes(draw.choice(b'0123456789{}[],:"-.eE') for _ in range(3))
            else:
                del mutated[at:]
            mutated = mutated or bytearray(b" ")
        path.write_bytes(mutated)
        survive(path)


def test_mutated_values_never_raise_anything_else(tmp_path: Path, make: Any) -> None:
    """Valid JSON with one value replaced by another kind gets much further than broken bytes."""
    (tmp_path / "media.mov").touch()
    text = otio.core.serialize_json_to_string(rich_timeline(make))
    draw, path = random.Random(11), tmp_path / "mutated.otio"
    values = [
        None,
        0,
        -1,
        1e300,
        -1e300,
        2**70,
        float("nan"),
        float("inf"),
        "",
        "Gap.1",
        [],
        {},
        True,
        [None],
    ]
    read = 0
    for _ in range(500):
        document = json.loads(text)
        places: list[tuple[Any, Any]] = []
        todo = [document]
        while todo:
            node = todo.pop()
            for key in list(node if isinstance(node, dict) else range(len(node))):
                places.append((node, key))
                if isinstance(node[key], (dict, list)):
                    todo.append(node[key])
        node, key = draw.choice(places)
        node[key] = draw.choice(values)
        path.write_text(json.dumps(document))
        read += survive(path)
    assert read > 30

"""Lumiere as a plugin of OpenTimelineIO: in a fresh process, with nothing of Lumiere but timelines and protocol."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import opentimelineio as otio
import pytest

HEAVY = ("torch", "av", "cv2", "numpy", "PySide6", "lumiere_engine.frames", "lumiere_plugin", "lumiere_ui")


def fresh(code: str, *arguments: object) -> dict[str, object]:
    """What a script prints as JSON, in a Python of its own, which may not load the heavy parts."""
    guard = f"""
import json, sys
class Guard:
    def find_spec(self, name, path=None, target=None):
        if name in {HEAVY!r}:
            raise ImportError(f"{{name}} is not wanted here")
sys.meta_path.insert(0, Guard())
import opentimelineio as otio
"""
    command = [sys.executable, "-c", guard + code, *map(str, arguments)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stderr
    answer: dict[str, object] = json.loads(said.stdout)
    return answer


def test_opentimelineio_knows_schema_and_linker() -> None:
    code = """
manifest = otio.plugins.ActiveManifest()
print(json.dumps({
    "schemadefs": [one.name for one in manifest.schemadefs],
    "linkers": otio.media_linker.available_media_linker_names(),
}))
"""
    found = fresh(code)
    assert "lumiere" in found["schemadefs"] and "lumiere" in found["linkers"]  # type: ignore[operator]


def span(start: float, duration: float) -> otio.opentime.TimeRange:
    time = otio.opentime.RationalTime
    return otio.opentime.TimeRange(time(start, 24), time(duration, 24))


@pytest.fixture
def edit(tmp_path: Path) -> Path:
    """Three clips of a plate; a result of its frames 10 to 39, and an older one of fewer."""
    results = tmp_path / "results"
    results.mkdir()
    (tmp_path / "plate.mov").touch()
    for name, start, duration in (("new.mov", 10, 30), ("few.mov", 12, 4), ("other.mov", 0, 100)):
        (results / name).write_bytes(b"movie")
        plate = tmp_path / ("plate.mov" if name != "other.mov" else "else.mov")
        spec = {"plate": str(plate), "written": {"start": start, "duration": duration}}
        (results / f"{name}.lumiere.json").write_text(json.dumps({"label": "Recipe.1", "spec": spec}))
    (results / "broken.mov.lumiere.json").write_text("{")
    timeline, track = otio.schema.Timeline("edit"), otio.schema.Track("V1")
    for name, start, duration in (("inside", 15, 20), ("beyond", 30, 20), ("first", 0, 4)):
        media = otio.schema.ExternalReference("plate.mov", span(86400, 100))
        track.append(otio.schema.Clip(name, media, span(86400 + start, duration)))
    made = otio.schema.Clip("made", otio.schema.ExternalReference("/gone/new.mov", span(0, 30)), span(5, 5))
    made.metadata["Lumiere"] = {
        "label": "Generation.1",
        "effect": "remove",
        "seed": 7,
        "recipe": "new.mov.lumiere.json",
    }
    track.append(made)
    timeline.tracks.append(track)
    path = tmp_path / "edit.otio"
    timeline.to_json_file(str(path))
    return path


def test_the_linker_prefers_results_that_have_all_frames(edit: Path) -> None:
    code = """
read = otio.adapters.read_from_file(
    sys.argv[1], media_linker_name="lumiere", media_linker_argument_map={"folders": [sys.argv[2]]})
print(json.dumps({c.name: [c.media_reference.target_url, c.available_range().start_time.value,
                           c.available_range().duration.value, c.source_range.start_time.value]
                  for c in read.find_clips()}))
"""
    results = edit.parent / "results"
    found = fresh(code, edit, results)
    assert found["inside"] == [str(results / "new.mov"), 86410, 30, 86415]
    assert found["beyond"] == ["plate.mov", 86400, 100, 86430] and found["first"] == [
        "plate.mov",
        86400,
        100,
        86400,
    ]
    assert found["made"] == [str(results / "new.mov"), 0, 30, 5]


def test_the_record_is_an_object_and_survives_where_the_plugin_is_absent(edit: Path, tmp_path: Path) -> None:
    code = """
lumiere = otio.schema.schemadef.module_from_name("lumiere")
read = otio.adapters.read_from_file(sys.argv[1])
records = {c.name: lumiere.Generation.of(c) for c in read.find_clips()}
read.metadata["record"] = records["made"]
read.to_json_file(sys.argv[2])
kept = otio.adapters.read_from_file(sys.argv[2])
again = kept.metadata["record"]
print(json.dumps({"none": records["inside"] is None, "seed": records["made"].seed, "kind": type(again).__name__,
                  "recipe": again.recipe}))
"""
    out = tmp_path / "out.otio"
    assert fresh(code, edit, out) == {
        "none": True, "seed": 7, "kind": "Generation", "recipe": "new.mov.lumiere.json",
    }  # fmt: skip
    absent = otio.core.deserialize_json_from_string(
        out.read_text().replace("LumiereGeneration.1", "SomeoneElse.1")
    )
    text = otio.core.serialize_json_to_string(absent)
    assert json.loads(text)["metadata"]["record"]["OTIO_SCHEMA"] == "SomeoneElse.1"

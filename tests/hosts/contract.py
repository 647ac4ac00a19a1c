"""What every host must do, whatever its API: one suite for fakes and for real hosts.

A subclass has a fixture `rig`. It runs in a host's own Python as well, so it needs pytest and the shim alone.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any, Optional, Protocol

import pytest
from lumiere_engine.protocol.engine import RegisterTimeline, Timeline, TimelineResult, TimelineResults
from lumiere_engine.protocol.errors import TimelineError
from lumiere_engine.protocol.queue import Placement
from lumiere_plugin.hosts.desk import HostDesk, finished_clip
from lumiere_plugin.hosts.model import Host
from lumiere_plugin.hosts.timeline_file import write_timeline

Item = tuple[str, str, int, int, str, int]
"""Track, name, record start and duration, media, first frame of the media."""


class Rig(Protocol):
    """A host with a timeline at 24 fps that starts at `start`."""

    host: Host
    start: int

    def add(self, name: str, at: int, source: int, duration: int) -> None:
        """A clip of a movie of 40 frames on the first track, `at` frames after the timeline's start."""

    def select(self, name: str) -> None:
        """Select that clip alone."""

    def move(self, name: str, to: int) -> None:
        """Let the editor move it."""

    def remove(self, name: str) -> None:
        """Let the editor delete it."""

    def movie(self, frames: int) -> Path:
        """A movie of so many frames, as a result."""

    def items(self) -> list[Item]:
        """All that lies on picture tracks."""

    def undo(self) -> bool:
        """Undo one step; False where the host offers none to scripts."""


class FakeClient:
    """The engine's part: remembers what is registered, answers with results."""

    def __init__(self) -> None:
        self.registered: list[RegisterTimeline] = []
        self.found: tuple[TimelineResult, ...] = ()

    def register(self, timeline: RegisterTimeline) -> Timeline:
        self.registered.append(timeline)
        return self.timelines()[-1]

    def timelines(self) -> tuple[Timeline, ...]:
        return tuple(
            Timeline(n, one.name, one.host, one.path, one.selection, 0.0)
            for n, one in enumerate(self.registered, 1)
        )

    def results(self, timeline: int) -> TimelineResults:
        return TimelineResults(self.timelines()[timeline - 1], self.found)


class Bench:
    """A desk for a rig, with what it opened."""

    def __init__(self, rig: Rig) -> None:
        self.client, self.opened = FakeClient(), []  # type: ignore[var-annotated]
        self.desk = HostDesk(rig.host, self.client, self.opened.append)  # type: ignore[arg-type]


def result(
    rig: Rig, name: str = "b", at: int = 30, *, frames: int = 24, source: int = 4, job: int = 7,
    duration: int = 12, rate: str = "24/1",
) -> TimelineResult:  # fmt: skip
    place = Placement(name, rig.start + at, duration, rate, source)
    return TimelineResult(job, "done", str(rig.movie(frames)), None, frames, 0, rate, place)


class HostContract:
    """Subclass it with a fixture `rig`."""

    @pytest.fixture(autouse=True)
    def _filled(self, rig: Rig) -> None:
        rig.add("a", 0, 0, 20)
        rig.add("b", 30, 5, 12)
        rig.add("c", 42, 17, 10)

    def test_tells_what_is_open_and_selected(self, rig: Rig) -> None:
        rig.select("b")
        timeline = rig.host.timeline()
        assert timeline.rate == 24 and timeline.start_frame == rig.start
        assert [clip.name for clip in timeline.tracks[0].clips] == ["a", "b", "c"]
        (clip,) = timeline.selected
        assert clip in timeline.tracks[0].clips and not clip.problem
        assert (clip.name, clip.record_start, clip.record_duration) == ("b", rig.start + 30, 12)
        assert (clip.source_start, clip.speed, clip.media_rate) == (5, 1, 24)
        assert Path(clip.media).is_file() and clip.media_frames in (0, 40)

    def test_opens_the_panel_on_the_selected_clip(self, rig: Rig) -> None:
        rig.select("c")
        bench = Bench(rig)
        path = bench.desk.open_clip("remove_quick")
        assert bench.opened == [[str(path), "--clip", "#2", "--action", "remove_quick"]]
        (told,) = bench.client.registered
        assert (told.host, told.path) == (rig.host.name, str(path))
        (selection,) = told.selection
        assert (selection.source_start, selection.record_start) == (17, rig.start + 42)
        children = json.loads(path.read_text())["tracks"]["children"][0]["children"]
        assert [child["name"] for child in children] == ["a", "", "b", "c"]
        assert children[2]["source_range"]["start_time"] == {
            "OTIO_SCHEMA": "RationalTime.1", "rate": 24.0, "value": 5.0,
        }  # fmt: skip

    def test_says_that_nothing_is_selected(self, rig: Rig) -> None:
        rig.select("")
        with pytest.raises(TimelineError, match="no clip is selected"):
            Bench(rig).desk.open_clip()

    def test_places_a_result_on_a_new_track_at_the_same_frames(self, rig: Rig) -> None:
        before = rig.items()
        done = result(rig)
        (told,) = Bench(rig).desk.place_new([done])
        assert "b (Lumiere 7): on " in told
        assert [item for item in rig.items() if item in before] == before
        (new,) = [item for item in rig.items() if item not in before]
        assert new[0] not in {item[0] for item in before}
        assert new[2:] == (rig.start + 30, 12, done.media, 4)
        assert rig.host.placed() == (7,)

    def test_places_each_result_once(self, rig: Rig) -> None:
        bench, done = Bench(rig), result(rig)
        bench.desk.place_new([done])
        count = len(rig.items())
        assert bench.desk.place_new([done], again=True) == []
        assert Bench(rig).desk.place_new([done]) == []
        assert len(rig.items()) == count

    def test_two_results_lie_on_two_tracks(self, rig: Rig) -> None:
        before = rig.items()
        Bench(rig).desk.place_new([result(rig), result(rig, job=8)])
        new = [item for item in rig.items() if item not in before]
        assert len({item[0] for item in new}) == 2 and set(rig.host.placed()) == {7, 8}

    def test_one_step_undoes_it(self, rig: Rig) -> None:
        before = rig.items()
        Bench(rig).desk.place_new([result(rig)])
        if not rig.undo():
            pytest.skip("this host offers scripts no undo")
        assert rig.items() == before and rig.host.placed() == ()

    @pytest.mark.parametrize(("frames", "source"), [(10, 4), (15, 4), (4, 0)])
    def test_refuses_a_movie_that_is_too_short(self, rig: Rig, frames: int, source: int) -> None:
        before = rig.items()
        (told,) = Bench(rig).desk.place_new([result(rig, frames=frames, source=source)])
        assert "trimmed longer" in told and rig.items() == before

    def test_takes_the_last_frame_of_a_movie(self, rig: Rig) -> None:
        (told,) = Bench(rig).desk.place_new([result(rig, frames=16)])
        assert "on " in told

    def test_follows_a_clip_that_was_moved(self, rig: Rig) -> None:
        rig.move("b", 60)
        before = rig.items()
        Bench(rig).desk.place_new([result(rig)])
        (new,) = [item for item in rig.items() if item not in before]
        assert new[2] == rig.start + 60

    def test_says_that_a_clip_is_gone(self, rig: Rig) -> None:
        rig.remove("b")
        before, done = rig.items(), result(rig)
        (told,) = Bench(rig).desk.place_new([done])
        assert "no longer in the timeline" in told and done.media in told and rig.items() == before

    def test_refuses_another_rate(self, rig: Rig) -> None:
        before = rig.items()
        (told,) = Bench(rig).desk.place_new([result(rig, rate="25/1")])
        assert "frames per second" in told and rig.items() == before

    def test_never_replaces_a_timeline_of_the_editor(self, rig: Rig) -> None:
        first = write_timeline(rig.host.timeline(), rig.host.name)
        assert write_timeline(rig.host.timeline(), rig.host.name) == first
        first.write_text('{"OTIO_SCHEMA": "Timeline.1"}')
        second = write_timeline(rig.host.timeline(), rig.host.name)
        assert second != first and first.read_text() == '{"OTIO_SCHEMA": "Timeline.1"}'

    def test_a_fraction_of_a_frame_stays_the_original_s(self, rig: Rig) -> None:
        clip = finished_clip(rig.host.timeline(), result(rig))
        assert clip.source_start == Fraction(4)


__all__ = ["Any", "Bench", "HostContract", "Item", "Optional", "Rig", "result"]

"""The host contract in real Blender, and what a rendered frame shows."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import bpy
import pytest
from contract import Bench, HostContract, result
from sequencer import BlenderRig, new_effect, shown


class TestBlender(HostContract):
    @pytest.fixture
    def rig(self, movies: Path, tmp_path: Path) -> BlenderRig:
        return BlenderRig(movies, tmp_path)


@pytest.fixture
def rig(movies: Path, tmp_path: Path) -> BlenderRig:
    return BlenderRig(movies, tmp_path)


def frames_of(rig: BlenderRig, first: int, last: int) -> list:
    return [shown(bpy.context.scene, frame, rig.folder) for frame in range(first, last)]


def test_every_rendered_frame_is_the_result_s_within_and_as_before_outside(rig: BlenderRig) -> None:
    rig.add("a", 0, 0, 8)
    rig.add("b", 8, 5, 8)
    rig.add("c", 16, 20, 6)
    before = frames_of(rig, 1, 25)
    assert before[8:16] == [6, 7, 8, 9, 10, 11, 12, 13]
    (told,) = Bench(rig).desk.place_new([result(rig, at=8, duration=8)])
    after = frames_of(rig, 1, 25)
    assert after[:8] == before[:8] and after[16:] == before[16:]
    assert after[8:16] == [20 + 5 + k for k in range(8)], told
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    assert frames_of(rig, 1, 25) == after and rig.host.placed() == (7,)


@pytest.mark.parametrize("factor", [0.5, 0.8, 2.0])
def test_a_speed_effect_is_followed_frame_by_frame(rig: BlenderRig, factor: float) -> None:
    strip = rig.add("b", 8, 5, 8)
    effect = new_effect(rig.strips, "SPEED", 9, 8, strip)
    effect.speed_control, effect.speed_factor = "MULTIPLY", factor
    before = frames_of(rig, 8, 18)
    (clip,) = rig.host.timeline().tracks[0].clips
    assert (clip.speed, clip.source_start) == (Fraction(str(factor)), 5)
    (told,) = Bench(rig).desk.place_new([result(rig, at=8, duration=8)])
    after = frames_of(rig, 8, 18)
    assert after[0] == before[0] and after[-1] == before[-1], told
    # the result's frame 4 is the plate's frame 5
    assert [f - 20 + 1 for f in after[1:-1]] == before[1:-1]


@pytest.mark.skipif(bpy.app.version >= (5,), reason="movie_strip_add crashes Blender 5.0 without a window")
@pytest.mark.parametrize("trim", [0, 3, 4, 5])
def test_media_of_another_rate_is_followed_frame_by_frame(movies: Path, tmp_path: Path, trim: int) -> None:
    rig = BlenderRig(movies, tmp_path, rate=30)
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda area: area.width)
    area.type = "SEQUENCE_EDITOR"
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.sequencer.movie_strip_add(
            filepath=str(movies / "24_40.mp4"), frame_start=1, channel=1, sound=False,
            use_framerate=False, adjust_playback_rate=True,
        )  # fmt: skip
    (strip,) = rig.strips
    strip.name = "b"
    strip.frame_offset_start = trim
    strip.frame_final_end = trim + 13
    (clip,) = rig.host.timeline().tracks[0].clips
    assert clip.speed == Fraction(4, 5) and clip.source_start == Fraction(4, 5) * trim
    first = clip.record_start
    before = frames_of(rig, first - 1, first + 13)
    # the result holds the plate from its frame 0 on
    place = result(
        rig, at=first - 1, duration=clip.record_duration, source=int(clip.source_start), rate="30/1"
    )
    (told,) = Bench(rig).desk.place_new([place])
    after = frames_of(rig, first - 1, first + 13)
    assert "on channel" in told
    assert [f and f - 20 for f in after[1:13]] == before[1:13]


def test_what_cannot_be_followed_is_refused_by_name(rig: BlenderRig) -> None:
    rig.add("back", 0, 0, 5).use_reverse_frames = True
    new_effect(rig.strips, "COLOR", 30, 5)
    stretched = rig.add("stretched", 8, 0, 5)
    new_effect(rig.strips, "SPEED", 9, 5, stretched).speed_control = "STRETCH"
    clips = [clip for track in rig.host.timeline().tracks for clip in track.clips]
    assert {clip.name: clip.problem.partition(";")[0] for clip in clips} == {
        "COLOR": "a color strip is no movie",
        "back": "it runs backwards",
        "stretched": "its speed effect is no plain factor",
    }


def test_framing_of_the_original_is_kept(rig: BlenderRig) -> None:
    strip = rig.add("b", 30, 5, 12)
    strip.transform.offset_x, strip.transform.scale_y, strip.crop.min_x = 7.0, 0.5, 3
    Bench(rig).desk.place_new([result(rig)])
    new = next(one for one in rig.strips if one.name != "b")
    assert (new.transform.offset_x, new.transform.scale_y, new.crop.min_x) == (7.0, 0.5, 3)

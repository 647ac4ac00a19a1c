"""One editorial situation per test: the frames that a clip uses, and where it is on the timeline."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import opentimelineio as otio
import pytest
from lumiere_engine.protocol.errors import TimelineError
from lumiere_engine.protocol.ranges import FrameRange
from lumiere_otio import select_clip

F = FrameRange
NTSC = Fraction(24000, 1001)


def test_a_clip_after_a_gap_lies_behind_the_gap(edit: Any, make: Any) -> None:
    got = select_clip(
        edit(make.track(make.gap(10), make.clip("a", make.span(5, 20), make.span(0, 100)))), "a"
    )
    assert got.media_range == got.trimmed_media_range == F(5, 20)
    assert (got.record_start, got.record_duration) == (make.time(10), make.time(20))
    assert (got.available, got.handles) == (F(0, 100), (5, 75))
    assert got.with_handles(8) == F(0, 33)


def test_file_frames_count_from_the_start_of_the_available_range(edit: Any, make: Any) -> None:
    got = select_clip(edit(make.track(make.clip("a", make.span(86410, 20), make.span(86400, 100)))), "a")
    assert (got.media_range, got.source_start_frame) == (F(10, 20), 86400)


def test_the_global_start_is_part_of_the_record_position(edit: Any, make: Any) -> None:
    clip = make.clip("a", make.span(0, 48), make.span(0, 100))
    got = select_clip(edit(make.track(make.gap(24), clip), start=make.time(86400)), "a")
    assert got.record_start == make.time(86424)
    assert got.record == "01:00:01:00-01:00:02:23"


def test_dissolves_show_frames_beyond_the_cuts(edit: Any, make: Any) -> None:
    clips = [make.clip(name, make.span(40, 20), make.span(0, 100)) for name in "abc"]
    timeline = edit(make.track(clips[0], make.dissolve(4, 6), clips[1], make.dissolve(3, 5), clips[2]))
    assert select_clip(timeline, "a").media_range == F(40, 26)
    assert select_clip(timeline, "b").media_range == F(36, 29)
    assert select_clip(timeline, "c").media_range == F(37, 23)
    middle = select_clip(timeline, "b")
    assert (middle.trimmed_media_range, middle.record_start) == (F(40, 20), make.time(20))


def test_a_dissolve_without_handles_is_refused_with_both_ranges(edit: Any, make: Any) -> None:
    clips = [make.clip(name, make.span(0, 20), make.span(0, 20)) for name in "ab"]
    timeline = edit(make.track(clips[0], make.dissolve(4, 6), clips[1]))
    with pytest.raises(TimelineError, match=r"a: it uses the frames 0-25 \(dissolves included\).*only 0-19"):
        select_clip(timeline, "a")


@pytest.mark.parametrize(
    ("scalar", "used"),
    [
        (2, F(10, 40)),
        (0.5, F(10, 10)),
        (-1, F(10, 20)),
        (-0.5, F(10, 10)),
        (0.75, F(10, 15)),
        (1 / 3, F(10, 7)),
    ],
)
def test_a_constant_speed_uses_that_many_times_the_frames(
    edit: Any, make: Any, scalar: float, used: FrameRange
) -> None:
    clip = make.clip("a", make.span(10, 20), make.span(0, 100), make.warp(scalar))
    got = select_clip(edit(make.track(clip)), "a")
    assert (got.media_range, got.time_scalar, got.record_duration) == (used, scalar, make.time(20))


def test_speeds_multiply(edit: Any, make: Any) -> None:
    clip = make.clip("a", make.span(10, 20), make.span(0, 100), make.warp(0.5), make.warp(3))
    assert select_clip(edit(make.track(clip)), "a").media_range == F(10, 30)


def test_backwards_a_dissolve_at_the_head_shows_frames_after_the_range(edit: Any, make: Any) -> None:
    first = make.clip("a", make.span(0, 20), make.span(0, 100))
    clip = make.clip("b", make.span(40, 20), make.span(0, 100), make.warp(-2))
    got = select_clip(edit(make.track(first, make.dissolve(3, 0), clip)), "b")
    assert (got.trimmed_media_range, got.media_range) == (F(40, 40), F(40, 46))


def test_a_freeze_frame_uses_one_frame_dissolves_or_not(edit: Any, make: Any) -> None:
    clip = make.clip("b", make.span(99, 20), make.span(0, 100), otio.schema.FreezeFrame())
    got = select_clip(
        edit(make.track(make.clip("a", make.span(0, 20), make.span(0, 100)), make.dissolve(3, 0), clip)), "b"
    )
    assert (got.media_range, got.time_scalar) == (F(99, 1), 0.0)


def test_a_speed_that_leaves_the_media_is_refused_with_both_ranges(edit: Any, make: Any) -> None:
    clip = make.clip("a", make.span(86400, 60), make.span(86400, 100), make.warp(2))
    with pytest.raises(TimelineError, match=r"86400-86519.*86400-86499"):
        select_clip(edit(make.track(clip)), "a")


def test_a_speed_that_changes_is_refused_by_name(edit: Any, make: Any) -> None:
    effect = otio.schema.TimeEffect(effect_name="TimeWarp")
    timeline = edit(make.track(make.clip("a", make.span(0, 20), make.span(0, 100), effect)))
    with pytest.raises(TimelineError, match="a: its time effect TimeEffect 'TimeWarp' has no constant speed"):
        select_clip(timeline, "a")


def test_a_clip_in_a_nested_stack_is_placed_through_it(edit: Any, make: Any) -> None:
    inner = otio.schema.Stack(name="nest", source_range=make.span(5, 30))
    inner.append(make.track(make.gap(10), make.clip("a", make.span(50, 20), make.span(0, 100)), name="inner"))
    got = select_clip(edit(make.track(make.gap(100), inner, name="outer"), start=make.time(1000)), "a")
    assert got.record_start == make.time(1000 + 100 + 10 - 5)
    assert (got.track_name, got.track_index, got.indices) == ("outer", 0, (0, 1, 0, 1))


def test_a_nested_stack_at_double_speed_halves_the_record_range(edit: Any, make: Any) -> None:
    inner = otio.schema.Stack(name="nest", source_range=make.span(0, 20), effects=[make.warp(2)])
    inner.append(make.track(make.gap(10), make.clip("a", make.span(0, 20), make.span(0, 100))))
    got = select_clip(edit(make.track(make.gap(100), inner)), "a")
    assert (got.record_start, got.record_duration) == (make.time(105), make.time(10))


def test_a_missing_source_range_means_all_of_the_media(edit: Any, make: Any) -> None:
    got = select_clip(edit(make.track(make.clip("a", None, make.span(100, 50)))), "a")
    assert (got.media_range, got.source_range) == (F(0, 50), make.span(100, 50))


def test_a_missing_available_range_is_asked_of_the_file(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("a", make.span(86410, 20), None)))
    got = select_clip(timeline, "a", probe=lambda path: make.info(100, Fraction(24), 86400))
    assert (got.media_range, got.available, got.source_start_frame) == (F(10, 20), F(0, 100), 86400)


def test_without_available_range_numbers_outside_the_timecode_count_from_zero(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("a", make.span(10, 20), None)))
    got = select_clip(timeline, "a", probe=lambda path: make.info(100, Fraction(24), 86400))
    assert (got.media_range, got.source_start_frame) == (F(10, 20), 0)


def test_without_any_range_the_whole_file_is_used(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.gap(10), make.clip("a", None, None)))
    got = select_clip(timeline, "a", probe=lambda path: make.info(100, Fraction(25), 0))
    assert (got.media_range, got.rate) == (F(0, 100), 25)
    assert got.record_start.to_seconds() == pytest.approx(10 / 24)
    with pytest.raises(TimelineError, match="a: it has neither a source_range nor an available_range"):
        select_clip(timeline, "a")


def test_a_clip_behind_one_of_unknown_length_is_refused_by_its_name(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("x", None, None), make.clip("a", make.span(0, 20), None)))
    with pytest.raises(TimelineError, match="place in the timeline is not known: x: it has neither"):
        select_clip(timeline, "a")


def test_a_file_that_is_shorter_than_the_timeline_says_is_noticed(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("a", make.span(0, 100), make.span(0, 200))))
    with pytest.raises(TimelineError, match=r"uses the frames 0-99 .* only 0-59"):
        select_clip(timeline, "a", probe=lambda path: make.info(60, Fraction(24)))


def test_a_subclip_of_a_file_with_timecode_counts_from_the_file(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("a", make.span(86460, 10), make.span(86450, 30))))
    got = select_clip(timeline, "a", probe=lambda path: make.info(240, Fraction(24), 86400))
    assert (got.media_range, got.available, got.handles) == (F(60, 10), F(50, 30), (10, 10))


@pytest.mark.parametrize("source_rate", [23.976, 23.98, 23.976023976023978, 23.976024627685547])
@pytest.mark.parametrize("media_rate", [23.976, 23.98, 24000 / 1001])
def test_spellings_of_one_broadcast_rate_are_one_rate(
    edit: Any, make: Any, source_rate: float, media_rate: float
) -> None:
    clip = make.clip("a", make.span(1937905, 24, source_rate), make.span(1937896, 98, media_rate))
    got = select_clip(edit(make.track(clip)), "a")
    assert (got.media_range, got.rate) == (F(9, 24), NTSC)


def test_a_host_that_converted_between_spellings_is_undone(edit: Any, make: Any) -> None:
    clip = make.clip("a", make.span(86424.08877306872, 52, 23.976024627685547), make.span(86400, 216, 23.976))
    got = select_clip(edit(make.track(clip), start=make.time(86400, 23.976)), "a")
    assert (got.media_range, got.rate) == (F(24, 52), NTSC)


def test_mixed_rates_are_exact_and_widened_to_whole_frames(edit: Any, make: Any) -> None:
    same_second = make.clip("a", make.span(25, 50, 25), make.span(0, 100, 24))
    between = make.clip("b", make.span(10, 50, 25), make.span(0, 100, 24))
    timeline = edit(make.track(same_second, between))
    assert select_clip(timeline, "a").media_range == F(24, 48)
    got = select_clip(timeline, "b")  # 9.6 to 57.6
    assert (got.media_range, got.exact_start) == (F(9, 49), Fraction(48, 5))


def test_film_rate_on_a_broadcast_timeline_goes_by_time(edit: Any, make: Any) -> None:
    clip = make.clip("a", make.span(1000, 1000, 24000 / 1001), make.span(0, 4000, 24))
    assert select_clip(edit(make.track(clip)), "a").media_range == F(1001, 1001)


def test_film_on_a_broadcast_timeline_may_be_used_to_its_last_frame(edit: Any, make: Any) -> None:
    long = make.clip("a", make.span(0, 4000, 24000 / 1001), make.span(0, 4000, 24))
    short = make.clip("b", make.span(0, 84, 23.976), make.span(0, 84, 24))
    timeline = edit(make.track(long, short))
    assert select_clip(timeline, "a").media_range == F(0, 4000)
    assert select_clip(timeline, "b").media_range == F(0, 84)


def test_a_host_may_round_up_to_a_whole_frame_of_the_timeline(edit: Any, make: Any) -> None:
    clips = [make.clip(n, make.span(0, d, 25), make.span(0, 97, 24)) for n, d in (("a", 102), ("b", 103))]
    timeline = edit(make.track(*clips))  # 97.92 and 98.88 frames
    assert select_clip(timeline, "a").media_range == F(0, 97)
    with pytest.raises(TimelineError, match="frames 0-98 of its media, which has only 0-96"):
        select_clip(timeline, "b")


def test_a_file_of_the_same_timecode_base_is_taken_frame_for_frame(edit: Any, make: Any) -> None:
    clip = make.clip("a", make.span(86410, 20, 24), make.span(86400, 100, 24))
    got = select_clip(edit(make.track(clip)), "a", probe=lambda path: make.info(100, NTSC, 86400))
    assert (got.media_range, got.rate) == (F(10, 20), NTSC)


def test_a_file_of_another_rate_than_told_is_counted_in_its_own_frames(edit: Any, make: Any) -> None:
    clip = make.clip("a", make.span(24, 24), make.span(0, 96))
    got = select_clip(edit(make.track(clip)), "a", probe=lambda path: make.info(120, Fraction(30)))
    assert (got.media_range, got.available, got.rate) == (F(30, 30), F(0, 120), 30)


def test_markers_change_no_range(edit: Any, make: Any) -> None:
    clip = make.clip("a", make.span(5, 20), make.span(0, 100))
    clip.markers.append(otio.schema.Marker(name="m", marked_range=make.span(7, 0)))
    assert select_clip(edit(make.track(clip)), "a").media_range == F(5, 20)


def test_a_trimmed_track_moves_its_clips(edit: Any, make: Any) -> None:
    clip = make.clip("a", make.span(0, 20), make.span(0, 100))
    timeline = edit(make.track(make.gap(50), clip, source=make.span(30, 40)))
    assert select_clip(timeline, "a").record_start == make.time(20)


def test_a_rate_of_zero_is_refused_by_name(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("a", make.span(0, 20, 0), make.span(0, 100, 0))))
    with pytest.raises(TimelineError, match="a: its ranges have the rate 0"):
        select_clip(timeline, "a")


def test_a_held_still_is_refused_by_name(edit: Any, make: Any) -> None:
    timeline = edit(make.track(make.clip("a", make.span(0, 48), make.span(0, 1))))
    with pytest.raises(TimelineError, match="still picture"):
        select_clip(timeline, "a")

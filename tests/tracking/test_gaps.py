from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lumiere_engine.protocol.ranges import FrameRange
from lumiere_engine.tracking.gaps import find_gaps, touched

ALL = FrameRange(0, 20)


def test_one_drawing_is_followed_both_ways() -> None:
    back, forth = find_gaps([5], ALL, [ALL])
    assert (back.frames, back.before, back.after) == (FrameRange(0, 5), None, 5)
    assert (forth.frames, forth.before, forth.after) == (FrameRange(6, 14), 5, None)


def test_tracking_ends_at_cuts() -> None:
    shots = [FrameRange(0, 8), FrameRange(8, 12)]
    assert [gap.frames for gap in find_gaps([5], ALL, shots)] == [FrameRange(0, 5), FrameRange(6, 2)]


def test_a_correction_touches_its_neighbours_alone() -> None:
    gaps = find_gaps([0, 8, 14], ALL, [ALL])
    assert [gap.frames for gap in touched(gaps, [8])] == [FrameRange(1, 7), FrameRange(9, 5)]
    assert [gap.frames for gap in touched(gaps, [14])] == [FrameRange(9, 5), FrameRange(15, 5)]
    before, *_ = gaps = find_gaps([3, 8], ALL, [ALL])
    assert before not in touched(gaps, [8]), "what is tracked before the first drawing stays as it is"


def test_taking_a_drawing_away_touches_the_stretch_that_it_lay_in() -> None:
    gaps = find_gaps([2, 14], ALL, [ALL])
    assert [gap.frames for gap in touched(gaps, [8])] == [FrameRange(3, 11)]


def test_behind_a_correction_the_first_drawing_still_teaches() -> None:
    gaps = find_gaps([2, 8, 14], ALL, [ALL])
    assert [gap.lessons for gap in gaps] == [[2], [2, 8], [8, 14], [2, 14]]
    assert find_gaps([5], ALL, [ALL])[1].lessons == [5]


@given(st.sets(st.integers(0, 19), min_size=1), st.integers(0, 19))
def test_what_a_change_does_not_touch_is_as_before(drawn: set[int], frame: int) -> None:
    shots = [FrameRange(0, 12), FrameRange(12, 8)]
    after = drawn ^ {frame}
    before = find_gaps(drawn, ALL, shots)
    gaps = find_gaps(after, ALL, shots)
    assert all(gap in before for gap in gaps if gap not in touched(gaps, [frame]))


@given(st.sets(st.integers(0, 19), min_size=1), st.integers(0, 19), st.integers(1, 20))
def test_gaps_are_the_wanted_frames_without_a_drawing(drawn: set[int], start: int, length: int) -> None:
    wanted = FrameRange(start, length).intersection(ALL)
    found = [frame for gap in find_gaps(drawn, wanted, [ALL]) for frame in gap.frames]
    assert found == [frame for frame in wanted if frame not in drawn]

"""Ranges of frames, by their laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lumiere_engine.protocol import FrameRange
from lumiere_engine.protocol.errors import SpecError

ranges = st.builds(FrameRange, st.integers(-1000, 1000), st.integers(0, 300))


@given(ranges)
def test_a_range_holds_exactly_the_frames_that_it_lists(frames: FrameRange) -> None:
    listed = list(frames)
    assert len(listed) == frames.duration
    assert all(frame in frames for frame in listed)
    assert frames.start - 1 not in frames
    assert frames.end_exclusive not in frames


@given(ranges, ranges)
def test_an_intersection_holds_what_both_hold(one: FrameRange, other: FrameRange) -> None:
    assert set(one.intersection(other)) == set(one) & set(other)


@given(ranges, ranges)
def test_a_range_contains_another_if_it_has_all_its_frames(one: FrameRange, other: FrameRange) -> None:
    if other.duration:
        assert one.contains_range(other) == (set(other) <= set(one))


@given(ranges, st.integers(1, 50))
def test_chunks_are_the_range_again(frames: FrameRange, size: int) -> None:
    chunks = list(frames.chunks(size))
    assert [frame for chunk in chunks for frame in chunk] == list(frames)
    assert all(chunk.duration == size for chunk in chunks[:-1])
    assert all(0 < chunk.duration <= size for chunk in chunks)


@given(ranges, st.integers(0, 60), st.integers(0, 60), st.integers(-99, 99))
def test_growing_and_shifting_can_be_undone(frames: FrameRange, before: int, after: int, by: int) -> None:
    assert frames.grown(before, after).grown(-before, -after) == frames
    assert frames.shifted(by).shifted(-by) == frames


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_what_is_shown_can_be_typed_in_again(start: int, duration: int) -> None:
    frames = FrameRange(start, duration)
    assert FrameRange.parse_inclusive(str(frames)) == frames


@pytest.mark.parametrize("text", ["", "5", "a-b", "5-2", "-3-4", "1-2-3", "1.5-3", "0–47"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        FrameRange.parse_inclusive(text)


def test_a_range_of_fewer_than_no_frames_is_refused() -> None:
    with pytest.raises(SpecError, match="-1 frames"):
        FrameRange(0, -1)


def test_chunks_of_nothing_are_refused() -> None:
    with pytest.raises(SpecError):
        list(FrameRange(0, 4).chunks(0))

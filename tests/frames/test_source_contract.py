"""What every source of frames promises, whatever the medium."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import pytest
from lumiere_engine.frames.prefetch import prefetch
from lumiere_engine.frames.source import open_source, probe
from lumiere_engine.protocol.media import MediaInfo
from lumiere_engine.protocol.ranges import FrameRange

Medium = tuple[Path, int, Fraction]


def test_frame_count_and_rate_are_exact(medium: Medium) -> None:
    path, count, rate = medium
    with open_source(path) as source:
        assert source.frame_count == count
        assert source.format.rate == rate


def test_frame_k_is_frame_k_in_order(medium: Medium, number_of) -> None:
    path, count, _ = medium
    with open_source(path) as source:
        assert [number_of(p) for p in source.iter(FrameRange(0, count))] == list(range(count))


def test_frame_k_is_frame_k_in_any_order(medium: Medium, number_of) -> None:
    path, count, _ = medium
    order = list(range(count))
    random.Random(5).shuffle(order)
    with open_source(path) as source:
        assert [number_of(source.read(k)) for k in order] == order


def test_frame_k_is_frame_k_backwards(medium: Medium, number_of) -> None:
    path, count, _ = medium
    order = list(range(count))[::-1]
    with open_source(path) as source:
        assert [number_of(source.read(k)) for k in order] == order


def test_the_same_frame_has_the_same_samples_however_it_is_reached(medium: Medium) -> None:
    path, count, _ = medium
    with open_source(path) as first, open_source(path) as second:
        in_order = list(first.iter(FrameRange(0, count)))
        for k in (count - 1, count // 2, 0, count // 3, count // 3 + 1):
            assert second.read(k).equals(in_order[k])


def test_planes_are_what_the_format_says(medium: Medium) -> None:
    path, _, _ = medium
    with open_source(path) as source:
        fmt, picture = source.format, source.read(1)
        assert picture.layout == fmt.layout
        assert tuple(p.shape for p in picture.planes) == fmt.layout.plane_shapes(fmt.width, fmt.height)
        assert all(p.dtype == fmt.layout.dtype for p in picture.planes)


@pytest.mark.parametrize("outside", [-1, 1000])
def test_a_frame_that_does_not_exist_is_an_index_error(medium: Medium, outside: int) -> None:
    with open_source(medium[0]) as source, pytest.raises(IndexError):
        source.read(outside)


def test_threads_may_share_a_source(medium: Medium, number_of) -> None:
    path, count, _ = medium
    wanted = [k % count for k in (3, 0, 7, 1, 9, 2, 11, 5)]
    with open_source(path) as source, ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda k: number_of(source.read(k)), wanted)) == wanted


def test_reading_ahead_changes_nothing(medium: Medium, number_of) -> None:
    path, count, _ = medium
    with open_source(path) as source:
        ahead = prefetch(source.iter(FrameRange(2, count - 2)), depth=2)
        assert [number_of(p) for p in ahead] == list(range(2, count))


def test_probe_says_what_reading_finds(medium: Medium) -> None:
    path, count, rate = medium
    info = probe(path)
    assert (info.frame_count, info.rate) == (count, rate)
    assert MediaInfo.from_wire(info.to_wire()) == info

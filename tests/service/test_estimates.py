"""Estimates: a plain guess at first, then what this machine has shown; always with a range."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from lumiere_engine.protocol import JobSpec, Progress, RemoveParams
from lumiere_engine.protocol.engine import JobMedia
from lumiere_engine.service.database import Database
from lumiere_engine.service.estimates import Estimator, TimeLeft

SPEC = JobSpec("remove", "/a.mov", ("/m.mkv",), params=RemoveParams("draft"))
HD, SMALL = JobMedia(1920, 1080, 100), JobMedia(960, 540, 50)


@pytest.fixture
def estimator(tmp_path: Any) -> Estimator:
    return Estimator(Database(tmp_path))


def took(media: JobMedia, factor: float = 1.0) -> dict[str, Any]:
    """What a machine needs that is exactly as fast as a simple model says."""
    analysed = min(media.megapixels, 0.037)
    units = {"borrow": 5.0 * analysed, "refine": 0.2 * media.megapixels, "write": 0.1 * media.megapixels}
    return {"seconds": {stage: factor * media.frames * rate for stage, rate in units.items()}}


def learn(estimator: Estimator, count: int, media: JobMedia = HD, spread: float = 0.0) -> None:
    for k in range(count):
        factor = 1 + spread * (2 * k / max(1, count - 1) - 1)
        estimator.learn(SPEC, media, took(media, factor), 700_000_000)


def test_without_a_history_it_says_so_and_the_range_is_wide(estimator: Estimator) -> None:
    found = estimator.estimate(SPEC, HD, None)
    assert (found.basis, found.samples) == ("prior", 0)
    assert found.seconds_high > 10 * found.seconds_low > 0
    assert found.memory_low_bytes < found.memory_bytes < found.memory_high_bytes
    assert (found.frames, found.width, found.height) == (100, 1920, 1080)
    best = replace(SPEC, params=RemoveParams("best"))
    assert estimator.estimate(best, HD, None).seconds > 5 * found.seconds


def test_it_learns_from_other_sizes_and_lengths(estimator: Estimator) -> None:
    learn(estimator, 6, SMALL)
    found = estimator.estimate(SPEC, HD, 12.5)
    truth = sum(took(HD)["seconds"].values())
    assert found.basis == "history" and found.samples == 6 and found.waiting_s == 12.5
    assert found.seconds == pytest.approx(truth, abs=2)
    assert found.seconds_low <= truth <= found.seconds_high < 1.3 * truth


def test_a_spread_history_gives_a_wide_range(estimator: Estimator) -> None:
    learn(estimator, 20, spread=0.5)
    truth = sum(took(HD)["seconds"].values())
    found = estimator.estimate(SPEC, HD, None)
    assert found.seconds == pytest.approx(truth, rel=0.1)
    assert 0.5 * truth < found.seconds_low < 0.75 * truth
    assert 1.25 * truth < found.seconds_high < 1.5 * truth


def test_other_qualities_do_not_count(estimator: Estimator) -> None:
    learn(estimator, 3)
    assert estimator.estimate(replace(SPEC, params=RemoveParams("best")), HD, None).basis == "prior"
    assert (
        estimator.estimate(replace(SPEC, params=RemoveParams("draft", imagine=False)), HD, None).samples == 0
    )


def test_the_time_left_shrinks_to_nothing_and_its_range_with_it(
    estimator: Estimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn(estimator, 5)
    now = 1000.0
    monkeypatch.setattr("lumiere_engine.service.estimates.time.monotonic", lambda: now)
    clock = TimeLeft(estimator, SPEC)
    assert clock.range() == (None, None, None)
    lefts, widths = [], []
    for stage, seconds in took(HD)["seconds"].items():
        for done in range(0, 101, 10):
            clock.step(Progress(stage, done, 100), HD)
            low, left, high = clock.range()
            assert low is not None and left is not None and high is not None and low <= left <= high
            lefts.append(left)
            widths.append(high - low)
            now += 2 * seconds / 10  # this job is twice as slow as the history says
    assert lefts[0] > 30 and lefts[-1] == 0.0 and widths[-1] < widths[0] / 5
    assert all(after <= before * 1.7 for before, after in itertools.pairwise(lefts))


def test_stages_that_lay_on_the_shelves_are_not_measured(estimator: Estimator) -> None:
    learn(estimator, 5)
    clock = TimeLeft(estimator, SPEC)
    clock.step(Progress("borrow", 90, 100), HD)  # at once: an earlier attempt did it
    _, left, _ = clock.range()
    seconds = took(HD)["seconds"]
    assert left == pytest.approx(0.1 * seconds["borrow"] + seconds["refine"] + seconds["write"], rel=0.05)


def test_estimates_are_kept_over_a_restart(tmp_path: Any) -> None:
    first = Database(tmp_path)
    learn(Estimator(first), 3)
    first.close()
    assert Estimator(Database(tmp_path)).estimate(SPEC, HD, None).samples == 3

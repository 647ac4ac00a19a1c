"""How long a job takes and how much memory: learned from what jobs took on this machine.

A stage that works at analysis size costs time per frame and analysed pixel, one at the plate's own size per frame and
plate pixel, learning a shot costs what it costs. Each finished job gives one rate per stage; the estimate is their
median, its range what four of five of them would have needed. Without a history there is a plain prior, and says so.
"""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass
from typing import Any

from ..protocol.effect_params import QUALITIES
from ..protocol.engine import Estimate, JobMedia
from ..protocol.jobs import JobSpec
from ..protocol.messages import STAGES, Progress
from .database import Database

_ANALYSIS_MEGAPIXELS = {"draft": 0.037, "standard": 0.23, "best": 0.52}
_AT_ANALYSIS_SIZE = ("follow", "borrow", "imagine", "settle", "search")
_FIXED = ("learn", "load", "paint")
# Seconds per unit of each stage on two cores of a common CPU: order of magnitude until there is a history.
_PRIOR: dict[tuple[str, str], dict[str, float]] = {
    ("remove", "draft"): {
        **{"read": 0.05, "follow": 0.4, "borrow": 3.0, "settle": 2.0, "refine": 0.3, "write": 0.2},
    },
    ("remove", "standard"): {
        **{"read": 0.05, "follow": 0.4, "borrow": 4.0, "learn": 60.0},
        **{"imagine": 2.0, "settle": 2.0, "refine": 0.4, "write": 0.2},
    },
    ("remove", "best"): {
        **{"read": 0.05, "follow": 0.4, "borrow": 6.0, "learn": 600.0},
        **{"imagine": 4.0, "settle": 3.0, "refine": 0.5, "write": 0.2},
    },
    **{
        ("cinemagraph", quality): {"read": 0.05, "follow": 0.5, "search": 0.5, "refine": 0.3, "write": 0.2}
        for quality in QUALITIES
    },
    # a model of the size of Stable Diffusion 1.5; on a GPU a history soon knows better
    **{
        ("generate", quality): {"read": 0.05, "load": 20.0, "imagine": 16.0 * steps, "write": 2.0}
        for quality, steps in (("draft", 12), ("standard", 25), ("best", 50))
    },
    ("stylize", "draft"): {"read": 0.05, "follow": 0.4, "paint": 5.0, "learn": 5.0, "write": 1.5},
    ("stylize", "standard"): {"read": 0.05, "follow": 0.4, "paint": 30.0, "learn": 30.0, "write": 1.5},
    ("stylize", "best"): {"read": 0.05, "follow": 0.4, "paint": 120.0, "learn": 120.0, "write": 1.5},
}
_START_S = 0.7
_HISTORY = 40
# The share of a job that must be measured until the measurement counts as much as the expectation.
_DOUBT = 0.05
_ENOUGH = 5  # finished jobs, from which on their own spread tells the range
_PRIOR_RANGE, _LITTLE_RANGE = (0.25, 4.0), (0.6, 1.7)
_BASE_BYTES, _NETWORK_BYTES = 350_000_000, 900_000_000
_BYTES_PER_PIXEL = {"draft": 150, "standard": 250, "best": 300}
_WINDOW_FRAMES = 121
_DISK_PER_FRAME = {"draft": 2_000_000, "standard": 15_000_000, "best": 35_000_000}


@dataclass(frozen=True)
class Expectation:
    """What a job should take.

    Attributes:
        stages: stage → seconds.
        low, high: factors that bound the truth in four of five jobs.
        samples: jobs that this was learned from.
    """

    stages: dict[str, float]
    low: float
    high: float
    samples: int

    @property
    def seconds(self) -> float:
        """Of all stages, the worker's start included."""
        return _START_S + sum(self.stages.values())


class Estimator:
    """Learns from finished jobs.

    Args:
        database: holds the history.
        kind: of the device that jobs run on.
    """

    def __init__(self, database: Database, kind: str = "cpu") -> None:
        self._database, self._kind = database, kind

    def of(self, kind: str) -> Estimator:
        """What it knows of another kind of device."""
        return Estimator(self._database, kind)

    def learn(
        self, spec: JobSpec, media: JobMedia | None, result: dict[str, Any], memory_bytes: int | None
    ) -> None:
        """Remember what a job took that was done in one go."""
        stages = result.get("seconds")
        if media is None or not stages:
            return
        row = (
            spec.effect,
            spec.params.quality,
            int(spec.params.imagines),
            media.frames,
            media.megapixels,
            sum(stages.values()),
            json.dumps(stages),
            memory_bytes,
            time.time(),
            self._kind,
        )
        with self._database.change(durable=False) as connection:
            connection.execute(
                "INSERT INTO history"
                " (effect, quality, imagine, frames, megapixels, seconds, stages, memory_bytes, at_s, device)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def expect(self, spec: JobSpec, media: JobMedia) -> Expectation:
        """What a job on such media should take, stage by stage."""
        units = _units(spec, media.frames, media.megapixels)
        rows = self._alike(spec)
        if not rows:
            rates_of = _PRIOR[spec.effect, spec.params.quality]
            prior = {stage: rate * units[stage] for stage, rate in rates_of.items()}
            return Expectation(prior, *_PRIOR_RANGE, 0)
        rates: dict[str, list[float]] = {stage: [] for stage in units}
        for row in rows:
            theirs = _units(spec, row["frames"], row["megapixels"])
            took = json.loads(row["stages"])
            for stage in units:
                rates[stage].append(took.get(stage, 0.0) / theirs[stage])
        stages = {stage: statistics.median(rates[stage]) * units[stage] for stage in units}
        return Expectation(stages, *_spread(spec, rows, rates), len(rows))

    def estimate(self, spec: JobSpec, media: JobMedia, waiting_s: float | None) -> Estimate:
        """The same for clients, with memory and disk.

        Args:
            spec: the job.
            media: what the plate holds of it.
            waiting_s: what those before it in the line need.
        """
        expected = self.expect(spec, media)
        memory, memory_low, memory_high = self._memory(spec, media)
        pixels = media.width * media.height
        window = min(media.frames, _WINDOW_FRAMES) * pixels * 6
        return Estimate(
            seconds=round(expected.seconds, 1),
            seconds_low=round(expected.seconds * expected.low, 1),
            seconds_high=round(expected.seconds * expected.high, 1),
            memory_bytes=memory,
            memory_low_bytes=memory_low,
            memory_high_bytes=memory_high,
            disk_bytes=window + media.frames * _DISK_PER_FRAME[spec.params.quality],
            frames=media.frames,
            width=media.width,
            height=media.height,
            basis="history" if expected.samples else "prior",
            samples=expected.samples,
            waiting_s=waiting_s,
        )

    def time_left(self, spec: JobSpec) -> TimeLeft:
        """A clock for a job that starts now."""
        return TimeLeft(self, spec)

    def _alike(self, spec: JobSpec) -> list[Any]:
        return self._database.read(
            "SELECT * FROM history WHERE effect = ? AND quality = ? AND imagine = ? AND device = ?"
            " ORDER BY id DESC LIMIT ?",
            spec.effect,
            spec.params.quality,
            int(spec.params.imagines),
            self._kind,
            _HISTORY,
        )

    def _memory(self, spec: JobSpec, media: JobMedia) -> tuple[int, int, int]:
        """Peak bytes, and their range; what does not depend on the picture's size is taken off before scaling."""
        pixels = media.width * media.height
        base = _BASE_BYTES // 4
        seen = sorted(
            base + (row["memory_bytes"] - base) * max(0.25, min(4.0, media.megapixels / row["megapixels"]))
            for row in self._alike(spec)
            if row["memory_bytes"]
        )
        if seen:
            return int(statistics.median(seen)), int(0.8 * seen[0]), int(1.3 * seen[-1])
        uses_network = spec.params.imagines and spec.params.quality != "draft"
        prior = _BASE_BYTES + (_NETWORK_BYTES if uses_network else 0)
        prior += pixels * _BYTES_PER_PIXEL[spec.params.quality]
        return prior, prior // 2, 2 * prior


class TimeLeft:
    """Tells how long a running job still needs: what was expected, times how much slower it has been so far.

    Args:
        estimator: knows what to expect.
        spec: the job.
    """

    def __init__(self, estimator: Estimator, spec: JobSpec) -> None:
        self._estimator, self._spec = estimator, spec
        self._expected: Expectation | None = None
        self._stage, self._share = "", 0.0
        self._over: set[str] = set()
        self._last_s = time.monotonic()
        self._took_s = self._foretold_s = 0.0

    def step(self, step: Progress, media: JobMedia | None) -> None:
        """A step was done."""
        if media is not None and self._expected is None:
            self._expected = self._estimator.expect(self._spec, media)
        now = time.monotonic()
        share = step.done / step.total if step.total > 0 else 0.0
        if step.stage == self._stage and self._expected is not None:
            self._took_s += now - self._last_s
            self._foretold_s += max(0.0, share - self._share) * self._expected.stages.get(step.stage, 0.0)
        elif self._stage:
            # the first step of a stage may tell of many that lay on the shelves: it is not measured
            self._over.add(self._stage)
        self._stage, self._share, self._last_s = step.stage, share, now

    def range(self) -> tuple[float | None, float | None, float | None]:
        """Low, middle and high, s; None before anything can be told."""
        if self._expected is None or not self._stage:
            return None, None, None
        stages, whole = self._expected.stages, self._expected.seconds
        ahead = sum(s for stage, s in stages.items() if stage not in self._over and stage != self._stage)
        ahead += stages.get(self._stage, 0.0) * (1 - self._share)
        some = _DOUBT * whole
        left = ahead * (self._took_s + some) / (self._foretold_s + some)
        known = self._foretold_s / max(
            self._foretold_s + ahead, 1e-9
        )  # the more is measured, the less is guessed
        low = self._expected.low + (0.9 - self._expected.low) * known
        high = self._expected.high + (1.1 - self._expected.high) * known
        return round(left * low, 1), round(left, 1), round(left * high, 1)


def _units(spec: JobSpec, frames: int, megapixels: float) -> dict[str, float]:
    """Stage → how much of it there is to do; never 0."""
    analysed = min(megapixels, _ANALYSIS_MEGAPIXELS[spec.params.quality])
    return {
        stage: 1.0
        if stage in _FIXED
        else max(1e-9, frames * (analysed if stage in _AT_ANALYSIS_SIZE else megapixels))
        for stage in STAGES[spec.effect]
    }


def _spread(spec: JobSpec, rows: list[Any], rates: dict[str, list[float]]) -> tuple[float, float]:
    """How far the jobs of the history lie from what the others' rates foretell: 10th and 90th percentile."""
    if len(rows) < _ENOUGH:
        return _LITTLE_RANGE
    ratios = []
    for row in rows:
        units = _units(spec, row["frames"], row["megapixels"])
        foretold = _START_S + sum(statistics.median(rates[s]) * units[s] for s in units)
        ratios.append((_START_S + row["seconds"]) / foretold)
    tenths = statistics.quantiles(ratios, n=10, method="inclusive")
    return min(0.9, tenths[0]), max(1.1, tenths[-1])

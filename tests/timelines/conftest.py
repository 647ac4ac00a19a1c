"""Small timelines, one builder per editorial situation, and a probe that knows what files would hold."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import opentimelineio as otio
import pytest
from lumiere_otio import Timeline, read_timeline

sys.path.insert(0, str(Path(__file__).parent))  # for `editorial`

schema = otio.schema


def time(value: float, rate: float = 24) -> Any:
    return otio.opentime.RationalTime(value, rate)


def span(start: float, duration: float, rate: float = 24) -> Any:
    return otio.opentime.TimeRange(time(start, rate), time(duration, rate))


def clip(name: str, source: Any, available: Any, *effects: Any, url: str = "media.mov") -> Any:
    reference = schema.ExternalReference(target_url=url, available_range=available)
    return schema.Clip(name=name, media_reference=reference, source_range=source, effects=list(effects))


def track(*children: Any, name: str = "V1", kind: str = "Video", source: Any = None) -> Any:
    return schema.Track(name=name, kind=kind, children=list(children), source_range=source)


def gap(duration: float, rate: float = 24) -> Any:
    return schema.Gap(source_range=span(0, duration, rate))


def dissolve(before: float, after: float, rate: float = 24) -> Any:
    return schema.Transition(
        transition_type="SMPTE_Dissolve", in_offset=time(before, rate), out_offset=time(after, rate)
    )


def warp(scalar: float) -> Any:
    return schema.LinearTimeWarp(name="Speed", time_scalar=scalar)


@dataclass(frozen=True)
class FakeInfo:
    frame_count: int
    rate: Fraction
    start_frame: int = 0


@pytest.fixture(scope="session")
def make() -> Any:
    """The builders of timeline parts."""
    return SimpleNamespace(
        time=time, span=span, clip=clip, track=track, gap=gap, dissolve=dissolve, warp=warp, info=FakeInfo
    )


@pytest.fixture
def edit(tmp_path: Path) -> Callable[..., Timeline]:
    """Saves tracks as `edit.otio`, with `media.mov` beside it, and reads it back."""

    def _edit(*tracks: Any, start: Any = None) -> Timeline:
        timeline = schema.Timeline(name="edit", global_start_time=start)
        timeline.tracks.extend(list(tracks))
        path = tmp_path / "edit.otio"
        otio.adapters.write_to_file(timeline, str(path))
        (tmp_path / "media.mov").touch()
        return read_timeline(path)

    return _edit

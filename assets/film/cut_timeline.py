"""Writes the demo's timeline: two tracks, a gap, a dissolve, markers.

python assets/film/cut_timeline.py [--out assets/demo]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import opentimelineio as otio

RATE = 24
START = 86400  # 01:00:00:00
CROSSING_FRAMES, POND_FRAMES = 72, 60


def _time(frames: int) -> otio.opentime.RationalTime:
    """A number of frames."""
    return otio.opentime.RationalTime(frames, RATE)


def _range(start: int, duration: int) -> otio.opentime.TimeRange:
    """Start and duration in frames."""
    return otio.opentime.TimeRange(_time(start), _time(duration))


def _clip(name: str, media: str, media_frames: int, first: int, duration: int) -> otio.schema.Clip:
    """A clip that uses `duration` frames of its media from its frame `first`; media starts at 01:00:00:00."""
    reference = otio.schema.ExternalReference(target_url=media, available_range=_range(START, media_frames))
    reference.name = media
    return otio.schema.Clip(
        name=name, media_reference=reference, source_range=_range(START + first, duration)
    )


def timeline() -> otio.schema.Timeline:
    """The cut: `crossing`, a gap, `pond` dissolving into its own later part; an insert on a second track."""
    made = otio.schema.Timeline(name="Lumiere demo", global_start_time=_time(START))
    main = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    second = otio.schema.Track(name="V2", kind=otio.schema.TrackKind.Video)
    crossing = _clip("crossing", "crossing.mov", CROSSING_FRAMES, 12, 48)
    crossing.markers.append(
        otio.schema.Marker("remove the robot", _range(START + 36, 1), otio.schema.MarkerColor.RED)
    )
    pond = _clip("pond", "pond.mov", POND_FRAMES, 0, 24)
    pond.markers.append(
        otio.schema.Marker("bring the water to life", _range(START, 1), otio.schema.MarkerColor.CYAN)
    )
    dissolve = otio.schema.Transition(
        "dissolve", otio.schema.TransitionTypes.SMPTE_Dissolve, in_offset=_time(6), out_offset=_time(6)
    )
    gap = otio.schema.Gap(source_range=_range(0, 12))
    main.extend([crossing, gap, pond, dissolve, _clip("pond end", "pond.mov", POND_FRAMES, 34, 24)])
    second.extend(
        [
            otio.schema.Gap(source_range=_range(0, 30)),
            _clip("crossing detail", "crossing.mov", CROSSING_FRAMES, 50, 10),
        ]
    )
    made.tracks.extend([main, second])
    return made


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "demo")
    arguments = parser.parse_args()
    made = timeline()
    otio.adapters.write_to_file(made, str(arguments.out / "demo.otio"))
    print(f"{arguments.out / 'demo.otio'}: {int(made.duration().value)} frames on {len(made.tracks)} tracks")


if __name__ == "__main__":
    main()

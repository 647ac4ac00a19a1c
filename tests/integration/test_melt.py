"""MLT's own renderer shows the timeline before and after: the same but for the new clip's frames."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import opentimelineio as otio
import pytest
from lumiere_engine.frames.convert import to_rgb
from lumiere_engine.frames.source import open_source

NEEDED = bool(os.environ.get("LUMIERE_NEEDS_MELT"))  # set by `make test-melt`
MISSING = [
    name
    for name, there in (
        ("melt", shutil.which("melt")),
        ("otio-mlt-adapter", importlib.util.find_spec("otio_mlt_adapter")),
    )
    if not there
]
pytestmark = pytest.mark.skipif(bool(MISSING) and not NEEDED, reason=f"not here: {', '.join(MISSING)}")

PROFILE = """description=small
frame_rate_num=24
frame_rate_den=1
width=128
height=72
progressive=1
sample_aspect_num=1
sample_aspect_den=1
display_aspect_num=16
display_aspect_den=9
colorspace=709
"""


def span(start: float, duration: float) -> Any:
    return otio.opentime.TimeRange(
        otio.opentime.RationalTime(start, 24), otio.opentime.RationalTime(duration, 24)
    )


def from_zero(timeline: otio.schema.Timeline, folder: Path) -> otio.schema.Timeline:
    """The timeline as MLT counts: a medium's first frame is 0, whatever its timecode; its path absolute."""
    for clip in timeline.find_clips():
        media = clip.media_reference
        first = media.available_range.start_time
        clip.source_range = otio.opentime.TimeRange(
            clip.source_range.start_time - first, clip.source_range.duration
        )
        length = media.available_range.duration
        media.available_range = otio.opentime.TimeRange(otio.opentime.RationalTime(0, 24), length)
        media.target_url = str(folder / media.target_url)
    return timeline


def decoded(path: Path) -> list[np.ndarray]:
    """The frames of a medium; float h w 3."""
    with open_source(path) as source:
        return [to_rgb(source.read(k), source.format) for k in range(source.frame_count)]


def rendered(path: Path, folder: Path) -> np.ndarray:
    """Every frame of a timeline as melt renders it. Shape: [t, h, w, 3], 8 bit."""
    edit = folder / f"{path.stem}.mlt"
    otio.adapters.write_to_file(from_zero(otio.adapters.read_from_file(str(path)), path.parent), str(edit))
    (folder / "profile").write_text(PROFILE)
    raw = folder / f"{path.stem}.rgb"
    command = ["melt", "-silent", "-profile", folder / "profile", edit, "-consumer", f"avformat:{raw}"]
    options = ["f=rawvideo", "vcodec=rawvideo", "pix_fmt=rgb24", "an=1", "real_time=-1", "progressive=1"]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run(
        [*map(str, command), *options], check=True, capture_output=True, timeout=120, env=environment
    )
    return np.frombuffer(raw.read_bytes(), np.uint8).reshape(-1, 72, 128, 3)


def test_melt_shows_the_new_clip_in_its_frames_and_the_same_everywhere_else(
    shot: Any, tools: Any, tmp_path: Path
) -> None:
    assert not MISSING, f"not here: {', '.join(MISSING)}"
    shutil.copyfile(shot.plate, tmp_path / "plate.mkv")
    track = otio.schema.Track("V1", kind="Video")
    for name, start, length in (("a", 0, 5), ("b", 3, 4), ("c", 6, 4)):
        media = otio.schema.ExternalReference("plate.mkv", span(86400, 10))
        track.append(otio.schema.Clip(name, media, span(86400 + start, length)))
        track.append(otio.schema.Gap(source_range=span(0, 2)))
    timeline = otio.schema.Timeline("edit")
    timeline.tracks.append(track)
    source = tmp_path / "edit.otio"
    timeline.to_json_file(str(source))
    more = ("--matte", shot.matte, "--matte-covers", "media", "--handles", "2", *tools.FAST)
    said = tools.lumiere("remove", source, "--clip", "b", *more, "-o", tmp_path / "out.otio")
    assert said.returncode == 0, said.stderr

    folder = tmp_path / "melt"
    folder.mkdir()
    before, after = rendered(source, folder), rendered(tmp_path / "out.otio", folder)
    assert before.shape == after.shape == (19, 72, 128, 3)
    new = range(7, 11)
    for frame in range(len(before)):
        if frame not in new:
            assert np.array_equal(before[frame], after[frame]), frame
    (result,) = (tmp_path / "out_media").glob("*.mov")
    made, plate = decoded(result), decoded(shot.plate)
    assert len(made) == 8
    for frame in new:
        shown = after[frame].astype(float)
        # the result begins two frames of handles before the clip; its neighbours would fit worse
        fits = [np.abs(shown - 255 * picture).mean() for picture in made]
        assert int(np.argmin(fits)) == frame - 7 + 2 and min(fits) < 4
        assert np.abs(shown - 255 * plate[frame - 7 + 3]).mean() > 2 * min(fits)

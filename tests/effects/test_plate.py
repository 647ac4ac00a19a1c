"""The plate of a job is opened alike by every effect."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lumiere_engine.effects.plate import open_plate
from lumiere_engine.frames.picture import FrameFormat, Picture, PixelLayout
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.protocol import FrameRange, JobSpec
from lumiere_engine.protocol.errors import SpecError

GRAY = PixelLayout("gray", 8)


def plate(path: Path, field_order: int = 0) -> str:
    with open_writer(path, FrameFormat(32, 24, Fraction(25), GRAY, field_order=field_order)) as writer:
        for level in range(4):
            writer.write(Picture((np.full((24, 32), level, np.uint8),), GRAY))
    return str(path)


def test_fields_are_named(tmp_path: Path) -> None:
    with ExitStack() as stack:
        assert (
            open_plate(JobSpec("remove", plate(tmp_path / "frames.mkv"), ("m.png",)), stack).source.notes
            == ()
        )
        (note,) = open_plate(
            JobSpec("remove", plate(tmp_path / "fields.mkv", 2), ("m.png",)), stack
        ).source.notes
    assert "interlaced" in note


@pytest.mark.parametrize("whole", [False, True])
def test_frames_are_counted_from_the_first_of_the_media(tmp_path: Path, whole: bool) -> None:
    media, frames = plate(tmp_path / "p.mkv"), FrameRange(1, 2)
    with ExitStack() as stack:
        opened = open_plate(JobSpec("remove", media, ("m.png",), frames=frames, whole_mattes=whole), stack)
        assert (opened.frames, opened.written) == (frames, frames)
        assert opened.matte_frames == (FrameRange(0, 4) if whole else frames)
        with pytest.raises(SpecError, match="frames 3-4 are wanted and there are 0-3"):
            open_plate(JobSpec("remove", media, ("m.png",), frames=FrameRange(3, 2)), stack)

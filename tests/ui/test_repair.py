"""A brush on a result: only what is painted is done anew, and it comes and goes in time."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lumiere_engine.effects.softness import HoleMaker
from lumiere_engine.frames.picture import ColorTags, FrameFormat, PixelLayout
from lumiere_engine.frames.source import open_source
from lumiere_engine.matte.source import open_matte
from lumiere_engine.protocol import RemoveParams
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.roto import Mask, Roto, Span, Stroke
from lumiere_otio import read_timeline
from lumiere_ui.models.roto_document import write_roto
from lumiere_ui.widgets.main_window import MainWindow
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

Drag = Callable[..., None]


def test_a_drawing_with_a_span_comes_and_goes(tmp_path: Path) -> None:
    mask = Mask(1, "b", "brush").with_stroke(0, Stroke((80.0, 48.0), 12.0))
    write_roto(tmp_path / "a.roto.json", Roto(160, 96, (mask,), Span(3, 9, 2)))
    fmt = FrameFormat(160, 96, Fraction(24), PixelLayout("rgb", 8), ColorTags(1, 13, 0, 2))
    with open_matte([tmp_path / "a.roto.json"], fmt, 12) as matte:
        holes = HoleMaker(matte, 0, RemoveParams())
        levels = [round(float(holes.alpha(frame)[48, 80]), 3) for frame in range(12)]
    assert levels == [0, 0, 0, 0.333, 0.667, 1, 1, 0.667, 0.333, 0, 0, 0]
    for wrong in ((3, 3, 0), (-1, 2, 0), (0, 5, -1), (0, 5, 1001)):
        with pytest.raises(SpecError):
            Span(*wrong)


@pytest.mark.timeout(150)
def test_a_result_is_repaired_where_it_is_painted_and_nowhere_else(
    opened: MainWindow, drag: Drag, qtbot: QtBot, tmp_path: Path
) -> None:
    session = opened.session
    drag((64, 34), (80, 50), (96, 66))
    opened.effect.set_params(quality="draft", imagine=False)
    session.render()
    qtbot.waitUntil(lambda: bool(session.results.all), timeout=60_000)
    first = session.results.shown(0)
    assert first is not None and session.roto.roto is not None
    drawn = session.roto.roto

    session.playhead.scrub(7)
    qtbot.mouseClick(opened.modes.repair, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.repairs is not None, timeout=10_000)
    assert session.shot is not None and session.shot.media == first.media
    assert session.shot.media_frame(4) == first.placement.source_start  # type: ignore[union-attr]
    session.playhead.scrub(6)
    session.playhead.set_in()
    session.playhead.scrub(8)
    session.playhead.set_out()
    assert session.roto.roto.span == Span(3, 6, 1)
    qtbot.waitUntil(lambda: opened.viewing.is_current("plate"), timeout=10_000)
    opened.tools.set_brush(size=8)
    drag((120, 20), (126, 20), (132, 20))
    session.render()
    qtbot.waitUntil(lambda: len(session.results.all) == 2, timeout=60_000)
    qtbot.waitUntil(lambda: session.repairs is None, timeout=10_000)
    qtbot.waitUntil(lambda: session.roto.roto == drawn, timeout=10_000)
    repaired = session.results.shown(0)
    assert repaired is not None and repaired.media.endswith("shot_removed_repaired.mov")
    assert repaired.placement == first.placement and repaired.frame_count == first.frame_count
    qtbot.waitUntil(lambda: session.background.idle and session.saving.idle, timeout=10_000)
    assert repaired.job not in session.results.stale

    with open_source(first.media) as before, open_source(repaired.media) as after:
        for frame in range(before.frame_count):
            apart = np.abs(before.read(frame).planes[0].astype(int) - after.read(frame).planes[0])
            assert apart.max() < 24, "what is made anew fits in; all else knows ProRes alone"
    assert repaired.origin is not None
    with open_source(repaired.origin) as origin:
        made = [origin.read(frame).planes[0].any(-1) for frame in range(origin.frame_count)]
    assert [frame for frame, where in enumerate(made) if where.any()] == [3, 4, 5]
    rows, columns = np.nonzero(made[4])
    assert (rows.max() < 44, columns.min() > 96) == (True, True), "around the brush"

    opened.save_entry.trigger()
    saved = tmp_path / "edit_lumiere.otio"
    qtbot.waitUntil(saved.exists, timeout=10_000)
    assert read_timeline(saved) is not None

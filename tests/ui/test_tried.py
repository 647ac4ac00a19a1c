"""Previews that differ in a slider alone: what lies between them is mixed, and says so."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lumiere_engine.protocol import CinemagraphParams, FrameRange, StylizeParams
from lumiere_ui.models.project import Preview, Project, Request, Shot
from lumiere_ui.models.tried import Tried
from lumiere_ui.widgets.main_window import MainWindow
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

PROJECT = Project(Path("/edit.otio"), "edit", True, Fraction(24), 0, False, ())
SHOT = Shot(
    0, "shot", "/shot.mov", 640, 360, FrameRange(0, 48), 48, Fraction(24), 0, False, 0, Fraction(1), ""
)
STYLED = StylizeParams(reference="/a.png")


def asked(strength: float, params: StylizeParams | CinemagraphParams = STYLED) -> Request:
    if isinstance(params, StylizeParams):
        params = replace(params, strength=strength)
    return Request(PROJECT, SHOT, Path("/shot.roto.json"), "stylize", params, 0, FrameRange(8, 7))


def made(name: str) -> Preview:
    return Preview(f"/small/{name}.mkv", SHOT.media, FrameRange(8, 7))


@pytest.fixture
def tried() -> Tried:
    """Full and half strength were previewed."""
    kept = Tried()
    kept.add(asked(1.0), "/small/plate.mkv", made("full"))
    kept.add(asked(0.5), "/small/plate.mkv", made("half"))
    return kept


def test_what_was_previewed_is_shown_as_it_is(tried: Tried) -> None:
    assert tried.at(asked(1.0)) == made("full") and tried.at(asked(0.5)) == made("half")
    assert tried.at(asked(0.0)) == made("plate"), "of no strength the shot itself"


@pytest.mark.parametrize(
    ("strength", "below", "above", "share"), [(0.6, "half", "full", 0.2), (0.125, "plate", "half", 0.25)]
)
def test_between_two_the_nearest_are_mixed(
    tried: Tried, strength: float, below: str, above: str, share: float
) -> None:
    found = tried.at(asked(strength))
    assert found is not None and found.over == made(above) and found.media == made(below).media
    assert found.share == pytest.approx(share) and "mixture" in found.note


def test_nothing_is_guessed_beyond_and_of_anything_else(tried: Tried) -> None:
    weak = Tried()
    weak.add(asked(0.5), "/small/plate.mkv", made("half"))
    assert weak.at(asked(0.75)) is None
    assert tried.at(asked(0.6, replace(STYLED, colour=0.5))) is None
    assert tried.at(replace(asked(0.6), seed=1)) is None
    assert Tried().at(asked(0.6)) is None
    loop = Tried()
    loop.add(asked(0, CinemagraphParams()), "/small/plate.mkv", made("loop"))
    assert loop.at(asked(0, CinemagraphParams())) is None


def test_another_copy_of_the_shot_begins_anew(tried: Tried) -> None:
    tried.add(asked(1.0), "/other/plate.mkv", made("other"))
    assert tried.at(asked(1.0)) == made("other")
    found = tried.at(asked(0.5))
    assert found is not None and found.media == "/other/plate.mkv" and found.over == made("other")


def test_the_viewer_mixes_two_previews(opened: MainWindow, qtbot: QtBot, media: Path) -> None:
    session, viewing = opened.session, opened.viewing
    shot = session.shot
    assert shot is not None
    first = shot.frames.start
    over = Preview(str(media), shot.media, FrameRange(max(0, first - 1), 8))  # a frame later
    session.previews.shown = Preview(
        str(media), shot.media, FrameRange(first, 8), over=over, share=0.25, note="a mixture"
    )
    session.previews.changed.emit()
    assert viewing.mode == "preview"
    both = ("preview", "over")
    qtbot.waitUntil(lambda: all(viewing.is_current(role) for role in both), timeout=10_000)
    lower, upper = (np.frombuffer(viewing.picture(role).content, np.uint8) for role in both)  # type: ignore[union-attr]
    assert (lower != upper).any()
    rect = opened.viewer.picture_rect().toRect()
    seen = opened.viewer.grab(rect).toImage().scaled(160, 96).convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(seen.constBits(), np.uint8).reshape(96, seen.bytesPerLine())[:, : 160 * 3]
    wanted = (0.75 * lower.astype(float) + 0.25 * upper).reshape(96, 480)
    apart = np.abs(lines[40:] - wanted[40:])  # below the note
    assert np.median(apart) < 6
    assert np.median(np.abs(lines[40:] - lower.reshape(96, 480)[40:].astype(float))) > np.median(apart)

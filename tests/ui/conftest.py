"""The panel on small media that are made here, with a real engine; nothing is shown on a screen."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
import opentimelineio as otio
import pytest
from lumiere_engine.frames.convert import picture_from_rgb
from lumiere_engine.frames.picture import ColorTags, FrameFormat, PixelLayout
from lumiere_engine.frames.writer import open_writer
from lumiere_plugin.panel import PanelDesk, actions
from lumiere_ui.app import make_window
from lumiere_ui.widgets.main_window import MainWindow
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

WIDTH, HEIGHT, FRAMES = 160, 96, 10


def scene(frame: int, count: int = FRAMES) -> np.ndarray:
    """One of `count` frames: a soft landscape that the camera pans over, with a red block in it; float h w 3."""
    noise = np.random.default_rng(5).random((HEIGHT, WIDTH + count * 8, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 4.0)
    plane = 0.1 + 0.8 * (soft - soft.min()) / (soft.max() - soft.min())
    picture = plane[:, frame * 8 : frame * 8 + WIDTH].copy()
    picture[40:60, 70:90] = (0.9, 0.1, 0.1)
    return picture


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A panning shot with timecode, lossless."""
    path = tmp_path_factory.mktemp("media") / "shot.mkv"
    write_shot(path)
    return path


def write_shot(path: Path, count: int = FRAMES) -> None:
    """The scene as a movie of so many frames."""
    fmt = FrameFormat(
        WIDTH,
        HEIGHT,
        Fraction(24),
        PixelLayout("yuv", 8, chroma_shift=(1, 1)),
        ColorTags(1, 1, 1, 1),
        timecode="01:00:00:00",
        start_frame=86400,
    )
    writer = open_writer(path, fmt, overwrite=True)
    for frame in range(count):
        writer.write(picture_from_rgb(scene(frame, count), fmt))
    writer.commit()


@pytest.fixture
def media(clip: Path, tmp_path: Path) -> Path:
    """A copy of the shot in a folder of its own, so that no roto lies beside it."""
    copy = tmp_path / clip.name
    copy.write_bytes(clip.read_bytes())
    return copy


@pytest.fixture
def timeline(media: Path, tmp_path: Path) -> Path:
    """The shot between a gap and a clip whose media is missing."""
    rate = 24.0
    made = otio.schema.Timeline("edit", global_start_time=otio.opentime.RationalTime(86400, rate))
    track = otio.schema.Track("V1", kind="Video")

    def times(start: float, duration: float) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(duration, rate)
        )

    track.append(otio.schema.Gap(source_range=times(0, 4)))
    for name, file in (("shot", media.name), ("gone", "gone.mov")):
        reference = otio.schema.ExternalReference(file, available_range=times(86400, FRAMES))
        track.append(otio.schema.Clip(name, reference, times(86401, 8)))
    made.tracks.append(track)
    path = tmp_path / "edit.otio"
    otio.adapters.write_to_file(made, str(path))
    return path


@pytest.fixture(autouse=True, scope="package")
def collected_by_this_thread() -> Iterator[None]:
    """Python collects cycles in whatever thread allocates, such as one that reads files in the background.

    A window that an earlier test left behind would be destroyed there, and its timers, which belong to this thread,
    would go on and fire into nothing: a segmentation fault. The panel itself has one window until it ends.
    """
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """A panel, shown nowhere."""
    made = make_window(PanelDesk(), actions())
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()
    gc.collect()


Drag = Callable[..., None]


@pytest.fixture
def drag(window: MainWindow, qtbot: QtBot) -> Drag:
    """Drag with the mouse over the viewer, in pixels of the plate."""

    def _drag(*places: tuple[float, float], release: bool = True) -> None:
        points = [window.viewer.to_widget(*place).toPoint() for place in places]
        qtbot.mousePress(window.viewer, Qt.MouseButton.LeftButton, pos=points[0])
        for point in points[1:]:
            qtbot.mouseMove(window.viewer, point - QPoint(1, 0))
            qtbot.mouseMove(window.viewer, point)
        if release:
            qtbot.mouseRelease(window.viewer, Qt.MouseButton.LeftButton, pos=points[-1])

    return _drag


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot, timeline: Path) -> MainWindow:
    """The timeline is open and its shot selected, as by a click."""
    window.session.open(timeline)
    qtbot.waitUntil(lambda: window.session.project is not None, timeout=20_000)
    place = window.timeline.clip_rect(0).center()
    qtbot.mouseClick(window.timeline.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: window.session.shot is not None, timeout=20_000)
    qtbot.waitUntil(lambda: window.viewing.is_current("plate"), timeout=20_000)
    return window

"""Pictures of the panel in every state, from the bundled footage: `make screenshots` writes them to docs/panel/."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ROOT = Path(__file__).parents[2]
SIZE = (1440, 900)


PARTS = ("remove", "effects")


def main() -> int:
    """Take all of them, or those of the parts that are named; needs a display, such as Xvfb's."""
    parts = sys.argv[1:] or list(PARTS)
    with tempfile.TemporaryDirectory(prefix="lumiere-screens-") as folder:
        os.environ["LUMIERE_HOME"] = str(Path(folder) / "home")
        work = Path(folder) / "edit"
        work.mkdir()
        for name in ("demo.otio", "crossing.mov", "pond.mov"):
            shutil.copy(ROOT / "assets" / "demo" / name, work / name)
        photographer = Photographer(work, ROOT / "docs" / "panel")
        for part in parts:
            getattr(photographer, part)()
        photographer.close()
    return 0


class Photographer:
    """Drives a panel and takes pictures.

    Args:
        work: folder with the timeline.
        out: where the pictures go.
    """

    def __init__(self, work: Path, out: Path) -> None:
        from lumiere_plugin.panel import PanelDesk, actions
        from lumiere_ui.app import make_window
        from lumiere_ui.widgets import style
        from PySide6.QtWidgets import QApplication

        self._app = QApplication.instance() or QApplication([])
        style.apply(self._app)
        self._work, self._out = work, out
        out.mkdir(parents=True, exist_ok=True)
        self._window = make_window(PanelDesk(), actions())
        self._window.resize(*SIZE)
        self._window.show()

    def remove(self) -> None:
        """All states of a removal, in the order in which an editor meets them."""
        from lumiere_engine.client import EngineClient
        from lumiere_engine.protocol.roto import ellipse
        from lumiere_ui.models.mask_files import import_masks

        window, session = self._window, self._window.session
        self._until(lambda: session.link.state == "connected")
        self._take("1_empty")
        session.open(self._work / "demo.otio")
        self._until(lambda: session.project is not None)
        session.select((0,))
        session.playhead.scrub(14)
        self._until(lambda: session.shot is not None and window.viewing.is_current("plate"))
        self._until(lambda: session.thumbnails.waiting == 0)
        self._take("2_selected")
        self._draw_robot()
        self._take("3_mask")
        number = session.roto.current
        assert number is not None
        session.roto.set_flag(number, enabled=False)
        self._track_robot()
        self._take("3_tracked")
        # the film's own matte is tighter than a box
        number = session.roto.current
        assert number is not None
        session.roto.set_flag(number, enabled=False)
        import_masks(session, ROOT / "assets" / "demo" / "crossing_matte.mkv")
        self._until(lambda: session.roto.mask is not None and session.roto.mask.kind == "matte")
        self._until(lambda: window.viewing.is_current("matte"))
        self._take("3_imported")
        window.effect.set_params(quality="draft")
        session.previews.make(8)
        self._until(lambda: window.viewing.mode == "preview")
        self._until(lambda: window.viewing.is_current("preview"))
        self._take("4_preview")
        session.render()
        self._until(
            lambda: any(
                job.progress is not None and job.progress.stage in ("borrow", "learn")
                for job in session.queue.jobs
                if job.timeline is not None
            )
        )
        self._take("5_queue")
        self._until(lambda: bool(session.results.all), 900)
        for mode in ("wipe", "side", "difference", "matte", "origin"):
            window.viewing.set_mode(mode)
            self._until(lambda: all(window.viewing.is_current(role) for role in window.viewing.roles))
            self._take(f"6_{mode}")
        window.viewing.set_mode("wipe")
        session.results.accept(0)
        self._take("7_accepted")
        window.modes.repair.click()
        self._until(lambda: session.repairs is not None and window.viewing.is_current("plate"))
        window.tools.set_brush(size=30)
        window.tools.press(window.viewing.media_frame, 300, 240, 4)
        for x in range(300, 360, 4):
            window.tools.move(window.viewing.media_frame, x, 240 + (x - 300) / 4)
        window.tools.release()
        self._until(lambda: window.viewing.is_current("matte"))
        self._take("7_repair")
        session.roto.undo()
        window.modes.repair.click()
        self._until(lambda: session.repairs is None)
        self._learn()
        window.viewing.set_mode("plate")
        session.select((2,))
        session.playhead.scrub(session.project.clip(2).start + 20 if session.project else 0)
        self._until(lambda: session.shot is not None and session.shot.clip == 2)
        number = session.roto.add("Ellipse", "ellipse")
        session.roto.change_mask("ellipse", lambda mask: mask.with_knots(20, ellipse(220, 150, 420, 260)))
        session.roto.select(number)
        window.tools.choose("brush")
        session.roto.add("Brush", "brush")
        window.tools.set_brush(size=26)
        window.tools.press(
            session.shot.media_frame(session.playhead.frame) if session.shot else 0, 450, 220, 4
        )
        for x in range(450, 520, 4):
            window.tools.move(window.viewing.media_frame, x, 220 + (x - 450) / 3)
        window.tools.release()
        self._until(lambda: window.viewing.is_current("matte"))
        self._take("8_brush")
        EngineClient(start=False).stop()
        self._until(lambda: session.link.state == "stopped")
        self._take("9_stopped")
        window.engine.click()
        self._until(lambda: session.link.state == "connected")

    def effects(self) -> None:
        """Stylize, cinemagraph and generate."""
        window, session = self._window, self._window.session
        self._until(lambda: session.link.state == "connected")
        session.open(self._work / "demo.otio")
        self._until(lambda: session.project is not None and not session.selected)
        session.select((0,))
        session.playhead.scrub(14)
        self._until(lambda: session.shot is not None and window.viewing.is_current("plate"))
        self._until(lambda: session.thumbnails.waiting == 0)
        self._stylize()
        session.open(self._work / "pond.mov")
        self._until(lambda: session.shot is not None and session.shot.name == "pond.mov")
        self._cinemagraph()
        self._photograph()
        session.choose_effect(next(one for one in session.effects if one.id == "generate"))
        window.tools.choose("select")
        self._take("12_generate")

    def close(self) -> None:
        """Close the panel, and the engine, whose folder is removed."""
        from lumiere_engine.client import EngineClient

        self._window.close()
        EngineClient(start=False).stop()

    def _choose(self, effect: str) -> None:
        actions = self._window.actions_known
        self._window.effect.set_action(next(one for one in actions if one.effect.id == effect))

    def _stylize(self) -> None:
        """A style picture and its preview, then painted frames."""
        import cv2
        import numpy as np

        window, session = self._window, self._window.session
        for mask in session.roto.roto.masks if session.roto.roto else ():
            session.roto.set_flag(mask.id, enabled=False)
        self._choose("stylize")
        window.tools.choose("select")
        picture = self._work / "strokes.png"
        cv2.imwrite(str(picture), strokes(np.random.default_rng(4)))
        window.effect.set_params(quality="draft", reference=str(picture))
        session.previews.make(1)
        self._until(lambda: session.previews.shown is not None and window.viewing.mode == "preview", 300)
        self._until(lambda: window.viewing.is_current("preview"))
        began = time.monotonic()
        window.effect.set_params(strength=0.6)
        self._until(lambda: all(window.viewing.is_current(role) for role in ("preview", "over")))
        print(f"a mixture for another strength was seen after {time.monotonic() - began:.2f} s")
        self._take("10_mixture")
        self._until(lambda: not (session.previews.busy or session.previews.shown.note), 300)
        print(f"another strength was previewed in {time.monotonic() - began:.1f} s")
        self._until(lambda: window.viewing.is_current("preview"))
        self._take("10_stylize")
        window.viewing.set_mode("plate")
        window.effect.set_params(reference=None)
        session.painting.export()
        exported = self._work / "crossing_paint"
        self._until(lambda: any(exported.glob("crossing_f*.png")))
        (frame,) = exported.glob("crossing_f*.png")
        painted = cv2.stylization(cv2.imread(str(frame)), sigma_s=40, sigma_r=0.4)
        cv2.imwrite(str(frame), painted)
        session.painting.tie(frame)
        session.painting.ask()
        self._until(lambda: session.painting.advice is not None, 300)
        self._until(lambda: session.thumbnails.waiting == 0)
        self._take("10_paintings")

    def _cinemagraph(self) -> None:
        """Loops that were found, and the one that plays."""
        from lumiere_engine.protocol.roto import ellipse

        window, session = self._window, self._window.session
        self._choose("cinemagraph")
        session.roto.add("Ellipse", "ellipse")
        session.roto.change_mask("ellipse", lambda mask: mask.with_knots(0, ellipse(60, 210, 580, 350)))
        window.effect.set_params(quality="draft")
        session.playhead.scrub(20)
        window.effect.form.control("still").use.click()
        window.loops.search.click()
        self._until(lambda: bool(session.loop_points.points), 300)
        session.loop_points.choose(session.loop_points.points[0])
        self._until(lambda: window.viewing.is_current("matte"))
        self._take("11_loops")
        session.previews.make(1)
        self._until(lambda: session.previews.shown is not None and session.playhead.speed != 0, 300)
        self._until(lambda: window.viewing.picture("preview") is not None)
        self._take("11_loop")
        session.playhead.stop()

    def _photograph(self) -> None:
        """Arrows on a single frame."""
        import cv2
        from lumiere_engine.protocol.hints import Arrow
        from lumiere_engine.protocol.roto import ellipse

        window, session = self._window, self._window.session
        film = cv2.VideoCapture(str(self._work / "pond.mov"))
        cv2.imwrite(str(self._work / "photo.png"), film.read()[1])
        session.open(self._work / "photo.png")
        self._until(lambda: session.shot is not None and session.shot.frame_count == 1)
        session.roto.add("Ellipse", "ellipse")
        session.roto.change_mask("ellipse", lambda mask: mask.with_knots(0, ellipse(60, 210, 580, 350)))
        for arrow in (
            Arrow(150, 275, 70, 8),
            Arrow(300, 300, 80, -6),
            Arrow(440, 265, 60, 14),
            Arrow(330, 236, 0, 0),
        ):
            session.notes.edit("arrow", lambda notes, one=arrow: notes.with_arrow(one))
        session.notes.edit("speed", lambda notes: replace(notes, speed=1.5))
        window.tools.choose("arrow")
        self._until(lambda: window.viewing.is_current("plate") and window.viewing.is_current("matte"))
        self._take("11_arrows")

    def _track_robot(self) -> None:
        """A spline around the robot on one frame, tracked forward until most of the bar is filled."""
        import cv2
        from lumiere_engine.protocol.roto import smoothed

        window, session = self._window, self._window.session
        assert session.shot is not None
        frame = session.shot.media_frame(session.playhead.frame)
        film = cv2.VideoCapture(str(ROOT / "assets" / "demo" / "crossing_matte.mkv"))
        film.set(cv2.CAP_PROP_POS_FRAMES, frame)
        matte = film.read()[1][..., 0]
        outlines, _ = cv2.findContours(
            (matte > 127).astype("uint8"), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        drawn = cv2.approxPolyDP(max(outlines, key=cv2.contourArea), 4.0, True)[:, 0]
        session.roto.add("Spline", "spline")
        knots = smoothed(tuple((float(x), float(y)) for x, y in drawn))
        session.roto.change_mask("spline", lambda mask: mask.with_knots(frame, knots))
        window.track.track("both")
        self._until(lambda: session.tracker.running is None, 300)
        session.playhead.scrub(session.playhead.frame + 20)
        self._until(lambda: window.viewing.is_current("matte") and session.strips.matte is not None)

    def _learn(self) -> None:
        """The queue while a shot is learned."""
        window, session = self._window, self._window.session
        window.effect.set_params(quality="standard", imagine=True)
        session.render()
        self._until(lambda: bool(session.learning.sheet) and len(session.learning.now.losses) > 12, 900)
        self._take("7_learning")
        session.learning.use_it_now()
        self._until(lambda: session.learning.now is None, 120)
        for job in session.queue.jobs:
            if not job.state.terminal:
                session.queue.cancel(job)
        self._until(lambda: all(job.state.terminal for job in session.queue.jobs), 300)

    def _draw_robot(self) -> None:
        """Three keyframes around the robot and its wagon, as it crosses."""
        from lumiere_engine.protocol.roto import rectangle

        document = self._window.session.roto
        document.add("Rectangle", "rectangle")
        # where it is on some frames, with its shadow
        for frame, left, right in (
            (12, 98, 496),
            (24, 120, 514),
            (36, 152, 540),
            (48, 176, 576),
            (59, 204, 588),
        ):
            box = rectangle(left, 120, right, 342)
            document.change_mask("keyframe", lambda mask, f=frame, b=box: mask.with_knots(f, b))
        self._until(lambda: self._window.viewing.is_current("matte"))

    def _until(self, there: Callable[[], bool], limit_s: float = 120) -> None:
        end = time.monotonic() + limit_s
        while not there():
            if time.monotonic() > end:
                raise SystemExit("the panel did not get there")
            self._app.processEvents()
            time.sleep(0.01)

    def _take(self, name: str) -> None:
        end = time.monotonic() + 0.4
        while time.monotonic() < end:
            self._app.processEvents()
            time.sleep(0.01)
        self._window.grab().save(str(self._out / f"{name}.jpg"), "JPG", 88)


def strokes(rng: np.random.Generator) -> np.ndarray:
    """A picture of coarse strokes, made here: nobody's style but the script's."""
    import cv2
    import numpy as np

    canvas = np.full((360, 480, 3), (150, 90, 40), np.uint8)
    colors = ((60, 170, 225), (170, 100, 45), (205, 215, 230), (70, 60, 150), (120, 150, 70))
    for _ in range(1400):
        x, y = int(rng.integers(-10, 490)), int(rng.integers(-10, 370))
        angle, length = float(rng.normal(0.5, 0.5)), float(rng.uniform(14, 34))
        end = (round(x + length * np.cos(angle)), round(y + length * np.sin(angle)))
        color = np.clip(np.array(colors[int(rng.integers(len(colors)))]) + rng.normal(0, 12, 3), 0, 255)
        cv2.line(canvas, (x, y), end, color.tolist(), int(rng.integers(4, 9)), cv2.LINE_AA)
    return canvas


if __name__ == "__main__":
    sys.exit(main())

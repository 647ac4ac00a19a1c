"""The window: viewer in the middle, masks, effect and queue at the right, the timeline below."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from lumiere_engine.protocol import Job
from PySide6.QtCore import QByteArray, QEvent, QPoint, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..models.actions import Action
from ..models.mask_tools import MaskTools
from ..models.queue_model import notes
from ..models.session import Session
from ..models.viewing import Viewing
from .buttons import flat_button
from .clip_menu import clip_menu
from .effect_panel import EffectPanel
from .icons import icon
from .key_bar import KeyBar
from .loop_strip import LoopStrip
from .mask_dialogs import ask_export, ask_import
from .mask_panel import MaskPanel
from .queue_view import QueueView
from .shortcuts import add_shortcuts
from .strip_bar import StripBar
from .style import ACCENT, DANGER, DIM, RESULT
from .timeline_view import TimelineView
from .track_bar import TrackBar
from .transport import ModeBar, Transport
from .viewer import Viewer

_LAYOUT = 1
_NOTICE_MS = 8000
_TOOLS = (
    ("select", "Select and move masks", "V"),
    ("rectangle", "Rectangle", "R"),
    ("ellipse", "Ellipse", "Q"),
    ("spline", "Spline: click points, Enter closes", "P"),
    ("brush", "Brush", "B"),
    ("eraser", "Eraser", "E"),
    ("arrow", "Arrow of motion: drag where it flows, click to pin a place", "G"),
)
_SUFFIXES = "otio otioz xml fcpxml edl aaf mov mp4 mkv mxf avi m4v exr dpx png tif tiff jpg"
_MEDIA = f"Timelines and media ({' '.join(f'*.{suffix}' for suffix in _SUFFIXES.split())});;All files (*)"


class MainWindow(QMainWindow):
    """The panel.

    Args:
        session: what is open.
        actions: what can be done with a clip.
        settings: remembers the layout.
    """

    def __init__(self, session: Session, actions: tuple[Action, ...], settings: QSettings) -> None:
        super().__init__()
        self.session, self.actions_known, self._settings = session, actions, settings
        self._asked = ""  # what the artist was told to do before the effect can begin
        self.viewing = Viewing(session, self)
        self.tools = MaskTools(session.roto, self)
        self.viewer = Viewer(session, self.viewing, self.tools)
        self.timeline = TimelineView(session)
        self.queue = QueueView(session.queue, session.learning)
        self.masks = MaskPanel(session, self.tools)
        self.effect = EffectPanel(session)
        self.setWindowTitle("Lumiere")
        self.setAcceptDrops(True)
        self.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.resize(1440, 900)
        self._build_center()
        self._build_docks()
        self._build_status()
        self._build_menus()
        add_shortcuts(self)
        self._connect()
        self._restore()

    def open_dialog(self) -> None:
        """Ask for a file."""
        path, _ = QFileDialog.getOpenFileName(self, "Open a timeline or a clip", "", _MEDIA)
        if path:
            self.session.open(Path(path))

    def clip_menu(self, clip: int) -> QMenu:
        """What can be done with a clip."""
        return clip_menu(self, clip)

    def start(self, action: Action) -> None:
        """Begin an action: its tool in hand, or, where all is drawn, at once."""
        self.effect.set_action(action)
        if self.session.why_not():
            if self.tools.tool == "select":
                self.tools.choose("rectangle")
            self.viewing.set_mode("plate")
            self.viewer.setFocus()
            self.say("info", self.session.why_not())
            self._asked = self.session.why_not()
        else:
            self.session.render()

    def compare(self, clip: int | None = None) -> None:
        """Plate and result, divided by a wipe."""
        if clip is not None:
            self.session.select((clip,))
        self.viewing.set_mode("wipe")

    def say(self, kind: str, text: str) -> None:
        """A sentence in the status bar; an error stays until the next one."""
        self._notice.setText(text)
        self._notice.setToolTip(text)
        self._notice.setStyleSheet(f"color: {DANGER if kind == 'error' else DIM};")
        self._notice_timer.stop()
        if kind != "error" and text:
            self._notice_timer.start()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - as Qt calls it
        """Remember the layout, write the drawing; the engine goes on."""
        self._settings.setValue("geometry", self.saveGeometry())
        self._settings.setValue("layout", self.saveState(_LAYOUT))
        self.session.close()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Files may be dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Open the first file."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self.session.open(Path(paths[0]))

    def _build_center(self) -> None:
        bar = QVBoxLayout()
        bar.setContentsMargins(6, 8, 4, 8)
        bar.setSpacing(3)
        self.tool_buttons = {}
        group = QButtonGroup(self)
        for tool, tip, key in _TOOLS:
            button = flat_button(tool, tip, checkable=True, shortcut=key, size=20)
            button.clicked.connect(lambda _=False, tool=tool: self.tools.choose(tool))
            group.addButton(button)
            bar.addWidget(button)
            self.tool_buttons[tool] = button
        bar.addStretch(1)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addLayout(bar)
        middle.addWidget(self.viewer, 1)
        center = QWidget()
        column = QVBoxLayout(center)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.modes = ModeBar(self.viewing)
        column.addWidget(self.modes)
        column.addLayout(middle, 1)
        self.keys = KeyBar(self.session, self.viewing)
        column.addWidget(self.keys)
        self.strips = StripBar(self.session, self.keys)
        column.addWidget(self.strips)
        self.loops = LoopStrip(self.session, self.keys)
        column.addWidget(self.loops)
        self.track = TrackBar(self.session)
        column.addWidget(self.track)
        self.transport = Transport(self.session)
        column.addWidget(self.transport)
        self.setCentralWidget(center)

    def _build_docks(self) -> None:
        right, bottom = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
        self.docks = [
            self._dock("Masks", self.masks, right, 300),
            self._dock("Effect", self.effect, right, 300),
            self._dock("Queue", self.queue, right, 300),
            self._dock("Timeline", self.timeline, bottom, 0),
        ]
        self.resizeDocks(self.docks[:3], [190, 420, 230], Qt.Orientation.Vertical)
        self.resizeDocks(self.docks[:1], [330], Qt.Orientation.Horizontal)
        self.resizeDocks(self.docks[3:], [268], Qt.Orientation.Vertical)

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea, width: int) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title)
        dock.setWidget(widget)
        features = QDockWidget.DockWidgetFeature
        dock.setFeatures(features.DockWidgetMovable | features.DockWidgetFloatable)
        if width:
            widget.setMinimumWidth(width)
        self.addDockWidget(area, dock)
        return dock

    def _build_status(self) -> None:
        self._notice = QLabel()
        self._notice.setAccessibleName("Messages")
        self._notice_timer = QTimer(self)
        self._notice_timer.setSingleShot(True)
        self._notice_timer.setInterval(_NOTICE_MS)
        self._notice_timer.timeout.connect(lambda: self._notice.setText(""))
        self._busy = QLabel()
        self._busy.setStyleSheet(f"color: {ACCENT};")
        self.engine = QPushButton()
        self.engine.setProperty("role", "flat")
        self.engine.setStyleSheet("padding: 2px 8px;")
        self.engine.clicked.connect(self.session.link.start)
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.addWidget(self._notice, 1)
        bar.addPermanentWidget(self._busy)
        bar.addPermanentWidget(self.engine)
        bar.setContentsMargins(8, 0, 12, 0)

    def _build_menus(self) -> None:
        session = self.session
        file = self.menuBar().addMenu("File")
        self._entry(file, "Open…", self.open_dialog, QKeySequence.StandardKey.Open)
        self.save_entry = self._entry(
            file, "Save timeline with results", session.save_results, "Ctrl+Shift+S"
        )
        file.addSeparator()
        self._entry(file, "Close", self.close, QKeySequence.StandardKey.Close)
        edit = self.menuBar().addMenu("Edit")
        self.undo_entry = self._entry(edit, "Undo", session.roto.undo, QKeySequence.StandardKey.Undo)
        self.redo_entry = self._entry(edit, "Redo", session.roto.redo, "Ctrl+Shift+Z")
        clip = self.menuBar().addMenu("Clip")
        for action in self.actions_known:
            keys = "Ctrl+Return" if action is self.actions_known[0] else ""
            self._entry(clip, action.title, partial(self.start, action), keys)
        view = self.menuBar().addMenu("View")
        self._entry(view, "Whole picture", self.viewer.fit, "Shift+F")
        self._entry(view, "Whole timeline", self.timeline.fit, "Shift+Z")
        view.addSeparator()
        for dock in self.docks:
            view.addAction(dock.toggleViewAction())
        self._show_edits()

    def _entry(
        self, menu: QMenu, title: str, does: Callable[[], object], keys: QKeySequence.StandardKey | str = ""
    ) -> QAction:
        entry = QAction(title, self)
        entry.triggered.connect(lambda _=False: does())
        if keys:
            entry.setShortcut(keys)
        menu.addAction(entry)
        return entry

    def _connect(self) -> None:
        session = self.session
        self.viewer.opened.connect(self.open_dialog)
        self.timeline.menu_wanted.connect(self._show_clip_menu)
        self.timeline.result_chosen.connect(self.compare)
        self.queue.compare_wanted.connect(self._compare_job)
        self.effect.draw_wanted.connect(self._draw_arrows)
        self.tools.changed.connect(self._show_tool)
        self.modes.accept.clicked.connect(self._accept)
        self.modes.redo.clicked.connect(session.redo)
        self.modes.repair.clicked.connect(self._repair)
        self.modes.keep.clicked.connect(session.save_results)
        self.masks.import_wanted.connect(partial(ask_import, self, session))
        self.masks.export_wanted.connect(partial(ask_export, self, session))
        session.noticed.connect(self.say)
        session.busy_changed.connect(self._busy.setText)
        session.project_changed.connect(self._show_project)
        session.effect_changed.connect(self._show_effect)
        session.shot_changed.connect(self._show_effect)
        session.results.changed.connect(self._show_edits)
        session.roto.changed.connect(self._show_edits)
        session.submitted.connect(lambda job: self.say("info", f"Queued: {job.title}"))
        session.queue.finished.connect(self._finished)
        session.link.state_changed.connect(self._show_engine)
        self._show_engine(session.link.state, session.link.message)
        self._show_tool()
        self._show_effect()

    def _restore(self) -> None:
        geometry, layout = self._settings.value("geometry"), self._settings.value("layout")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(layout, QByteArray):
            self.restoreState(layout, _LAYOUT)

    def _show_clip_menu(self, clip: int, place: QPoint) -> None:
        menu = self.clip_menu(clip)
        menu.exec(place)
        menu.deleteLater()

    def _compare_job(self, job: Job) -> None:
        """Show a finished job, where its timeline is open."""
        session = self.session
        found = next((one for one in session.results.all if one.job == job.id), None)
        project = session.project
        if found is None or found.placement is None or project is None:
            self.say("info", f"That result belongs to another timeline: {job.order.output}")
            return
        start = found.placement.record_start - project.start_frame
        for track in project.tracks:
            for clip in track.clips:
                if clip.start == start and clip.name == found.placement.clip:
                    session.results.choose(clip.index, job.id)
                    self.compare(clip.index)
                    return

    def _finished(self, job: Job) -> None:
        if job.state.value == "done" and job.timeline is not None:
            done = f"{job.title} is done: it stands on the Lumiere track; press 4 to compare"
            self.say("info", " · ".join((done, *notes(job))))
        elif job.state.value == "failed" and job.error is not None:
            self.say("error", f"{job.title}: {job.error.get('message')}")

    def _accept(self, accepted: bool) -> None:
        clip = self.viewing.clip
        if clip is not None and self.viewing.result is not None:
            self.session.results.accept(clip.index, accepted)

    def _repair(self, on: bool) -> None:
        """Take the brush to the result, or go back to the plate."""
        if on:
            self.session.repair.begin()
            self.tools.choose("brush")
            self.viewing.set_mode("plate")
            self.say("info", "Paint what is to be done anew; I and O say from where to where")
        else:
            self.session.repair.end()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - as Qt calls it
        """Back from another program: it may have written plates anew."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.session.results.look_again()

    def _draw_arrows(self) -> None:
        self.tools.choose("arrow")
        self.viewing.set_mode("plate")
        self.viewer.setFocus()

    def _show_tool(self) -> None:
        self.tool_buttons[self.tools.tool].setChecked(True)

    def _show_effect(self) -> None:
        """Arrows are for what is moved by them."""
        usable = self.session.arrows.usable
        self.tool_buttons["arrow"].setVisible(usable)
        if not usable and self.tools.tool == "arrow":
            self.tools.choose("select")
        self._show_edits()

    def _show_project(self) -> None:
        project = self.session.project
        self.setWindowTitle("Lumiere" if project is None else f"{project.name} — Lumiere")

    def _show_edits(self) -> None:
        if self._asked and self._asked == self._notice.text() and not self.session.why_not():
            self.say("info", "")  # it is done
        history = self.session.roto.history
        self.undo_entry.setEnabled(bool(history.undo_name))
        self.undo_entry.setText(f"Undo {history.undo_name}".strip())
        self.redo_entry.setEnabled(bool(history.redo_name))
        self.redo_entry.setText(f"Redo {history.redo_name}".strip())
        project = self.session.project
        can_save = bool(self.session.results.all) and project is not None and project.is_timeline
        self.save_entry.setEnabled(can_save)
        self.modes.keep.setVisible(can_save)

    def _show_engine(self, state: str, message: str) -> None:
        color = {"connected": RESULT, "starting": DIM, "failed": DANGER}.get(state, ACCENT)
        self.engine.setIcon(icon("dot", color))
        self.engine.setText(message.partition(":")[0])
        self.engine.setAccessibleName(f"Engine: {message}")
        self.engine.setToolTip(message)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As large as a laptop's screen takes."""
        return QSize(1440, 900)

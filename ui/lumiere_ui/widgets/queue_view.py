"""The queue: one row for each job, with its picture, how far it is, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lumiere_engine.protocol import Job, JobState
from lumiere_engine.protocol.errors import from_wire
from lumiere_engine.protocol.places import state_folder
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QColor, QDesktopServices, QImage, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..models.learning_model import LearningModel
from ..models.queue_model import JOB_ROLE, QueueModel, share, told
from .buttons import flat_button
from .learning_view import LearningView
from .style import ACCENT, DANGER, DIM, FAINT, HOVER, LINE, PANEL, RAISED, RESULT, TEXT, filled

_ROW = 58
_PICTURE = QSize(72, 42)
_COLORS = {
    JobState.RUNNING: ACCENT,
    JobState.DONE: RESULT,
    JobState.FAILED: DANGER,
    JobState.LOST: DANGER,
}
_AGAIN = (JobState.FAILED, JobState.CANCELLED, JobState.LOST)
Index = QModelIndex | QPersistentModelIndex


class QueueView(QWidget):
    """The list, and the buttons above it.

    Args:
        queue: the jobs.
        learning: what the running one learns.
        parent: a widget.
    """

    compare_wanted = Signal(object)
    """A `Job` that is done."""

    def __init__(self, queue: QueueModel, learning: LearningModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        filled(self)
        self._queue = queue
        self._paused = QLabel("The queue is paused: nothing new starts")
        self._paused.setProperty("role", "dim")
        self._pause = flat_button("pause", "Pause the queue", checkable=True)
        self._pause.toggled.connect(queue.pause_all)
        self._list = QListView()
        self._list.setModel(queue)
        self._list.setItemDelegate(_Row(queue, self._list))
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._list.setMouseTracking(True)
        self._list.setAccessibleName("Jobs")
        self._list.customContextMenuRequested.connect(self._menu)
        self._list.doubleClicked.connect(self._opened)
        self._empty = QLabel("Nothing is queued.\nWhat you ask for is rendered here,\none after the other.")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(28, 0, 28, 30)
        self._empty.setProperty("role", "dim")
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 8, 4)
        head.addWidget(self._paused, 1)
        head.addStretch(1)
        self.buttons = {
            "up": self._button("up", "Move the job up", lambda job: queue.move_by(job, -1)),
            "down": self._button("down", "Move the job down", lambda job: queue.move_by(job, 1)),
            "retry": self._button("again", "Try the job again", queue.retry),
            "reveal": self._button("folder", "Show the result in its folder", _reveal_result),
            "cancel": self._button("cross", "Cancel the job", queue.cancel),
        }
        for button in self.buttons.values():
            head.addWidget(button)
        head.addSpacing(8)
        head.addWidget(self._pause)
        self._list.selectionModel().currentChanged.connect(lambda *_: self._show_buttons())
        queue.dataChanged.connect(lambda *_: self._show_buttons())
        queue.modelReset.connect(self._show_buttons)
        stack = QWidget()
        self._stack = QStackedLayout(stack)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(stack, 1)
        self.learning = LearningView(learning)
        layout.addWidget(self.learning)
        queue.refreshed.connect(self._show)
        queue.paused_changed.connect(self._show_paused)
        queue.picture_changed.connect(lambda _: self._list.viewport().update())
        self._show_paused(False)
        self._show_buttons()

    def select(self, number: int) -> None:
        """Select a job by its number, if it is listed."""
        for row, job in enumerate(self._queue.jobs):
            if job.id == number:
                self._list.setCurrentIndex(self._queue.index(row))

    def menu_of(self, job: Job) -> QMenu:
        """What can be done with a job now."""
        menu = QMenu(self)
        queue = self._queue
        waiting = job.state is JobState.QUEUED
        alive = not job.state.terminal
        if job.state is JobState.DONE:
            menu.addAction("Compare with the plate", lambda: self.compare_wanted.emit(job))
            menu.addAction("Show in folder", lambda: reveal(Path(job.order.output)))
        if job.state in _AGAIN:
            menu.addAction("Try again", lambda: queue.retry(job))
        if job.state in (JobState.PAUSED, JobState.DRAFT):
            menu.addAction("Resume", lambda: queue.resume(job))
        elif alive:
            menu.addAction("Pause", lambda: queue.pause(job))
        if waiting:
            menu.addAction("Move up", lambda: queue.move_by(job, -1))
            menu.addAction("Move down", lambda: queue.move_by(job, 1))
        log = state_folder() / "jobs" / str(job.id) / "log"
        menu.addAction("Show the log", lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log))))
        if alive:
            menu.addSeparator()
            menu.addAction("Cancel", lambda: queue.cancel(job))
        return menu

    def _button(self, name: str, tip: str, does: Callable[[Job], object]) -> QToolButton:
        button = flat_button(name, tip, size=15)

        def clicked() -> None:
            job = self._selected()
            if job is not None:
                does(job)

        button.clicked.connect(clicked)
        return button

    def _selected(self) -> Job | None:
        job = self._list.currentIndex().data(JOB_ROLE)
        return job if isinstance(job, Job) else None

    def _show_buttons(self) -> None:
        """What can be done with the selected job."""
        state = None if (job := self._selected()) is None else job.state
        possible = {
            "up": state is JobState.QUEUED,
            "down": state is JobState.QUEUED,
            "retry": state in _AGAIN,
            "reveal": state is JobState.DONE,
            "cancel": state is not None and not state.terminal,
        }
        for name, button in self.buttons.items():
            button.setEnabled(possible[name])
            button.setVisible(state is not None)

    def _menu(self, place: QPoint) -> None:
        job = self._list.indexAt(place).data(JOB_ROLE)
        if isinstance(job, Job):
            menu = self.menu_of(job)
            menu.exec(self._list.viewport().mapToGlobal(place))
            menu.deleteLater()

    def _opened(self, index: QModelIndex) -> None:
        job = index.data(JOB_ROLE)
        if isinstance(job, Job) and job.state is JobState.DONE:
            self.compare_wanted.emit(job)

    def _show(self) -> None:
        self._stack.setCurrentIndex(1 if self._queue.jobs else 0)

    def _show_paused(self, paused: bool) -> None:
        self._paused.setVisible(paused)
        self._pause.blockSignals(True)
        self._pause.setChecked(paused)
        self._pause.blockSignals(False)
        self._pause.setToolTip("Let the queue go on" if paused else "Pause the queue: what runs is finished")


class _Row(QStyledItemDelegate):
    """Draws a job."""

    def __init__(self, queue: QueueModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._queue = queue

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - as Qt calls it
        """All rows are alike."""
        return QSize(200, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Picture, title, state, bar."""
        job = index.data(JOB_ROLE)
        if not isinstance(job, Job):
            return
        rect: QRect = option.rect  # type: ignore[attr-defined,unused-ignore]
        state = option.state  # type: ignore[attr-defined,unused-ignore]
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(RAISED))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(HOVER).darker(115))
        else:
            painter.fillRect(rect, QColor(PANEL))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        picture = QRect(rect.left() + 12, rect.top() + 8, _PICTURE.width(), _PICTURE.height())
        self._draw_picture(painter, job, picture)
        text = rect.adjusted(12 + _PICTURE.width() + 11, 8, -12, -8)
        metrics = painter.fontMetrics()
        painter.setPen(QColor(TEXT))
        title = metrics.elidedText(job.title, Qt.TextElideMode.ElideMiddle, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignTop, title)
        painter.setPen(QColor(DANGER if job.state in (JobState.FAILED, JobState.LOST) else DIM))
        line = text.adjusted(0, metrics.height() + 2, 0, 0)
        said = metrics.elidedText(told(job), Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignTop, said)
        self._draw_bar(painter, job, QRectF(text.left(), rect.bottom() - 9, text.width(), 3))
        painter.restore()

    def helpEvent(self, event, view, option, index) -> bool:  # type: ignore[no-untyped-def]  # noqa: N802
        """The whole error, with its remedy."""
        job = index.data(JOB_ROLE)
        if isinstance(job, Job):
            error = (
                str(from_wire(job.error)) if job.error else f"{job.title}\n{told(job)}\n{job.order.output}"
            )
            view.setToolTip(error)
        return super().helpEvent(event, view, option, index)

    def _draw_picture(self, painter: QPainter, job: Job, rect: QRect) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(LINE))
        painter.drawRoundedRect(rect, 3, 3)
        content = self._queue.picture(job)
        image = QImage.fromData(content) if content else QImage()
        if not image.isNull():
            size = image.size().scaled(rect.size(), Qt.AspectRatioMode.KeepAspectRatio)
            inside = QRect(QPoint(0, 0), size)
            inside.moveCenter(rect.center())
            painter.drawImage(inside, image)
        painter.setBrush(QColor(_COLORS.get(job.state, FAINT)))
        painter.drawEllipse(QRectF(rect.left() + 5, rect.top() + 5, 7, 7))

    def _draw_bar(self, painter: QPainter, job: Job, rect: QRectF) -> None:
        done = share(job)
        if done is None or job.state is JobState.DONE:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(LINE))
        painter.drawRoundedRect(rect, 1.5, 1.5)
        painter.setBrush(QColor(_COLORS.get(job.state, FAINT)))
        painter.drawRoundedRect(QRectF(rect.left(), rect.top(), rect.width() * done, rect.height()), 1.5, 1.5)


def _reveal_result(job: Job) -> None:
    reveal(Path(job.order.output))


def reveal(path: Path) -> None:
    """Show a file's folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))

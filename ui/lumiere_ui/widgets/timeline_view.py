"""The timeline: tracks and clips to scale, thumbnails, the playhead, in and out, and results on their own tracks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from ..models.project import ClipItem
from ..models.session import Session
from .ruler import HEADER, RULER, draw_playhead, draw_ruler
from .style import ACCENT, CLIP, DANGER, FAINT, PANEL, RAISED, RESULT, TEXT, WINDOW
from .viewer import image_of

TRACK = 54
_GAP = 3
_THUMBNAIL = 64
_NARROW = 34


class TimelineView(QAbstractScrollArea):
    """Draws what is visible of a project.

    Args:
        session: what is open.
        parent: a widget.
    """

    menu_wanted = Signal(int, QPoint)
    """A clip, and where on the screen."""
    result_chosen = Signal(int)
    """The clip whose result was double-clicked."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._scale = 1.0  # pixels per frame
        self._starts: list[list[int]] = []
        self._dragging = False
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setMinimumHeight(RULER + TRACK * 2)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setAccessibleName("Timeline")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        session.project_changed.connect(self._reset)
        session.playhead.moved.connect(self._follow)
        session.playhead.range_changed.connect(self.viewport().update)
        session.selection_changed.connect(self.viewport().update)
        session.results.changed.connect(self._layout)
        session.thumbnails.ready.connect(self.viewport().update)

    def fit(self) -> None:
        """The whole timeline."""
        project = self._session.project
        if project is not None and project.duration:
            self._scale = max(0.001, (self._room() - 24) / project.duration)
            self._layout()

    def zoom_by(self, factor: float, at: float | None = None) -> None:
        """Closer (above 1) or farther, around a place; by default the playhead."""
        if self._session.project is None:
            return
        place = self._x(self._session.playhead.frame) if at is None else at
        frame = self._frame(place)
        least = min(1.0, (self._room() - 24) / max(1, self._session.project.duration))
        self._scale = min(max(self._scale * factor, least), 40.0)
        self._layout()
        self.horizontalScrollBar().setValue(round(frame * self._scale - (place - HEADER)))
        self.viewport().update()

    def clip_rect(self, index: int) -> QRect:
        """Where a clip is on the viewport; empty if there is none."""
        for number, clip in self._all_clips():
            if clip.index == index:
                return self._rect(number, clip).toRect()
        return QRect()

    def clip_at(self, place: QPointF) -> ClipItem | None:
        """The clip there."""
        project = self._session.project
        if project is None or place.x() < HEADER:
            return None
        for number in range(len(project.tracks)):
            top = self._top(number)
            if top <= place.y() < top + TRACK - _GAP:
                frame = int(self._frame(place.x()))
                k = bisect_right(self._starts[number], frame) - 1
                clips = project.tracks[number].clips
                if k >= 0 and frame < clips[k].start + clips[k].duration:
                    return clips[k]
        return None

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - as Qt calls it
        """Draw what is visible."""
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(WINDOW))
        project = self._session.project
        if project is None:
            painter.setPen(QColor(FAINT))
            text = "The timeline appears here"
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, text)
            return
        painter.setClipRect(QRect(HEADER, RULER, self.viewport().width(), self.viewport().height()))
        for number in range(len(project.tracks)):
            self._draw_track(painter, number)
        self._draw_results(painter)
        painter.setClipping(False)
        self._draw_headers(painter)
        width = self.viewport().width()
        draw_ruler(painter, project, self._session.playhead, self._x, self._frame, self._scale, width)
        draw_playhead(painter, self._x(self._session.playhead.frame), self.viewport().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep the scroll bars right."""
        self._layout()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Select a clip, or take the playhead."""
        if self._session.project is None or event.button() != Qt.MouseButton.LeftButton:
            return
        clip = self.clip_at(event.position())
        if clip is None or event.position().y() < RULER:
            if event.position().x() >= HEADER:
                self._dragging = True
                self._session.playhead.scrub(int(self._frame(event.position().x())))
            return
        chosen = self._session.selected
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
            others = tuple(one for one in chosen if one != clip.index)
            chosen = others if clip.index in chosen else (*others, clip.index)
        else:
            chosen = (clip.index,)
        self._session.playhead.scrub(int(self._frame(event.position().x())))
        self._session.select(chosen)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Drag the playhead, or tell what is under the mouse."""
        if self._dragging:
            self._session.playhead.scrub(int(self._frame(event.position().x())))
            return
        clip = self.clip_at(event.position())
        tip = "" if clip is None else clip.name + (f"\n{clip.missing}" if clip.missing else "")
        self.viewport().setToolTip(tip)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Let go of the playhead."""
        self._dragging = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Compare a result."""
        clip = self._result_at(event.position())
        if clip is not None:
            self._session.select((clip.index,))
            self.result_chosen.emit(clip.index)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """What can be done with the clip there."""
        clip = self.clip_at(QPointF(event.pos()))
        if clip is not None:
            if clip.index not in self._session.selected:
                self._session.select((clip.index,))
            self.menu_wanted.emit(clip.index, event.globalPos())

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom with Ctrl, scroll otherwise."""
        delta = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(1.002 ** delta.y(), event.position().x())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(delta.x()) > abs(delta.y()):
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - (delta.x() or delta.y()))
        else:
            super().wheelEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802
        """Everything is drawn anew: only what is visible costs anything."""
        self.viewport().update()

    def _reset(self) -> None:
        project = self._session.project
        self._starts = [[clip.start for clip in track.clips] for track in project.tracks] if project else []
        self.fit()

    def _layout(self) -> None:
        project = self._session.project
        if project is None:
            return
        width = int(project.duration * self._scale) + 20
        bar = self.horizontalScrollBar()
        bar.setRange(0, max(0, width - self._room()))
        bar.setPageStep(self._room())
        bar.setSingleStep(40)
        height = RULER + (len(project.tracks) + bool(self._session.results.all)) * TRACK + 8
        self.verticalScrollBar().setRange(0, max(0, height - self.viewport().height()))
        self.verticalScrollBar().setPageStep(self.viewport().height())
        self.viewport().update()

    def _follow(self, frame: int) -> None:
        """Keep the playhead in sight while it plays."""
        x = self._x(frame)
        if self._session.playhead.speed and not HEADER <= x < self.viewport().width() - 20:
            self.horizontalScrollBar().setValue(round(frame * self._scale - self._room() * 0.1))
        self.viewport().update()

    def _room(self) -> int:
        return max(50, self.viewport().width() - HEADER)

    def _x(self, frame: float) -> float:
        return HEADER + frame * self._scale - self.horizontalScrollBar().value()

    def _frame(self, x: float) -> float:
        return (x - HEADER + self.horizontalScrollBar().value()) / self._scale

    def _top(self, number: int) -> int:
        """The upper edge of a track; results stand above all of them."""
        project = self._session.project
        assert project is not None
        row = len(project.tracks) - 1 - number + bool(self._session.results.all)
        return RULER + 4 + row * TRACK - self.verticalScrollBar().value()

    def _rect(self, number: int, clip: ClipItem) -> QRectF:
        x = self._x(clip.start)
        return QRectF(
            x, self._top(number), max(2.0, self._x(clip.start + clip.duration) - x - 1), TRACK - _GAP
        )

    def _all_clips(self) -> Iterator[tuple[int, ClipItem]]:
        project = self._session.project
        for number, track in enumerate(project.tracks if project else ()):
            for clip in track.clips:
                yield number, clip

    def _visible(self, number: int) -> list[ClipItem]:
        """The clips of a track that the viewport shows."""
        project = self._session.project
        assert project is not None
        clips, starts = project.tracks[number].clips, self._starts[number]
        first = max(0, bisect_right(starts, int(self._frame(HEADER))) - 1)
        last = bisect_right(starts, int(self._frame(self.viewport().width())) + 1)
        return list(clips[first:last])

    def _draw_track(self, painter: QPainter, number: int) -> None:
        top = self._top(number)
        painter.fillRect(QRectF(HEADER, top, self.viewport().width(), TRACK - _GAP), QColor("#1b1c1f"))
        for clip in self._visible(number):
            self._draw_clip(painter, clip, self._rect(number, clip))

    def _draw_clip(self, painter: QPainter, clip: ClipItem, rect: QRectF) -> None:
        color = QColor(CLIP) if not clip.missing else QColor("#4a2b2b")
        chosen = clip.index in self._session.selected
        painter.fillRect(rect, color.lighter(118) if chosen else color)
        if clip.missing:
            painter.fillRect(rect, QColor(DANGER).darker(260))
        elif rect.width() > _NARROW:
            self._draw_thumbnails(painter, clip, rect)
        if rect.width() > _NARROW:
            strip = QRectF(rect.left(), rect.bottom() - 16, rect.width(), 16)
            painter.fillRect(strip, QColor(0, 0, 0, 130))
            painter.setPen(QColor(DANGER).lighter(120) if clip.missing else QColor(TEXT))
            name = f"Missing · {clip.name}" if clip.missing else clip.name
            text = painter.fontMetrics().elidedText(
                name, Qt.TextElideMode.ElideRight, int(strip.width()) - 10
            )
            painter.drawText(strip.adjusted(6, -1, -4, -1), Qt.AlignmentFlag.AlignVCenter, text)
        if chosen:
            painter.setPen(QPen(QColor(ACCENT), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))

    def _draw_thumbnails(self, painter: QPainter, clip: ClipItem, rect: QRectF) -> None:
        room = rect.adjusted(0, 0, 0, -16)
        painter.save()
        painter.setClipRect(room.intersected(QRectF(HEADER, 0, self.viewport().width(), 10_000)))
        x = room.left()
        while x < min(room.right(), self.viewport().width()):
            if x + _THUMBNAIL > HEADER:
                offset = int((x - rect.left()) / self._scale)
                picture = self._thumbnail(clip, min(offset, clip.duration - 1))
                if picture is None:
                    break
                width = picture.width() * room.height() / max(1, picture.height())
                painter.drawImage(QRectF(x, room.top(), width, room.height()), picture)
                x += width
            else:
                x += _THUMBNAIL
        painter.restore()

    def _thumbnail(self, clip: ClipItem, offset: int):  # type: ignore[no-untyped-def]
        """The picture of a frame, or of the clip's first while that is on its way."""
        if clip.media is None:
            return None
        store = self._session.thumbnails
        head: Hashable = ("thumbnail", clip.media, clip.media_start)
        key: Hashable = ("thumbnail", clip.media, clip.media_start + offset)
        request = {"do": "frame", "path": clip.media, "frame": clip.media_start + offset, "side": 96}
        found = store.want(key, request)
        if found is None and offset:
            found = store.get(head)
        return None if found is None else image_of(found)

    def _result_at(self, place: QPointF) -> ClipItem | None:
        if not self._session.results.all or place.x() < HEADER:
            return None
        top = self._results_top()
        if not top <= place.y() < top + TRACK - _GAP:
            return None
        frame = self._frame(place.x())
        return next(
            (
                clip
                for _, clip in self._all_clips()
                if clip.start <= frame < clip.start + clip.duration
                and self._session.results.shown(clip.index) is not None
            ),
            None,
        )

    def _results_top(self) -> int:
        return RULER + 4 - self.verticalScrollBar().value()

    def _draw_results(self, painter: QPainter) -> None:
        """The shown take of every clip on a track of its own."""
        if not self._session.results.all:
            return
        top = self._results_top()
        painter.fillRect(QRectF(HEADER, top, self.viewport().width(), TRACK - _GAP), QColor("#182321"))
        for _, clip in self._all_clips():
            result = self._session.results.shown(clip.index)
            if result is None:
                continue
            placement = result.placement
            assert placement is not None
            first, frames = self._session.results.shown_from(result), placement.record_duration
            x = self._x(first)
            width = max(2.0, self._x(first + frames) - x - 1)
            rect = QRectF(x, top, width, TRACK - _GAP)
            if rect.right() < HEADER or rect.left() > self.viewport().width():
                continue
            painter.fillRect(rect, QColor(RESULT).darker(150))
            stale = self._session.results.stale.get(result.job)
            item = ClipItem(-1, clip.name, first, frames, result.media, placement.source_start)
            if rect.width() > _NARROW:
                self._draw_thumbnails(painter, item, rect)
                strip = QRectF(rect.left(), rect.bottom() - 16, rect.width(), 16)
                painter.fillRect(strip, QColor("#6b5526") if stale else QColor(RESULT).darker(180))
                painter.setPen(QColor("#f4dfae") if stale else QColor("#c9f2ea"))
                takes = len(self._session.results.of(clip.index))
                name = Path(result.media).stem + (f" · {takes} takes" if takes > 1 else "")
                if self._session.results.accepted(clip.index):
                    name = f"✓ {name}"
                if stale:
                    name = f"{name} · {stale}"
                name = painter.fontMetrics().elidedText(
                    name, Qt.TextElideMode.ElideRight, int(strip.width()) - 10
                )
                painter.drawText(strip.adjusted(6, -1, -4, -1), Qt.AlignmentFlag.AlignVCenter, name)

    def _draw_headers(self, painter: QPainter) -> None:
        project = self._session.project
        assert project is not None
        painter.fillRect(QRect(0, RULER, HEADER, self.viewport().height()), QColor(PANEL))
        rows = [(self._top(n), t.name or f"V{n + 1}", TEXT) for n, t in enumerate(project.tracks)]
        if self._session.results.all:
            rows.append((self._results_top(), "Lumiere", RESULT))
        for top, name, color in rows:
            rect = QRectF(0, top, HEADER - 1, TRACK - _GAP)
            painter.fillRect(rect, QColor(RAISED))
            painter.setPen(QColor(color))
            text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, HEADER - 18)
            painter.drawText(rect.adjusted(10, 0, -6, 0), Qt.AlignmentFlag.AlignVCenter, text)

"""What is done to the clip: effects, their forms, and the buttons that do it."""

from __future__ import annotations

from typing import Any

from lumiere_engine.protocol.engine import Estimate
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ..models.actions import Action
from ..models.queue_model import duration
from ..models.session import Session
from .buttons import flat_button
from .effect_form import EffectForm
from .style import filled

_SOON_MS = 700
_OF_WORDS = 0.6  # how much of a clip is made anew, as `lumiere stylize --prompt` does it


class EffectPanel(QWidget):
    """Effect, parameters, seed, Preview and the button that queues it.

    Args:
        session: what is open.
        parent: a widget.
    """

    draw_wanted = Signal()
    """Arrows of motion are to be drawn."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        filled(self)
        self._session = session
        self._able = False
        self._forms: dict[str, EffectForm] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 12)
        layout.setSpacing(10)
        self.choice = QComboBox()
        self.choice.setAccessibleName("Effect")
        self.choice.setToolTip("What is done to the clip")
        self._stack = QStackedWidget()
        for effect in session.effects:
            self.choice.addItem(effect.title, effect.id)
            form = self._forms[effect.id] = EffectForm(effect.params(), session)
            form.changed.connect(session.set_params)
            form.draw_wanted.connect(self.draw_wanted)
            self._stack.addWidget(form)
        self.choice.setVisible(len(session.effects) > 1)
        self.choice.currentIndexChanged.connect(lambda row: session.choose_effect(session.effects[row]))
        layout.addWidget(self.choice)
        layout.addWidget(self._stack, 1)
        self.words = QPushButton("A style in words…")
        self.words.setProperty("role", "flat")
        self.words.setToolTip(
            "The clip anew, in a style that you describe: with a text-to-image model of yours"
        )
        self.words.clicked.connect(self._style_in_words)
        layout.addWidget(self.words)
        layout.addLayout(self._seed_line())
        self.why = QLabel()
        self.why.setWordWrap(True)
        self.why.setProperty("role", "dim")
        layout.addWidget(self.why)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        self.preview_one = QPushButton("Preview")
        self.preview_one.clicked.connect(lambda: session.previews.make(1))
        self.preview_eight = QPushButton("8 frames")
        self.preview_eight.setToolTip("A small, quick look at eight frames around this one, to see it move")
        self.preview_eight.clicked.connect(lambda: session.previews.make(8))
        self.render_button = QPushButton()
        self.render_button.setProperty("role", "primary")
        self.render_button.setToolTip("Queue it: the result appears on a new track  (Ctrl+Return)")
        self.render_button.clicked.connect(session.render)
        for button, name in (
            (self.preview_one, "Preview this frame"),
            (self.preview_eight, "Preview eight frames"),
        ):
            button.setAccessibleName(name)
        buttons.addWidget(self.preview_one)
        buttons.addWidget(self.preview_eight)
        buttons.addWidget(self.render_button, 1)
        layout.addLayout(buttons)
        for signal in (session.shot_changed, session.selection_changed, session.roto.changed):
            signal.connect(self._show)
        session.busy_changed.connect(lambda _: self._show())
        session.effect_changed.connect(self._show_effect)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(session.ask_estimate)
        for signal in (
            session.roto.changed,
            session.shot_changed,
            session.playhead.range_changed,
            session.effect_changed,
        ):
            signal.connect(self._soon.start)
        session.estimated.connect(self._show_estimate)
        self._show_effect()

    @property
    def form(self) -> EffectForm:
        """Of the chosen effect."""
        return self._forms[self._session.effect.id]

    def set_params(self, **values: Any) -> None:
        """Take values, as a preset does."""
        self.form.set_params(**values)

    def set_action(self, action: Action) -> None:
        """Choose an action's effect, and its preset."""
        self._session.choose_effect(action.effect)
        self.set_params(**dict(action.params))

    def _style_in_words(self) -> None:
        """A style in words is the clip, generated anew from what it is (SDEdit)."""
        session = self._session
        session.choose_effect(next(one for one in session.effects if hasattr(one.params, "plate_as")))
        self.set_params(plate_as="clip", strength=_OF_WORDS)

    def _seed_line(self) -> QHBoxLayout:
        label = QLabel("Seed")
        label.setProperty("role", "dim")
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.seed.lineEdit().setTextMargins(7, 0, 0, 0)
        self.seed.setToolTip("Of all randomness: the same seed gives the same picture again")
        self.seed.setAccessibleName("Seed")
        self.seed.valueChanged.connect(self._session.set_seed)
        another = flat_button("again", "Another seed: another take")
        another.clicked.connect(lambda: self.seed.setValue(self.seed.value() + 1))
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(label)
        line.addSpacing(8)
        line.addWidget(self.seed, 1)
        line.addWidget(another)
        label.setBuddy(self.seed)
        return line

    def _show_estimate(self, estimate: Estimate, revises: bool) -> None:
        """Before the start: how long, and how much memory; how much is kept of an earlier take shows itself later."""
        if self._session.why_not():
            return
        guess = "" if estimate.basis == "history" else " · a first guess"
        low, high = duration(estimate.seconds_low), duration(estimate.seconds_high)
        time = f"{high} at most" if revises else f"{low} to {high}"
        kept = "\nGoes on from the earlier take: only what a change touches is rendered" if revises else ""
        memory = estimate.memory_bytes / 1e9
        self.why.setText(f"{estimate.frames} frames: {time}, {memory:.1f} GB{guess}{kept}")
        self.why.show()

    def _show_effect(self) -> None:
        """The form and the words of the chosen effect."""
        session = self._session
        self.choice.setCurrentIndex(session.effects.index(session.effect))
        self._stack.setCurrentWidget(self.form)
        self.seed.setValue(session.seed)
        loops = hasattr(session.params, "period")
        if loops:
            chosen = session.loop_points.chosen
            self.form.overrule("period", None if chosen is None else chosen.period)
        self.preview_one.setText("Preview loop" if loops else "Preview")
        self.preview_one.setToolTip(
            "A small, quick look at the loop, which then plays for ever"
            if loops
            else "A small, quick look at this frame"
        )
        self.preview_eight.setVisible(not loops)
        self.words.setVisible(hasattr(session.params, "styles"))
        self.render_button.setAccessibleName(session.effect.title)
        self._show()

    def _show(self) -> None:
        why = self._session.why_not()
        if why or not self._able:
            self.why.setText(why)
        self._able = not why
        count = len(self._session.selected)
        verb = self._session.effect.verb
        self.render_button.setText(verb if count < 2 else f"{verb} in {count} clips")
        self.why.setVisible(bool(self.why.text()))
        for button in (self.render_button, self.preview_one, self.preview_eight):
            button.setEnabled(not why)

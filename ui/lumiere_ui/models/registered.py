"""The models that the artist has registered, and what a job needs to know of those that are chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lumiere_engine.client import models as register
from lumiere_engine.client.models import Model
from lumiere_engine.protocol import Weights
from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from .session import Session


class Registered(QObject):
    """The register, read in a thread.

    Args:
        session: whose desk knows what fits what.
        parent: with which it ends.
    """

    changed = Signal()
    """Other models."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.known: tuple[Model, ...] = ()

    def of(self, *kinds: str, shape: str | None = None) -> list[Model]:
        """Models of some kinds, and, if that is named, for networks of one shape."""
        return [one for one in self.known if one.kind in kinds and shape in (None, one.shape)]

    def refresh(self) -> None:
        """Read the register again."""

        def take(known: tuple[Model, ...]) -> None:
            if known != self.known:
                self.known = known
                self.changed.emit()

        self._session.background.do(register.models, take, replaces="models")

    def add(self, path: Path) -> None:
        """Register a model, which stays where it is."""
        session = self._session

        def added(name: str) -> None:
            session.tell(f"{name} is registered")
            self.refresh()

        session.busy_changed.emit(f"Looking at {path.name}")
        session.background.do(lambda: session.desk.add_model(path), added)

    def choose(
        self,
        image: str,
        motion: str | None,
        loras: tuple[str, ...],
        upscale: str | None,
        then: Callable[[tuple[Weights, ...]], None],
    ) -> None:
        """Take models for a job.

        Args:
            image: name of the text-to-image model.
            motion: name of what makes it move, "none", or None for the only one that fits.
            loras: name=scale each.
            upscale: name of what enlarges the clip, or None.
            then: gets what the job is told of them.
        """
        desk = self._session.desk
        self._session.background.do(
            lambda: desk.weights(image, motion, loras, upscale), then, replaces=f"weights for {id(then)}"
        )

"""Work that must not hold up the screen: done in a thread, answered in the thread of the one who asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from lumiere_engine.protocol import LumiereError
from PySide6.QtCore import QObject, Qt, Signal, Slot


class Background(QObject):
    """Runs functions one after the other in a daemon thread of its own.

    Args:
        parent: with which it ends.
    """

    _answered = Signal(object, object)
    failed = Signal(object)
    """A `LumiereError` that nobody else handles."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wake = threading.Condition()
        self._waiting: list[tuple[str, Callable[[], Any], Callable[[Any], None] | None, Any]] = []
        self._closed = False
        self._busy = False
        self._answered.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)
        self._thread.start()

    def do(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], None] | None = None,
        *,
        failed: Callable[[LumiereError], None] | None = None,
        replaces: str = "",
    ) -> None:
        """Have something done.

        Args:
            work: in the thread.
            then: gets what it returned, here.
            failed: gets its `LumiereError`, here; by default `failed` is emitted.
            replaces: work of the same name that still waits is forgotten.
        """
        with self._wake:
            if replaces:
                self._waiting = [one for one in self._waiting if one[0] != replaces]
            self._waiting.append((replaces, work, then, failed))
            self._wake.notify()

    @property
    def idle(self) -> bool:
        """Whether nothing is done or waits."""
        with self._wake:
            return not self._waiting and not self._busy

    def close(self, wait: bool = True) -> None:
        """Do what waits, and end.

        Args:
            wait: return when that is done; else at once: for questions whose answer nobody needs any more.
        """
        with self._wake:
            self._closed = True
            if not wait:
                self._waiting.clear()
            self._wake.notify()
        if wait:
            self._thread.join(10)

    def _run(self) -> None:
        while True:
            with self._wake:
                self._busy = False
                while not self._waiting:
                    if self._closed:
                        return
                    self._wake.wait()
                _, work, then, failed = self._waiting.pop(0)
                self._busy = True
            try:
                answer, receiver = work(), then
            except LumiereError as error:
                answer, receiver = error, failed or self.failed.emit
            except OSError as error:
                told = LumiereError(error.strerror or str(error), clip=error.filename)
                answer, receiver = told, failed or self.failed.emit
            except Exception as error:  # the thread must live on: the next drawing is to be saved, too
                told = LumiereError(
                    f"that went wrong: {type(error).__name__}: {error}", remedy="please report it"
                )
                answer, receiver = told, failed or self.failed.emit
            if receiver is not None:
                try:
                    self._answered.emit(receiver, answer)
                except RuntimeError:
                    return  # the panel is gone

    @Slot(object, object)
    def _tell(self, receiver: Callable[[Any], None], answer: Any) -> None:
        receiver(answer)

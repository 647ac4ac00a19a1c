"""Decoded pictures: asked for by what they show, decoded in a child process, kept up to a limit."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from lumiere_engine.client.viewer import ViewerProcess
from lumiere_engine.protocol import LumiereError
from PySide6.QtCore import QObject, Qt, Signal, Slot

DEFAULT_LIMIT_BYTES = 400 << 20
Wish = dict[str, Any] | Callable[[], dict[str, Any]]
"""A request for the child, or what makes one: a long drawing is put into words in the thread."""


@dataclass(frozen=True, eq=False)  # by identity: nobody compares samples
class Decoded:
    """A picture as it came from the child.

    Attributes:
        width, height: pixels.
        channels: 3 for RGB, 1 for a matte; 8 bits each, lines not padded.
        content: the samples.
    """

    width: int
    height: int
    channels: int
    content: bytes


class PictureStore(QObject):
    """Pictures by key, at most so many bytes of them.

    Args:
        limit_bytes: of the pictures kept.
        parent: with which it ends.
    """

    ready = Signal(object)
    """The key of a picture that is here now."""
    failed = Signal(object, object)
    """Key and `LumiereError` of one that cannot be had."""
    _arrived = Signal(object, object)

    def __init__(self, limit_bytes: int = DEFAULT_LIMIT_BYTES, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._limit = limit_bytes
        self._kept: OrderedDict[Hashable, Decoded] = OrderedDict()
        self._bytes = 0
        self._wake = threading.Condition()
        self._wanted: dict[Hashable, tuple[int, int, Wish]] = {}
        self._asked = 0
        self._now: Hashable = None
        self._failures: set[Hashable] = set()
        self._closed = False
        self._process = ViewerProcess()
        self._arrived.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._run, name="pictures", daemon=True)
        self._thread.start()

    def get(self, key: Hashable) -> Decoded | None:
        """A picture if it is here."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def want(self, key: Hashable, request: Wish, urgency: int = 0) -> Decoded | None:
        """A picture if it is here; otherwise it is decoded and told by `ready`.

        Args:
            key: what it is kept under.
            request: for the child.
            urgency: smaller goes first; among equals, the latest.
        """
        found = self.get(key)
        if found is not None or key in self._failures:
            return found
        with self._wake:
            if key != self._now:
                self._asked += 1
                self._wanted[key] = (urgency, -self._asked, request)
                self._wake.notify()
        return None

    def forget_wishes(self, urgency: int) -> None:
        """Drop what is not decoded yet, of one urgency: the playhead went elsewhere."""
        with self._wake:
            self._wanted = {key: one for key, one in self._wanted.items() if one[0] != urgency}

    def retry_failures(self) -> None:
        """Try again what could not be read: files may be there by now."""
        self._failures.clear()

    @property
    def size_bytes(self) -> int:
        """Of the pictures that are kept."""
        return self._bytes

    @property
    def waiting(self) -> int:
        """How many pictures are wanted and not here yet."""
        with self._wake:
            return len(self._wanted) + (self._now is not None)

    def close(self) -> None:
        """End the child and the thread."""
        with self._wake:
            self._closed = True
            self._wanted.clear()
            self._wake.notify()
        self._thread.join(5)
        self._process.close()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._now = None
                while not self._wanted and not self._closed:
                    self._wake.wait()
                if self._closed:
                    return
                key = min(self._wanted, key=lambda one: self._wanted[one][:2])
                request = self._wanted.pop(key)[2]
                self._now = key
            answer: Decoded | LumiereError
            try:
                head, content = self._process.ask(request() if callable(request) else request)
                answer = Decoded(head["width"], head["height"], head["channels"], content)
            except LumiereError as error:
                answer = error
            except OSError as error:
                answer = LumiereError(f"the decoder cannot be started: {error.strerror}")
            try:
                self._arrived.emit(key, answer)
            except RuntimeError:
                return  # the panel is gone

    @Slot(object, object)
    def _take(self, key: Hashable, answer: Decoded | LumiereError) -> None:
        if isinstance(answer, LumiereError):
            self._failures.add(key)
            self.failed.emit(key, answer)
            return
        old = self._kept.pop(key, None)
        self._bytes += len(answer.content) - (len(old.content) if old else 0)
        self._kept[key] = answer
        while self._bytes > self._limit and len(self._kept) > 1:
            self._bytes -= len(self._kept.popitem(last=False)[1].content)
        self.ready.emit(key)

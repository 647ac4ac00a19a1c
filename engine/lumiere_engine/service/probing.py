"""What a media file holds, asked of a worker: nothing in the engine's process decodes."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from ..protocol.errors import UnreadableMediaError, WorkerError
from ..protocol.media import MediaInfo
from ..protocol.worker import MODULE
from .child import Child

_PATIENCE_S = 30.0


def probe(path: str, folder: Path) -> tuple[int, int, int]:
    """Width, height and number of frames of a movie or image sequence.

    Args:
        path: the media.
        folder: for the worker's log.

    Raises:
        LumiereError: it cannot be read, or not in half a minute.
    """
    with tempfile.NamedTemporaryFile(dir=folder, prefix="probe-") as log:
        child = Child(MODULE, {"task": "probe", "path": path, "watched": True}, Path(log.name))
        gave_up = threading.Event()

        def give_up() -> None:
            gave_up.set()
            child.kill()

        patience = threading.Timer(_PATIENCE_S, give_up)
        patience.start()
        try:
            last = None
            for message in child.messages():
                last = message
            answer = child.answer(last)
        except WorkerError:
            if not gave_up.is_set():
                raise
            told = f"it could not be read within {_PATIENCE_S:.0f} s"
            raise UnreadableMediaError(told, clip=path) from None
        finally:
            patience.cancel()
            child.close()
    if answer["label"] != "Answer.1":
        raise WorkerError("the worker ended without an answer")
    info = MediaInfo.from_wire(answer["answer"])
    return info.width, info.height, info.frame_count

"""What a media file holds, asked of a worker: nothing in the engine's process decodes."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from ..protocol.errors import WorkerError
from ..protocol.media import MediaInfo
from .child import Child

WORKER = "lumiere_engine.worker"
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
        child = Child(WORKER, {"task": "probe", "path": path, "watched": True}, Path(log.name))
        patience = threading.Timer(_PATIENCE_S, child.kill)
        patience.start()
        try:
            last = None
            for message in child.messages():
                last = message
            answer = child.answer(last)
        finally:
            patience.cancel()
            child.close()
    if answer["label"] != "Answer.1":
        raise WorkerError("the worker ended without an answer")
    info = MediaInfo.from_wire(answer["answer"])
    return info.width, info.height, info.frame_count

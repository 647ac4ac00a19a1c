"""Pictures out of a child process, one request at a time."""

from __future__ import annotations

import contextlib
import json
import subprocess
from typing import Any, Optional, Tuple

from ..protocol.errors import WorkerError, from_wire
from ..protocol.places import state_folder
from .interpreter import interpreter


class ViewerProcess:
    """A child process that decodes for a screen; started with the first request, and again after it died.

    Not thread-safe: one thread asks, and may wait in `ask` for as long as a decoder takes.
    """

    def __init__(self) -> None:
        self._process: "Optional[subprocess.Popen[bytes]]" = None

    @property
    def pid(self) -> Optional[int]:
        """Of the child, if it runs."""
        return None if self._process is None else self._process.pid

    def ask(self, request: "dict[str, Any]") -> "Tuple[dict[str, Any], bytes]":
        """Put a request that `worker.viewer` understands.

        Returns:
            the head of its answer ("width", "height", "channels"), and the picture's bytes.

        Raises:
            LumiereError: it cannot be read.
            WorkerError: the child died of it.
        """
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            head = json.loads(process.stdout.readline())
            content = process.stdout.read(head.get("bytes", 0))
        except (OSError, ValueError) as error:
            self.close()
            raise WorkerError("the process that decodes pictures ended", clip=request.get("path")) from error
        if head.get("label") == "Failure.1":
            raise from_wire(head)
        return head, content

    def close(self) -> None:
        """End the child."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        python, environment = interpreter(state_folder())
        self._process = subprocess.Popen(
            [python, "-m", "lumiere_engine.worker.viewer"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self._process

"""Starts the engine: folder, lock, queue, socket, endpoint file, and then it serves until it is stopped."""

from __future__ import annotations

import argparse
import json
import logging
import os
import secrets
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from .. import __version__
from ..protocol.engine import PROTOCOL, Endpoint
from ..protocol.errors import EngineError, LumiereError
from ..protocol.places import endpoint_file, interpreter_file, state_folder
from ..protocol.wire import encode
from .app import make_app
from .door import Door
from .engine import Engine
from .lock import InstanceLock

_ENDED_S = 2
_MOST_CONNECTIONS = 512
_log = logging.getLogger("lumiere")


def main() -> int:
    """Serve until stopped; 1 with one readable line if that cannot be."""
    parser = argparse.ArgumentParser(description="The engine of Lumiere.")
    parser.add_argument(
        "--devices", help="what jobs run on, now and from now on: auto, or cuda:0,cuda:1, or cpu"
    )
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    folder = state_folder()
    try:
        _private(folder)
        lock = InstanceLock(folder)
        engine = Engine(folder, options.devices)
    except LumiereError as error:
        print(f"lumiere: {error}", file=sys.stderr)
        return 1
    try:
        _serve(engine, folder)
    finally:
        engine.stop()
        endpoint_file(folder).unlink(missing_ok=True)
        lock.close()
    return 0


def _serve(engine: Engine, folder: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        port, token = listener.getsockname()[1], secrets.token_hex(32)
        config = uvicorn.Config(
            app=lambda: None,
            http="h11",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=_ENDED_S,
            limit_concurrency=_MOST_CONNECTIONS,
        )
        server = uvicorn.Server(config)

        def stopping() -> bool:
            return server.should_exit

        def shut_down() -> None:
            server.should_exit = True

        config.app = Door(make_app(engine, stopping), port, token)
        engine.shut_down = shut_down
        engine.start()
        interpreter_file(folder).write_text(sys.executable, encoding="utf-8")
        _announce(folder, Endpoint(os.getpid(), port, token, PROTOCOL, __version__))
        _log.info("engine %s listens on 127.0.0.1:%d", __version__, port)
        for ending in (signal.SIGTERM, signal.SIGINT):
            # the server raises them again after it has ended: what follows must not be cut short by that
            signal.signal(ending, lambda _number, _frame: shut_down())
        server.run(sockets=[listener])


def _private(folder: Path) -> None:
    """A folder that nobody else can look into.

    Raises:
        EngineError: it cannot be made so.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        raise EngineError(
            f"the engine's folder cannot be made: {error.strerror}",
            clip=str(folder),
            remedy="set LUMIERE_HOME to a folder of yours",
        ) from error


def _announce(folder: Path, endpoint: Endpoint) -> None:
    """Write the endpoint file: whole, and for this user alone."""
    final = endpoint_file(folder)
    part = final.with_name(f".{final.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(encode(endpoint), file)
    part.replace(final)


if __name__ == "__main__":
    sys.exit(main())

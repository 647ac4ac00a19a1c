"""Teaching by several processes on this machine, one per GPU, started by torch's own launcher.

Run as a program by `torchrun`, this is a member of the team; the first one says what the team has to say.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..protocol.errors import LumiereError, WorkerError, from_wire
from ..protocol.messages import Progress, message_from_wire

OnProgress = Callable[[Progress], None]


def together(question: dict[str, Any], processes: int, on_progress: OnProgress) -> dict[str, Any]:
    """`train_temporal`, done by so many processes; the answer is that of one.

    Raises:
        LumiereError: what a member reported, or `WorkerError` if one died silently.
    """
    with TemporaryDirectory() as folder:
        request = Path(folder) / "request.json"
        request.write_text(json.dumps(question), encoding="utf-8")
        launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
        command = [*launcher, str(processes), "-m", __name__, str(request)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            return _listen(process, on_progress)
        finally:
            process.terminate()
            process.wait()


def _listen(process: subprocess.Popen[str], on_progress: OnProgress) -> dict[str, Any]:
    assert process.stdout is not None
    answer: dict[str, Any] | None = None
    for line in process.stdout:
        try:
            said = json.loads(line)
        except ValueError:
            continue  # a library printed something
        label = said.get("label") if isinstance(said, dict) else None
        if label == "Progress.1":
            step = message_from_wire(said)
            assert isinstance(step, Progress)
            on_progress(step)
        elif label == "Failure.1":
            raise from_wire(said)
        elif label == "Answer.1":
            answer = said["answer"]
    if process.wait() or answer is None:
        raise WorkerError(
            "a process of the team died", remedy="run it again: it goes on from where it stopped"
        )
    return answer


def _member(request: Path) -> int:
    """Do what the request says as a member of a team."""
    from ..learning.team import Team
    from .teach import teach_temporal

    question = json.loads(request.read_text(encoding="utf-8"))
    team = Team.join()

    def say(message: dict[str, Any]) -> None:
        if team.rank == 0:
            print(json.dumps(message), flush=True)

    try:
        answer = teach_temporal(question, lambda step: say(step.to_wire()), team)
    except LumiereError as error:
        say(error.to_wire())
        return 1
    say({"label": "Answer.1", "answer": answer})
    return 0


if __name__ == "__main__":
    sys.exit(_member(Path(sys.argv[1])))

"""Other programs as methods, and how much memory they take."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from lumiere_bench.cases import Case
from lumiere_bench.memory import PeakMemory
from lumiere_bench.peers import Peer
from lumiere_engine.protocol.errors import MediaError, SpecError, WorkerError

PYTHON = shlex.quote(sys.executable)
LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells")


def ran(case: Case, program: str) -> np.ndarray:
    case.store()
    command = f"{PYTHON} -c {shlex.quote(program)} {{plate}} {{matte}} {{out}}"
    return Peer.parse(f"peer={command}").run(case, lambda step: None).frames


def test_a_command_gets_plate_and_matte_and_its_movie_is_the_result(pan: Case) -> None:
    program = "import sys, shutil; shutil.copy(sys.argv[1], sys.argv[3] + '.mkv')"
    assert np.array_equal(ran(pan, program), pan.plate)


def test_a_folder_of_pictures_is_a_result_as_well(pan: Case) -> None:
    program = (
        "import sys, pathlib, cv2, numpy; out = pathlib.Path(sys.argv[3]); out.mkdir()\n"
        "for k in range(8): cv2.imwrite(str(out / f'{k:04d}.png'), numpy.full((72, 128, 3), k, numpy.uint8))"
    )
    assert (ran(pan, program) == np.arange(8)[:, None, None, None]).all()


def test_a_command_that_fails_says_why(pan: Case) -> None:
    with pytest.raises(WorkerError, match="peer: it ended with code 3: no weights"):
        ran(pan, "import sys; print('no weights', file=sys.stderr); sys.exit(3)")
    with pytest.raises(WorkerError, match="without a result"):
        ran(pan, "pass")
    with pytest.raises(WorkerError, match="cannot be started"):
        Peer("peer", "/no/such/program {plate} {matte} {out}").run(pan, lambda step: None)


def test_a_result_of_another_length_is_refused(pan: Case) -> None:
    program = (
        "import sys, pathlib, cv2, numpy; out = pathlib.Path(sys.argv[3]); out.mkdir()\n"
        "for k in range(7): cv2.imwrite(str(out / f'{k:04d}.png'), numpy.zeros((72, 128, 3), numpy.uint8))"
    )
    with pytest.raises(MediaError, match=r"\(7, 72, 128, 3\)"):
        ran(pan, program)


@pytest.mark.parametrize("text", ["peer", "peer=run {plate} {out}", "a b=run {plate} {matte} {out}"])
def test_a_peer_is_a_name_and_a_command_with_three_places(text: str) -> None:
    with pytest.raises(SpecError, match="NAME=COMMAND"):
        Peer.parse(text)


@LINUX
def test_the_memory_of_a_childs_child_is_seen() -> None:
    hungry = "import time; held = bytearray(150 << 20); time.sleep(0.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hungry!r}])"
    with PeakMemory() as memory:
        subprocess.run([sys.executable, "-c", parent], check=True)
    assert memory.peak_bytes is not None and 150 << 20 < memory.peak_bytes < 400 << 20


def test_without_children_there_is_no_peak() -> None:
    with PeakMemory() as memory:
        pass
    assert memory.peak_bytes is None

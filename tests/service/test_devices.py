"""Which devices there are, told without torch; and what a worker sees of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.service import devices
from lumiere_engine.service.devices import chosen, found, surroundings


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two GPUs, as the driver's tool tells of them."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        f"#!{sys.executable}\nprint('GPU 0: NVIDIA A (UUID: GPU-1)')\n"
        "print('  MIG 1g.5gb Device 0: (UUID: MIG-1)')\nprint('GPU 1: NVIDIA A (UUID: GPU-2)')\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices, "_torch_has_cuda", lambda: True)
    monkeypatch.setattr(devices.sys, "platform", "linux")


def test_all_gpus_are_taken_and_each_worker_sees_one(gpus: None) -> None:
    assert found() == ("cuda:0", "cuda:1", "cpu")
    assert chosen("auto") == ("cuda:0", "cuda:1")
    assert surroundings("cuda:1")["CUDA_VISIBLE_DEVICES"] == "1"
    assert surroundings("cpu")["CUDA_VISIBLE_DEVICES"] == ""


def test_what_the_user_has_hidden_stays_hidden(gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-2")
    assert found() == ("cuda:0", "cpu")
    assert surroundings("cuda:0")["CUDA_VISIBLE_DEVICES"] == "GPU-2"
    for hidden in ("", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
        assert chosen("auto") == ("cpu",)


def test_a_torch_without_cuda_has_the_processor_alone(gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_torch_has_cuda", lambda: False)
    assert found() == ("cpu",)


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ("cuda:2", "only cuda:0, cuda:1, cpu"),
        ("", "no device ''"),
        ("cpu,", "''"),
        ("cuda:1,cuda:1", "twice"),
    ],
)
def test_devices_that_cannot_be_are_refused(gpus: None, wanted: str, word: str) -> None:
    with pytest.raises(SpecError, match=word):
        chosen(wanted)


def test_some_are_chosen_by_name_and_the_processor_as_often_as_wanted(gpus: None) -> None:
    assert chosen("cuda:1, cpu") == ("cuda:1", "cpu")
    assert chosen("cpu,cpu") == ("cpu", "cpu")

"""What an evaluation takes is told without taking it, and is what a process really takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from lumiere_engine.stunet.footprint import footprint, measured
from lumiere_engine.stunet.image_params import ImageUNetParams, InflatedParams, TemporalParams
from torch import nn

IMAGE = ImageUNetParams(channels=(64, 128, 128), depths=(1, 1, 0), heads=(2, 4, 4), layers=1, context=32)
PARAMS = InflatedParams(IMAGE, TemporalParams(strides=(2, 2), conditioned=True))

# Small blocks are mapped one by one as large ones always are: otherwise gaps between them would be counted.
_MEASURE = """
import json, sys, torch
from pathlib import Path
from lumiere_engine.stunet.image_params import ImageUNetParams, InflatedParams, TemporalParams
from lumiere_engine.stunet.inflated import InflatedSTUNet

def entry(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))

frames, rows, columns = map(int, sys.argv[1:4])
dtype = getattr(torch, sys.argv[4])
image, temporal = map(json.loads, sys.argv[5:])
params = InflatedParams(ImageUNetParams.from_wire(image), TemporalParams.from_wire(temporal))
network = InflatedSTUNet(params).to(dtype).channels_last().eval()

@torch.no_grad()
def evaluate(*size):
    network(torch.randn(1, 4, *size).to(dtype), torch.tensor([500.0]), torch.randn(1, 77, 32).to(dtype))

evaluate(2, 8, 8)  # what is loaded once
before = entry("VmRSS")
Path("/proc/self/clear_refs").write_text("5")
evaluate(frames, rows, columns)
print(entry("VmHWM") - before)
"""


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="only Linux forgets its peak on request"
)
def test_it_is_what_a_process_takes() -> None:
    size, dtype = (16, 48, 32), torch.float32
    surroundings = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "OMP_NUM_THREADS": "1"}
    shape = [json.dumps(part.to_wire()) for part in (PARAMS.image, PARAMS.temporal)]
    command = [sys.executable, "-c", _MEASURE, *map(str, size), str(dtype).removeprefix("torch."), *shape]
    seen = int(subprocess.run(command, env=surroundings, capture_output=True, check=True).stdout)
    assert footprint(PARAMS, *size, dtype).passing == pytest.approx(seen, rel=0.15)


def test_weights_are_counted_as_they_are() -> None:
    with torch.device("meta"):
        layer = nn.Linear(1000, 10, bias=False)
    taken = measured(layer, lambda: layer(torch.empty(5, 1000, device="meta")))
    assert taken.weights == 4 * 1000 * 10
    assert taken.passing == 4 * (5 * 1000 + 5 * 10)


def test_views_and_what_is_written_in_place_take_nothing_and_what_is_gone_is_not_counted() -> None:
    def evaluate() -> torch.Tensor:
        x = torch.empty(1000, device="meta")
        for _ in range(10):
            x = x.view(10, 100).t().reshape(-1)  # a copy: two live at a time
            x.mul_(2)
        return x

    assert measured(nn.Module(), evaluate).passing == 2 * 4 * 1000


def test_attention_takes_no_matrix_of_all_pairs() -> None:
    def evaluate() -> torch.Tensor:
        q = torch.empty(1, 2, 4096, 8, device="meta")
        return nn.functional.scaled_dot_product_attention(q, q, q)

    assert measured(nn.Module(), evaluate).passing == 2 * 4 * 2 * 4096 * 8


def test_more_frames_and_more_places_take_more_and_a_gpu_no_less() -> None:
    def taken(frames: int, side: int, gpu: bool = False) -> int:
        return footprint(PARAMS, frames, side, side, torch.bfloat16, gpu).passing

    assert taken(16, 16) < taken(32, 16) < taken(32, 32) <= taken(32, 32, gpu=True)

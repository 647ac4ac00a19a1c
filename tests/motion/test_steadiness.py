"""What moves with the picture is steady; what jumps or blinks beside it is not."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from lumiere_bench.clips import write_clip
from lumiere_engine.motion.steadiness import chatter, flicker
from lumiere_engine.protocol.roto import Mask, Roto, rectangle
from lumiere_engine.protocol.wire import encode
from lumiere_engine.worker.steadiness import steadiness

HEIGHT, WIDTH = 96, 160


def scene(shift: int) -> np.ndarray:
    noise = np.random.default_rng(3).random((HEIGHT, WIDTH + 64, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 3.0)
    plane = (soft - soft.min()) / (soft.max() - soft.min()) * 200 + 20
    return np.rint(plane[:, shift : shift + WIDTH]).astype(np.uint8)


def box(left: int, width: int = 40) -> np.ndarray:
    matte = np.zeros((HEIGHT, WIDTH), np.float32)
    matte[30:60, left : left + width] = 1
    return matte


def test_a_matte_that_moves_with_the_picture_does_not_chatter_and_one_that_jumps_does() -> None:
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    flow[..., 0] = 3  # the camera pans to the right
    assert chatter(box(60), box(57), flow) == 0
    jumped = chatter(box(60), box(53), flow)
    assert jumped == pytest.approx(4 * 30 * 2 / 136, rel=0.05), "four pixels on two of the four sides"
    assert chatter(np.zeros_like(box(1)), np.zeros_like(box(1)), flow) == 0


def test_a_hole_that_blinks_flickers() -> None:
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    flow[..., 0] = 2
    hole = box(60) > 0
    first, second = scene(0), scene(2)
    steady = flicker(first, second, hole, flow)
    assert steady is not None and steady < 1.1
    second[hole] = np.minimum(second[hole], 245) + 10
    blinking = flicker(first, second, hole, flow)
    assert blinking is not None and blinking > 5
    assert flicker(first, second, np.zeros_like(hole), flow) is None


def test_the_worker_finds_the_frame_that_jumps(tmp_path: Path) -> None:
    write_clip(tmp_path / "plate.mkv", np.stack([scene(2 * t) for t in range(8)]), Fraction(24))
    mask = Mask(1, "m", "rectangle")
    for frame in range(8):
        left = 80 - 2 * frame + (9 if frame == 5 else 0)
        mask = mask.with_knots(frame, rectangle(left, 30, left + 40, 60))
    (tmp_path / "a.roto.json").write_text(json.dumps(encode(Roto(WIDTH, HEIGHT, (mask,)))))
    question = {"path": str(tmp_path / "plate.mkv"), "start": 0, "duration": 8, "what": "chatter"}
    answer = steadiness({**question, "roto": str(tmp_path / "a.roto.json"), "roto_first": 0}, lambda _: None)
    values = answer["values"]
    assert values[0] is None
    loud = {frame for frame, value in enumerate(values) if value is not None and value > answer["warn"]}
    assert loud == {5, 6}

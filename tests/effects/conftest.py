"""Shots small enough to be analysed in a moment, in a workspace of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from lumiere_engine.diffusion import DiscreteSchedule
from lumiere_engine.effects.completion import CompletedShots
from lumiere_engine.effects.ingredients import files_fingerprint
from lumiere_engine.effects.shot import AnalysedShots, Scale
from lumiere_engine.effects.workspace import Workspace
from lumiere_engine.frames.picture import ColorTags, FrameFormat, Picture, PixelLayout
from lumiere_engine.frames.writer import open_writer
from lumiere_engine.motion.borrow import BorrowParams
from lumiere_engine.protocol.weights import Weights
from lumiere_engine.stunet.image_layout import config_of_params
from lumiere_engine.stunet.image_params import ImageUNetParams, InflatedParams, TemporalParams
from lumiere_engine.stunet.image_weights import find_image, fingerprint_of, save_temporal, temporal_params
from lumiere_engine.stunet.inflated import InflatedSTUNet, is_temporal
from safetensors.torch import load_file

RGB = PixelLayout("rgb", 8)
IMAGE = ImageUNetParams(
    in_channels=3,
    out_channels=3,
    channels=(16, 32),
    layers=1,
    depths=(0, 1),
    heads=(2, 2),
    context=16,
    groups=8,
)
HEIGHT, WIDTH = 64, 96
PARAMS = BorrowParams(search=10, trace=6, enough=2)


@dataclass(frozen=True)
class Scene:
    """A camera over a textured plane: what it sees, and the hole in it."""

    truths: list[np.ndarray]
    holes: list[np.ndarray]

    def frames(self, first: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Plate and hole: h w 3 float32, h w bool; the object is magenta."""
        for truth, hole in list(zip(self.truths, self.holes, strict=True))[first:]:
            yield np.where(hole[..., None], np.float32((1, 0, 1)), truth), hole


def scene(frames: int = 8, step: int = 0, height: int = HEIGHT, width: int = WIDTH) -> Scene:
    """The hole keeps its place in the picture; with a `step` of 0 nothing behind it is ever seen."""
    noise = np.random.default_rng(3).random((height, width + frames * step, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 2.0)
    plane = 0.1 + 0.8 * (soft - soft.min()) / (soft.max() - soft.min())
    hole = np.zeros((height, width), bool)
    hole[height // 3 : 2 * height // 3, 2 * width // 5 : 3 * width // 5] = True
    return Scene([plane[:, k * step : k * step + width] for k in range(frames)], [hole] * frames)


@pytest.fixture(name="scene")
def scene_fixture() -> Callable[..., Scene]:
    """`scene`."""
    return scene


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Open during the test."""
    with Workspace(tmp_path / "out.mkv", "f" * 64) as opened:
        yield opened


def complete(shown: Scene, workspace: Workspace, scale: Scale | None = None) -> CompletedShots:
    """Read, followed and borrowed, as far as the workspace has not got it."""
    height, width = shown.holes[0].shape
    shots = AnalysedShots(workspace, scale or Scale(width, height, width, height), len(shown.truths))
    for _ in (*shots.read(shown.frames), *shots.follow()):
        pass
    completed = CompletedShots(workspace, workspace, shots)
    for _ in completed.borrow(PARAMS):
        pass
    return completed


@pytest.fixture(name="complete")
def complete_fixture() -> Callable[..., CompletedShots]:
    """`complete`."""
    return complete


def write_movie(path: Path, frames: np.ndarray) -> Path:
    """8-bit frames, t h w 3, as lossless media; returns its path."""
    fmt = FrameFormat(frames.shape[2], frames.shape[1], Fraction(16), RGB, ColorTags(1, 13, 0, 2))
    with open_writer(path, fmt) as writer:
        for frame in frames:
            writer.write(Picture((np.ascontiguousarray(frame),), RGB))
    return path


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Weights, ...]:
    """A model that works in pixels, and temporal layers for windows of 4 frames."""
    pytest.importorskip("transformers")
    from lumiere_engine.pretrained.small import write_network, write_schedule, write_text_encoder

    folder = tmp_path_factory.mktemp("model")
    write_text_encoder(folder, ["a", "red", "disk"], 16, seed=0)
    write_schedule(folder, DiscreteSchedule(prediction="v_prediction", zero_terminal=True))
    layers = TemporalParams((2,), conditioned=True, heads=2)
    network = InflatedSTUNet(InflatedParams(IMAGE, layers))
    state = network.state_dict()
    image = {name: value for name, value in state.items() if not is_temporal(name)}
    write_network(folder, image, {**config_of_params(IMAGE), "sample_size": 16})
    moved = {
        name: value + 0.05 * torch.randn_like(value) for name, value in state.items() if is_temporal(name)
    }
    save_temporal(moved, layers, folder / "temporal.safetensors", {"frames": "4"})
    return (
        Weights("image", str(folder), fingerprint_of(find_image(folder))),
        Weights(
            "temporal",
            str(folder / "temporal.safetensors"),
            files_fingerprint([folder / "temporal.safetensors"]),
        ),
    )


@pytest.fixture
def longer(weights: tuple[Weights, ...], tmp_path: Path) -> tuple[Weights, ...]:
    """The model with temporal layers for windows of 8 frames."""
    image, temporal = weights
    path = tmp_path / "longer.safetensors"
    layers = temporal_params(Path(temporal.path))
    save_temporal(load_file(temporal.path), layers, path, {"frames": "8"})
    return image, Weights("temporal", str(path), files_fingerprint([path]))

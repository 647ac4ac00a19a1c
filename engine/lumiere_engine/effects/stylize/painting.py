"""From key frames to every frame: keys painted or read, a network taught, what it misses carried along the motion."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file, save_file

from ...learning.sheets import loss_plot
from ...learning.style.brush import Brush, TuneParams, Weights, base_network, interpolated, learn_style
from ...learning.style.paint import PaintParams
from ...learning.style.style_file import StyleNote, load_styles, save_style
from ...protocol.jobs import WorkOrder
from ...protocol.stylize_params import StylizeParams
from ...stunet import SHOT, STUNet, checkpoint
from ..clock import Clock
from ..observer import Observer
from ..shot import AnalysedShots, Scale
from ..workspace import Workspace
from .hand import Hand
from .keys import Model, further_keys, paint_keys, proposed_keys
from .layers import carried, enlarged
from .scene import Scene
from .trails import Trails, mixed

Array = np.ndarray

_AT_HAND = 24  # frames at analysis size


@dataclass(frozen=True)
class Patience:
    """What a quality costs.

    Attributes:
        keys: most key frames on either side of a shot's middle, where they are made from a picture.
        paint: optimiser steps per level of a key frame, finest first.
        learn: optimiser steps of the network.
    """

    keys: int
    paint: tuple[int, ...]
    learn: int


PATIENCE = {
    "draft": Patience(3, (12, 20, 30), 16),
    "standard": Patience(6, (20, 30, 50, 60), 64),
    "best": Patience(12, (60, 90, 120, 120), 300),
}


class Painting:
    """Paints a job's frames.

    Args:
        scene: the inputs.
        shots: followed.
        order: strength, seed, weights.
        workspace: where key frames, trails and the network are kept.
        clock: hears of the stages "paint" and "learn".
        observer: hears of the learning.

    Attributes:
        keys: the key frames, counted from 0 in the job.
    """

    def __init__(
        self,
        scene: Scene,
        shots: AnalysedShots,
        order: WorkOrder,
        workspace: Workspace,
        clock: Clock,
        observer: Observer,
    ) -> None:
        self._scene, self._shots, self._order = scene, shots, order
        self._clock, self._observer, self._folder = clock, observer, workspace.folder
        self._params, self._seed = order.spec.params_of(StylizeParams), order.spec.seed
        self._patience = PATIENCE[self._params.quality]
        self._style_file = workspace.folder / "style.safetensors"
        self._paints = workspace.shelf("paints")
        made = scene.reference is not None and not scene.paintings
        self._proposed = [] if not made else list(proposed_keys(shots, self._patience.keys))
        self.keys = sorted(scene.paintings) or sorted(key.frame for key in self._proposed)
        self._workspace = workspace
        self._laid = self._trails = Trails(shots, self.keys, workspace)
        self._followed: dict[int, float] = {}
        self.key_paint = lru_cache(4)(self._key_paint)
        self._carried = lru_cache(_AT_HAND)(self._carried_paint)
        # the number of threads shapes the order of sums, and with it the last bits of every weight
        torch.set_num_threads(min(os.cpu_count() or 1, 8))

    def prepare(self) -> None:
        """Paint the key frames, follow their trails, teach the network; paint what lies far from painted frames."""
        self._paint_keys()
        for done in self._trails.follow():
            self._clock.step("paint", done, len(self.keys))
        base = base_network(self._start())
        style = self._learned(base)
        self._hand = self._hand_of(base, style, self._params.strength)
        if self._scene.paintings:
            self._continue(partial(self._hand_of, base, style, 1.0))

    def frame(self, frame: int, plate: Array) -> Array:
        """A frame of the job as it is painted, working values at the plate's size.

        Args:
            frame: counted from 0 in the job.
            plate: its working values, h w 3.
        """
        if self._trails.sources(frame):
            self._followed[frame] = self._share(frame)
        return self._hand.frame(frame, plate, self._laid.sources(frame))

    def followed(self) -> dict[int, float]:
        """Per frame that was painted, the share of it to which paint was carried, 0..1."""
        return self._followed or {0: 0.0}

    def _share(self, frame: int) -> float:
        """The share of a frame that key frames show, 0..1."""
        weights = [weight for _, weight in mixed(self._trails.sources(frame))]
        return float(np.sum(weights, 0).mean()) if weights else 0.0

    def _paint_keys(self) -> None:
        """Paint what the artist did not."""
        p, reference = self._params, self._scene.reference
        if reference is not None:
            params = PaintParams(
                self._patience.paint, scale=p.scale, colour=p.colour, edges=p.edges, seed=self._seed
            )
            paint_keys(
                self._proposed,
                self._shots,
                Model(self.plate_small, lambda _: reference, self._key_paint_small),
                params,
                self._paints,
                lambda done: self._clock.step("paint", done, len(self.keys)),
            )

    def _continue(self, full_hand: Callable[[], Hand]) -> None:
        """Paint more key frames where paintings show too little, each as the nearest painting and what it continues."""
        further = list(further_keys(self._shots, self.keys, self._share, 2 * self._patience.keys))
        if not further:
            return
        if not all(self._paints.has(key.frame) for key in further):
            hand = self._hand if self._params.strength == 1 else full_hand()
            paint_keys(
                further,
                self._shots,
                Model(
                    lambda frame: hand.sketch(frame, self._trails.sources(frame)),
                    lambda frame: self._key_paint_small(
                        min(self.keys, key=lambda key: (abs(key - frame), key))
                    ),
                    self._key_paint_small,
                ),
                PaintParams(self._patience.paint, seed=self._seed),
                self._paints,
                lambda done: self._clock.step("paint", done, len(further)),
            )
        all_keys = [*self.keys, *(key.frame for key in further)]
        self._laid = Trails(self._shots, all_keys, self._workspace, "laid")
        for done in self._laid.follow():
            self._clock.step("paint", done, len(all_keys))

    def _key_paint(self, key: int) -> Array:
        """A key frame's paint at the plate's size, working values."""
        if key in self._scene.paintings:
            return self._scene.paintings[key]
        return enlarged(self._paints.get(key)["rgb"].astype(np.float32), self._scene.scale)

    def _key_paint_small(self, key: int) -> Array:
        """The same at analysis size, in 0..1."""
        if key in self._scene.paintings:
            return np.clip(self._scene.scale.shrink(self._scene.paintings[key]), 0, 1)
        return self._paints.get(key)["rgb"].astype(np.float32)

    def _learned(self, base: STUNet) -> Weights:
        if self._params.styles:
            shares = [(Path(share.file), share.weight) for share in self._params.styles]
            return load_styles(shares, base, self._base_name)
        all_painted = len(self.keys) == self._shots.frame_count
        if all_painted and self._params.strength == 1 and self._order.save_network is None:
            return base.state_dict()  # all is painted: there is nothing to learn for
        if not self._style_file.exists():
            params = TuneParams(steps=self._patience.learn, seed=self._seed)
            views = [_View(self, start, end) for start, end in self._shots.shots if self._keys_in(start, end)]
            style = learn_style(base, views, params, partial(self._learning, base, params.steps))
            part = self._style_file.with_suffix(".part")
            save_file({name: value.contiguous() for name, value in style.items()}, part)
            part.replace(self._style_file)
        return load_file(self._style_file)

    def _learning(
        self, base: STUNet, steps: int, losses: Sequence[float], weights: Callable[[], Weights]
    ) -> None:
        """Tell how learning goes; in the end the curve and a sheet stay in the workspace."""

        def sheet() -> Array:
            """The first key frame beside its paint and the network's answer."""
            start, end = next((s, e) for s, e in self._shots.shots if s <= self.keys[0] < e)
            brush = Brush(interpolated(base, weights(), 1.0), _View(self, start, end))
            answer = (brush.frame(self.keys[0] - start) + 1) / 2
            paint = self._scene.scale.shrink(self.key_paint(self.keys[0]))
            return np.clip(np.hstack([self.plate_small(self.keys[0]), paint, answer]), 0, 1)

        self._clock.step("learn", len(losses), steps)
        self._observer.learned(len(losses), steps, losses, sheet)
        if len(losses) == steps and self._order.keep_work:
            loss_plot(losses, [], self._folder / "loss.png")
            cv2.imwrite(str(self._folder / "learned.jpg"), np.rint(sheet()[..., ::-1] * 255).astype(np.uint8))

    def save(self, path: Path) -> None:
        """Keep what was learned as a style file, for other shots.

        Raises:
            OutputError: it cannot be written.
        """
        base, key = base_network(self._start()), self.keys[0]
        learned = load_file(self._style_file)
        named = ", ".join(Path(picture).name for picture in self._params.media)
        note = StyleNote(self._base_name, f"learned from {named}; its terms are those of these pictures")
        save_style(path, base, learned, note, self.key_paint(key))

    @property
    def _base_name(self) -> str:
        """Names the weights that learning begins with."""
        return self._order.spec.checkpoint or f"untrained, seed {self._seed}"

    def _keys_in(self, start: int, end: int) -> bool:
        return any(start <= key < end for key in self.keys)

    def _start(self) -> STUNet:
        if self._order.network is None:
            return STUNet(SHOT, seed=self._seed)
        return checkpoint.load(Path(self._order.network))

    def _hand_of(self, base: STUNet, style: Weights, strength: float) -> Hand:
        network = interpolated(base, style, strength)
        brushes = [(start, end, Brush(network, _View(self, start, end))) for start, end in self._shots.shots]
        return Hand(self, brushes, strength, self.keys)

    @property
    def scale(self) -> Scale:
        """Between the plate and the pictures that are analysed."""
        return self._scene.scale

    def plate_small(self, frame: int) -> Array:
        """A frame of the job, h w 3 in 0..1 at analysis size."""
        return self._shots.picture(frame).astype(np.float32) / 255

    def _carried_paint(self, frame: int) -> tuple[Array, Array]:
        """The paint that reaches a frame, h w 3 in 0..1, and its weight h w; at analysis size."""
        scale = self._scene.scale
        total, weights = carried(self._trails.sources(frame), lambda key: scale.shrink(self.key_paint(key)))
        return total / np.maximum(weights, 1e-4)[..., None], weights


@dataclass(frozen=True)
class _View:
    """One shot, as the network learns and paints it (`learning.style.brush.Painted`)."""

    painting: Painting
    start: int
    end: int

    @property
    def shape(self) -> tuple[int, int, int]:
        scale = self.painting.scale
        return self.end - self.start, scale.small_height, scale.small_width

    def plate(self, frame: int) -> Array:
        return self.painting.plate_small(self.start + frame) * 2 - 1

    def painted(self, frame: int) -> tuple[Array, Array]:
        rgb, weight = self.painting._carried(self.start + frame)
        return rgb * 2 - 1, weight

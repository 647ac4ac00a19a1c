"""What clips are generated with: files that the user has, checked against each other, not yet read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch

from ..diffusion import DiscreteSchedule
from ..pretrained.folder import ImageModel, find_model
from ..protocol.errors import SpecError
from ..protocol.weights import Weights, read_weights_header
from ..stunet.finite import refuse_unfinite_file
from ..stunet.image_params import InflatedParams
from ..stunet.image_weights import (
    check_motion,
    check_temporal,
    fingerprint_of,
    inflated_params,
    motion_params,
    weight_files,
)
from ..stunet.lora import find_lora

# Networks larger than this compute in half precision: they would not fit otherwise.
_MOST_FULL = 100_000_000


@dataclass(frozen=True)
class Ingredients:
    """What a job's weights are, checked against each other and against their fingerprints, and not yet read."""

    model: ImageModel
    temporal: Path | None
    motion: Path | None
    loras: tuple[Weights, ...]
    window: int | None
    """Frames that are generated in one pass; None if frames do not know each other."""
    most: int | None
    """Frames that can be; None where there is no limit."""
    enlarging: Ingredients | None = None
    """Those of the pass that enlarges."""

    @property
    def factor(self) -> int:
        """How many times as wide and high as the network makes it the clip is in the end."""
        small = None if self.enlarging is None else self.enlarging.model.small
        return 1 if small is None else small.factor

    @property
    def network(self) -> InflatedParams:
        """The network's shape."""
        return inflated_params(self.model.image.params, self.temporal, self.motion)

    @property
    def dtype(self) -> torch.dtype:
        """What the network computes in."""
        # two bytes a weight at least
        large = sum(file.stat().st_size for file in self.model.image.tensors.files) > 2 * _MOST_FULL
        return torch.bfloat16 if large else torch.float32

    @property
    def schedule(self) -> DiscreteSchedule:
        """The noise levels; AnimateDiff's modules were trained with levels that rise linearly."""
        own = self.model.schedule
        if self.motion is None:
            return own
        return DiscreteSchedule(betas="linear", prediction=own.prediction, zero_terminal=own.zero_terminal)


def find_ingredients(weights: tuple[Weights, ...]) -> Ingredients:
    """The files of a job.

    Raises:
        SpecError: something is missing, is not what the job was made with, or does not fit the rest.
    """
    by_role = _by_role(weights)
    if len(by_role.get("image", [])) != 1:
        raise SpecError("a job names one image model")
    image, like = by_role["image"][0], by_role.get("like", [None])[0]
    model = _model(image, like)
    if model.small is not None:
        raise SpecError("that model makes clips larger, and none", clip=image.path)
    temporal = motion = window = most = None
    for one in by_role.get("temporal", ()):
        temporal = _temporal(one, model)
        window = trained_frames(temporal)
    for one in by_role.get("motion", ()):
        motion = Path(one.path)
        check_motion(motion, model.image.params)
        _same(one, files_fingerprint(list(weight_files(motion))))
        most = motion_params(motion).frames
        window = min(16, most)
    for one in by_role.get("lora", ()):
        find_lora(Path(one.path), model.image.params)
        _same(one, files_fingerprint([Path(one.path)]))
    return Ingredients(
        model, temporal, motion, tuple(by_role.get("lora", ())), window, most, find_enlarging(weights)
    )


def find_enlarging(weights: tuple[Weights, ...]) -> Ingredients | None:
    """What enlarges a clip, if there is something among a job's files; errors as `find_ingredients`."""
    by_role = _by_role(weights)
    if "upscale" not in by_role:
        return None
    upscale, like = by_role["upscale"][0], by_role.get("upscale_like", [None])[0]
    model = _model(upscale, like)
    if model.small is None:
        raise SpecError(
            "that model reads no small pictures, and so enlarges nothing",
            clip=upscale.path,
            remedy="name a super-resolution model, such as Stable Diffusion's x4 upscaler",
        )
    # all is loaded when the clip is made already: too late to find it damaged
    for file in model.image.tensors.files:
        refuse_unfinite_file(file)
    temporal = window = None
    for one in by_role.get("upscale_temporal", ()):
        temporal = _temporal(one, model)
        refuse_unfinite_file(temporal)
        window = trained_frames(temporal)
    return Ingredients(model, temporal, None, (), window, None)


def _by_role(weights: tuple[Weights, ...]) -> dict[str, list[Weights]]:
    by_role: dict[str, list[Weights]] = {}
    for one in weights:
        by_role.setdefault(one.role, []).append(one)
    return by_role


def _model(image: Weights, like: Weights | None) -> ImageModel:
    model = find_model(Path(image.path), None if like is None else Path(like.path))
    _same(image, fingerprint_of(model.image))
    return model


def _temporal(one: Weights, model: ImageModel) -> Path:
    path = Path(one.path)
    check_temporal(path, model.image.params)
    _same(one, files_fingerprint([path]))
    return path


def trained_frames(temporal: Path) -> int:
    """Frames of the windows that temporal layers were trained with, from their file's header."""
    frames = read_weights_header(str(temporal)).metadata.get("frames", "")
    return int(frames) if frames.isdecimal() and int(frames) else 16


def files_fingerprint(files: list[Path]) -> str:
    """SHA-256 over the SHA-256 of each file, in order."""
    digest = hashlib.sha256()
    for file in files:
        try:
            with file.open("rb") as data:
                digest.update(hashlib.file_digest(data, "sha256").digest())
        except OSError as error:
            raise SpecError(f"the weights cannot be read: {error.strerror}", clip=str(file)) from error
    return digest.hexdigest()


def _same(named: Weights, found: str) -> None:
    if named.fingerprint != found:
        raise SpecError(
            "these are not the weights that the job was made with",
            clip=named.path,
            remedy="register them anew: lumiere models remove, then add",
        )

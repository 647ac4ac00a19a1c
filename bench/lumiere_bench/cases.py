"""A case: a clip, what is hidden of it, and the truth behind that."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from lumiere_engine.motion.flow import widen
from lumiere_engine.protocol.errors import MatteError, SpecError

from . import masks
from .clips import Size, read_clip, read_mattes, write_clip
from .footage import Shot
from .versions import other_is_clean

Array = np.ndarray
KINDS = ("stationary", "moving", "object", "removal")
# What stands in a hole whose truth is known.
GREY = 127
# Object mattes are a little too tight; a removal's holes grow by this part of the height, for every method alike.
_GROWTH = 1 / 120
# A wire's matte cut out of another shot hides too little of it.
_LEAST_SHARE = 0.01
_SURVEYED = Size(216, 120)


@dataclass(frozen=True)
class Case:
    """What every method gets.

    Attributes:
        shot, kind, size: name it.
        truth: t h w 3 uint8.
        plate: t h w 3 uint8, the truth with its holes destroyed, or with a real object in them.
        holes: t h w bool.
        rate: frames per second.
        folder: where `store` puts the media, and methods what they need on disk.
        note: something to know about it, or empty.
    """

    shot: str
    kind: str
    size: str
    truth: Array
    plate: Array
    holes: Array
    rate: Fraction
    folder: Path
    note: str = ""

    @property
    def name(self) -> str:
        """`tennis-moving-432x240`, also the name of its files."""
        return f"{self.shot}-{self.kind}-{self.size}"

    @property
    def plate_path(self) -> Path:
        """The plate without loss, after `store`."""
        return self.folder / "plate.mkv"

    @property
    def matte_path(self) -> Path:
        """The matte without loss, after `store`."""
        return self.folder / "matte.mkv"

    def store(self) -> None:
        """Write plate and matte."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_clip(self.plate_path, self.plate, self.rate)
        write_clip(self.matte_path, self.holes, self.rate)


@dataclass(frozen=True)
class Recipe:
    """What a case is made of.

    Attributes:
        shot: that is shown.
        kind: of `KINDS`.
        size: that it is brought to.
        donor: the shot whose object's shape is cut out, of kind "object"; None of other kinds.
        frames: most frames.
        seed: of seeded masks.
    """

    shot: Shot
    kind: str
    size: Size
    donor: Shot | None
    frames: int
    seed: int

    @property
    def name(self) -> str:
        """That of the case."""
        return f"{self.shot.name}-{self.kind}-{self.size}"

    def make(self, folder: Path) -> Case:
        """Read the media and cut the holes.

        Raises:
            LumiereError: media that cannot be read, or holes that are empty.
        """
        plate, rate = read_clip(self.shot.plate, self.size, self.frames)
        if self.kind == "removal":
            truth, plate, holes, note = _removal(self, plate)
        else:
            truth, holes, note = plate, _holes(self, plate.shape[:3]), ""
            plate = np.where(holes[..., None], np.uint8(GREY), truth)
        if not holes.any():
            raise MatteError("there is no hole in any frame", clip=self.name)
        return Case(self.shot.name, self.kind, str(self.size), truth, plate, holes, rate, folder, note)


def recipes(
    all_shots: list[Shot], chosen: list[Shot], kinds: list[str], sizes: list[Size], frames: int, seed: int
) -> list[Recipe]:
    """The cases that there are.

    Args:
        all_shots: of the folder, in order: a shot's donor does not depend on which shots are chosen.
        chosen: the shots that cases are made of.
        kinds, sizes: all combinations are made, as far as a shot has what they need.
        frames, seed: see `Recipe`.

    Raises:
        SpecError: there is no such kind.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise SpecError(f"there are no {', '.join(unknown)} masks", remedy=f"choose from {', '.join(KINDS)}")
    found = []
    for shot in chosen:
        for kind in kinds:
            donor = _donor(shot, all_shots, frames) if kind == "object" else None
            if (kind == "object" and donor is None) or (kind == "removal" and not _has_truth(shot)):
                continue
            found += [Recipe(shot, kind, size, donor, frames, seed) for size in sizes]
    return found


def _has_truth(shot: Shot) -> bool:
    return shot.other is not None and bool(shot.mattes)


def _donor(shot: Shot, shots: list[Shot], frames: int) -> Shot | None:
    """The next shot whose mattes hide enough to tell methods apart."""
    place = next(i for i, other in enumerate(shots) if other.name == shot.name)
    following = shots[place + 1 :] + shots[:place]
    return next((other for other in following if other.mattes and _share(other, frames) > _LEAST_SHARE), None)


@lru_cache
def _share(shot: Shot, frames: int) -> float:
    """Of its frames that a shot's mattes hide."""
    return float(read_mattes(shot.mattes, shot.plate, _SURVEYED, frames).mean())


def _holes(recipe: Recipe, shape: tuple[int, int, int]) -> Array:
    count, height, width = shape
    if recipe.kind == "object":
        assert recipe.donor is not None
        donor = recipe.donor
        shapes = read_mattes(donor.mattes, donor.plate, Size(width, height), recipe.frames)
        return masks.looped(shapes, count)
    seed = masks.seed_of(recipe.seed, recipe.shot.name, recipe.kind)
    draw = masks.stationary if recipe.kind == "stationary" else masks.moving
    return draw(count, height, width, seed)


def _removal(recipe: Recipe, first: Array) -> tuple[Array, Array, Array, str]:
    """Truth, plate, holes, and which of the shot's two versions is which."""
    shot = recipe.shot
    assert shot.other is not None
    second, _ = read_clip(shot.other, recipe.size, recipe.frames)
    if second.shape != first.shape:
        raise MatteError(f"its versions are {first.shape} and {second.shape} (t h w c)", clip=shot.name)
    # a pixel that an object touches at all belongs to it
    holes = read_mattes(shot.mattes, shot.plate, recipe.size, recipe.frames, least=0.01)
    holes = np.stack([widen(hole, max(1, round(first.shape[1] * _GROWTH))) for hole in holes])
    second_is_clean = other_is_clean(shot, first, second, holes)
    truth, plate = (second, first) if second_is_clean else (first, second)
    clean, seen = (shot.other, shot.plate) if second_is_clean else (shot.plate, shot.other)
    apart = cv2.absdiff(truth, plate)[~holes].mean()
    return (
        truth,
        plate,
        holes,
        f"{seen.name} shows the object, {clean.name} is clean; outside the holes they differ by {apart:.2f} of 255",
    )

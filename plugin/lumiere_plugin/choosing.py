"""Which of the registered models a job is done with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lumiere_engine.client import models as register
from lumiere_engine.client.models import Model
from lumiere_engine.protocol import Weights
from lumiere_engine.protocol.errors import SpecError


@dataclass(frozen=True)
class Choice:
    """What the user named.

    Attributes:
        model: name of the text-to-image model; None takes the only one.
        motion: name of temporal layers or of a motion adapter; None takes the only one that fits; "none" has none.
        loras: name or name=scale each.
        upscale: name of a super-resolution model that enlarges the clip; None leaves it as it is.
    """

    model: str | None = None
    motion: str | None = None
    loras: tuple[str, ...] = ()
    upscale: str | None = None


def choose(choice: Choice, *, moving: bool, without: str) -> tuple[Weights, ...]:
    """The weights of a job, from the register.

    Args:
        choice: what the user named.
        moving: frames are to know each other, so that something must make the model move.
        without: what can be done without any model, for who has none.

    Raises:
        SpecError: no model is registered, several fit and none is named, or they do not fit each other.
    """
    known = register.models()
    image = _image(choice.model, [m for m in known if m.kind == "image"], without)
    out = [Weights("image", image.path, image.fingerprint)]
    if image.like is not None:
        out.append(Weights("like", image.like, image.fingerprint))
    if choice.motion != "none":
        motion = _motion(choice.motion, image, known, moving)
        if motion is not None:
            out.append(Weights(motion.kind, motion.path, motion.fingerprint))
    if choice.upscale is not None:
        out += _larger(choice.upscale, known)
    for text in choice.loras:
        name, _, scale = text.partition("=")
        lora = register.find(name)
        if lora.kind != "lora" or lora.shape != image.shape:
            raise SpecError(f"'{name}' is no LoRA for '{image.name}'")
        try:
            out.append(Weights("lora", lora.path, lora.fingerprint, float(scale or 1)))
        except ValueError:
            raise SpecError(f"'{scale}' is no scale", remedy="write it as name=0.8") from None
    return tuple(out)


def _image(name: str | None, images: list[Model], without: str) -> Model:
    if name is not None:
        found = register.find(name)
        if found.kind != "image":
            raise SpecError(f"'{name}' is no text-to-image model")
        return found
    if len(images) > 1:
        raise SpecError(
            f"there are {len(images)} text-to-image models",
            remedy=f"name one with --model: {', '.join(m.name for m in images)}",
        )
    if not images:
        raise SpecError(
            "no text-to-image model is registered, and Lumiere brings none and fetches none",
            remedy="add one of your own (Stable Diffusion 1.x, 2.x or XL): lumiere models add FOLDER; "
            + without,
        )
    return images[0]


def _larger(name: str, known: tuple[Model, ...]) -> list[Weights]:
    """A super-resolution model, and the temporal layers that were trained with it, if there are any."""
    larger = register.find(name)
    if larger.kind != "upscale" or larger.trained_with is not None:  # these were layers, before
        raise SpecError(
            f"'{name}' is no super-resolution model",
            remedy="add one, such as Stable Diffusion's x4 upscaler: lumiere models add FOLDER",
        )
    out = [Weights("upscale", larger.path, larger.fingerprint)]
    if larger.like is not None:
        out.append(Weights("upscale_like", larger.like, larger.fingerprint))
    layers = [m for m in known if m.kind == "temporal" and m.trained_with == larger.fingerprint]
    if len(layers) > 1:
        raise SpecError(
            f"'{name}' has {len(layers)} sets of temporal layers",
            remedy=f"leave one: lumiere models remove {layers[-1].name}",
        )
    return out + [Weights("upscale_temporal", one.path, one.fingerprint) for one in layers]


def _motion(name: str | None, image: Model, known: tuple[Model, ...], moving: bool) -> Model | None:
    if name is not None:
        found = register.find(name)
        if found.kind not in ("temporal", "motion") or found.shape != image.shape:
            raise SpecError(f"'{name}' gives '{image.name}' no motion")
        return found
    fitting = [
        m
        for m in known
        if m.kind in ("temporal", "motion")
        and m.shape == image.shape
        and (m.trained_with is None or m.trained_with == image.fingerprint)
    ]
    if len(fitting) > 1:
        raise SpecError(
            f"'{image.name}' can move in {len(fitting)} ways",
            remedy=f"name one with --motion: {', '.join(m.name for m in fitting)}",
        )
    if not fitting and moving:
        raise SpecError(
            f"'{image.name}' makes pictures, and nothing that is registered makes them move",
            remedy="add an AnimateDiff adapter (lumiere models add FOLDER), train layers (lumiere train temporal), "
            "or say --motion none for frames that do not know each other",
        )
    return fitting[0] if fitting else None


def taught(name: str) -> dict[str, str | None]:
    """Where a model lies that is taught something, and the folder that a single file is like.

    Args:
        name: of a registered one; or a folder.
    """
    for one in register.models():
        if one.name == name and one.kind in ("image", "upscale"):
            return {"model": one.path, "like": one.like}
    return {"model": str(Path(name).absolute()), "like": None}

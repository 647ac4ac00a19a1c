"""`lumiere generate`: from words and pictures to a work order."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from lumiere_engine.client import models as register
from lumiere_engine.client.models import Model
from lumiere_engine.protocol import Finish, FrameRange, GenerateParams, JobSpec, Weights, WorkOrder
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.recipe import sidecar_path
from lumiere_engine.protocol.roto import ROTO_SUFFIX

from .preparing import Prepared


@dataclass(frozen=True)
class GenerateRequest:
    """What the user asked for.

    Attributes:
        params: all but what the plate is, and the weights.
        image: a picture that becomes the first frame.
        clip: a clip that is changed.
        mattes: where.
        frames: of the clip.
        rate: of the clip, if it is an image sequence.
        output: the result; None names it after the prompt or the picture.
        model: name of the text-to-image model; None takes the only one.
        motion: name of temporal layers or of a motion adapter; None takes the only one that fits; "none" has none.
        loras: name or name=scale each.
        seed: of all randomness.
        overwrite: replace existing results.
    """

    params: GenerateParams
    image: Path | None = None
    clip: Path | None = None
    mattes: tuple[Path, ...] = ()
    frames: FrameRange | None = None
    rate: Fraction | None = None
    output: Path | None = None
    model: str | None = None
    motion: str | None = None
    loras: tuple[str, ...] = ()
    seed: int = 0
    overwrite: bool = False


def prepare(request: GenerateRequest) -> Prepared:
    """Check what was asked for, as far as that can be done before the work.

    Raises:
        SpecError: whatever is wrong, in one line.
    """
    if request.image is not None and request.clip is not None:
        raise SpecError("--image becomes the first frame, --plate is changed", remedy="name one of them")
    if request.mattes and request.clip is None:
        raise SpecError("--matte says where a --plate is changed", remedy="name the plate")
    if request.clip is None and (request.frames is not None or request.params.strength < 1):
        raise SpecError("--only and --strength belong to a --plate that is changed")
    source = request.image or request.clip
    if source is None and not request.params.prompt:
        raise SpecError("there is nothing to generate from", remedy="say --prompt TEXT or --image PICTURE")
    params = replace(
        request.params,
        plate_as="nothing" if source is None else "first_frame" if request.image else "clip",
        weights=weights(request),
    )
    spec = JobSpec(
        effect="generate",
        plate="" if source is None else str(source.absolute()),
        mattes=tuple(str(path.absolute()) for path in request.mattes),
        frames=request.frames,
        whole_mattes=any(path.name.endswith(ROTO_SUFFIX) for path in request.mattes),
        rate=request.rate,
        params=params,
        seed=request.seed,
    )
    output = (request.output or _default_output(request)).absolute()
    order = WorkOrder(spec, str(output), overwrite=request.overwrite)
    return Prepared(order, Finish("sidecar", {}, (str(sidecar_path(output)),)), output.name)


def weights(request: GenerateRequest) -> tuple[Weights, ...]:
    """The weights of a job, from the register.

    Raises:
        SpecError: no model is registered, several fit and none is named, or they do not fit each other.
    """
    known = register.models()
    image = _chosen(request.model, [m for m in known if m.kind == "image"])
    out = [Weights("image", image.path, image.fingerprint)]
    if image.like is not None:
        out.append(Weights("like", image.like, image.fingerprint))
    if request.motion != "none":
        motion = _motion(request, image, known)
        if motion is not None:
            out.append(Weights(motion.kind, motion.path, motion.fingerprint))
    for text in request.loras:
        name, _, scale = text.partition("=")
        lora = register.find(name)
        if lora.kind != "lora" or lora.shape != image.shape:
            raise SpecError(f"'{name}' is no LoRA for '{image.name}'")
        try:
            out.append(Weights("lora", lora.path, lora.fingerprint, float(scale or 1)))
        except ValueError:
            raise SpecError(f"'{scale}' is no scale", remedy="write it as name=0.8") from None
    return tuple(out)


def _chosen(name: str | None, images: list[Model]) -> Model:
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
            "`lumiere remove` works without",
        )
    return images[0]


def _motion(request: GenerateRequest, image: Model, known: tuple[Model, ...]) -> Model | None:
    if request.motion is not None:
        found = register.find(request.motion)
        if found.kind not in ("temporal", "motion") or found.shape != image.shape:
            raise SpecError(f"'{request.motion}' gives '{image.name}' no motion")
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
    if not fitting and request.params.frames > 1:
        raise SpecError(
            f"'{image.name}' makes pictures, and nothing that is registered makes them move",
            remedy="add an AnimateDiff adapter (lumiere models add FOLDER), train layers (lumiere train temporal), "
            "or say --motion none for frames that do not know each other",
        )
    return fitting[0] if fitting else None


def _default_output(request: GenerateRequest) -> Path:
    """Beside the picture or clip, or here: `a_red_disk.mov`."""
    source = request.image or request.clip
    if source is not None:
        return source.absolute().with_name(f"{source.stem}_generated.mov")
    words = re.sub(r"\W+", "_", request.params.prompt.lower()).strip("_")[:48].strip("_")
    return Path(f"{words or 'generated'}.mov")

"""What a file or folder of weights is: told from its headers, before anything of it is loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..protocol.errors import SpecError
from ..protocol.messages import Progress
from ..protocol.weights import read_weights_header

OnProgress = Callable[[Progress], None]
_LORA = (".lora_down.weight", ".lora_A.weight", ".lora.down.weight", "_lora.down.weight")
_LATER = ("text_only", "noise_levels")


def inspect_model(question: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    """Check weights, and say what they are.

    Args:
        question: "path": file or folder; "like": of a single file, a diffusers folder of its kind, or None;
            "images": "path", "like" and "fingerprint" of the registered image and super-resolution models, of which
            additions must fit one.

    Returns:
        "kind", "fingerprint", "shape", "size_bytes", "trained_with": see `client.models.Model`; "note": what is
        worth knowing, or ""; of a style also "preview": a JPEG, base64.

    Raises:
        SpecError: an unknown layout, an incomplete or foreign file, tensors missing or of another shape.
    """
    path = Path(question["path"])
    if not path.exists():
        raise SpecError("no such file or folder", clip=str(path))
    kind = _kind(path)
    if kind == "image":
        return _image(path, question["like"])
    if kind == "style":
        return _style(path)
    return _addition(path, kind, question["images"])


def _kind(path: Path) -> str:
    if path.is_dir():
        return "motion" if _class_name(path) == "MotionAdapter" else "image"
    header = read_weights_header(str(path))
    if header.metadata.get("label", "").startswith("TemporalLayers."):
        if "factor" in header.metadata:
            raise SpecError(
                "these layers enlarge as those of Lumiere 0.7 did, with an image model that reads no small pictures",
                clip=str(path),
                remedy="register a super-resolution model instead, such as Stable Diffusion's x4 upscaler",
            )
        return "temporal"
    if header.metadata.get("label", "").startswith("StyleFile."):
        return "style"
    if any(name.endswith(_LORA) for name in header.shapes):
        return "lora"
    if any("motion_modules" in name for name in header.shapes):
        raise SpecError(
            "motion modules are read from a folder in diffusers' layout",
            clip=str(path),
            remedy="name the folder with its config.json",
        )
    return "image"


def _class_name(folder: Path) -> object:
    from ..stunet.image_layout import read_json

    config = folder / "config.json"
    return read_json(config).get("_class_name") if config.is_file() else None


def _image(path: Path, like: str | None) -> dict[str, Any]:
    from ..pretrained.folder import find_model
    from ..stunet.image_weights import fingerprint_of

    model = find_model(path, None if like is None else Path(like))
    return {
        "kind": "image" if model.small is None else "upscale",
        "fingerprint": fingerprint_of(model.image),
        "shape": _shape_of(model.image.params),
        "size_bytes": sum(file.stat().st_size for file in model.image.tensors.files),
        "trained_with": None,
        "note": "",
    }


def _style(path: Path) -> dict[str, Any]:
    """A style that was learned from a shot; it fits the network that learning began with."""
    from ..effects.ingredients import files_fingerprint
    from ..learning.style.style_file import read_note

    note = read_note(path)
    return {
        "kind": "style",
        "fingerprint": files_fingerprint([path]),
        "shape": note.base,
        "size_bytes": path.stat().st_size,
        "trained_with": None,
        "note": note.about,
        "preview": note.preview,
    }


def _addition(path: Path, kind: str, images: list[dict[str, Any]]) -> dict[str, Any]:
    """Temporal layers, a motion adapter or a LoRA: it must fit a registered image model."""
    from ..effects.ingredients import files_fingerprint
    from ..pretrained.folder import find_model
    from ..stunet.image_weights import check_motion, check_temporal, weight_files
    from ..stunet.lora import find_lora

    check = {
        "temporal": check_temporal,
        "motion": check_motion,
        "lora": find_lora,
    }[kind]
    refusals: list[SpecError] = []
    metadata = {} if path.is_dir() else read_weights_header(str(path)).metadata
    trained_with = metadata.get("image")
    # what they were trained with comes first: layers fit whatever has levels as wide
    for image in sorted(images, key=lambda one: one["fingerprint"] != trained_with):
        params = find_model(
            Path(image["path"]), None if image["like"] is None else Path(image["like"])
        ).image.params
        if params.enlarges and kind != "temporal":  # nothing else goes into such networks
            continue
        try:
            check(path, params)
        except SpecError as error:
            refusals.append(error)
            continue
        files = list(weight_files(path)) if kind == "motion" else [path]
        return {
            "kind": kind,
            "fingerprint": files_fingerprint(files),
            "shape": _shape_of(params),
            "size_bytes": sum(file.stat().st_size for file in files),
            "trained_with": trained_with if kind == "temporal" else None,
            "note": "",
        }
    if refusals:
        raise refusals[0]
    raise SpecError(
        "what it fits can only be told beside an image model",
        clip=str(path),
        remedy="register the text-to-image model first",
    )


def _shape_of(params: Any) -> str:
    # without what networks lack that were registered before it was known: their names stay
    wire = {key: value for key, value in params.to_wire().items() if value or key not in _LATER}
    return hashlib.sha256(json.dumps(wire, sort_keys=True).encode()).hexdigest()[:16]

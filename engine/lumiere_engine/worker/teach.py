"""Teaching as a worker does it: captioned clips in, an image model or temporal layers out, usable at any moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..protocol.errors import OutputError, SpecError
from ..protocol.messages import Progress

if TYPE_CHECKING:
    from ..learning.captioned import CaptionedParams
    from ..learning.team import Team
    from ..pretrained.folder import ImageModel
    from ..stunet.image_params import ImageUNetParams

OnProgress = Callable[[Progress], None]


def train_image(question: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    """Train a small text-to-image model of one's own, or go on with one.

    Args:
        question: "folder": captioned pictures or clips; "out": folder for the model, in diffusers' layout;
            "recipe": a TOML file with the tables "image", "network" and "schedule", or None; "steps": instead
            of the recipe's, or None.
        on_progress: hears of the stages "gather" and "train".

    Returns:
        "model": path; "steps"; "loss": the mean of the last fiftieth.
    """
    from ..diffusion import DiscreteSchedule
    from ..learning.captioned import CaptionedParams
    from ..learning.inflation import Lesson, teach
    from ..learning.trainer import Keeping
    from ..pretrained.small import (
        words_of,
        write_network,
        write_schedule,
        write_small_picture,
        write_text_encoder,
    )
    from ..pretrained.small_picture import MOST_LEVEL, SmallPicture
    from ..pretrained.space import Pixels
    from ..pretrained.text import TextEncoder
    from ..stunet.image_layout import config_of_params
    from ..stunet.image_params import ImageUNetParams, InflatedParams, frame_by_frame
    from ..stunet.inflated import InflatedSTUNet

    kinds = {"image": CaptionedParams, "network": ImageUNetParams, "schedule": DiscreteSchedule}
    out, recipe = begin(question, kinds)
    params, shape, schedule = replace(recipe["image"], frames=1), recipe["network"], recipe["schedule"]
    _refuse_unlike(shape, params)
    clips = gathered(question, out, params, on_progress)
    write_schedule(out, schedule)
    small = None
    if shape.enlarges:
        noise = DiscreteSchedule(shape.noise_levels, 0.0001, 0.02) if shape.noise_levels else None
        small = SmallPicture(params.factor, noise, min(MOST_LEVEL, max(0, shape.noise_levels - 1)))
        write_small_picture(out, small)
    write_text_encoder(out, words_of(clip.caption for clip in clips), shape.context, params.seed)
    network = InflatedSTUNet(InflatedParams(shape, frame_by_frame(shape)), seed=params.seed).to(device())
    lesson = Lesson(
        network,
        dict(network.named_parameters()),
        schedule,
        Pixels(),
        TextEncoder(out),
        clips,
        params,
        on_gpu(),
        small,
    )
    config = {**config_of_params(shape), "sample_size": params.size[0]}
    keeping = Keeping(
        out / "state.safetensors",
        on_step=lambda step, _: on_progress(Progress("train", step, params.steps)),
        on_save=lambda reached: write_network(out, reached.average, config),
    )
    state = teach(lesson, keeping)
    return {"model": str(out), **told(state, out)}


def train_temporal(question: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    """Train the temporal layers of an image model, or go on with them.

    Args:
        question: "folder": captioned clips; "model": folder or file of the image model; "like": of a file, the folder
            whose text encoders and VAE it uses, or None; "out": folder for the layers;
            "recipe": a TOML file with the table "temporal", or None; "steps": instead of the recipe's, or None;
            "start": file of temporal layers that learning starts from, whose shape is kept, or None; "processes":
            how many share the work.
        on_progress: hears of the stages "gather" and "train".

    Returns:
        "temporal": path; "steps"; "loss": the mean of the last fiftieth.

    Raises:
        SpecError: more processes than GPUs, or than a batch can be shared by.
    """
    import torch

    from ..learning.captioned import TemporalTraining
    from ..learning.team import ALONE, Team
    from .together import together

    processes = int(question.get("processes") or 1)
    if processes == 1:
        return teach_temporal(question, on_progress, ALONE)
    if on_gpu() and processes > torch.cuda.device_count():
        raise SpecError(f"there are {torch.cuda.device_count()} GPUs for {processes} processes")
    out, recipe = begin(question, {"temporal": TemporalTraining})
    Team(0, processes).part(recipe["temporal"].batch)
    gathered(question, out, recipe["temporal"], on_progress)  # once for all
    return together(question, processes, on_progress)


def teach_temporal(question: dict[str, Any], on_progress: OnProgress, team: Team) -> dict[str, Any]:
    """The part of `train_temporal` that a member of a team does."""
    from ..learning.captioned import TemporalTraining
    from ..learning.inflation import Lesson, he_start, teach
    from ..learning.trainer import Keeping
    from ..pretrained.text import TextEncoder
    from ..stunet.image_params import TemporalParams
    from ..stunet.image_weights import check_temporal, fingerprint_of, load_inflated, save_temporal

    out, recipe = begin(question, {"temporal": TemporalTraining}, write=team.rank == 0)
    params = recipe["temporal"]
    model = model_of(question)
    _refuse_unlike(model.image.params, params)
    if model.small is not None and model.small.factor != params.factor:
        raise SpecError(
            f"the model enlarges {model.small.factor} times, and the recipe {params.factor}",
            clip=question["model"],
            remedy=f"say factor = {model.small.factor}",
        )
    clips = gathered(question, out, params, on_progress)
    strides = params.strides or (2,) * (len(model.image.params.channels) - 1)
    start = None if question["start"] is None else Path(question["start"])
    layers = (
        TemporalParams(strides, conditioned=not {"nothing", "small"} >= set(params.modes), heads=params.heads)
        if start is None
        else check_temporal(start, model.image.params)
    )
    network = load_inflated(model.image, start or layers, seed=params.seed)
    if params.start == "he" and start is None:
        he_start(network, params.seed)
    network.to(device()).train()
    network.recompute = on_gpu()
    read = TextEncoder(model.folder, empty_is_zero=model.empty_is_zero)
    lesson = Lesson(
        network,
        network.temporal_parameters(),
        model.schedule,
        model.space(device()),
        read,
        clips,
        params,
        on_gpu(),
        model.small,
    )
    note = {
        "image": fingerprint_of(model.image),
        "frames": str(params.frames),
        "frame_step": str(params.frame_step),
        "modes": ",".join(params.modes),
    }
    file = out / "temporal.safetensors"
    keeping = Keeping(
        out / "state.safetensors",
        on_step=lambda step, _: on_progress(Progress("train", step, params.steps)),
        on_save=lambda reached: save_temporal(reached.average, layers, file, note),
    )
    state = teach(lesson, keeping, team)
    return {"temporal": str(file), **told(state, out, draw=team.rank == 0)}


def _refuse_unlike(image: ImageUNetParams, params: CaptionedParams) -> None:
    """Networks that read small pictures learn from them, and no others do."""
    small = "small" in params.modes
    if image.enlarges and not small:
        raise SpecError("that network reads small pictures", remedy='say modes = ["small"] in the recipe')
    if small and not image.enlarges:
        raise SpecError(
            "that network reads no small pictures, and cannot learn to enlarge them",
            remedy="name an upscaler, or train one: lumiere train image, with in_channels 3 more than out_channels",
        )


def begin(
    question: dict[str, Any], kinds: dict[str, type], *, write: bool = True
) -> tuple[Path, dict[str, Any]]:
    """The folder of the results, and the recipe, which is written into it in full."""
    import torch

    from ..learning.recipe import read_tables, tables_text

    torch.set_num_threads(1)  # the order of sums follows it, and with it the last bits of every weight
    out = Path(question["out"])
    recipe = (
        read_tables(Path(question["recipe"]), kinds)
        if question["recipe"]
        else {name: kind() for name, kind in kinds.items()}
    )
    first = next(iter(kinds))
    said = {name: int(question[name]) for name in ("steps", "rank") if question.get(name) is not None}
    recipe[first] = replace(recipe[first], **said)
    try:
        out.mkdir(parents=True, exist_ok=True)
        if write:
            (out / "recipe.toml").write_text(tables_text(recipe), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"the folder cannot be written: {error.strerror}", clip=str(out)) from error
    return out, recipe


def gathered(question: dict[str, Any], out: Path, params: Any, on_progress: OnProgress) -> list[Any]:
    """The captioned clips of the question's folder, reduced and kept in `out`."""
    from ..learning.captioned import gather

    return gather(
        Path(question["folder"]),
        out / "cache",
        params,
        lambda n, total: on_progress(Progress("gather", n, total)),
    )


def model_of(question: dict[str, Any]) -> ImageModel:
    """The image model that is taught something; errors as `find_model`."""
    from ..pretrained.folder import find_model

    like = question.get("like")
    return find_model(Path(question["model"]), None if like is None else Path(like))


def told(state: Any, out: Path, *, draw: bool = True) -> dict[str, Any]:
    """What is said of a training; its losses are drawn beside its result."""
    from ..learning.sheets import loss_plot

    if draw:
        loss_plot(state.losses, [], out / "loss.png")
    last = state.losses[-max(1, len(state.losses) // 50) :]
    return {"steps": state.step, "loss": round(sum(last) / len(last), 5)}


def on_gpu() -> bool:
    """Whether there is a GPU to learn on."""
    import torch

    return bool(torch.cuda.is_available())


def device() -> str:
    """Where to learn, as torch calls it."""
    return "cuda" if on_gpu() else "cpu"

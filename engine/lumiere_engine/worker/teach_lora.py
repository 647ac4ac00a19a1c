"""Teaching a LoRA as a worker does it: captioned pictures in, a file that any program of the family reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..protocol.errors import SpecError
from ..protocol.messages import Progress
from .teach import begin, device, gathered, model_of, on_gpu, told

OnProgress = Callable[[Progress], None]


def train_lora(question: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    """Teach a LoRA to an image model, or go on with one; the model's own weights stay as they are.

    Args:
        question: "folder": captioned pictures or clips, of which single frames are taken; "model" and "like": as for
            `train_temporal`; "out": folder for the LoRA; "recipe": a TOML file with the table "lora", or None; "steps"
            and "rank": instead of the recipe's, or None.
        on_progress: hears of the stages "gather" and "train".

    Returns:
        "lora": path; "steps"; "loss": the mean of the last fiftieth.

    Raises:
        SpecError: a model that reads more than noise.
    """
    from ..learning.inflation import Lesson, teach
    from ..learning.low_rank import LoraTraining, add_low_rank
    from ..learning.trainer import Keeping
    from ..pretrained.text import TextEncoder
    from ..stunet.checkpoint import write_safetensors
    from ..stunet.image_weights import fingerprint_of, load_inflated

    model = model_of(question)
    shape = model.image.params
    if shape.in_channels != shape.out_channels:
        raise SpecError(
            "it also reads a plate or a small picture",
            clip=str(model.folder),
            remedy="teach the LoRA to the model that paints from text alone",
        )
    out, recipe = begin(question, {"lora": LoraTraining})
    params = recipe["lora"]
    clips = gathered(question, out, params, on_progress)
    network = load_inflated(model.image, seed=params.seed).to(device()).train()
    halves = add_low_rank(network, params.rank, params.seed)
    network.to(device())
    network.recompute = on_gpu()
    lesson = Lesson(
        network,
        halves,
        model.schedule,
        model.space(device()),
        TextEncoder(model.folder, empty_is_zero=model.empty_is_zero),
        clips,
        params,
        on_gpu(),
    )
    file = out / "lora.safetensors"
    note = {"format": "pt", "image": fingerprint_of(model.image), "rank": str(params.rank)}
    keeping = Keeping(
        out / "state.safetensors",
        on_step=lambda step, _: on_progress(Progress("train", step, params.steps)),
        on_save=lambda reached: write_safetensors(reached.average, file, note),
    )
    state = teach(lesson, keeping)
    return {"lora": str(file), **told(state, out)}

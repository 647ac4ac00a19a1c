"""A model folder of this project's own making: a small text encoder and a schedule, in diffusers' layout."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

import torch

from lumiere_engine.diffusion import DiscreteSchedule
from lumiere_engine.stunet.checkpoint import write_safetensors

from .extra import package
from .small_picture import SmallPicture

_SPECIAL = ["<pad>", "<start>", "<end>", "<unknown>"]
_LENGTH = 24


def words_of(captions: Iterable[str]) -> list[str]:
    """All words, sorted."""
    return sorted({word for caption in captions for word in re.findall(r"\w+", caption.lower())})


def write_text_encoder(folder: Path, words: Iterable[str], width: int, seed: int) -> None:
    """A tokenizer whose tokens are these words, and a text encoder with random weights.

    It is not trained: two layers of random attention keep words and their order apart, which is all that a
    network needs that learns to read them.

    Args:
        folder: of the model.
        words: all that it knows; others are one unknown word.
        width: of a token.
        seed: of the weights.
    """
    transformers = package("transformers")
    tokenizers = importlib.import_module("tokenizers")
    vocabulary = {word: number for number, word in enumerate([*_SPECIAL, *words])}
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token=_SPECIAL[3]))
    model.normalizer = tokenizers.normalizers.Lowercase()
    model.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [tokenizers.pre_tokenizers.Whitespace(), tokenizers.pre_tokenizers.Punctuation("removed")]
    )
    model.post_processor = tokenizers.processors.TemplateProcessing(
        single=f"{_SPECIAL[1]} $A {_SPECIAL[2]}", special_tokens=[(_SPECIAL[1], 1), (_SPECIAL[2], 2)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=model,
        pad_token=_SPECIAL[0],
        bos_token=_SPECIAL[1],
        eos_token=_SPECIAL[2],
        unk_token=_SPECIAL[3],
        model_max_length=_LENGTH,
    ).save_pretrained(str(folder / "tokenizer"))
    config = transformers.CLIPTextConfig(
        vocab_size=len(vocabulary),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=_LENGTH,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = transformers.CLIPTextModel(config)
    encoder.save_pretrained(str(folder / "text_encoder"))


def write_schedule(folder: Path, schedule: DiscreteSchedule, name: str = "scheduler") -> None:
    """`scheduler/scheduler_config.json` of these noise levels."""
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    data = {
        "_class_name": "DDIMScheduler",
        "num_train_timesteps": schedule.levels,
        "beta_start": schedule.beta_start,
        "beta_end": schedule.beta_end,
        "beta_schedule": schedule.betas,
        "prediction_type": schedule.prediction,
        "rescale_betas_zero_snr": schedule.zero_terminal,
        "timestep_spacing": "trailing",
        "clip_sample": False,
    }
    (place / "scheduler_config.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def write_small_picture(folder: Path, small: SmallPicture) -> None:
    """What a super-resolution network is shown: `model_index.json`, and `low_res_scheduler/` if there is noise."""
    about = {
        "_class_name": "StableDiffusionUpscalePipeline",
        "factor": small.factor,
        "max_noise_level": small.most,
    }
    (folder / "model_index.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    if small.noise is not None:
        write_schedule(folder, small.noise, "low_res_scheduler")


def write_network(folder: Path, tensors: dict[str, torch.Tensor], config: dict[str, object]) -> None:
    """`unet/` with its configuration and weights; the weights are whole or the old ones at any moment."""
    place = folder / "unet"
    place.mkdir(parents=True, exist_ok=True)
    (place / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    write_safetensors(tensors, place / "diffusion_pytorch_model.safetensors", {"format": "pt"})

"""Prompts as the networks read them: from disk alone, as diffusers' pipelines do it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from lumiere_engine.pretrained.small import words_of, write_text_encoder
from lumiere_engine.pretrained.text import TextEncoder
from lumiere_engine.protocol.errors import SpecError
from safetensors.torch import load_file, save_file

from .conftest import WORDS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_text_encoder(tmp_path, WORDS, 32, seed=1)
    return tmp_path


def test_different_prompts_are_read_differently_and_the_same_one_the_same(folder: Path) -> None:
    read = TextEncoder(folder)
    red, blue = read("a red disk"), read("a blue disk")
    assert red.context.shape == (24, 32) and red.pooled is None
    assert not torch.allclose(red.context, blue.context, atol=0.01)
    assert torch.equal(read("A red, disk").context, red.context)  # capitals and commas are no words


def test_the_end_of_a_long_prompt_is_told(folder: Path) -> None:
    read = TextEncoder(folder)
    assert read("a red disk").unread == ""

    assert read("red " * 30).unread.split() == ["red"] * 8


def test_words_are_found_once() -> None:
    assert words_of(["A red disk.", "a blue disk"]) == ["a", "blue", "disk", "red"]


def test_two_encoders_read_as_the_pipeline_of_xl_does(folder: Path) -> None:
    import transformers

    config = transformers.CLIPTextConfig(
        vocab_size=12, hidden_size=16, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2,
        max_position_embeddings=24, eos_token_id=2, bos_token_id=1, pad_token_id=0, projection_dim=8,
    )  # fmt: skip
    torch.manual_seed(0)
    second: Any = transformers.CLIPTextModelWithProjection(config).eval()
    second.save_pretrained(str(folder / "text_encoder_2"))
    (folder / "tokenizer").rename(folder / "tokenizer_2")
    write_text_encoder(folder, WORDS, 32, seed=1)
    text = TextEncoder(folder, empty_is_zero=True)("a red disk")
    assert text.context.shape == (24, 48)
    assert text.pooled is not None and text.pooled.shape == (8,)
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder / "tokenizer_2"))
    ids = tokenizer("a red disk", padding="max_length", max_length=24, return_tensors="pt").input_ids
    with torch.no_grad():
        expected = second(ids, output_hidden_states=True)
    assert torch.allclose(text.context[:, 32:], expected.hidden_states[-2][0], atol=1e-5)
    assert torch.allclose(text.pooled, expected.text_embeds[0], atol=1e-5)
    empty = TextEncoder(folder, empty_is_zero=True)("")
    assert empty.pooled is not None and not empty.context.any() and not empty.pooled.any()


def test_a_pickle_in_place_of_safetensors_is_not_opened(folder: Path) -> None:
    weights = folder / "text_encoder" / "model.safetensors"
    weights.rename(weights.with_name("pytorch_model.bin"))
    with pytest.raises(SpecError, match="can hold programs"):
        TextEncoder(folder)
    weights.write_bytes(b"\x80\x04cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(SpecError, match="no safetensors"):
        TextEncoder(folder)


def test_weights_in_half_precision_alone_serve_as_well(folder: Path) -> None:
    whole = TextEncoder(folder)("a red disk").context
    weights = folder / "text_encoder" / "model.safetensors"
    weights.rename(weights.with_name("model.fp16.safetensors"))
    assert torch.equal(TextEncoder(folder)("a red disk").context, whole)


def test_a_missing_part_is_named(folder: Path) -> None:
    (folder / "tokenizer").rename(folder / "away")
    with pytest.raises(SpecError, match="no folder 'tokenizer'"):
        TextEncoder(folder)


def test_an_encoder_with_numbers_that_are_none_is_refused_by_its_tensor(folder: Path) -> None:
    weights = folder / "text_encoder" / "model.safetensors"
    tensors = load_file(weights)
    name = next(name for name in tensors if name.endswith("final_layer_norm.weight"))
    tensors[name][3] = float("nan")
    save_file(tensors, weights, {"format": "pt"})
    with pytest.raises(SpecError, match=f"{name.removeprefix('text_model.')}' holds values"):
        TextEncoder(folder)


@pytest.mark.parametrize("content", ['{"version": "1.0", "model": {}}', '{"version": "1.0", ', "\x00" * 9])
def test_a_damaged_tokenizer_is_refused_in_one_line(folder: Path, content: str) -> None:
    (folder / "tokenizer" / "tokenizer.json").write_text(content, encoding="utf-8")
    with pytest.raises(SpecError, match="tokenizer: its tokenizer cannot be read: ") as refused:
        TextEncoder(folder)
    assert len(str(refused.value).splitlines()) == 1

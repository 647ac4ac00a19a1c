"""From a prompt to what the network reads of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.weights import check_weights
from lumiere_engine.stunet.finite import refuse_unfinite

from .extra import package


@dataclass(frozen=True)
class Text:
    """What a network reads of a prompt."""

    context: Tensor
    """m d, the tokens."""
    pooled: Tensor | None = None
    """p, all of it in one; networks of the XL kind read it."""
    unread: str = ""
    """The end of the prompt for which there was no room."""

    def to(self, device: torch.device | str, dtype: torch.dtype) -> Text:
        """The same elsewhere."""
        pooled = None if self.pooled is None else self.pooled.to(device, dtype)
        return Text(self.context.to(device, dtype), pooled, self.unread)


class TextEncoder:
    """One text encoder, or the two of XL, of a folder in diffusers' layout.

    Args:
        folder: with `tokenizer` and `text_encoder`, and for XL `tokenizer_2` and `text_encoder_2`.
        empty_is_zero: whether an empty prompt is read as zeros, as networks of the XL kind were trained.
        device: where they compute.

    Raises:
        SpecError: a part is missing, damaged, or in a format that could hold programs.
    """

    def __init__(
        self, folder: Path, *, empty_is_zero: bool = False, device: torch.device | str = "cpu"
    ) -> None:
        self._empty_is_zero = empty_is_zero
        self._device = device
        suffixes = ["", "_2"] if (folder / "text_encoder_2").is_dir() else [""]
        self._parts = [_Part(folder, suffix, device) for suffix in suffixes]

    def __call__(self, prompt: str) -> Text:
        """The prompt, read; deterministic."""
        parts = [part.read(prompt, penultimate=len(self._parts) > 1) for part in self._parts]
        context = torch.cat([tokens for tokens, _ in parts], -1)[0]
        pooled = parts[-1][1]
        if pooled is not None:
            pooled = pooled[0]
        if self._empty_is_zero and not prompt:
            context = torch.zeros_like(context)
            pooled = None if pooled is None else torch.zeros_like(pooled)
        return Text(context, pooled, self._parts[0].unread(prompt))


class _Part:
    """A tokenizer and its encoder."""

    def __init__(self, folder: Path, suffix: str, device: torch.device | str) -> None:
        transformers = package("transformers")
        tokenizer, encoder = folder / f"tokenizer{suffix}", folder / f"text_encoder{suffix}"
        for place in (tokenizer, encoder):
            if not place.is_dir():
                raise SpecError(f"the model has no folder '{place.name}'", clip=str(folder))
        refuse_unsafe(encoder)
        kind = transformers.CLIPTextModelWithProjection if suffix else transformers.CLIPTextModel
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(
                str(tokenizer), local_files_only=True, trust_remote_code=False
            )
        except Exception as error:  # what parses tokenizer.json knows no error of its own
            raise SpecError(f"its tokenizer cannot be read: {_line(error)}", clip=str(tokenizer)) from error
        try:
            model = kind.from_pretrained(
                str(encoder),
                local_files_only=True,
                use_safetensors=True,
                variant=variant_of(encoder),
                dtype=torch.float32,
            )
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise SpecError(f"its text encoder cannot be loaded: {_line(error)}", clip=str(folder)) from error
        refuse_unfinite(model.state_dict().items(), encoder)
        self._model = model.eval().to(device)
        self._device = device

    @torch.no_grad()
    def read(self, prompt: str, *, penultimate: bool) -> tuple[Tensor, Tensor | None]:
        """1 m d, and 1 p or None."""
        ids = self._tokenizer(
            prompt,
            padding="max_length",
            max_length=self._length,
            truncation=True,
            return_tensors="pt",
        ).input_ids.to(self._device)
        answer = self._model(ids, output_hidden_states=penultimate)
        tokens = answer.hidden_states[-2] if penultimate else answer.last_hidden_state
        return tokens, getattr(answer, "text_embeds", None)

    def unread(self, prompt: str) -> str:
        """What of the prompt the encoder has no room for."""
        ids = self._tokenizer(prompt, truncation=False).input_ids
        return str(self._tokenizer.decode(ids[self._length - 1 : -1])) if len(ids) > self._length else ""

    @property
    def _length(self) -> int:
        return min(int(self._tokenizer.model_max_length), int(self._model.config.max_position_embeddings))


def refuse_unsafe(folder: Path) -> None:
    """Refuse a part of a model without whole safetensors.

    Raises:
        SpecError: there are none, or a damaged one.
    """
    files: Sequence[Path] = sorted(folder.glob("*.safetensors"))
    if not files:
        raise SpecError(
            "no safetensors weights are in that folder",
            clip=str(folder),
            remedy="weights in .bin and .ckpt files are not read, since they can hold programs",
        )
    for file in files:
        check_weights(str(file))


def variant_of(folder: Path) -> str | None:
    """Which of a part's weights are read: those in half precision, where there are no others."""
    names = [file.name for file in folder.glob("*.safetensors")]
    return "fp16" if names and all(".fp16." in name for name in names) else None


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]

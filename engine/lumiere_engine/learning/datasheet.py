"""A prior's data sheet: what it learnt from, licence by licence, how long, and how well."""

from __future__ import annotations

import re
from collections import defaultdict

from .corpus import Corpus, Item
from .prior import PriorParams


def data_sheet(
    corpus: Corpus, params: PriorParams, *, step: int, gain_db: float, weights: int, machine: str
) -> str:
    """The sheet as Markdown.

    Args:
        corpus: what was learnt from.
        params: the recipe.
        step: finished steps.
        gain_db: of the validation, see `Validation`.
        weights: how many numbers were learnt.
        machine: what it was trained on.
    """
    examples = sum(params.windows[s % len(params.windows)][0] for s in range(step))
    sources: dict[str, list[Item]] = defaultdict(list)
    for item in corpus.items:
        sources[_short(item.licence)].append(item)
    lines = [
        "# Data sheet of the prior",
        "",
        f"A Space-Time U-Net of {weights:,} weights, trained for {step:,} steps ({examples:,} examples) on {machine}.",
        "Nothing else was learnt from, no other weights were started from, and nothing was downloaded by the training.",
        "",
        f"It learnt from {len(corpus.clips)} clips and {len(corpus.pictures)} pictures;",
        f"{len(corpus.kept_out)} clips were kept out for validation. On those, inside synthetic holes, its answer",
        f"from nothing but noise is {gain_db:+.2f} dB (PSNR) against a smooth fill of the hole.",
        "",
        "Examples are cuts out of clips, and pictures under a virtual camera that pans, turns and zooms; some",
        "have a piece of another scene in front, all have another exposure. Holes are boxes and wobbling blobs,",
        "still or moving.",
        "",
        "## Licences",
        "",
        "| licence, as its source states it | files |",
        "|---|---|",
        *(
            f"| {terms} | {len(items)} |"
            for terms, items in sorted(sources.items(), key=lambda s: (-len(s[1]), s[0]))
        ),
        "",
        "## Files",
        "",
        "| file | author, as its source states it |",
        "|---|---|",
        *(f"| {item.name} | {_cell(item.author)} |" for item in corpus.items),
        "",
    ]
    if corpus.skipped:
        lines += ["## Listed, but not readable", "", *(f"- {line}" for line in corpus.skipped), ""]
    return "\n".join(lines)


def _short(licence: str) -> str:
    """The terms without the sentence that they are quoted from."""
    return _cell(re.split(r"[;(\"“]", licence.strip().strip("\"“”'"))[0])[:80]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())

"""`quality.md`: the report for people."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import product
from typing import Any

from .methods import OURS, REFERENCES, in_table_order
from .report import Entry, Report

_KINDS = {
    "stationary": "stationary masks, 15 % of the frame",
    "moving": "moving masks, 10 % of the frame",
    "object": "masks of another shot's object",
    "removal": "real removal, the clean shot is known",
}
_COLUMNS = {
    "psnr_db": ("PSNR dB", 2),
    "ssim": ("SSIM", 4),
    "hole_psnr_db": ("hole PSNR dB", 2),
    "hole_ssim": ("hole SSIM", 4),
    "patch_distance": ("patch distance", 2),
    "warp_ratio": ("warp ratio", 2),
    "worst_flicker": ("worst flicker", 2),
    "seam_step": ("seam step", 2),
}
_RATIOS = ("warp_ratio", "worst_flicker")


def markdown(report: Report) -> str:
    """The tables of a report, with the machine and what the columns mean."""
    entries = list(report.entries())
    parts = ["# Quality", _head(report.data), *_verdicts(entries)]
    for size, kind in _groups(entries):
        group = [e for e in entries if (e.case["size"], e.case["kind"]) == (size, kind)]
        parts += [f"## {size}: {_KINDS[kind]}", _means(group), _by_shot(group, "psnr_db")]
        parts += [
            _by_shot(group, "hole_psnr_db"),
            _by_shot(group, "patch_distance"),
            _by_shot(group, "warp_ratio"),
        ]
    parts += _flow(report.data["flow"]) + _notes(report)
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(data: dict[str, Any]) -> str:
    machine, settings = data["machine"], data["settings"]
    return (
        f"Lumiere {machine.get('version')}; {machine.get('processor')}, {machine.get('cores')} cores, "
        f"{machine.get('torch_threads')} torch threads; at most {settings.get('frames')} frames per shot, "
        f"seed {settings.get('seed')}.\n\n"
        "PSNR and SSIM (window 65) are those of whole composited frames, mean over frames. Patch distance (0 is "
        "perfect), warp ratio (1 is as still as the truth), worst flicker and seam step (0 is like the truth) are "
        "explained in `bench/lumiere_bench/measures.py`; of the two ratios the means are geometric. Seconds of "
        "different machines, or of a busy one, do not compare."
    )


def _groups(entries: list[Entry]) -> list[tuple[str, str]]:
    there = {(entry.case["size"], entry.case["kind"]) for entry in entries}
    sizes = list(dict.fromkeys(entry.case["size"] for entry in entries))
    return [group for group in product(sizes, _KINDS) if group in there]


def _methods(entries: Iterable[Entry]) -> list[str]:
    return in_table_order(entry.method for entry in entries)


def _means(group: list[Entry]) -> str:
    """Mean over the shots, a row per method; differences only over shots that both methods have."""
    head = ["method", "shots", *(title for title, _ in _COLUMNS.values()), "s/frame", "GiB"]
    head += [f"Δ {name} dB" for name in REFERENCES]
    rows = []
    for method in _methods(group):
        mine = [entry for entry in group if entry.method == method]
        row = [method, str(len(mine))]
        row += [
            _text((_typical if name in _RATIOS else _mean)(e.measure(name) for e in mine), digits)
            for name, (_, digits) in _COLUMNS.items()
        ]
        row.append(_text(_mean(e.values["seconds_per_frame"] for e in mine), 3))
        peaks = [e.values["peak_bytes"] for e in mine if e.values["peak_bytes"]]
        row.append(_text(max(peaks) / 2**30 if peaks else None, 2))
        row += [_text(_mean(_gains(group, method, name).values()), 2, signed=True) for name in REFERENCES]
        rows.append(row)
    return _table(head, rows)


def _by_shot(group: list[Entry], measure: str) -> str:
    """A row per shot, a column per method."""
    title, digits = _COLUMNS[measure]
    methods = _methods(group)
    values = {(e.case["shot"], e.method): e.measure(measure) for e in group}
    shots = sorted({shot for shot, _ in values})
    rows = [[shot, *(_text(values.get((shot, method)), digits) for method in methods)] for shot in shots]
    return f"{title} by shot\n\n" + _table(["shot", *methods], rows)


def _verdicts(entries: list[Entry]) -> list[str]:
    """For each of our methods, whether it is above the better reference on every shot."""
    lines = []
    for size, kind in _groups(entries):
        group = [e for e in entries if (e.case["size"], e.case["kind"]) == (size, kind)]
        for method in OURS:
            gains = [_gains(group, method, name) for name in REFERENCES]
            shots = [shot for shot in gains[0] if shot in gains[1]]
            if shots:
                lines.append(
                    _verdict(method, f"{kind}, {size}", {s: min(g[s] for g in gains) for s in shots})
                )
    return ["\n".join(lines)] if lines else []


def _verdict(method: str, where: str, lead: dict[str, float]) -> str:
    """`lead`: by shot, dB above the better reference."""
    behind = {shot: gain for shot, gain in lead.items() if gain <= 0}
    text = f"- **{method}** ({where}) is above the better of {' and '.join(REFERENCES)} "
    if not behind:
        return f"{text}on every shot ({len(lead)}), by {min(lead.values()):.2f} dB at least"
    names = ", ".join(f"{shot} ({gain:+.2f} dB)" for shot, gain in sorted(behind.items(), key=lambda g: g[1]))
    return f"{text}on {len(lead) - len(behind)} of {len(lead)} shots, not on {names}"


def _gains(group: list[Entry], method: str, reference: str) -> dict[str, float]:
    """PSNR of a method less that of another, by shot, where there are both."""
    by_method: dict[str, dict[str, float]] = {}
    for entry in group:
        by_method.setdefault(entry.method, {})[entry.case["shot"]] = entry.measure("psnr_db") or 0.0
    mine, other = by_method.get(method, {}), by_method.get(reference, {})
    return {shot: mine[shot] - other[shot] for shot in mine if shot in other}


def _flow(flows: dict[str, Any]) -> list[str]:
    if not flows:
        return []
    head = ["shot", "where", "mean error px", "median", "over 1 px", "mean length px"]
    rows = [
        [shot, where, *(_text(values[key], 3) for key in ("mean_px", "median_px", "over_1px", "length_px"))]
        for shot, places in flows.items()
        for where, values in places["end_point"].items()
    ]
    return ["## Optical flow against the truth", _table(head, rows)]


def _notes(report: Report) -> list[str]:
    notes = {f"- {e.case['name']}: {e.case['note']}": None for e in report.entries() if e.case["note"]}
    failed = [f"- {what}: {error}" for what, error in report.data["failed"].items()]
    parts = [("## Notes", list(notes)), ("## Failed", failed)]
    return [f"{title}\n\n" + "\n".join(lines) for title, lines in parts if lines]


def _mean(values: Iterable[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None


def _typical(ratios: Iterable[float | None]) -> float | None:
    """Geometric mean: one shot on which nothing moves must not decide alone."""
    logarithm = _mean(None if ratio is None else math.log(ratio) for ratio in ratios)
    return None if logarithm is None else math.exp(logarithm)


def _text(value: float | None, digits: int, *, signed: bool = False) -> str:
    if value is None:
        return "–"
    return f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

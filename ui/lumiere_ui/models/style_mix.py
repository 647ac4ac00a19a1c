"""A mix of style files: their weights sum to 1 at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lumiere_engine.protocol import StyleShare

Shares = tuple[StyleShare, ...]
_DECIMALS = 4


def added(shares: Shares, files: Sequence[str]) -> Shares:
    """The mix with files more; all of them count alike, since nobody has said otherwise of the new ones."""
    named = list(dict.fromkeys([*(share.file for share in shares), *files]))
    return tuple(StyleShare(file, _floor(1 / len(named))) for file in named)


def reweighted(shares: Shares, which: int, weight: float) -> Shares:
    """The mix with another weight of one; the others give way in proportion where there would be more than 1."""
    others = sum(share.weight for row, share in enumerate(shares) if row != which)
    scale = min(1.0, (1 - weight) / others) if others else 1.0
    return tuple(
        replace(share, weight=weight if row == which else _floor(share.weight * scale))
        for row, share in enumerate(shares)
    )


def without(shares: Shares, which: int) -> Shares:
    """The mix without one; a style that is left alone counts 1."""
    left = tuple(share for row, share in enumerate(shares) if row != which)
    return (replace(left[0], weight=1.0),) if len(left) == 1 else left


def _floor(weight: float) -> float:
    """The weight, rounded down: a sum of three thirds may not be more than 1."""
    return int(weight * 10**_DECIMALS) / 10**_DECIMALS

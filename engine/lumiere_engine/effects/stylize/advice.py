"""Which frames an artist should paint: those that together show most of a shot, and the one to paint next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..shot import AnalysedShots
from ..workspace import Workspace
from .keys import proposed_keys
from .trails import Trails, mixed

_REACH = 4  # most proposed frames on either side of a shot's middle


@dataclass(frozen=True)
class Advice:
    """What to paint; frames are counted from 0 in the job.

    Attributes:
        keys: frames that together show most of the shot, in the order in which they are worth it.
        following: the one to paint next: of all frames, painted ones show least of it.
        followed: per frame the share that painted frames show, 0..1, as a stylize job will tell it.
    """

    keys: tuple[int, ...]
    following: int
    followed: tuple[float, ...]


def advise(shots: AnalysedShots, painted: Sequence[int], workspace: Workspace) -> Advice:
    """Look at the motion.

    Args:
        shots: followed.
        painted: frames that are painted already.
        workspace: where trails are kept.
    """
    keys = tuple(key.frame for key in proposed_keys(shots, _REACH))
    trails = Trails(shots, painted, workspace)
    for _ in trails.follow():
        pass
    followed = []
    for frame in range(shots.frame_count):
        weights = [weight for _, weight in mixed(trails.sources(frame))]
        followed.append(float(np.sum(weights, 0).mean()) if weights else 0.0)
    if not painted:
        return Advice(keys, keys[0], tuple(followed))
    middle = {t: (start + end) // 2 for start, end in shots.shots for t in range(start, end)}
    following = min(range(shots.frame_count), key=lambda t: (followed[t], abs(t - middle[t]), t))
    return Advice(keys, following, tuple(followed))

"""What a job is: a frozen description that holds everything its result depends on."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Optional, Type, TypeVar

from .. import __version__
from .errors import SpecError
from .params import EFFECTS, Params, RemoveParams, effect_of
from .ranges import FrameRange
from .stylize_params import StylizeParams
from .wire import decode, encode, labelled

JOB_LABEL = "JobSpec.1"
ORDER_LABEL = "WorkOrder.1"
P = TypeVar("P")


@labelled(JOB_LABEL)
@dataclass(frozen=True)
class JobSpec:
    """Everything that the result depends on; the same spec gives the same bytes on the same device.

    Attributes:
        effect: a name of `params.EFFECTS`.
        plate: path of the movie or image sequence; empty where the effect needs none.
        mattes: paths of the mattes; several are united; none where the effect can do without.
        frames: the plate's frames to work on, counted from 0 in the file; None is all of them.
        whole_mattes: the mattes have a frame for each of the plate's; otherwise for each of `frames`.
        written: the plate's frames that the result holds, `frames` and handles; None is `frames` alone.
        rate: frames per second of an image sequence that does not say so; None takes 24.
        conform: whether a movie of variable rate is conformed to its nominal rate.
        params: the effect's own parameters, of the kind that `params.EFFECTS` names.
        seed: of all randomness.
        checkpoint: fingerprint (SHA-256) of the weights that the network starts from; None starts from none.
        base: fingerprint of the earlier job that this one revises: frames that its changed plate or matte do not
            touch stay as they are. Its work must have been kept beside the output. None renders all frames.
    """

    effect: str
    plate: str
    mattes: tuple[str, ...]
    frames: Optional[FrameRange] = None
    whole_mattes: bool = False
    written: Optional[FrameRange] = None
    rate: Optional[Fraction] = None
    conform: bool = False
    params: Params = field(default_factory=RemoveParams)
    seed: int = 0
    checkpoint: Optional[str] = None
    base: Optional[str] = None

    def __post_init__(self) -> None:
        if effect_of(self.params) != self.effect:
            raise SpecError(f"'{self.effect}' is given the parameters of '{effect_of(self.params)}'")
        if self.params.needs_matte and not self.mattes:
            raise SpecError("the job has no matte")
        if self.params.needs_plate and not self.plate:
            raise SpecError("the job has no plate")
        if self.mattes and not self.plate:
            raise SpecError("the job has a matte and no plate")
        if self.written is not None and (self.frames is None or not self.written.contains_range(self.frames)):
            raise SpecError("the written frames do not contain the frames to work on")
        if not 0 <= self.seed < 2**63:
            raise SpecError(f"the seed {self.seed} is out of range", remedy="choose 0 to 2**63 - 1")
        if self.base is not None and not re.fullmatch("[0-9a-f]{64}", self.base):
            raise SpecError("the job that is revised is named by its fingerprint, 64 hexadecimal digits")

    @property
    def media(self) -> "tuple[str, ...]":
        """All files that the job reads, its weights aside."""
        return (*((self.plate,) if self.plate else ()), *self.mattes, *self.params.media)

    def to_wire(self) -> dict[str, Any]:
        """The spec as a JSON-ready dictionary."""
        return dict(encode(self))

    @classmethod
    def from_wire(cls, data: dict[str, Any]) -> "JobSpec":
        """What `to_wire` described.

        Raises:
            UnknownVersionError: another label.
            SpecError: a field is missing, unknown, or makes no sense.
        """
        return decode(cls, _as_now(data), complete=True, chosen=_params_field)

    def params_of(self, kind: Type[P]) -> P:
        """The parameters as those of one effect.

        Raises:
            SpecError: the job is of another effect.
        """
        if not isinstance(self.params, kind):
            raise SpecError(f"a job of the effect '{self.effect}' has no {kind.__name__}")
        return self.params

    def for_borrowing(self) -> "JobSpec":
        """A removal without what does not matter until something is imagined: jobs alike in it borrow alike."""
        chosen = self.params_of(RemoveParams)
        later = RemoveParams()
        params = replace(later, quality=chosen.quality, grow=chosen.grow, feather=chosen.feather)
        return replace(self, written=None, params=params, seed=0, checkpoint=None)

    def for_painting(self) -> "JobSpec":
        """A stylize job without what does not matter until frames are written: jobs alike in it learn alike."""
        params = replace(self.params_of(StylizeParams), strength=1.0, outside=False, feather=None)
        return replace(self, mattes=(), whole_mattes=False, written=None, params=params)

    def alike_but_for_media(self, other: "JobSpec") -> bool:
        """Whether one of two jobs can revise the other: they differ in plate, mattes and handles at most."""

        def plain(spec: "JobSpec") -> "JobSpec":
            return replace(spec, plate="any", mattes=("any",), base=None, written=None)

        return plain(self) == plain(other)

    def fingerprint(self, media: str) -> str:
        """Names the result: a hash of this spec, of the identity of its media, and of this version.

        Another version may compute otherwise, and must not go on with what this one has half done.
        """
        text = json.dumps([__version__, self.to_wire(), media], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _as_now(spec: Any) -> Any:
    """A spec as this version writes it: until 0.4.0 a stylize job named one style file at most, as "style"."""
    params = spec.get("params") if isinstance(spec, dict) else None
    if not isinstance(params, dict) or spec.get("effect") != "stylize" or "style" not in params:
        return spec
    rest = {name: value for name, value in params.items() if name != "style"}
    style = params["style"]
    return {**spec, "params": {**rest, "styles": [] if style is None else [{"file": style, "weight": 1.0}]}}


def _params_field(spec: dict[str, Any]) -> dict[str, Any]:
    """The kind of a spec's `params`, which its effect tells.

    Raises:
        SpecError: an effect that this version does not have.
    """
    effect = spec.get("effect")
    if effect is None:
        return {}  # decoding tells that it is missing
    if not isinstance(effect, str) or effect not in EFFECTS:
        raise SpecError(f"'{effect}' is no effect of this version", remedy=f"choose {', '.join(EFFECTS)}")
    return {"params": EFFECTS[effect]}


@labelled(ORDER_LABEL)
@dataclass(frozen=True)
class WorkOrder:
    """A spec, and what its result does not depend on: where it goes and how it is worked off.

    Attributes:
        spec: the job.
        output: where the clip goes; its name picks the format.
        origin: where the origin matte goes; None writes none.
        overwrite: whether existing results are replaced.
        keep_work: whether what was borrowed and rendered stays beside the output, for another job on the same shot
            and for one that revises this one.
        chunk_frames: how many frames are imagined at a time; the result does not depend on it.
        network: file of the weights that the spec's `checkpoint` names.
        save_network: where the network goes after it has learned the shot; None keeps it nowhere.
    """

    spec: JobSpec
    output: str
    origin: Optional[str] = None
    overwrite: bool = False
    keep_work: bool = False
    chunk_frames: int = 16
    network: Optional[str] = None
    save_network: Optional[str] = None

    def __post_init__(self) -> None:
        if self.chunk_frames < 1:
            raise SpecError(f"a chunk cannot have {self.chunk_frames} frames")
        if (self.network is None) != (self.spec.checkpoint is None):
            raise SpecError("a job names its network's weights and their fingerprint, or neither")

    def to_wire(self) -> dict[str, Any]:
        """The order as a JSON-ready dictionary."""
        return dict(encode(self))

    @classmethod
    def from_wire(cls, data: dict[str, Any]) -> "WorkOrder":
        """What `to_wire` described; errors as `JobSpec.from_wire`."""
        return decode(cls, data, complete=True)

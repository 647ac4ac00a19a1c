"""`lumiere generate`: from words and pictures to a work order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from lumiere_engine.protocol import Finish, FrameRange, GenerateParams, JobSpec, WorkOrder
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.roto import ROTO_SUFFIX

from .choosing import Choice, choose
from .preparing import Prepared


@dataclass(frozen=True)
class GenerateRequest:
    """What the user asked for.

    Attributes:
        params: all but what the plate is, and the weights.
        image: a picture that becomes the first frame.
        clip: a clip that is changed.
        mattes: where.
        frames: of the clip.
        rate: of the clip, if it is an image sequence.
        output: the result; None names it after the prompt or the picture.
        choice: of registered models.
        seed: of all randomness.
        overwrite: replace existing results.
    """

    params: GenerateParams
    image: Path | None = None
    clip: Path | None = None
    mattes: tuple[Path, ...] = ()
    frames: FrameRange | None = None
    rate: Fraction | None = None
    output: Path | None = None
    choice: Choice = field(default_factory=Choice)
    seed: int = 0
    overwrite: bool = False


def prepare(request: GenerateRequest) -> Prepared:
    """Check what was asked for, as far as that can be done before the work.

    Raises:
        SpecError: whatever is wrong, in one line.
    """
    from lumiere_otio import sidecar_path

    if request.image is not None and request.clip is not None:
        raise SpecError("--image becomes the first frame, --plate is changed", remedy="name one of them")
    if request.mattes and request.clip is None:
        raise SpecError("--matte says where a --plate is changed", remedy="name the plate")
    if request.clip is None and (request.frames is not None or request.params.strength < 1):
        raise SpecError("--only and --strength belong to a --plate that is changed")
    source = request.image or request.clip
    if source is None and not request.params.prompt:
        raise SpecError("there is nothing to generate from", remedy="say --prompt TEXT or --image PICTURE")
    params = replace(
        request.params,
        plate_as="nothing" if source is None else "first_frame" if request.image else "clip",
        weights=choose(
            request.choice,
            moving=request.clip is not None or request.params.frames > 1,
            without="`lumiere remove` works without",
        ),
    )
    spec = JobSpec(
        effect="generate",
        plate="" if source is None else str(source.absolute()),
        mattes=tuple(str(path.absolute()) for path in request.mattes),
        frames=request.frames,
        whole_mattes=any(path.name.endswith(ROTO_SUFFIX) for path in request.mattes),
        rate=request.rate,
        params=params,
        seed=request.seed,
    )
    output = (request.output or _default_output(request)).absolute()
    order = WorkOrder(spec, str(output), overwrite=request.overwrite)
    return Prepared(order, Finish("sidecar", {}, (str(sidecar_path(output)),)), output.name)


def _default_output(request: GenerateRequest) -> Path:
    """Beside the picture or clip, or here: `a_red_disk.mov`."""
    source = request.image or request.clip
    if source is not None:
        return source.absolute().with_name(f"{source.stem}_generated.mov")
    words = re.sub(r"\W+", "_", request.params.prompt.lower()).strip("_")[:48].strip("_")
    return Path(f"{words or 'generated'}.mov")

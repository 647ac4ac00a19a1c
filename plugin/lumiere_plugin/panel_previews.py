"""Previews for the panel: a small copy of some frames, made once for as long as the same is asked of it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lumiere_engine.client import ask, new_key
from lumiere_engine.protocol import FrameRange, JobSpec, KeyPicture, MotionHints, Submit, WorkOrder
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.protocol.hints import Anchor, Arrow
from lumiere_engine.protocol.roto import ROTO_SUFFIX, Roto
from lumiere_ui.models.project import PREVIEW_TITLE, Prepared, Request
from lumiere_ui.models.roto_document import write_roto

from .panel_jobs import for_job
from .preparing import checkpoint, weights

SIDE = 480
# Frames on either side that take part: removal borrows from them; of a style one window of the network is enough.
NEIGHBOURS, STYLE_NEIGHBOURS = 8, 3
LOOP_REACH = 60  # frames to either side of the still in which a preview looks for a loop, as a draft does
PRIORITY = 100


@dataclass(frozen=True)
class _Copy:
    """What a small copy is of; the same copy serves whatever else is changed.

    Attributes:
        media: the plate.
        shown: its frames.
        drawn: the drawing.
        held: the one frame whose drawing counts; None if each counts for itself.
        paintings: painted frames among them.
        changed: when plate and paintings were, as nanoseconds; 0 where nobody knows.
    """

    media: str
    shown: FrameRange
    drawn: Roto
    held: int | None
    paintings: tuple[KeyPicture, ...]
    changed: tuple[int, ...]


class PreviewFolder:
    """The folder of the last small copy; with it go what jobs have kept of their work there, and their results."""

    def __init__(self) -> None:
        self._folder: TemporaryDirectory[str] | None = None
        self._copy: _Copy | None = None
        self._scale = 1.0
        self._count = 0

    def prepare(self, request: Request, drawn: Roto) -> Prepared:
        """A job on the small copy.

        Args:
            request: its `frames` are those to be seen.
            drawn: the drawing.

        Raises:
            LumiereError: the frames cannot be read.
        """
        shot, params = request.shot, request.params
        if getattr(params, "plate_as", "clip") != "clip":
            raise SpecError("only a clip that is changed has a preview", remedy="render it at draft quality")
        known = {field.name for field in fields(params)}
        loop = "period" in known
        wanted = _around_still(request) if loop else request.frames or shot.frames
        around = STYLE_NEIGHBOURS if request.effect == "stylize" else NEIGHBOURS
        grown = wanted if loop else wanted.grown(around, around)
        shown = grown.intersection(shot.frames)
        held = params.still if loop and params.still in shown else None
        paintings = tuple(key for key in getattr(params, "keyframes", ()) if key.frame in shown)
        changed = tuple(map(_changed_ns, (shot.media, *(key.picture for key in paintings))))
        folder = self._copied(_Copy(shot.media, shown, drawn, held, paintings, changed))
        spec = JobSpec(
            effect=request.effect,
            plate=str(folder / "plate.nut"),
            mattes=(str(_matte(folder, held)),) if drawn.draws else (),
            frames=FrameRange(0, shown.duration),
            params=_quick(params, shot.height, self._scale, shown, folder),
            seed=request.seed,
        )
        network = None
        if request.effect == "stylize":
            job = for_job(request)
            spec, network = replace(spec, checkpoint=checkpoint(job)), str(weights(job))
        self._count += 1
        order = WorkOrder(
            spec,
            str(folder / f"preview_{self._count}.nut"),
            overwrite=True,
            keep_work=request.effect == "stylize",  # another strength is quick then
            network=network,
        )
        submit = Submit(order=order, key=new_key(), title=f"{PREVIEW_TITLE}{shot.name}", priority=PRIORITY)
        allowed = {folder, *(Path(path).parent for path in (*params.media, network or order.output))}
        return Prepared(submit, tuple(sorted(allowed)), preview=shown, loop=loop)

    def _copied(self, copy: _Copy) -> Path:
        """The folder with the small copy in it."""
        if self._folder is not None and copy == self._copy:
            return Path(self._folder.name)
        if self._folder is not None:
            self._folder.cleanup()
        self._folder, self._copy = TemporaryDirectory(prefix="lumiere-preview-"), None
        folder = Path(self._folder.name)
        write_roto(folder / f"drawn{ROTO_SUFFIX}", copy.drawn)
        answer = ask(
            "proxy",
            path=copy.media,
            start=copy.shown.start,
            duration=copy.shown.duration,
            side=SIDE,
            roto=str(folder / f"drawn{ROTO_SUFFIX}"),
            plate=str(folder / "plate.nut"),
            held=copy.held,
            matte=str(_matte(folder, copy.held)),
            paintings=[
                {"frame": key.frame, "picture": key.picture, "small": str(_small(folder, key))}
                for key in copy.paintings
            ],
        )
        self._copy, self._scale = copy, float(answer["scale"])
        return folder


def _around_still(request: Request) -> FrameRange:
    """The frames in which a preview looks for a loop: around the still, or where the playhead is."""
    shot, seen = request.shot, request.frames or request.shot.frames
    still = request.params.still
    return (
        FrameRange(seen.start if still is None else still, 1)
        .grown(LOOP_REACH, LOOP_REACH)
        .intersection(shot.frames)
    )


def _matte(folder: Path, held: int | None) -> Path:
    """Where the drawing's matte goes: a movie, or a picture that is held."""
    return folder / ("matte.nut" if held is None else "matte.png")


def _small(folder: Path, key: KeyPicture) -> Path:
    """Where the small copy of a painting goes."""
    return folder / f"{key.frame}.png"


def _changed_ns(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0


def _quick(params: Any, height: int, scale: float, shown: FrameRange, folder: Path) -> Any:
    """Parameters for a small copy: lengths are smaller by as much, frames are counted in it, nothing is learned.

    Args:
        params: of any effect; only what it has is changed.
        height: of the plate, pixels.
        scale: of the copy.
        shown: the frames that it holds.
        folder: where it is.
    """
    known = {field.name for field in fields(params)}
    wanted: dict[str, Any] = {"quality": "draft", "repeats": 1}
    if "imagine" in known:
        wanted.update(prompt="", weights=())  # a model takes minutes
    # as each effect says of its own: what grows fades over half of that
    for name, part, least in (("grow", 60, 2.0), ("feather", 120 if "grow" in known else 60, 1.0)):
        pixels = getattr(params, name, None)
        wanted[name] = max(least, (height / part if pixels is None else pixels) * scale)
    wanted["keyframes"] = tuple(
        KeyPicture(key.frame - shown.start, str(_small(folder, key)))
        for key in getattr(params, "keyframes", ())
        if key.frame in shown
    )
    for name in ("still", "start"):
        frame = getattr(params, name, None)
        wanted[name] = frame - shown.start if frame is not None and frame in shown else None
    hints = getattr(params, "hints", None)
    wanted["hints"] = None if hints is None else _scaled(hints, scale)
    return replace(params, **{name: value for name, value in wanted.items() if name in known})


def _scaled(hints: MotionHints, scale: float) -> MotionHints:
    """The hints in pixels of the small copy."""
    arrows = tuple(Arrow(a.x * scale, a.y * scale, a.dx * scale, a.dy * scale) for a in hints.arrows)
    anchors = tuple(Anchor(a.x * scale, a.y * scale) for a in hints.anchors)
    return replace(hints, arrows=arrows, anchors=anchors)

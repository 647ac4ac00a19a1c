"""The quality benchmark: cases times methods, measured, told and shown."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

from lumiere_engine.protocol import Progress
from lumiere_engine.protocol.errors import Cancelled, LumiereError, OutputError, SpecError

from .baselines import BASELINES
from .cases import Case, Recipe, recipes
from .clips import Size
from .film import end_point_errors
from .footage import Shot, choose_shots, find_shots
from .lumiere import Remover, lumiere_methods
from .machine import describe
from .measures import Judge
from .methods import Method
from .peers import Peer
from .pictures import Gallery
from .report import Report, case_fingerprint, method_fingerprint
from .tables import markdown

DEFAULT_METHODS = ("copy", "telea", "ns", "dis", "borrow", "draft", "standard")


@dataclass(frozen=True)
class Plan:
    """What is to be measured.

    Attributes:
        footage: a folder of shots, see `footage.find_shots`; None is the bundled film.
        shots: names; all if empty.
        methods: names; `DEFAULT_METHODS` and all peers if empty.
        kinds: of masks, see `cases.KINDS`.
        sizes: "432x240", "native".
        frames: most frames of a shot.
        out: the folder of all results.
        seed: of masks and jobs.
        peers: `NAME=COMMAND`, see `peers.Peer`.
        fresh: forget what `out` holds.
    """

    footage: Path | None
    shots: tuple[str, ...]
    methods: tuple[str, ...]
    kinds: tuple[str, ...]
    sizes: tuple[str, ...]
    frames: int
    out: Path
    seed: int
    peers: tuple[str, ...] = ()
    fresh: bool = False


def bundled_footage() -> Path:
    """The project's own film."""
    return Path(str(resources.files("lumiere_assets") / "demo"))


def run(
    plan: Plan, remove: Remover, tell: Callable[[str], None], on_progress: Callable[[Progress], None]
) -> Report:
    """Measure what is missing, and write tables and pictures after every case.

    Args:
        plan: what is wanted.
        remove: does Lumiere's jobs.
        tell: hears one line per result.
        on_progress: hears of the steps of a job.

    Raises:
        LumiereError: wrong use, or no space; footage that cannot be read, and a method's own failure, are noted
            in the report instead.
        Cancelled: the user pressed Ctrl-C; what was measured is kept.
    """
    every = find_shots(plan.footage or bundled_footage())
    shots = choose_shots(every, list(plan.shots))
    methods = _methods(plan, remove)
    todo = recipes(
        every, shots, list(plan.kinds), [Size.parse(s) for s in plan.sizes], plan.frames, plan.seed
    )
    out = plan.out.absolute()
    report = Report(out, fresh=plan.fresh)
    report.begin({"frames": plan.frames, "seed": plan.seed}, describe())
    for shot in shots:
        _measure_flow(shot, plan.frames, report)
    run_of = _Run(report, Gallery(out), out / "work", tell, on_progress)
    shutil.rmtree(run_of.work, ignore_errors=True)  # of a run that was killed
    for recipe in todo:
        run_of.case(recipe, methods)
        _write_tables(report)
    _write_tables(report)
    return report


@dataclass(frozen=True)
class _Run:
    """Where the results of a run go."""

    report: Report
    gallery: Gallery
    work: Path
    tell: Callable[[str], None]
    on_progress: Callable[[Progress], None]

    def case(self, recipe: Recipe, methods: Sequence[Method]) -> None:
        """Everything about one case that is not there yet."""
        name = case_fingerprint(recipe)
        missing = [method for method in methods if not self._has(recipe, name, method)]
        if not missing:
            self.tell(f"{recipe.name}: everything is there")
            return
        try:
            case = recipe.make(self.work)
            case.store()
        except OutputError:
            raise
        except LumiereError as error:
            self._failed(recipe.name, error)
            return
        try:
            self.report.add_case(case, name)
            self.gallery.add_inputs(case)
            judge = Judge(case)
            for method in missing:
                self._method(case, judge, method)
            self.gallery.assemble(case.name, self.report.methods_of(case.name))
        finally:
            shutil.rmtree(self.work, ignore_errors=True)

    def _has(self, recipe: Recipe, case: str, method: Method) -> bool:
        there = self.report.has(recipe.name, case, method.name, method_fingerprint(method))
        return there and self.gallery.has(recipe.name, method.name)

    def _method(self, case: Case, judge: Judge, method: Method) -> None:
        identity = method_fingerprint(method)  # of the code that runs now, not of what it is afterwards
        try:
            answer = method.run(case, self.on_progress)
        except (Cancelled, OutputError):
            raise
        except LumiereError as error:
            self._failed(f"{case.name} {method.name}", error)
            return
        measures = judge.measure(answer.frames)
        self.gallery.add(case, method.name, judge.composite(answer.frames))
        self.report.add_result(case, method.name, identity, answer, measures)
        self.tell(
            f"{case.name} {method.name}: {measures.psnr_db:.2f} dB, hole {measures.hole_psnr_db:.2f} dB, "
            f"{answer.seconds / len(case.plate):.3f} s per frame"
        )

    def _failed(self, what: str, error: LumiereError) -> None:
        self.report.add_failure(what, str(error))
        self.tell(f"{what}: {error}")


def _methods(plan: Plan, remove: Remover) -> list[Method]:
    peers = [Peer.parse(text) for text in plan.peers]
    there: list[Method] = [*BASELINES, *lumiere_methods(plan.seed, remove), *peers]
    by_name = {method.name: method for method in there}
    wanted = plan.methods or (*DEFAULT_METHODS, *(peer.name for peer in peers))
    unknown = [name for name in wanted if name not in by_name]
    if unknown:
        raise SpecError(
            f"there is no method {', '.join(unknown)}", remedy=f"choose from {', '.join(by_name)}"
        )
    return [by_name[name] for name in wanted]


def _measure_flow(shot: Shot, frames: int, report: Report) -> None:
    """A few seconds: it is measured anew every time."""
    if shot.flow is not None and shot.mattes:
        errors = {where: asdict(found) for where, found in end_point_errors(shot, frames).items()}
        report.data["flow"][shot.name] = {"frames": frames, "end_point": errors}


def _write_tables(report: Report) -> None:
    report.save()
    path = report.path.with_suffix(".md")
    try:
        path.write_text(markdown(report), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", clip=str(path)) from error

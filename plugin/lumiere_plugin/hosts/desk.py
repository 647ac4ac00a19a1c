"""What is done with any host: its selection goes to the panel, finished clips come back."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from lumiere_engine.client import EngineClient
from lumiere_engine.protocol.engine import RegisterTimeline, Selection, TimelineResult
from lumiere_engine.protocol.errors import LumiereError, SpecError, TimelineError

from .model import FinishedClip, Host, HostClip, HostTimeline, find_original, selected_one
from .rates import exact_rate
from .timeline_file import clip_number, write_timeline

SHIM = "shim.json"
_OF_THE_HOST = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "LD_PRELOAD", "QT_PLUGIN_PATH")


def start_panel(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Open the panel in a process of its own, with the Python that Lumiere is installed in; returns the process.

    Raises:
        SpecError: the shim does not know that Python, or it is gone.
    """
    python = shim_settings().get("python", "")
    if not python or not os.access(python, os.X_OK):
        raise SpecError("Lumiere is not where it was", remedy="run `lumiere install` for this host again")
    environment = {name: value for name, value in os.environ.items() if name not in _OF_THE_HOST}
    return subprocess.Popen(
        [python, "-m", "lumiere_plugin", "panel", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )


def shim_settings() -> dict[str, Any]:
    """What `lumiere install` noted beside this package; empty where it is not installed."""
    try:
        found: dict[str, Any] = json.loads((Path(__file__).parents[3] / SHIM).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def one_line(error: BaseException) -> str:
    """An error for a host's message box: never a traceback."""
    return str(error) if isinstance(error, LumiereError) else f"{type(error).__name__}: {error}"


class HostDesk:
    """The same for all hosts.

    Args:
        host: the program.
        client: the way to the engine.
        open_panel: opens the panel with arguments of `lumiere panel`.
    """

    def __init__(
        self,
        host: Host,
        client: EngineClient | None = None,
        open_panel: Callable[[Sequence[str]], Any] = start_panel,
    ) -> None:
        self.host = host
        self._client = client or EngineClient()
        self._open_panel = open_panel
        self._panel: Any = None
        self._seen: set[int] = set()

    def open_clip(self, action: str = "remove") -> Path:
        """Write the timeline, register it with what is selected, and open the panel on the selected clip.

        Returns:
            the file of the timeline.

        Raises:
            LumiereError: nothing that can be worked on is selected, or the engine cannot be reached.
        """
        timeline = self.host.timeline()
        clip = selected_one(timeline)
        path = write_timeline(timeline, self.host.name)
        self.register(timeline, path)
        self._panel = self._open_panel(
            [str(path), "--clip", f"#{clip_number(timeline, clip)}", "--action", action]
        )
        return path

    def panel_is_open(self) -> bool:
        """Whether the panel that was opened last is still there."""
        return self._panel is not None and self._panel.poll() is None

    def register(self, timeline: HostTimeline, path: Path) -> int:
        """Tell the engine what is open and selected; returns the timeline's number there."""
        selection = tuple(_selection(clip, timeline.rate) for clip in timeline.selected if not clip.problem)
        return self._client.register(
            RegisterTimeline(timeline.name[:500] or "timeline", self.host.name, str(path), selection)
        ).id

    def results(self, path: Path) -> tuple[TimelineResult, ...]:
        """The finished clips of the timeline in a file; safe to call from a thread of its own.

        Panel and host register the same file under their own names: the results of all of them count.
        """
        found: dict[int, TimelineResult] = {}
        for timeline in self._client.timelines():
            if timeline.path == str(path):
                for result in self._client.results(timeline.id).results:
                    if result.state == "done" and result.placement is not None:
                        found[result.job] = result
        return tuple(found[job] for job in sorted(found))

    def place_new(self, results: Sequence[TimelineResult], *, again: bool = False) -> list[str]:
        """Place the clips that are not on the timeline.

        Args:
            results: what `results` answered.
            again: also those that were placed in this session and that the editor has taken away since.

        Returns:
            a line for each: where it is now, or why it could not be placed. Nothing is raised for one clip, so that
            the others are placed.
        """
        there = set(self.host.placed())
        told: list[str] = []
        for result in results:
            if result.job in there or (result.job in self._seen and not again):
                continue
            self._seen.add(result.job)
            try:
                clip = finished_clip(self.host.timeline(), result)
                told.append(f"{clip.name}: on {self.host.place(clip)}")
            except LumiereError as error:
                told.append(f"{error}; the result is {result.media}")
        return told


def finished_clip(timeline: HostTimeline, result: TimelineResult) -> FinishedClip:
    """What is to be placed, from what the engine says and where the original lies now.

    Raises:
        TimelineError: the original is gone, or the timeline's rate is another one by now.
    """
    place = result.placement
    assert place is not None
    rate = exact_rate(float(Fraction(place.rate)))  # some say 23.976023976023978
    if rate != timeline.rate:
        raise TimelineError(
            f"the timeline has {timeline.rate} frames per second by now, and had {rate} when it was removed",
            clip=place.clip,
            remedy="set the rate back, or remove again",
        )
    if not Path(result.media).is_file():
        raise TimelineError("the result is not there", clip=result.media, remedy="lumiere queue retry")
    original = find_original(timeline, place.clip, place.record_start)
    return FinishedClip(
        job=result.job,
        media=Path(result.media),
        frame_count=result.frame_count,
        start_frame=result.start_frame,
        original=original,
        source_start=place.source_start + original.source_start % 1,
    )


def _selection(clip: HostClip, rate: Fraction) -> Selection:
    return Selection(
        clip=clip.name,
        media=clip.media,
        source_start=int(clip.source_start),
        source_duration=max(1, int(clip.speed * clip.record_duration)),
        record_start=clip.record_start,
        record_duration=clip.record_duration,
        rate=f"{rate.numerator}/{rate.denominator}",
    )

"""What an EDL does not say of itself: its rate; and lines that OpenTimelineIO's adapter stumbles over."""

from __future__ import annotations

import re

_EVENT = re.compile(r"\s*\d+\s.*\d\d[:;.]\d\d[:;.]\d\d[:;.]\d\d")
_TIMECODE = re.compile(r"\b(\d\d)([:;.])(\d\d)([:;.])(\d\d)([:;.])(\d\d)\b")
_SAID = re.compile(r"\b(\d{2,3}(?:\.\d{1,3})?) ?FPS\b", re.IGNORECASE)
_NOMINAL = (24, 25, 30, 48, 50, 60)
_DROP = {30: 30000 / 1001, 60: 60000 / 1001}


def plain_edl(text: str) -> str:
    """The text without what stands between title and first event, its drop-frame timecode as 01:00:00;00."""
    head, events = _parts(text)
    head = [line for line in head if line.lstrip().startswith(("TITLE:", "FCM", "SPLIT"))]
    return "\n".join([*head, *(_TIMECODE.sub(_spelt, line) for line in events)]) + "\n"


def edl_rate(text: str) -> float:
    """Frames per second, as far as the text tells.

    Its head may say it. Else it is the lowest usual rate that has all the frame numbers which occur, and the
    broadcast rate near it if any timecode is drop-frame. A list of few events may lack the numbers that would
    tell 25 from 24; then it is 24.
    """
    head, events = _parts(text)
    marks = [m.groups() for line in events if _EVENT.match(line) for m in _TIMECODE.finditer(line)]
    highest = max((int(groups[6]) for groups in marks), default=0)
    drop = any(groups[5] != ":" for groups in marks)
    said = _SAID.search("\n".join(head))
    wanted = round(float(said[1])) if said else 0
    fits = [rate for rate in _NOMINAL if rate > highest and (not drop or rate in _DROP)]
    nominal = wanted if wanted in fits else next(iter(fits), 60)
    broadcast = drop or (said is not None and wanted in fits and float(said[1]) != wanted)
    return _DROP.get(nominal, nominal * 1000 / 1001) if broadcast else float(nominal)


def _parts(text: str) -> tuple[list[str], list[str]]:
    """The lines before the first event, and the others."""
    lines = text.splitlines()
    first = next((number for number, line in enumerate(lines) if _EVENT.match(line)), len(lines))
    return lines[:first], lines[first:]


def _spelt(match: re.Match[str]) -> str:
    hours, _, minutes, _, seconds, mark, frames = match.groups()
    return f"{hours}:{minutes}:{seconds}{':' if mark == ':' else ';'}{frames}"

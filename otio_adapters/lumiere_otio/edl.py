"""What an EDL does not say of itself: its rate; and lines that OpenTimelineIO's adapter stumbles over or leaves out."""

from __future__ import annotations

import re

import opentimelineio as otio

from .times import exact_rate, frame_of_timecode

_MOTION = re.compile(r"\s*M2\s+.*?(-?\d+(?:\.\d*)?)\s+\d\d[:;.]")
_EVENT = re.compile(r"\s*\d+\s.*\d\d[:;.]\d\d[:;.]\d\d[:;.]\d\d")
_TIMECODE = re.compile(r"\b(\d\d)([:;.])(\d\d)([:;.])(\d\d)([:;.])(\d\d)\b")
_SAID = re.compile(r"\b(\d{2,3}(?:\.\d{1,3})?) ?FPS\b", re.IGNORECASE)
_NOMINAL = (24, 25, 30, 48, 50, 60)
_DROP = {30: 30000 / 1001, 60: 60000 / 1001}


def plain_edl(text: str) -> str:
    """The text without what stands between title and first event, its drop-frame timecode as 01:00:00;00."""
    head, events = _parts(text)
    drop = _is_said_to_drop(text)
    head = [line for line in head if line.lstrip().startswith(("TITLE:", "FCM", "SPLIT"))]
    told = (_TIMECODE.sub(lambda match: _spelt(match, drop), line) for line in events)
    return "\n".join([*head, *told]) + "\n"


def with_mode(text: str, drop: bool) -> str:
    """The list with the line that tells how its timecode counts, which OpenTimelineIO's adapter leaves out."""
    title, _, rest = text.partition("\n")
    return f"{title}\nFCM: {'DROP FRAME' if drop else 'NON-DROP FRAME'}\n{rest}"


def counts_drop_frame(text: str) -> bool:
    """Whether timecodes drop numbers: by how they are written, or where all have colons by the FCM lines."""
    return any(groups[5] != ":" for groups in _timecodes(text)) or _is_said_to_drop(text)


def mark_motion(timeline: otio.schema.Timeline, text: str) -> None:
    """Make time effects of the motions (M2) that the adapter leaves out, or that run backwards.

    It sees one only where source and record differ in length; and of a reversed event the list does not tell
    whether its source begins with the first frame that is shown, or with the lowest.
    """
    motions = _motions(text)
    if not motions:
        return
    for track in timeline.tracks:
        places = track.range_of_all_children()
        for clip in (child for child in track if isinstance(child, otio.schema.Clip)):
            begin = places[clip].start_time
            if track.source_range is not None:
                begin -= track.source_range.start_time
            speed = motions.get(round(begin.value))
            seen = any(isinstance(effect, otio.schema.TimeEffect) for effect in clip.effects)
            if speed is not None and (speed < 0 or (not seen and round(speed) != round(begin.rate))):
                clip.effects.clear()
                clip.effects.append(otio.schema.TimeEffect("M2", f"M2 {speed:g}"))


def _motions(text: str) -> dict[int, float]:
    """Frame at which an event is recorded → frames per second at which it runs."""
    rate, drop = exact_rate(edl_rate(text)), _is_said_to_drop(text)
    found, begin = {}, None
    for line in _parts(text)[1]:
        if _EVENT.match(line):
            begin = _spelt(list(_TIMECODE.finditer(line))[-2], drop)
        elif begin is not None and (motion := _MOTION.match(line)):
            found[frame_of_timecode(begin, rate)] = float(motion[1])
    return found


def edl_rate(text: str) -> float:
    """Frames per second, as far as the text tells.

    Its head may say it. Else it is the lowest usual rate that has all the frame numbers which occur, and the
    broadcast rate near it if any timecode is drop-frame. A list of few events may lack the numbers that would
    tell 25 from 24; then it is 24.
    """
    head, _ = _parts(text)
    marks = _timecodes(text)
    highest = max((int(groups[6]) for groups in marks), default=0)
    drop = counts_drop_frame(text)
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


def _timecodes(text: str) -> list[tuple[str, ...]]:
    """Hours, mark, minutes, mark, seconds, mark, frames of each timecode of an event."""
    events = (line for line in _parts(text)[1] if _EVENT.match(line))
    return [match.groups() for line in events for match in _TIMECODE.finditer(line)]


def _is_said_to_drop(text: str) -> bool:
    """Whether FCM lines say that timecodes which are all written with colons drop numbers.

    A list that names a frame which drop-frame leaves out is not believed.
    """
    marks = _timecodes(text)
    modes = {line.partition(":")[2].strip().upper() for line in text.splitlines() if line.startswith("FCM:")}
    return modes == {"DROP FRAME"} and all(
        mark == ":" and int(frames) < 30 and (int(minutes) % 10 == 0 or int(seconds) > 0 or int(frames) > 1)
        for _, _, minutes, _, seconds, mark, frames in marks
    )


def _spelt(match: re.Match[str], drop: bool) -> str:
    hours, _, minutes, _, seconds, mark, frames = match.groups()
    return f"{hours}:{minutes}:{seconds}{';' if drop or mark != ':' else ':'}{frames}"

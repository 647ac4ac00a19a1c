"""A track more in a Final Cut Pro 7 XML file; all else stays as it is, to the byte, but for track numbers in links."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from xml.sax.saxutils import escape

import opentimelineio as otio
from lumiere_engine.protocol.errors import OutputError, TimelineError

from ..media import file_url
from ..times import exact_rate, timecode, to_seconds
from ..xml_text import Edit, Element, edited, inserted, parse_xml

FCP7_SUFFIX = ".xml"


def insert_fcp7(data: bytes, track: int, start: Fraction, clip: otio.schema.Clip) -> bytes:
    """The file with a clip on a new track; all else stays as it is, but for the numbers of higher tracks in links.

    Args:
        data: the file, with one sequence.
        track: number of the picture track, from 0, that the new one goes above.
        start: where the clip begins, in seconds from the sequence's beginning.
        clip: with an external reference and an available range.

    Raises:
        TimelineError: the file is not what was read.
        OutputError: the clip runs at another rate than the sequence, or at a speed of its own, which hosts read
            each in their own way.
    """
    root = parse_xml(data)
    found = list(_sequences(root))
    video = found[0].child("media", "video") if len(found) == 1 else None
    tracks = [n for n, child in enumerate(video.children) if child.tag == "track"] if video else []
    if video is None or track >= len(tracks):
        raise TimelineError("the file is no longer what was read")
    rate = _rate(found[0])
    offered = clip.media_reference.available_range
    if exact_rate(offered.start_time.rate) != rate:
        raise OutputError(
            "in Final Cut Pro 7 XML, hosts take clips of other rates for different frames",
            clip=clip.name,
            remedy="write .otio",
        )
    if any(
        isinstance(effect, (otio.schema.TimeEffect, otio.schema.LinearTimeWarp)) for effect in clip.effects
    ):
        raise OutputError("it has a speed of its own", clip=clip.name, remedy="write .otio")
    first = _frame(start, rate, clip)
    original = next(
        (one for one in video.children[tracks[track]].children if one.value("start") == str(first)), None
    )
    filters = [one for one in original.children if one.tag == "filter"] if original else []
    looks = [" ".join(data[one.start : one.end].decode("utf-8").split()) for one in filters]
    count = 1 + sum(one.get("id").startswith("lumiere-clipitem") for one in root.all("clipitem"))
    drop = found[0].value("timecode", "displayformat") == "DF"
    text = "\n".join(_track(clip, rate, first, count, drop, looks))
    new = inserted(data, video, tracks[track] + 1, text)
    return edited(data, [new, *_moved_links(found[0], track + 1)])


def _sequences(element: Element) -> Iterator[Element]:
    """Sequences that are not within others."""
    for child in element.children:
        if child.tag == "sequence":
            yield child
        elif child.tag != "clip":
            yield from _sequences(child)


def _rate(element: Element) -> Fraction:
    """Frames per second by an element's `rate`."""
    base = element.value("rate", "timebase")
    if not base.isdecimal() or not 0 < int(base[:6]) < 1000:
        raise TimelineError(f"a sequence has the time base '{base[:40]}'")
    ntsc = element.value("rate", "ntsc").upper() == "TRUE"
    return Fraction(int(base) * 1000, 1001) if ntsc else Fraction(int(base))


def _frame(seconds: Fraction, rate: Fraction, clip: otio.schema.Clip) -> int:
    frame = seconds * rate
    if frame.denominator != 1:
        raise OutputError(
            f"Final Cut Pro 7 XML has no fractions of frames, it starts at {float(frame):g}",
            clip=clip.name,
            remedy="write .otio",
        )
    return int(frame)


def _track(clip: Any, rate: Fraction, first: int, number: int, drop: bool, filters: list[str]) -> list[str]:
    """The new track, in lines."""
    reference, source = clip.media_reference, clip.trimmed_range()
    offered = reference.available_range
    begin = to_seconds(offered.start_time)
    timecode_start = _frame(begin, rate, clip)
    into = _frame(to_seconds(source.start_time) - begin, rate, clip)
    length = _frame(to_seconds(source.duration), rate, clip)
    has = _frame(to_seconds(offered.duration), rate, clip)
    name, ntsc = escape(clip.name), "TRUE" if rate.denominator != 1 else "FALSE"
    rates = f"<rate><timebase>{round(rate)}</timebase><ntsc>{ntsc}</ntsc></rate>"
    return [
        "<track>",
        f'    <clipitem id="lumiere-clipitem-{number}">',
        f"        <name>{name}</name>",
        "        <enabled>TRUE</enabled>",
        f"        <duration>{has}</duration>",
        f"        {rates}",
        f"        <start>{first}</start>",
        f"        <end>{first + length}</end>",
        f"        <in>{into}</in>",
        f"        <out>{into + length}</out>",
        f'        <file id="lumiere-file-{number}">',
        f"            <name>{name}</name>",
        f"            <pathurl>{escape(file_url(reference.target_url))}</pathurl>",
        f"            {rates}",
        f"            <duration>{has}</duration>",
        "            <timecode>",
        f"                {rates}",
        f"                <string>{timecode(timecode_start, rate, drop_frame=drop)}</string>",
        f"                <frame>{timecode_start}</frame>",
        f"                <displayformat>{'DF' if drop else 'NDF'}</displayformat>",
        "            </timecode>",
        "            <media><video/></media>",
        "        </file>",
        *(f"        {one}" for one in filters),
        "    </clipitem>",
        "</track>",
    ]


def _moved_links(sequence: Element, above: int) -> list[Edit]:
    """Links between clips count tracks from 1: those of the tracks above the new one are one more."""
    edits = []
    for link in _own_links(sequence):
        place = link.child("trackindex")
        if place is None or link.value("mediatype") != "video" or not place.text.strip().isdecimal():
            continue
        if int(place.text) > above:
            edits.append(Edit(place.opened, place.closing, str(int(place.text) + 1)))
    return edits


def _own_links(element: Element) -> Iterator[Element]:
    """The links of a sequence, not of those that are nested in it."""
    for child in element.children:
        if child.tag == "link":
            yield child
        elif child.tag != "sequence":
            yield from _own_links(child)

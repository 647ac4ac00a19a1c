"""A clip more in an FCPXML file; all else stays as it is, to the byte, but for the lanes above the new one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import opentimelineio as otio
from lumiere_engine.protocol.errors import OutputError, TimelineError

from ..media import file_url
from ..times import exact_rate
from ..xml_text import Edit, Element, edited, inserted, parse_xml, tag, with_attribute
from .elements import (
    STORY,
    chosen,
    connected,
    duration_of,
    frame_rate,
    lane_of,
    local_start,
    resources_of,
    version_of,
)
from .reading import laid_in
from .times import attribute, exact_seconds, text
from .tracks import rows
from .writing import speed_of, time_map

# Children of a clip that come after what is connected to it, by the DTD.
_LAST = (
    "marker", "chapter-marker", "rating", "keyword", "analysis-marker", "hidden-clip-marker", "audio-channel-source",
    "audio-role-source", "sync-source", "filter-video", "filter-video-mask", "filter-audio", "metadata",
)  # fmt: skip
_LOOKS = ("adjust-crop", "adjust-corners", "adjust-conform", "adjust-transform", "adjust-blend")


def insert_fcpxml(data: bytes, track: int, start: Fraction, clip: otio.schema.Clip) -> bytes:
    """The file with a clip connected to its primary storyline.

    Args:
        data: the file, with one project.
        track: number of the picture track, as `read_fcpxml` counts, that the clip belongs above.
        start: where it begins, in seconds from the sequence's beginning.
        clip: with an external reference and an available range.

    Raises:
        TimelineError: the file is not what was read.
        OutputError: there is no storyline to connect it to.
    """
    root = parse_xml(data)
    sequence = next((found for one in root.all("project") if (found := one.child("sequence"))), None)
    resources = resources_of(root)
    holder = root.child("resources")
    spine = sequence.child("spine") if sequence else None
    if sequence is None or spine is None or holder is None:
        raise TimelineError("the file is no longer what was read")
    on_tracks = rows(laid_in(sequence, resources), sound=False)
    if track >= len(on_tracks):
        raise TimelineError("the file is no longer what was read")
    below = on_tracks[track]
    lane = below[0].lane
    parent, local = _anchor(spine, resources, attribute(sequence, "tcStart"), start)
    original = next((one.element for one in below if one.start == start and not one.is_transition), None)
    asset = f"r{1 + max((int(i[1:]) for i in resources if i[:1] == 'r' and i[1:].isdecimal()), default=0)}"
    rate = frame_rate(resources.get(sequence.get("format"))) or Fraction(24)
    new_lane = lane + 1 if lane >= 0 else lane
    wanted = [*_format_of(original, resources), sequence.get("format")]
    element = _clip_text(data, clip, asset, new_lane, local, original, rate)
    place = next((n for n, child in enumerate(parent.children) if child.tag in _LAST), None)
    edits = [
        inserted(data, holder, _after_formats(holder), _asset_text(root, wanted, resources, clip, asset)),
        inserted(data, parent, place, element),
        *_moved_lanes(data, spine, lane),
    ]
    return edited(data, edits)


def _anchor(
    spine: Element, resources: dict[str, Element], zero: Fraction, start: Fraction
) -> tuple[Element, Fraction]:
    """What the primary storyline shows at a time, and that time on its own clock."""
    now, found = zero, None
    for element in spine.children:
        if element.tag in STORY:
            now = attribute(element, "offset", now)
            shown = chosen(element)
            if shown.tag != "audition" and (found is None or now - zero <= start):
                found = shown, local_start(shown, resources) + start - (now - zero)
            now += duration_of(shown, resources)
    if found is None:
        raise OutputError("the project's primary storyline is empty", remedy="write .otio")
    return found


def _moved_lanes(data: bytes, spine: Element, lane: int) -> list[Edit]:
    """The lanes beyond that of the original make room."""
    edits = []
    for element in spine.children:
        for child in connected(element):
            theirs = lane_of(child)
            if (theirs > lane >= 0) or (theirs <= lane < 0):
                edits.append(with_attribute(data, child, "lane", str(theirs + (1 if lane >= 0 else -1))))
    return edits


def _asset_text(
    root: Element, wanted: list[str], resources: dict[str, Element], clip: Any, identity: str
) -> str:
    """The resource of the new media, in the words of the file's version; `wanted` are formats, the best first."""
    reference = clip.media_reference
    offered = reference.available_range
    rate = exact_rate(offered.start_time.rate)
    fits = [one.get("id") for one in resources.values() if one.tag == "format" and frame_rate(one) == rate]
    known = next((one for one in [*wanted, *fits] if one in fits), None)
    url = file_url(reference.target_url)
    new = clip.name
    head = ""
    if known is None:
        known = f"{identity}_format"
        head = tag("format", id=known, frameDuration=text(1 / rate)) + "/>\n"
    inside = version_of(root) >= (1, 9)
    opening = tag(
        "asset", id=identity, name=new, start=text(exact_seconds(offered.start_time)),
        duration=text(exact_seconds(offered.duration)), hasVideo="1", format=known,
        videoSources="1", src=None if inside else url,
    )  # fmt: skip
    if not inside:
        return f"{head}{opening}/>"
    return f"{head}{opening}>\n    {tag('media-rep', kind='original-media', src=url)}/>\n</asset>"


def _format_of(original: Element | None, resources: dict[str, Element]) -> list[str]:
    """The format of the original's media, which the result has the size of; none if it does not say."""
    refs = [one.get("ref") for one in (original, *original.children)] if original else []
    media = [resources[ref] for ref in refs if ref in resources]
    return [one.get("format") for one in media if one.tag == "asset" and one.get("format")]


def _clip_text(
    data: bytes, clip: Any, asset: str, lane: int, offset: Fraction, original: Element | None, rate: Fraction
) -> str:
    """The new clip, framed as the original is."""
    source = clip.trimmed_range()
    begin, duration = exact_seconds(source.start_time), exact_seconds(source.duration)
    speed, inner = speed_of(clip), []
    if speed != 1:
        offered = clip.media_reference.available_range
        limits = exact_seconds(offered.start_time), exact_seconds(offered.end_time_exclusive())
        begin, points = time_map(begin, duration, speed, limits, rate)
        inner = [
            "<timeMap>",
            *("    " + tag("timept", time=text(t), value=text(v), interp="linear") + "/>" for t, v in points),
            "</timeMap>",
        ]
    own = original.children if original else []
    kept = [(one.tag, " ".join(data[one.start : one.end].decode("utf-8").split())) for one in own]
    # the result has the rate of its original, and is to be conformed as that is
    inner = [said for what, said in kept if what == "conform-rate"] + inner
    inner += [said for what, said in kept if what in _LOOKS]
    opening = tag(
        "asset-clip", ref=asset, lane=lane, offset=text(offset), name=clip.name,
        start=text(begin), duration=text(duration),
    )  # fmt: skip
    if not inner:
        return f"{opening}/>"
    return "\n".join([f"{opening}>", *(f"    {line}" for line in inner), "</asset-clip>"])


def _after_formats(holder: Element) -> int:
    """Where a resource is put: after the last format, which it may refer to."""
    return max((n + 1 for n, one in enumerate(holder.children) if one.tag == "format"), default=0)

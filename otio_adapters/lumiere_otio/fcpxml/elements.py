"""Elements of FCPXML: what follows what, how long it lasts, on whose clock."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from lumiere_engine.protocol.errors import TimelineError

from ..xml_text import Element
from .times import attribute, seconds

STORY = (
    "asset-clip", "clip", "ref-clip", "sync-clip", "mc-clip", "video", "audio", "title", "gap", "audition",
    "live-drawing",
)  # fmt: skip


def resources_of(root: Element) -> dict[str, Element]:
    """A file's resources by id."""
    resources = root.child("resources")
    return {one.get("id"): one for one in resources.children} if resources else {}


def frame_rate(format_element: Element | None) -> Fraction | None:
    """Frames per second of a `format`; None if it does not say."""
    if format_element is None or "frameDuration" not in format_element.attributes:
        return None
    duration = seconds(format_element.get("frameDuration"))
    if not 0 < duration < 10:
        raise TimelineError(f"a format has the frame duration '{format_element.get('frameDuration')}'")
    return 1 / duration


def local_start(element: Element, resources: dict[str, Element]) -> Fraction:
    """An element's own time at its beginning; that of its asset if it does not say."""
    default = Fraction(0)
    if element.tag == "asset-clip" and element.child("timeMap") is None:
        media = resources.get(element.get("ref"))
        default = attribute(media, "start") if media else default
    return attribute(element, "start", default)


def duration_of(element: Element, resources: dict[str, Element]) -> Fraction:
    """How long an element lasts; as long as its media if it does not say.

    Raises:
        TimelineError: neither says it.
    """
    if "duration" in element.attributes:
        return attribute(element, "duration")
    media = resources.get(element.get("ref"))
    if media is not None and media.tag == "media":
        media = media.child("sequence")
    if media is None or "duration" not in media.attributes:
        raise TimelineError("it has no duration", clip=element.get("name") or element.tag)
    return attribute(media, "duration")


def connected(element: Element) -> Iterator[Element]:
    """What is anchored to an element: clips and storylines with a lane."""
    for child in element.children:
        if "lane" in child.attributes and (child.tag in STORY or child.tag == "spine"):
            yield child


def lane_of(element: Element) -> int:
    """The lane of what is connected, counted from what it is connected to.

    Raises:
        TimelineError: it is no whole number.
    """
    try:
        return int(element.get("lane", "0")[:9])
    except ValueError:
        raise TimelineError(f"'{element.get('lane')[:40]}' is no lane") from None


def chosen(element: Element) -> Element:
    """The clip of an audition that is shown, which comes first; any other element is itself."""
    if element.tag == "audition":
        return next((chosen(child) for child in element.children if child.tag in STORY), element)
    return element


def contained(element: Element) -> Iterator[Element]:
    """What a clip is made of, storylines in it unfolded."""
    for child in element.children:
        if "lane" not in child.attributes:
            if child.tag == "spine":
                yield from contained(child)
            elif child.tag in STORY:
                yield child


def retimed(element: Element, start: Fraction) -> tuple[Fraction | None, Fraction]:
    """The constant speed by the element's time map, and the media's time at `start`; None if it varies."""
    time_map = element.child("timeMap")
    points = (
        [(attribute(one, "time"), attribute(one, "value")) for one in time_map.children] if time_map else []
    )
    if len(points) < 2:
        return Fraction(1), start
    (t0, v0), (t1, v1) = points[0], points[-1]
    if t1 <= t0:
        raise TimelineError("its time map runs backwards", clip=element.get("name"))
    speed = (v1 - v0) / (t1 - t0)
    if any(abs(v0 + (t - t0) * speed - v) > Fraction(1, 1000) for t, v in points):
        return None, start
    return speed, v0 + (start - t0) * speed


def is_conformed(element: Element, rate: Fraction, around: Fraction) -> bool:
    """Whether media runs at the speed of the sequence's rate, frame for frame or nearly so, not at its own."""
    conform = element.child("conform-rate")
    return conform is not None and conform.get("scaleEnabled", "1") != "0" and rate != around


def version_of(root: Element) -> tuple[int, int]:
    """Version of a file: `(1, 9)`; `(0, 0)` if it says none."""
    major, _, minor = root.get("version", "1.0").partition(".")
    known = all(part.isdecimal() and len(part) < 6 for part in (major, minor))
    return (int(major), int(minor)) if known else (0, 0)

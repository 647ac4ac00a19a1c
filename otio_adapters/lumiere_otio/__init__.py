"""Timelines: read any that OpenTimelineIO reads, choose a clip, write a copy with the result on a new track.

    timeline = read_timeline(Path("edit.otio"))
    selection = select_clip(timeline, "sh010", probe=probe)
    ...                                                   # make the frames of selection.with_handles(12)
    result = add_result(timeline, selection, media_path=..., ...)
    write_timeline(result, Path("edit_lumiere.otio"))

Nothing here needs Qt, torch or a decoder: what a media file really holds comes from a `probe` that the
caller hands in. All errors are `LumiereError`s of one line.
"""

from .alternates import add_alternate, check_keeps_alternates
from .document import one_line
from .media import MediaFile, find_media, paths_of_url
from .overview import ClipPlace, Overview, overview
from .reading import ADAPTER_PACKAGES, ClipInfo, Timeline, list_clips, read_timeline
from .result import GENERATION, METADATA_KEY, add_result
from .selection import ClipSelection, find_clip, select_clip
from .times import exact_rate, frame_of_timecode, timecode
from .usage import MediaInfo
from .writing import check_writable, write_timeline

__all__ = [
    "ADAPTER_PACKAGES",
    "GENERATION",
    "METADATA_KEY",
    "ClipInfo",
    "ClipPlace",
    "ClipSelection",
    "MediaFile",
    "MediaInfo",
    "Overview",
    "Timeline",
    "add_alternate",
    "add_result",
    "check_keeps_alternates",
    "check_writable",
    "exact_rate",
    "find_clip",
    "find_media",
    "frame_of_timecode",
    "list_clips",
    "one_line",
    "overview",
    "paths_of_url",
    "read_timeline",
    "select_clip",
    "timecode",
    "write_timeline",
]

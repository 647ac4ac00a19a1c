"""Reading a timeline, and listing its picture clips."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import opentimelineio as otio
from lumiere_engine.protocol.errors import TimelineError

from .document import Json, Keys, at, find_timeline, load_model, one_line, parse_document
from .edl import edl_rate, plain_edl
from .fcp7 import FCP7_SUFFIX, read_fcp7
from .fcpxml import read_fcpxml
from .positions import PlacedClip, Starts, picture_clips, record_range, record_text

ADAPTER_PACKAGES = {
    ".aaf": "otio-aaf-adapter",
    ".ale": "otio-ale-adapter",
    ".edl": "otio-cmx3600-adapter",
    ".kdenlive": "otio-kdenlive-adapter",
    ".m3u8": "otio-hls-playlist-adapter",
    ".mlt": "otio-mlt-adapter",
    ".svg": "otio-svg-adapter",
    ".xges": "otio-xges-adapter",
    ".xml": "otio-fcp-adapter",
}
"""Suffix → the package with OpenTimelineIO's adapter for it."""

KDENLIVE_REMEDY = "export OpenTimelineIO from Kdenlive, 25.04 or later"
JSON_SUFFIXES = (".otio", ".json")
BUNDLE_SUFFIXES = (".otioz", ".otiod")
FCPXML_SUFFIX = ".fcpxml"
FCPXML_BUNDLE_SUFFIX = ".fcpxmld"
EDL_SUFFIX = ".edl"
KDENLIVE_SUFFIX = ".kdenlive"


@dataclass(frozen=True)
class Timeline:
    """A timeline that was read.

    Attributes:
        path: the file or bundle it came from; None if it never was a file. Never written to.
        document: the whole JSON document, exactly as read; treat it as read-only.
        keys: lead from the document's root to the timeline's node, `()` where the root is the timeline.
        model: OpenTimelineIO's object of that node; treat it as read-only.
    """

    path: Path | None
    document: Json
    keys: Keys
    model: otio.schema.Timeline

    @classmethod
    def from_document(cls, document: Json, path: Path | None = None) -> Timeline:
        """The timeline in a JSON document.

        Raises:
            TimelineError: there is none, or OpenTimelineIO refuses it.
        """
        document, keys = find_timeline(document)
        return cls(path, document, keys, load_model(at(document, keys)))

    @classmethod
    def from_otio(cls, thing: otio.core.SerializableObject, path: Path | None = None) -> Timeline:
        """The timeline of an OpenTimelineIO object that somebody else made; the object is not kept.

        Raises:
            TimelineError: it cannot be a timeline.
        """
        text = otio.core.serialize_json_to_string(thing)
        if isinstance(thing, otio.schema.Timeline) and thing.tracks is not None:
            return cls(path, json.loads(text), (), otio.core.deserialize_json_from_string(text))
        return cls.from_document(json.loads(text), path)

    @property
    def name(self) -> str:
        """The timeline's name, else that of its file."""
        return self.model.name or (self.path.stem if self.path else "")


@dataclass(frozen=True)
class ClipInfo:
    """A line in the list of clips.

    Attributes:
        index: what `--clip #N` counts: picture clips from 0, track by track from the lowest, then by time.
        name: the clip's name; may be empty, and need not be unique.
        track_name, track_index: the track of the root stack that it is on or within, counted from 0.
        record: where it is in the timeline, `01:00:00:00-01:00:01:23`, both ends included; `unknown` if the
            file does not say.
        has_media: whether it refers to a movie or an image sequence (which may be missing on this machine).
    """

    index: int
    name: str
    track_name: str
    track_index: int
    record: str
    has_media: bool

    def __str__(self) -> str:
        return f"#{self.index} {self.name or '(no name)'} @{self.record}"


def read_timeline(path: Path) -> Timeline:
    """The timeline in a file of any format that OpenTimelineIO reads.

    A file that holds OpenTimelineIO's JSON is read as such whatever its suffix. A root that is a clip, track,
    stack or collection is wrapped in a timeline.

    Raises:
        TimelineError: one line with the file's name: not there, unreadable, broken, refused, or an adapter is
            needed (named).
    """
    try:
        return _read(Path(path))
    except TimelineError as error:
        if error.clip is None:
            error.clip = Path(path).name
        raise


def list_clips(timeline: Timeline) -> list[ClipInfo]:
    """All picture clips: track by track from the lowest, then by time, nested stacks included."""
    starts = Starts(timeline.model)
    return [clip_info(timeline, placed, starts) for placed in picture_clips(timeline.model)]


def clip_info(timeline: Timeline, placed: PlacedClip, starts: Starts | None = None) -> ClipInfo:
    """What the list says of one clip."""
    try:
        record = record_text(record_range(timeline.model, placed, starts=starts), timeline.model)
    except TimelineError:
        record = "unknown"
    return ClipInfo(
        index=placed.index,
        name=placed.clip.name,
        track_name=placed.track_name,
        track_index=placed.indices[0],
        record=record,
        has_media=has_media(placed.clip),
    )


def has_media(clip: otio.schema.Clip) -> bool:
    """Whether the clip's active media reference names a movie or an image sequence."""
    reference = clip.media_reference
    if isinstance(reference, otio.schema.ExternalReference):
        return bool(reference.target_url)
    return isinstance(reference, otio.schema.ImageSequenceReference)


def text_file(path: Path) -> Path:
    """The file with a timeline's text: of a Final Cut Pro bundle the one in it."""
    return path / "Info.fcpxml" if path.suffix.lower() == FCPXML_BUNDLE_SUFFIX and path.is_dir() else path


def media_folder(path: Path | None) -> Path | None:
    """Where relative media paths start: the folder of the file, or the bundle itself."""
    if path is None:
        return None
    path = path.absolute()
    return path if path.is_dir() or path.suffix.lower() in BUNDLE_SUFFIXES else path.parent


def _read(path: Path) -> Timeline:
    source = text_file(path)
    suffix = source.suffix.lower()
    if suffix in BUNDLE_SUFFIXES or (source.exists() and not source.is_file()):
        return _read_with_adapter(path)
    try:
        data = source.read_bytes()
    except FileNotFoundError:
        raise TimelineError("there is no such file") from None
    except (OSError, ValueError) as error:
        raise TimelineError(f"the file cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if suffix in JSON_SUFFIXES or data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return Timeline.from_document(parse_document(data), path)
    if not data.strip():
        raise TimelineError("the file is empty")
    if suffix == FCPXML_SUFFIX:
        return Timeline.from_otio(read_fcpxml(data), path)
    if suffix == FCP7_SUFFIX:
        return Timeline.from_document(read_fcp7(data), path)
    return _read_with_adapter(path)


def _read_with_adapter(path: Path) -> Timeline:
    """By one of OpenTimelineIO's own or added adapters."""
    suffix = path.suffix.lower()
    if not path.exists():
        raise TimelineError("there is no such file")
    if suffix.lstrip(".") not in otio.adapters.suffixes_with_defined_adapters(read=True):
        package = ADAPTER_PACKAGES.get(suffix)
        what = f"'{suffix}' files" if suffix else "a file without a suffix"
        raise TimelineError(
            f"OpenTimelineIO needs an adapter for {what}",
            remedy=f"install {package}" if package else "export the timeline as .otio",
        )
    try:
        # adapters have been seen to print, which would spoil what a command answers
        with contextlib.redirect_stdout(io.StringIO()):
            thing = _read_edl(path) if suffix == EDL_SUFFIX else otio.adapters.read_from_file(str(path))
        if suffix == KDENLIVE_SUFFIX and thing.find_children(descended_from_type=otio.schema.Transition):
            raise TimelineError("its mixes would be misplaced by the adapter", remedy=KDENLIVE_REMEDY)
        return Timeline.from_otio(thing, path)
    except TimelineError:
        raise
    except Exception as error:  # adapters are other people's code and raise anything
        raise TimelineError(
            f"its adapter cannot read it: {one_line(error)}",
            remedy=KDENLIVE_REMEDY if suffix == KDENLIVE_SUFFIX else None,
        ) from None


def _read_edl(path: Path) -> otio.core.SerializableObject:
    text = path.read_bytes().decode("utf-8-sig", "replace")
    return otio.adapters.read_from_string(plain_edl(text), "cmx_3600", rate=edl_rate(text))

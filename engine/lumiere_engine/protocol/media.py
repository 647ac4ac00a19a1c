"""What is known about a media file without decoding it: the label `MediaInfo.1`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Optional

from .errors import SpecError, UnknownVersionError

LABEL = "MediaInfo.1"


@dataclass(frozen=True)
class MediaInfo:
    """One movie, image or image sequence.

    Attributes:
        path: as it was asked for: a file, a folder or a pattern.
        kind: "movie", "sequence" or "still".
        width, height: pixels.
        frame_count: how many frames there are.
        rate: frames per second.
        start_frame: the timecode of the first frame, as a frame number; 0 if there is none.
        timecode: the timecode of the first frame, `01:00:00:00`, or with `;` where drop-frame.
        drop_frame: whether the timecode drops frame numbers.
        bits: bits per sample.
        layout: the samples in words, for example "yuv 4:2:2, 10 bit".
    """

    path: str
    kind: str
    width: int
    height: int
    frame_count: int
    rate: Fraction
    start_frame: int
    timecode: Optional[str]
    drop_frame: bool
    bits: int
    layout: str

    def to_wire(self) -> dict[str, Any]:
        """The description as a JSON-ready dictionary; the rate as "24000/1001"."""
        return {
            "label": LABEL,
            "path": self.path,
            "kind": self.kind,
            "width": self.width,
            "height": self.height,
            "frame_count": self.frame_count,
            "rate": f"{self.rate.numerator}/{self.rate.denominator}",
            "start_frame": self.start_frame,
            "timecode": self.timecode,
            "drop_frame": self.drop_frame,
            "bits": self.bits,
            "layout": self.layout,
        }

    @classmethod
    def from_wire(cls, data: dict[str, Any]) -> "MediaInfo":
        """What `to_wire` described.

        Raises:
            UnknownVersionError: another label.
            SpecError: a field is missing or is not what it should be.
        """
        if data.get("label") != LABEL:
            raise UnknownVersionError(f"'{data.get('label')}' is not known here, only {LABEL}")
        try:
            return cls(
                path=str(data["path"]),
                kind=str(data["kind"]),
                width=int(data["width"]),
                height=int(data["height"]),
                frame_count=int(data["frame_count"]),
                rate=Fraction(str(data["rate"])),
                start_frame=int(data["start_frame"]),
                timecode=None if data["timecode"] is None else str(data["timecode"]),
                drop_frame=bool(data["drop_frame"]),
                bits=int(data["bits"]),
                layout=str(data["layout"]),
            )
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise SpecError(f"a {LABEL} that cannot be understood: {error}") from error

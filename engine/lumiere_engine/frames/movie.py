"""Movies: frame k of the file is frame k here, wherever key frames lie and whatever came before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ..protocol.errors import SpecError, UnreadableMediaError
from ..protocol.ranges import FrameRange
from .checksums import slices_intact
from .movie_index import MovieIndex, build_index, constant_rate, nominal_of, unreadable
from .picture import RANGE_FULL, ColorTags, FrameFormat, Picture, turned
from .pixfmt import layout_of, picture_from_frame
from .timecode import format_timecode, parse_timecode

# Where every frame is a picture of its own, FFmpeg may be strict; elsewhere "explode" drops good frames.
_STRICT = {"mjpeg", "png", "huffyuv", "ffvhuff", "utvideo", "magicyuv"}


_FIELDS = "the plate is tagged as interlaced, and fields are worked on as whole frames"


class MovieSource:
    """A movie file as a `FrameSource`. Reads are serialised; one decoder moves through the file."""

    def __init__(self, path: Path, *, conform: bool = False, rate: Fraction | None = None) -> None:
        """Open and index a movie.

        Args:
            path: the file.
            conform: give a movie of variable rate one rate, by taking the frame nearest in time.
            rate: the rate to conform to; without it the rate of most frames.

        Raises:
            UnreadableMediaError: it cannot be decoded, or is truncated.
            VariableRateError: it follows no single rate, and `conform` is off.
        """
        self.path = path
        self._lock = threading.Lock()
        self._index = build_index(path)
        self._decoder = _Decoder(path, self._index)
        try:
            self._prepare(conform, rate)
        except BaseException:
            self._decoder.close()
            raise

    def _prepare(self, conform: bool, rate: Fraction | None) -> None:
        """Settle the rate, the frames that make it up, and the format."""
        first = self._decoder.read(0)
        stream = self._decoder.stream
        hints = [Fraction(r) for r in (stream.guessed_rate, stream.average_rate, stream.base_rate) if r]
        self._map: NDArray[np.int64] | None = None
        if conform:
            wanted = rate or nominal_of(self._index, hints)
            self._map = _nearest_frames(self._index, wanted)
        else:
            wanted = constant_rate(self._index, hints, self.path)
            if rate is not None and rate != wanted:
                raise SpecError(
                    f"it has {wanted} frames per second, not {rate}",
                    clip=str(self.path),
                    remedy="conform it to that rate with --conform",
                )
        self.frame_count = len(self._index) if self._map is None else len(self._map)
        self.format = _format_of(self._decoder, first, wanted)
        self.notes: tuple[str, ...] = (_FIELDS,) if self.format.interlaced else ()

    def read(self, index: int) -> Picture:
        """Frame `index`, counted from 0.

        Raises:
            IndexError: there is no such frame.
            UnreadableMediaError: it cannot be decoded, or FFmpeg had to conceal damage in it.
        """
        if not 0 <= index < self.frame_count:
            raise IndexError(f"frame {index} of {self.frame_count}")
        with self._lock:
            return self._decoder.read(index if self._map is None else int(self._map[index]))

    def iter(self, frames: FrameRange) -> Iterator[Picture]:
        """The frames of a range, one after the other, without seeking between them."""
        for index in frames:
            yield self.read(index)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._decoder.close()

    def __enter__(self) -> MovieSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Decoder:
    """Frames of a movie by their place in the index. Not thread-safe."""

    def __init__(self, path: Path, index: MovieIndex) -> None:
        self._path = path
        self._index = index
        self._container: Any = None
        self.stream: Any = None
        self.frame_format = ""
        self.rotation = 0
        self._frames: Iterator[Any] = iter(())
        self._damaged: set[int] = set()  # times of FFV1 frames whose checksums are wrong
        self._has_checksums = False
        self._next = 0  # the frame that the decoder should give next
        self._last: tuple[int, Picture] | None = None
        self._first: Picture | None = None  # what all others must be like
        self._open()

    def read(self, index: int) -> Picture:
        """Frame `index`, in order without seeking."""
        if self._last is not None and self._last[0] == index:
            return self._last[1]
        key = self._index.key_before(index)
        if index < self._next or key > self._next:
            self._seek(key)
        start = self._next
        frame = self._advance(index)
        if frame is None and start > 0:
            # some containers seek too far (transport streams, open groups): then from one key frame earlier
            self._seek(self._index.key_before(max(0, key - 1)))
            start = self._next
            frame = self._advance(index)
        if frame is None and start > 0:
            self._open()  # from the start, which is slow and exact
            frame = self._advance(index)
        if frame is None:
            raise UnreadableMediaError(
                "the frame cannot be decoded", clip=str(self._path), frame=index, remedy="replace the file"
            )
        picture = self._picture(frame, index)
        self._last = (index, picture)
        return picture

    def close(self) -> None:
        self._frames = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None

    def _open(self) -> None:
        """(Re)open at the start of the file."""
        self.close()
        try:
            self._container = av.open(str(self._path))
            self.stream = self._container.streams.video[0]
            self.stream.thread_type = "AUTO"
            if self.stream.codec_context.name in _STRICT:
                self.stream.codec_context.options = {"err_detect": "crccheck+explode"}
        except (av.FFmpegError, OSError) as error:
            raise unreadable(self._path, error) from error
        self._frames = self._decoded()
        self._next = 0
        self._last = None

    def _seek(self, key: int) -> None:
        """Go to the key frame `key`."""
        if key == 0 or not self._index.seekable or self._container is None:
            self._open()
            return
        try:
            self._container.seek(int(self._index.pts[key]), stream=self.stream)
        except (av.FFmpegError, OSError):
            self._open()
            return
        self._frames = self._decoded()
        self._next = key

    def _decoded(self) -> Iterator[Any]:
        """Frames from where the container stands; those of FFV1 with their checksums compared."""
        if self.stream.codec_context.name != "ffv1":
            yield from self._container.decode(self.stream)
            return
        for packet in self._container.demux(self.stream):
            if packet.size:
                intact = slices_intact(bytes(packet))
                # a file either has checksums in all frames, or in none
                self._has_checksums = self._has_checksums or bool(intact)
                if intact is False or (intact is None and self._has_checksums):
                    self._damaged.add(packet.pts)
            yield from packet.decode()

    def _advance(self, index: int) -> Any:
        """Decode up to frame `index`; None if it never comes."""
        wanted = int(self._index.pts[index])
        while True:
            try:
                frame = next(self._frames, None)
            except (av.FFmpegError, OSError) as error:
                failed = self._next
                self._open()
                raise unreadable(self._path, error, frame=failed) from error
            if frame is None:
                self._next = len(self._index)
                return None
            if not self._index.seekable:
                self._next += 1
                if self._next - 1 == index:
                    return frame
                continue
            if frame.pts is None or frame.pts < wanted:
                # a seek may land before the key frame: trust the times, not the count
                self._next = self._place_after(frame)
                continue
            self._next = self._place_after(frame)
            return frame if frame.pts == wanted else None

    def _place_after(self, frame: Any) -> int:
        if frame.pts is None:
            return self._next + 1
        return int(np.searchsorted(self._index.pts, frame.pts, side="right"))

    def _picture(self, frame: Any, index: int) -> Picture:
        if frame.is_corrupt or frame.pts in self._damaged:
            raise UnreadableMediaError(
                "the frame is damaged in the file",
                clip=str(self._path),
                frame=index,
                remedy="replace the file",
            )
        self.frame_format = frame.format.name
        self.rotation = round(frame.rotation / 90) * 90 % 360
        if layout_of(self.frame_format) is None:
            raise UnreadableMediaError(
                f"its pixel format {self.frame_format} is not supported",
                clip=str(self._path),
                remedy="convert it to ProRes, DNxHR or an image sequence",
            )
        picture = turned(picture_from_frame(frame), self.rotation // 90)
        first = self._first = self._first or picture
        if picture.layout != first.layout or picture.planes[0].shape != first.planes[0].shape:
            raise UnreadableMediaError(
                f"it is {picture.width}x{picture.height}, {picture.layout}, "
                f"not {first.width}x{first.height}, {first.layout} like the first",
                clip=str(self._path),
                frame=index,
            )
        return picture


def _nearest_frames(index: MovieIndex, rate: Fraction) -> NDArray[np.int64]:
    """For each frame at the constant `rate`, the frame of the movie that is nearest in time."""
    times = (index.pts - index.pts[0]) * float(index.time_base)
    last_step = times[-1] - times[-2] if len(times) > 1 else 1 / float(rate)
    count = max(1, round((times[-1] + last_step) * float(rate)))
    wanted = np.arange(count) / float(rate)
    after = np.clip(np.searchsorted(times, wanted), 1, max(1, len(times) - 1))
    before = after - 1
    if len(times) == 1:
        return np.zeros(count, np.int64)
    nearer = np.abs(times[after] - wanted) < np.abs(times[before] - wanted)
    return np.where(nearer, after, before).astype(np.int64)


def _format_of(decoder: _Decoder, first: Picture, rate: Fraction) -> FrameFormat:
    stream, context = decoder.stream, decoder.stream.codec_context
    full = context.color_range == RANGE_FULL or decoder.frame_format.startswith("yuvj")
    color = ColorTags(
        int(context.color_primaries),
        int(context.color_trc),
        int(context.colorspace),
        RANGE_FULL if full else int(context.color_range),
    )
    text = _tag(decoder, "timecode")
    parsed = parse_timecode(text, rate) if text else None
    start, drop = parsed or (0, False)
    aspect = stream.sample_aspect_ratio or context.sample_aspect_ratio or _tag(decoder, "pixel_aspect")
    pixel_aspect = Fraction(aspect) if aspect else Fraction(1)
    return FrameFormat(
        width=first.width,
        height=first.height,
        rate=rate,
        layout=first.layout,
        color=color,
        pixel_aspect=1 / pixel_aspect if decoder.rotation in (90, 270) else pixel_aspect,
        timecode=format_timecode(start, rate, drop) if parsed else None,
        start_frame=start,
        drop_frame=drop,
        field_order=int(context.field_order),
    )


def _tag(decoder: _Decoder, name: str) -> str | None:
    """A tag, from wherever the container keeps it: the picture's stream, the file, a timecode track."""
    container = decoder.stream.container
    for metadata in (decoder.stream.metadata, container.metadata, *(s.metadata for s in container.streams)):
        for key, value in metadata.items():
            if key.lower() == name:
                return str(value)
    return None

"""Where every frame of a movie is: presentation times and key frames, read once, without decoding."""

from __future__ import annotations

import bisect
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ..protocol.errors import UnreadableMediaError, VariableRateError

# In these, packets may be shown never or twice (VP8's alternate references): only decoding tells.
_PACKETS_ARE_NOT_FRAMES = {"vp8", "msmpeg4v1", "flv1", "rv10", "rv20", "rv30", "rv40", "vp6", "vp6f"}
# Beyond this part of a frame's duration a frame no longer belongs to its place in a constant rate.
_LARGEST_JITTER = Fraction(1, 4)
_BROADCAST = [Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120)]
_WHOLE = [Fraction(n) for n in (*range(1, 61), 72, 90, 100, 120, 144, 240)]


@dataclass(frozen=True)
class MovieIndex:
    """The frames of a movie in the order in which they are shown.

    Attributes:
        pts: presentation time of each frame, rising, in `time_base`; int64.
        keys: frames (positions in `pts`) at which decoding can start, rising.
        time_base: seconds per tick.
        seekable: whether times identify frames; if not, frames are counted from the start.
    """

    pts: NDArray[np.int64]
    keys: Sequence[int]
    time_base: Fraction
    seekable: bool

    def __len__(self) -> int:
        return len(self.pts)

    def key_before(self, frame: int) -> int:
        """The last frame at or before `frame` at which decoding can start."""
        at = bisect.bisect_right(self.keys, frame) - 1
        return self.keys[at] if at >= 0 else 0


def build_index(path: Path) -> MovieIndex:
    """The index of the first video stream of a movie.

    Raises:
        UnreadableMediaError: no video, no frames, or the file ends before its last frame.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise UnreadableMediaError("there is no picture in it", clip=str(path))
            stream = container.streams.video[0]
            index, packets = _from_packets(container, stream)
            promised, codec = stream.frames, stream.codec_context.name
            last_key = index.keys[-1] if index and index.keys else 0
    except (av.FFmpegError, OSError) as error:
        raise unreadable(path, error) from error
    missing = _bytes_missing(path)
    if missing or promised > packets:
        raise UnreadableMediaError(
            f"the file is truncated: it holds {packets} of its {promised} frames"
            if promised > packets
            else f"the file is truncated: {missing} bytes are missing after frame {packets - 1}",
            clip=str(path),
            frame=packets,
            remedy="copy it again from its origin",
        )
    if index is None or codec in _PACKETS_ARE_NOT_FRAMES:
        index = _from_frames(path)
    if not len(index):
        raise UnreadableMediaError(f"there are no frames in it (last key {last_key})", clip=str(path))
    return index


def unreadable(path: Path, error: Exception, frame: int | None = None) -> UnreadableMediaError:
    """FFmpeg's error as ours, in one readable line."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if _is_unfinished_movie(path):
        reason = "the file is truncated: the index of its frames (moov) is missing"
    return UnreadableMediaError(
        f"cannot be decoded: {reason}" if frame is not None else f"cannot be read: {reason}",
        clip=str(path),
        frame=frame,
        remedy="check that the file is complete and plays elsewhere",
    )


def _from_packets(container: Any, stream: Any) -> tuple[MovieIndex | None, int]:
    """The index and the count of packets; None where packet times do not identify frames."""
    pts: list[int] = []
    keys: list[bool] = []
    packets, timed = 0, True
    for packet in container.demux(stream):
        # the flushing packet is empty; `dts is None` must not be skipped: real frames have it too
        if packet.size == 0:
            continue
        if packet.is_corrupt and packet.pts is None:
            continue
        packets += 1
        if packet.is_discard:  # outside the edit list: decoded, never shown
            continue
        if packet.pts is None:
            timed = False
            continue
        pts.append(packet.pts)
        keys.append(packet.is_keyframe)
    times = np.asarray(pts, np.int64)
    order = np.argsort(times, kind="stable")
    times = times[order]
    if not timed or (np.diff(times) <= 0).any():
        return None, packets
    flags = np.asarray(keys, bool)[order] if len(order) else np.zeros(0, bool)
    return MovieIndex(times, np.flatnonzero(flags).tolist(), Fraction(stream.time_base), True), packets


def _from_frames(path: Path) -> MovieIndex:
    """The index by decoding everything once: slow, for the few formats in which nothing else is exact."""
    pts: list[int | None] = []
    keys: list[int] = []
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            time_base = Fraction(stream.time_base)
            rate = Fraction(stream.average_rate or stream.guessed_rate or 24)
            for frame in container.decode(stream):
                if frame.key_frame:
                    keys.append(len(pts))
                pts.append(frame.pts)
    except (av.FFmpegError, OSError) as error:
        raise unreadable(path, error, frame=len(pts)) from error
    known = np.asarray([-1 if value is None else value for value in pts], np.int64)
    if None not in pts and not (np.diff(known) <= 0).any():
        return MovieIndex(known, keys, time_base, True)
    # without times the frames can only be counted; the container's own rate is all there is
    step = 1 / (rate * time_base)
    counted = np.asarray([round(step * place) for place in range(len(pts))], np.int64)
    return MovieIndex(counted, keys, time_base, False)


def constant_rate(index: MovieIndex, hints: Sequence[Fraction], path: Path) -> Fraction:
    """The one rate that all frames follow.

    A frame follows a rate if it is off its place by no more than a quarter of a frame, or by the rounding of
    the container's clock (Matroska counts milliseconds).

    Args:
        index: the frames.
        hints: rates that the container names.
        path: for the message.

    Raises:
        VariableRateError: there is none; names the slowest and the fastest rate found.
    """
    if len(index) < 2:
        return snapped(hints[0]) if hints else Fraction(24)
    span = Fraction(int(index.pts[-1] - index.pts[0])) * index.time_base
    mean = (len(index) - 1) / span
    for rate in [*(snapped(hint) for hint in hints), snapped(mean), mean]:
        if rate > 0 and _follows(index, rate):
            return rate
    steps = np.diff(index.pts)
    slowest = 1 / (Fraction(int(steps.max())) * index.time_base)
    fastest = 1 / (Fraction(int(steps.min())) * index.time_base)
    raise VariableRateError(
        f"its frames follow no single rate: {float(slowest):.6g} to {float(fastest):.6g} frames per second",
        clip=str(path),
        remedy="conform it to a constant rate with --conform",
    )


def nominal_of(index: MovieIndex, hints: Sequence[Fraction]) -> Fraction:
    """The rate that a movie of variable rate is conformed to: that of most of its frames."""
    if len(index) < 2:
        return snapped(hints[0]) if hints else Fraction(24)
    steps, counts = np.unique(np.diff(index.pts), return_counts=True)
    # the longest run of equal steps decides; milliseconds make 33 and 34 out of one rate, so average near it
    common = steps[counts.argmax()]
    near = np.abs(steps - common) <= max(1, int(common) // 50)
    mean_step = Fraction(int((steps * counts)[near].sum()), int(counts[near].sum()))
    return snapped(1 / (mean_step * index.time_base))


def snapped(rate: Fraction) -> Fraction:
    """The broadcast or whole rate within 0.02 % (29.97 is 30000/1001), else the rate as a small fraction."""
    for standard in (*_WHOLE, *_BROADCAST):
        if abs(rate / standard - 1) < Fraction(1, 5000):
            return standard
    return rate.limit_denominator(1001)


def _follows(index: MovieIndex, rate: Fraction) -> bool:
    step = float(1 / (rate * index.time_base))
    offsets = (index.pts - index.pts[0]) - np.arange(len(index)) * step
    spread = float(offsets.max() - offsets.min()) / 2
    return bool(spread <= max(float(_LARGEST_JITTER) * step, 1.0))


def _is_unfinished_movie(path: Path) -> bool:
    """Whether an MP4 or QuickTime file has its pictures but lost the index that stands behind them."""
    names = [name for name, _, _ in _boxes(path)]
    return b"mdat" in names and b"moov" not in names and b"moof" not in names


def _bytes_missing(path: Path) -> int:
    """How many bytes the container's own sizes promise beyond the end of the file; 0 if it is whole."""
    with path.open("rb") as file:
        head = file.read(64)
    size = path.stat().st_size
    if head[4:8] in (b"ftyp", b"wide", b"mdat", b"moov", b"free", b"skip"):
        return max(0, *(start + length - size for _, start, length in _boxes(path)))
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return max(0, int.from_bytes(head[4:8], "little") + 8 - size)
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return _matroska_bytes_missing(path, size)
    return 0


def _boxes(path: Path) -> list[tuple[bytes, int, int]]:
    """(name, start, length) of the outermost boxes of an MP4 or QuickTime file."""
    found: list[tuple[bytes, int, int]] = []
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + 8 <= size:
            file.seek(at)
            length, name = struct.unpack(">I4s", file.read(8))
            if length == 1:
                large = file.read(8)
                length = struct.unpack(">Q", large)[0] if len(large) == 8 else 0
            if not name.isascii() or (length < 8 and length != 0):
                break
            found.append((name, at, length or size - at))
            if length == 0:
                break
            at += length
    return found


def _matroska_bytes_missing(path: Path, size: int) -> int:
    """The same for Matroska and WebM: the header element, then one segment with its length."""
    with path.open("rb") as file:
        data = file.read(4096)
    at = 4
    length, used = _vint(data, at)
    if length is None:
        return 0
    at += used + length
    if data[at : at + 4] != b"\x18\x53\x80\x67":
        return 0
    length, used = _vint(data, at + 4)
    return 0 if length is None else max(0, at + 4 + used + length - size)


def _vint(data: bytes, at: int) -> tuple[int | None, int]:
    """An EBML length (RFC 8794, section 4) and its bytes; None for "unknown", which live recordings have."""
    if at >= len(data) or data[at] == 0:
        return None, 0
    used = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + used], "big") & ((1 << 7 * used) - 1)
    return (None if value == (1 << 7 * used) - 1 else value), used

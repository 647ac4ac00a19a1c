"""The source's sound, copied packet by packet beside new pictures."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from ..protocol.ranges import FrameRange


class AudioCopy:
    """Sound of one movie on its way into another, no further than the pictures written so far."""

    def __init__(
        self,
        source: Any,
        target: Any,
        pairs: dict[int, Any],
        start_s: Fraction,
        end_s: Fraction | None,
        rate: Fraction,
    ) -> None:
        self._source = source
        self._target = target
        self._pairs = pairs
        self._start_s = start_s
        self._end_s = end_s
        self._rate = rate
        self._packets: Iterator[Any] = iter(source.demux([source.streams[index] for index in pairs]))
        self._waiting: Any = None

    @classmethod
    def attach(
        cls, target: Any, path: Path, rate: Fraction, frames: FrameRange | None, notes: list[str]
    ) -> AudioCopy | None:
        """Add the sound streams of `path` to an output container that is not yet being written.

        Args:
            target: the output container.
            path: the movie with the sound; nothing is copied if it has none that the container can hold.
            rate: frames per second of `frames`.
            frames: the part of the movie that is being written; None for all.
            notes: gets a line for each stream that cannot be copied.
        """
        try:
            source = av.open(str(path))
        except (av.FFmpegError, OSError):
            return None  # a sequence, say: there is no sound to copy
        pairs: dict[int, Any] = {}
        for stream in source.streams.audio:
            codec = stream.codec_context.name
            try:
                pairs[stream.index] = target.add_stream_from_template(stream)
            except (av.FFmpegError, ValueError):
                notes.append(f"sound of {path.name} ({codec}) does not fit into the result and was left out")
        if not pairs:
            source.close()
            return None
        first = source.streams.video[0] if source.streams.video else None
        origin = Fraction(first.start_time or 0) * Fraction(first.time_base) if first else Fraction(0)
        start = origin + Fraction(frames.start if frames else 0) / rate
        end = None if frames is None else start + Fraction(frames.duration) / rate
        return cls(source, target, pairs, start, end, rate)

    def copy_until(self, frame_count: int) -> None:
        """Copy the packets that begin before the end of frame `frame_count - 1` of the result."""
        limit = self._start_s + Fraction(frame_count) / self._rate
        if self._end_s is not None:
            limit = min(limit, self._end_s)
        while True:
            packet = self._waiting or next(self._packets, None)
            self._waiting = None
            if packet is None:
                return
            if packet.size == 0 or packet.pts is None:
                continue
            time_base = Fraction(packet.time_base)
            begins = packet.pts * time_base
            if begins >= limit:
                self._waiting = packet
                return
            # a packet is kept if most of it lies after the start
            if begins + Fraction(packet.duration or 0) * time_base / 2 < self._start_s:
                continue
            shift = round(self._start_s / time_base)
            packet.pts -= shift
            packet.dts = packet.pts if packet.dts is None else packet.dts - shift
            packet.stream = self._pairs[packet.stream.index]
            self._target.mux(packet)

    def close(self) -> None:
        """Let go of the source."""
        self._source.close()

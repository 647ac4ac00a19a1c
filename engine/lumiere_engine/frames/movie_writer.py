"""Movies out: ProRes, FFV1 and H.264, with colour tags, timecode, pixel aspect and the source's sound."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import av

from ..protocol.errors import OutputError
from ..protocol.ranges import FrameRange
from .audio import AudioCopy
from .commit import (
    give_name,
    make_folder,
    output_error,
    partial_name,
    refuse_existing,
    remove,
    to_disk,
)
from .encoding import choose_encoding, time_base_of
from .picture import FrameFormat, Picture


class MovieWriter:
    """A movie being written under a temporary name. Leaving the context without an error gives it its own.

    Attributes:
        notes: what a user should know, for example that sound could not be copied.
    """

    def __init__(
        self,
        path: Path,
        fmt: FrameFormat,
        *,
        overwrite: bool = False,
        audio_from: Path | None = None,
        audio_range: FrameRange | None = None,
        aside: Path | None = None,
    ) -> None:
        """Start writing.

        Args:
            path: the final name.
            fmt: of the pictures to come.
            overwrite: replace what has that name.
            audio_from: a movie whose sound is copied.
            audio_range: the frames of that movie that are being written; all by default.
            aside: a folder on the same disk for the unfinished file; by default the result's own.

        Raises:
            OutputExistsError: the name is taken.
            OutputError: the folder or the format cannot be written.
        """
        self.path = path
        self.notes: list[str] = []
        self._format = fmt
        self._overwrite = overwrite
        refuse_existing(path, overwrite)
        self._encoding = choose_encoding(path, fmt)
        make_folder(path.parent)
        self._temporary = partial_name((aside or path.parent) / path.name)
        self._count = 0
        self._finished = False
        self._container: Any = None
        self._audio: AudioCopy | None = None
        try:
            self._container = av.open(
                str(self._temporary),
                "w",
                format=self._encoding.container,
                container_options=self._encoding.container_options,
            )
            self._stream = self._add_stream()
            if audio_from is not None:
                self._audio = AudioCopy.attach(self._container, audio_from, fmt.rate, audio_range, self.notes)
        except (av.FFmpegError, OSError, ValueError) as error:
            self.abort()
            raise output_error(path, error) from error

    def write(self, picture: Picture) -> None:
        """Append one frame.

        Raises:
            ValueError: the picture is not of the writer's format.
            OutputError: it cannot be written, for example because the disk is full; nothing is left behind.
        """
        if self._container is None:
            raise ValueError("the writer is closed")
        if picture.layout != self._format.layout or (picture.width, picture.height) != (
            self._format.width,
            self._format.height,
        ):
            raise ValueError(f"a picture of {picture.width}x{picture.height}, {picture.layout}")
        try:
            frame = self._encoding.to_frame(picture)
            frame.pts, frame.time_base = self._count, time_base_of(self._format.rate)
            self._tag(frame)
            self._container.mux(self._stream.encode(frame))
            self._count += 1
            if self._audio is not None:
                self._audio.copy_until(self._count)
        except (av.FFmpegError, OSError) as error:
            self.abort()
            raise output_error(self.path, error) from error

    def finish(self) -> None:
        """Bring everything to the disk, still under the temporary name.

        Raises:
            OutputError: there are no frames, or it cannot be written; nothing is left behind.
        """
        if self._finished:
            return
        if self._container is None:
            raise ValueError("the writer is closed")
        try:
            if self._count == 0:
                raise OutputError("there are no frames to write", clip=str(self.path))
            self._container.mux(self._stream.encode(None))
            self._close()
            to_disk(self._temporary)
            self._finished = True
        except (av.FFmpegError, OSError, OutputError) as error:
            self.abort()
            raise output_error(self.path, error) from error

    def commit(self) -> None:
        """Finish the file and give it its final name.

        Raises:
            OutputError: as `finish`.
            OutputExistsError: the name was taken in the meantime.
        """
        self.finish()
        try:
            give_name(self._temporary, self.path, self._overwrite)
        except (OSError, OutputError) as error:
            self.abort()
            raise output_error(self.path, error) from error
        self._finished = False

    def abort(self) -> None:
        """Leave nothing behind."""
        self._finished = False
        with contextlib.suppress(av.FFmpegError, OSError):  # the file is being thrown away
            self._close()
        remove(self._temporary)

    def __enter__(self) -> MovieWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self.abort()
        elif self._finished or self._container is not None:
            self.commit()

    def _close(self) -> None:
        audio, self._audio = self._audio, None
        if audio is not None:
            audio.close()
        container, self._container = self._container, None
        if container is not None:
            container.close()

    def _add_stream(self) -> Any:
        encoding, fmt = self._encoding, self._format
        stream = self._container.add_stream(encoding.codec, rate=fmt.rate)
        stream.width, stream.height, stream.pix_fmt = fmt.width, fmt.height, encoding.pixel_format
        context = stream.codec_context
        context.time_base = time_base_of(fmt.rate)
        context.thread_type = "AUTO"
        context.options = encoding.options
        context.sample_aspect_ratio = fmt.pixel_aspect
        if fmt.interlaced:
            context.field_order = fmt.field_order
        self._tag_context(context)
        if fmt.timecode is not None:
            # mov and mp4 make a tmcd track of the stream's tag; Matroska keeps the file's as a plain tag
            stream.metadata["timecode"] = fmt.timecode
            if encoding.container == "matroska":
                self._container.metadata["timecode"] = fmt.timecode
        if encoding.container in ("matroska", "nut") and fmt.pixel_aspect != 1:
            # FFV1 carries it in every frame, for players; the muxers write none, so a tag says it to readers
            self._container.metadata["pixel_aspect"] = str(fmt.pixel_aspect)
        return stream

    def _tag_context(self, context: Any) -> None:
        color = self._encoding.color
        context.color_primaries, context.color_trc = color.primaries, color.transfer
        context.colorspace, context.color_range = color.matrix, color.range

    def _tag(self, frame: Any) -> None:
        """Encoders compare a frame's tags with the stream's."""
        color = self._encoding.color
        frame.color_primaries, frame.color_trc = color.primaries, color.transfer
        frame.colorspace, frame.color_range = color.matrix, color.range

"""Loops for the web: animated GIF, WebP and APNG, which play for ever.

The frames are kept in a lossless movie first: a GIF's palette is made of all of them, and memory does not grow with
their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from ..protocol.errors import OutputError
from .commit import (
    give_name,
    make_folder,
    output_error,
    partial_name,
    refuse_existing,
    remove,
    to_disk,
)
from .convert import to_rgb
from .encoding import time_base_of
from .movie_writer import MovieWriter
from .picture import MATRIX_RGB, RANGE_FULL, TRANSFER_SRGB, ColorTags, FrameFormat, Picture, PixelLayout

ANIMATION_SUFFIXES = (".gif", ".webp", ".apng")
_TICKS_OF_GIF = 100  # a second; its only clock


@dataclass(frozen=True)
class _Kind:
    """How one format is written.

    Attributes:
        container, codec: FFmpeg's names.
        pixel_format: what the encoder gets, without and with alpha.
        options: the encoder's.
        container_options: the container's; all mean "for ever".
    """

    container: str
    codec: str
    pixel_format: tuple[str, str]
    options: dict[str, str]
    container_options: dict[str, str]


# seen in FFmpeg 8.1: a lossy animation loses its alpha
_LOSSLESS = {"lossless": "1", "compression_level": "2"}
_KINDS = {
    ".gif": _Kind("gif", "gif", ("pal8", "pal8"), {}, {"loop": "0"}),
    ".webp": _Kind(
        "webp",
        "libwebp_anim",
        ("yuv420p", "bgra"),
        {"quality": "80", "compression_level": "4"},
        {"loop": "0"},
    ),
    ".apng": _Kind("apng", "apng", ("rgb24", "rgba"), {"pred": "mixed"}, {"plays": "0"}),
}


class AnimationWriter:
    """An animated picture being written under a temporary name; see `writer.FrameWriter`.

    Args:
        path: the final name.
        fmt: of the pictures to come; they become 8-bit R'G'B', with alpha if they have it.
        overwrite: replace what has that name.
        aside: a folder on the same disk for what is not finished; the result's own by default.

    Raises:
        OutputExistsError: the name is taken.
        OutputError: the folder cannot be written.
    """

    def __init__(
        self, path: Path, fmt: FrameFormat, *, overwrite: bool = False, aside: Path | None = None
    ) -> None:
        self.path = path
        self.notes: list[str] = []
        self._kind = _KINDS[path.suffix.lower()]
        self._source, self._overwrite = fmt, overwrite
        refuse_existing(path, overwrite)
        make_folder(path.parent)
        self._temporary = partial_name((aside or path.parent) / path.name)
        tags = ColorTags(primaries=1, transfer=TRANSFER_SRGB, matrix=MATRIX_RGB, range=RANGE_FULL)
        layout = PixelLayout("rgb", 8, alpha=fmt.layout.alpha)
        self._format = replace(fmt, layout=layout, color=tags, timecode=None)
        self._frames = MovieWriter(self._temporary.with_suffix(".mkv"), self._format)
        self._finished = False

    def write(self, picture: Picture) -> None:
        """Append one frame.

        Raises:
            ValueError: the picture is not of the writer's format.
            OutputError: it cannot be written; nothing is left behind.
        """
        if picture.layout != self._source.layout:
            raise ValueError(f"a picture of {picture.layout}")
        self._frames.write(_bytes_of(picture, self._source))

    def finish(self) -> None:
        """Bring everything to the disk, still under the temporary name.

        Raises:
            OutputError: there are no frames, or it cannot be written; nothing is left behind.
        """
        if self._finished:
            return
        try:
            self._frames.commit()
            self._encode()
            to_disk(self._temporary)
            self._finished = True
        except (av.FFmpegError, OSError, OutputError) as error:
            self.abort()
            raise output_error(self.path, error) from error
        finally:
            remove(self._frames.path)

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

    def abort(self) -> None:
        """Leave nothing behind."""
        self._frames.abort()
        remove(self._frames.path)
        remove(self._temporary)

    def __enter__(self) -> AnimationWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self.abort()
        else:
            self.commit()

    def _encode(self) -> None:
        kind, alpha = self._kind, self._format.layout.alpha
        with av.open(
            str(self._temporary), "w", format=kind.container, container_options=kind.container_options
        ) as container:
            rate = self._format.rate
            stream: Any = container.add_stream(kind.codec, rate=rate)
            stream.width, stream.height = self._format.width, self._format.height
            stream.pix_fmt = kind.pixel_format[alpha]
            clock = Fraction(1, _TICKS_OF_GIF) if kind.codec == "gif" else time_base_of(rate)
            stream.codec_context.time_base = clock
            stream.codec_context.options = (
                _LOSSLESS if alpha and kind.codec == "libwebp_anim" else kind.options
            )
            frames = self._with_palette() if kind.codec == "gif" else self._decoded()
            for number, frame in enumerate(frames):
                if kind.codec != "gif":
                    frame = frame.reformat(format=stream.pix_fmt)
                frame.pts, frame.time_base = round(number / rate / clock), clock
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))

    def _decoded(self) -> Iterator[Any]:
        with av.open(str(self._frames.path)) as movie:
            yield from movie.decode(video=0)

    def _with_palette(self) -> Iterator[Any]:
        """The frames in the 256 colours that serve all of them best."""
        graph = av.filter.Graph()
        source = self._source_of(graph)
        making, sink = graph.add("palettegen"), graph.add("buffersink")
        source.link_to(making)
        making.link_to(sink)
        graph.configure()
        for frame in self._decoded():
            graph.push(frame)
        graph.push(None)
        palette = graph.pull()
        graph = av.filter.Graph()
        first = self._source_of(graph)
        second = graph.add_buffer(
            width=palette.width,
            height=palette.height,
            format=palette.format,
            time_base=time_base_of(self._format.rate),
        )
        using, sink = graph.add("paletteuse", "dither=bayer:bayer_scale=4"), graph.add("buffersink")
        first.link_to(using, 0, 0)
        second.link_to(using, 0, 1)
        using.link_to(sink)
        graph.configure()
        palette.pts = 0
        second.push(palette)
        second.push(None)
        for frame in self._decoded():
            first.push(frame)
            yield graph.pull()

    def _source_of(self, graph: Any) -> Any:
        return graph.add_buffer(
            width=self._format.width,
            height=self._format.height,
            format=av.VideoFormat("bgra" if self._format.layout.alpha else "bgr0"),
            time_base=time_base_of(self._format.rate),
        )


def _bytes_of(picture: Picture, fmt: FrameFormat) -> Picture:
    """A picture as 8-bit R'G'B', alpha kept."""
    rgb = np.clip(np.rint(255 * to_rgb(picture, fmt)), 0, 255).astype(np.uint8)
    if picture.layout.alpha:
        plane = picture.planes[0][..., 3] if picture.layout.family == "rgb" else picture.planes[-1]
        opacity = np.rint(plane.astype(np.float32) * (255 / picture.layout.peak)).astype(np.uint8)
        rgb = np.dstack([rgb, opacity])
    return Picture((rgb,), PixelLayout("rgb", 8, alpha=picture.layout.alpha))

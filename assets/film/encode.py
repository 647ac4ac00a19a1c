"""The film's files: movies with tags and timecode, lossless mattes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 24
BT709 = 1  # primaries, transfer and matrix share this number
LIMITED = 1  # "tv" range
# A constant quantiser, a fixed rhythm of frame kinds, and no choice that depends on bits spent elsewhere:
# plate and clean plate then come out nearly alike wherever they show the same picture.
H264 = {
    "preset": "slow",
    "profile": "high",
    "qp": "14",
    "x264-params": "aq-mode=0:mbtree=0:scenecut=0:b-adapt=0:bframes=2:keyint=24:min-keyint=24:open-gop=0:"
    "weightp=0:weightb=0:trellis=0:mixed-refs=0:psy=0:subme=5:ref=1",
}


def write_movie(path: Path, frames: np.ndarray, timecode: str = "01:00:00:00") -> None:
    """RGB frames float (t, h, w, 3) in 0..1 → H.264, 4:2:0, 8 bit, BT.709, with a timecode track."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options=H264)
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
        stream.time_base = Fraction(1, RATE)
        stream.metadata["timecode"] = timecode
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = LIMITED
        for index, pixels in enumerate(frames):
            rgb = np.round(np.clip(pixels, 0, 1) * 65535).astype(np.uint16)
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb48le")
            picture = picture.reformat(
                format="yuv420p",
                dst_colorspace="itu709",
                src_color_range="JPEG",
                dst_color_range="MPEG",
                interpolation="BICUBIC",
            )
            picture.pts, picture.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def write_matte(path: Path, mattes: np.ndarray) -> None:
    """Mattes (t, h, w) in 0..1 → FFV1, grey, 8 bit, lossless."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "ffv1", rate=RATE, options={"level": "3", "coder": "1", "context": "1", "g": "24"}
        )
        stream.height, stream.width, stream.pix_fmt = mattes.shape[1], mattes.shape[2], "gray"
        for index, matte in enumerate(mattes):
            grey = np.round(np.clip(matte, 0, 1) * 255).astype(np.uint8)
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(grey), format="gray")
            picture.pts, picture.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def read_movie(path: Path) -> np.ndarray:
    """All frames of a movie, RGB uint8 (t, h, w, 3)."""
    with av.open(str(path)) as container:
        return np.stack(
            [
                frame.reformat(
                    format="rgb24", src_colorspace="itu709", src_color_range="MPEG", dst_color_range="JPEG"
                ).to_ndarray()
                for frame in container.decode(video=0)
            ]
        )

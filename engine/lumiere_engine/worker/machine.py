"""What this machine can do: its device, its codecs."""

from __future__ import annotations

from typing import Any

_WRITERS = {"ProRes": "prores_ks", "FFV1": "ffv1", "H.264": "libx264"}
_READERS = {
    "ProRes": "prores",
    "DNxHD": "dnxhd",
    "H.264": "h264",
    "HEVC": "hevc",
    "FFV1": "ffv1",
    "MJPEG": "mjpeg",
    "AV1": "libdav1d",
}


def device() -> dict[str, Any]:
    """The device that the network runs on: "name", "kind" ("cuda", "mps", "cpu"), "memory_bytes" (None: shared).

    It imports torch, which takes a few seconds.
    """
    import torch

    if torch.cuda.is_available():
        about = torch.cuda.get_device_properties(0)
        return {"kind": "cuda", "name": about.name, "memory_bytes": about.total_memory}
    if torch.backends.mps.is_available():
        return {"kind": "mps", "name": "Apple GPU", "memory_bytes": None}
    return {"kind": "cpu", "name": f"{torch.get_num_threads()} threads of the CPU", "memory_bytes": None}


def codecs() -> dict[str, Any]:
    """What movies can be written and read here: "missing_writers", "missing_readers", "picture_formats"."""
    import av
    import OpenImageIO as oiio  # noqa: N813

    def lacks(names: dict[str, str], mode: str) -> list[str]:
        missing = []
        for shown, name in names.items():
            try:
                av.codec.Codec(name, mode)
            except ValueError:
                missing.append(shown)
        return missing

    return {
        "missing_writers": lacks(_WRITERS, "w"),
        "missing_readers": lacks(_READERS, "r"),
        "picture_formats": sorted(oiio.get_string_attribute("format_list").split(",")),
    }

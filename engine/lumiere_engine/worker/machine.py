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


def devices() -> dict[str, Any]:
    """What networks can run on here: "devices", of each "name", "about" and "memory_bytes" (None: shared).

    It imports torch, which takes a few seconds.
    """
    import torch

    found: list[dict[str, Any]] = []
    for number in range(torch.cuda.device_count()):
        about = torch.cuda.get_device_properties(number)
        found.append({"name": f"cuda:{number}", "about": about.name, "memory_bytes": about.total_memory})
    if torch.backends.mps.is_available():
        found.append({"name": "mps", "about": "Apple GPU", "memory_bytes": None})
    threads = f"{torch.get_num_threads()} threads of the processor"
    return {"devices": [*found, {"name": "cpu", "about": threads, "memory_bytes": None}]}


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

"""FFV1's own checksums: FFmpeg notices a mismatch, paints over it from the frame before, and says nothing."""

from __future__ import annotations

import zlib

_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
# A slice of FFV1 version 3 ends with 3 bytes of length, 1 of status, 4 of checksum (RFC 9043, section 4.8).
_FOOTER = 8


def slices_intact(packet: bytes) -> bool | None:
    """Whether every slice of an FFV1 frame agrees with its checksum.

    Args:
        packet: one frame as the container holds it.

    Returns:
        None if the packet has no such slices: an older version, checksums switched off, or damaged lengths.
    """
    end = len(packet)
    if end < _FOOTER:
        return None
    intact = True
    while end > 0:
        start = end - _FOOTER - int.from_bytes(packet[end - _FOOTER : end - _FOOTER + 3], "big")
        if end < _FOOTER or start < 0:
            return None
        intact = intact and _remainder_is_zero(packet[start:end])
        end = start
    return intact


def _remainder_is_zero(data: bytes) -> bool:
    """CRC-32 with FFV1's conventions: polynomial 0x04C11DB7, most significant bit first, starting at 0.

    zlib's is the same polynomial with the bits of each byte reversed, and inverted on its way in and out.
    """
    return zlib.crc32(data.translate(_REVERSED_BITS), 0xFFFFFFFF) == 0xFFFFFFFF

"""Working values on disk: 16-bit integers where the plate's own samples are integers."""

from __future__ import annotations

import numpy as np

Array = np.ndarray

# Integers stand for working values from -0.5 to 1.5: headroom for super-whites, 1/128 of an 8-bit code.
_LOW, _SPAN = -0.5, 2.0


def pack(rgb: Array) -> Array:
    """Working values as uint16 of the same shape."""
    return np.clip((rgb - _LOW) * (65535 / _SPAN) + 0.5, 0, 65535).astype(np.uint16)


def unpack(values: Array) -> Array:
    """What `pack` made, as float32; floats pass through."""
    if values.dtype != np.uint16:
        return values.astype(np.float32)
    return values.astype(np.float32) * np.float32(_SPAN / 65535) + np.float32(_LOW)

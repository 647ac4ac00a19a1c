"""From a core of certain pixels to the soft matte that results are blended with."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray


def soft_matte(core: NDArray[np.bool_], grow_px: float, feather_px: float) -> NDArray[np.float32]:
    """1 on the core grown by `grow_px`, falling smoothly to exactly 0 at `grow_px + feather_px`.

    Args:
        core: bool h w; True = certainly to be generated.
        grow_px: how far the core grows, in pixels of Euclidean distance between pixel centres, 0 or more.
        feather_px: width of the fall outside the grown core (a smoothstep); 0 = a hard edge.

    Returns:
        float32 h w, 0…1; all 0 if the core is empty.
    """
    if grow_px < 0 or feather_px < 0:
        raise ValueError("grow and feather are widths in pixels, 0 or more")
    result = np.zeros(core.shape, np.float32)
    left, top, width, height = cv2.boundingRect(np.ascontiguousarray(core, np.uint8))
    if width == 0:
        return result
    # beyond the reach everything is 0: distances are only needed around the core
    reach = int(np.ceil(grow_px + feather_px)) + 1
    rows = slice(max(0, top - reach), top + height + reach)
    columns = slice(max(0, left - reach), left + width + reach)
    outside = np.ascontiguousarray(~core[rows, columns]).astype(np.uint8)
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    if feather_px == 0:
        result[rows, columns] = distance <= grow_px
        return result
    fall = np.clip((distance - grow_px) / feather_px, 0.0, 1.0)
    result[rows, columns] = 1.0 - fall * fall * (3.0 - 2.0 * fall)
    return cast("NDArray[np.float32]", result)

"""The camera's motion as a chain of homographies, one per pair of neighbouring frames."""

from __future__ import annotations

import cv2
import numpy as np

Array = np.ndarray

# Every sixth pixel votes: enough for eight unknowns, and fast; every second one where little of the picture is seen.
_STEPS = (6, 2)
_FEWEST = 24  # votes


def neighbour_homography(flow: Array, excluded: Array) -> Array:
    """The 3×3 homography that most of `flow` (h w 2) follows outside `excluded` (h w bool).

    The identity where too little is left to see, or nothing agrees.
    """
    height, width = excluded.shape
    for step in _STEPS:
        ys, xs = np.mgrid[step // 2 : height : step, step // 2 : width : step]
        free = ~excluded[ys, xs]
        if free.sum() >= _FEWEST:
            break
    else:
        return np.eye(3)
    first = np.stack([xs[free], ys[free]], 1).astype(np.float32)
    second = first + flow[ys[free], xs[free]]
    cv2.setRNGSeed(0)
    matrix, _ = cv2.findHomography(first, second, cv2.USAC_MAGSAC, 1.0)
    return np.eye(3) if matrix is None else matrix


class HomographyChain:
    """Motion from any frame to any other as a product of neighbours' homographies."""

    def __init__(self, neighbours: list[Array]) -> None:
        """`neighbours[i]` takes a place in frame i to frame i + 1."""
        self._from_first = [np.eye(3)]
        for matrix in neighbours:
            product = matrix @ self._from_first[-1]
            self._from_first.append(product / product[2, 2])

    def between(self, first: int, second: int) -> Array:
        """The 3×3 homography from frame `first` to frame `second`."""
        matrix = self._from_first[second] @ np.linalg.inv(self._from_first[first])
        return matrix / matrix[2, 2]


def carry(matrix: Array, places: Array) -> Array:
    """`places` (h w 2) moved by a 3×3 homography; far away where they pass through infinity."""
    x, y = places[..., 0], places[..., 1]
    m = matrix.astype(np.float32)
    depth = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    depth = np.where(depth > 1e-3, depth, 1e-3)
    return np.stack(
        [(m[0, 0] * x + m[0, 1] * y + m[0, 2]) / depth, (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / depth], -1
    ).astype(np.float32)

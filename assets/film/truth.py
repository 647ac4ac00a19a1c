"""What is exactly known about the shot: mattes, flow, and which hidden pixels no frame ever shows."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO

# Change of brightness, relative to the clean plate, at which a shadow begins and is certain.
SHADOW_LOW, SHADOW_HIGH = 0.09, 0.15


def read_channels(path: Path, *wanted: str) -> np.ndarray:
    """Named channels of an EXR file as float32 (h, w, n); a name is matched at its end."""
    source = OpenImageIO.ImageInput.open(str(path))
    if source is None:
        raise FileNotFoundError(f"{path} cannot be read: {OpenImageIO.geterror()}")
    names = source.spec().channelnames
    picks = [next(k for k, name in enumerate(names) if name.endswith(end)) for end in wanted]
    pixels = source.read_image("float")[..., picks]
    source.close()
    return pixels.astype(np.float32)


def read_picture(path: Path) -> np.ndarray:
    """A 16 bit picture as RGB float32 in 0..1."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise FileNotFoundError(f"{path} cannot be read")
    return pixels[..., ::-1].astype(np.float32) / 65535


def drawn_part(picture: np.ndarray) -> np.ndarray:
    """1 in the box of the picture that was rendered, 0 in the even black around it: uint8 (h, w)."""
    lit = (picture != picture[0, 0]).any(axis=2)
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    drawn = np.zeros(lit.shape, dtype=np.uint8)
    drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = 1
    return drawn


def object_mask(path: Path, picture: np.ndarray) -> np.ndarray:
    """The object's coverage 0..1, as soft as the picture's own edges, in the part that was rendered."""
    return np.clip(read_channels(path, "")[..., 0], 0, 1) * drawn_part(picture)


def shadow_mask(plate: np.ndarray, clean: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """Where the object's shadow (or its reflection of light) changes the plate: 0..1, without loose specks.

    The change is taken on slightly blurred pictures, so that noise does not count, relative to the clean
    plate's brightness, and only where the plate was rendered anew (`plate` is black elsewhere).
    """
    drawn = cv2.erode(drawn_part(plate), np.ones((5, 5)), borderValue=1)
    near, far = cv2.GaussianBlur(plate, (0, 0), 0.9), cv2.GaussianBlur(clean, (0, 0), 0.9)
    change = np.abs(near - far).max(axis=2) / (far.max(axis=2) + 0.06)
    soft = np.clip((change - SHADOW_LOW) / (SHADOW_HIGH - SHADOW_LOW), 0, 1) * drawn
    solid = ((soft > 0.5) | (covered > 0.02)).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    solid = cv2.morphologyEx(cv2.morphologyEx(solid, cv2.MORPH_CLOSE, kernel), cv2.MORPH_OPEN, kernel)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] < 150:
            solid[labels == label] = 0
    return np.maximum(cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 0.8), covered)


def steady(pictures: np.ndarray, positions: np.ndarray, matrices: np.ndarray, reach: int = 3) -> np.ndarray:
    """A standing scene's frames, each averaged with its neighbours brought to its place along the exact flow.

    Few samples leave edges that crawl; seven frames' samples do not. A neighbour's pixel counts where it
    shows the same point: inside its picture, and not behind another part of the set.
    """
    count, height, width = positions.shape[:3]
    kernel = np.ones((3, 3))
    y, x = np.mgrid[0:height, 0:width] + 0.5
    result = np.empty_like(pictures)
    depths = [project(matrices[t], positions[t])[..., 2].astype(np.float32) for t in range(count)]
    for t in range(count):
        total, weight = pictures[t].copy(), np.ones((height, width, 1), dtype=np.float32)
        for other in range(max(t - reach, 0), min(t + reach + 1, count)):
            if other == t:
                continue
            spot = project(matrices[other], positions[t]).astype(np.float32)
            flow = spot[..., :2] - np.stack([x, y], axis=2).astype(np.float32)
            near = warp_back(cv2.erode(depths[other], kernel), flow, cv2.INTER_NEAREST)
            far = warp_back(cv2.dilate(depths[other], kernel), flow, cv2.INTER_NEAREST)
            same = (spot[..., 2] > near - 0.02) & (spot[..., 2] < far + 0.02)
            same &= (
                (spot[..., 0] > 1)
                & (spot[..., 0] < width - 1)
                & (spot[..., 1] > 1)
                & (spot[..., 1] < height - 1)
            )
            total += warp_back(pictures[other], flow) * same[..., None]
            weight += same[..., None]
        result[t] = total / weight
    return np.clip(result, 0, 1)


def join(
    plate: np.ndarray,
    raw: np.ndarray,
    clean: np.ndarray,
    fine: np.ndarray,
    covered: np.ndarray,
    matte: np.ndarray,
) -> np.ndarray:
    """The finished plate, made of the finished clean plate, the object's shadow, and the object.

    `plate` and `raw` are rendered with the same samples, with and without the object: their quotient is the
    shadow, free of noise. It is laid on `clean` inside the matte; farther than six pixels from it nothing
    changes. `fine` holds the object, rendered with more samples; it is used where the object covers a pixel.
    """
    near = cv2.dilate((matte > 0.02).astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    weight = cv2.GaussianBlur((near * drawn_part(plate)).astype(np.float32), (5, 5), 1.2)[..., None]
    shade = np.clip((plate + 0.02) / (raw + 0.02), 0, 2)
    shaded = np.clip((clean + 0.02) * shade - 0.02, 0, 1)
    under = clean + weight * (shaded - clean)
    body = cv2.dilate((covered > 0).astype(np.uint8), np.ones((3, 3))) * drawn_part(fine)
    body = np.clip(cv2.GaussianBlur(body.astype(np.float32), (3, 3), 0.8) * 2 - 1, 0, 1)
    body = np.maximum(body, covered > 0)[..., None]
    return (under + body * (fine - under)).astype(np.float32)


def cameras(path: Path) -> np.ndarray:
    """The 3×4 matrix of every frame."""
    return np.array(json.loads(path.read_text()))


def project(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """World points (…, 3) → (…, 3): x and y in pixels (a pixel's centre is at one half), and depth."""
    flat = points @ matrix[:, :3].T + matrix[:, 3]
    return np.concatenate([flat[..., :2] / flat[..., 2:], flat[..., 2:]], axis=-1)


def still_flow(positions: np.ndarray, matrix: np.ndarray, following: np.ndarray) -> np.ndarray:
    """The flow of a scene that stands still, from each pixel's world position (h, w, 3) and two cameras."""
    return (project(following, positions) - project(matrix, positions))[..., :2]


def vector_flow(path: Path) -> np.ndarray:
    """The renderer's own forward flow; its last two components point from the next frame to this, y up."""
    return read_channels(path, "Vector.Z", "Vector.W") * np.array([-1, 1], dtype=np.float32)


def warp_back(following: np.ndarray, flow: np.ndarray, how: int = cv2.INTER_CUBIC) -> np.ndarray:
    """Another frame, brought back to this one along the flow."""
    y, x = np.mgrid[0 : flow.shape[0], 0 : flow.shape[1]].astype(np.float32)
    at_x, at_y = x + flow[..., 0].astype(np.float32), y + flow[..., 1].astype(np.float32)
    return cv2.remap(following, at_x, at_y, how, borderMode=cv2.BORDER_REPLICATE)


def never_seen(
    mattes: np.ndarray, positions: np.ndarray, matrices: np.ndarray, tolerance_m: float = 0.03
) -> np.ndarray:
    """Hidden pixels that no frame shows: bool (t, h, w).

    A hidden pixel's point on the set is looked up in every other frame: it is seen there if it falls inside
    the picture, outside the matte, and is not behind another part of the set.
    """
    count, height, width = mattes.shape
    hidden = mattes > 0.02
    depths = np.stack([project(matrices[t], positions[t])[..., 2] for t in range(count)]).astype(np.float32)
    far = np.stack([cv2.dilate(depth, np.ones((3, 3))) for depth in depths])
    unseen = hidden.copy()
    for t in range(count):
        rows, columns = np.nonzero(hidden[t])
        points = positions[t, rows, columns]
        seen = np.zeros(len(rows), dtype=bool)
        for other in range(count):
            spot = project(matrices[other], points)
            x, y = np.floor(spot[:, 0]).astype(int), np.floor(spot[:, 1]).astype(int)
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
            seen |= inside & ~hidden[other, y, x] & (spot[:, 2] < far[other, y, x] + tolerance_m)
        unseen[t, rows[seen], columns[seen]] = False
    return unseen

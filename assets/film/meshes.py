"""Meshes from numbers: the few primitives from which both sets and the robot are built.

A `Shape` gathers many primitives into one mesh. Every vertex carries a colour ("tint"), so that a thousand
bricks or books, each of its own colour, are still one object with one material.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector

Colour = Sequence[float]


def _chamfered_box(bevel: float, half: np.ndarray) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """A box with chamfered edges: three vertices at each corner, one for each face that meets there."""
    corners = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    index = {}
    verts = []
    for corner in corners:
        for axis in range(3):
            point = np.array(corner) * (half - bevel)
            point[axis] = corner[axis] * half[axis]
            index[corner, axis] = len(verts)
            verts.append(point)
    points = np.array(verts)
    faces = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for sign in (-1, 1):
            ring = []
            for su, sv in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                corner = [0, 0, 0]
                corner[axis], corner[u], corner[v] = sign, su, sv
                ring.append(index[tuple(corner), axis])
            faces.append(tuple(ring))
        for su in (-1, 1):
            for sv in (-1, 1):
                ends = []
                for sign in (-1, 1):
                    corner = [0, 0, 0]
                    corner[axis], corner[u], corner[v] = sign, su, sv
                    ends.append(tuple(corner))
                faces.append((index[ends[0], u], index[ends[1], u], index[ends[1], v], index[ends[0], v]))
    faces += [tuple(index[corner, axis] for axis in range(3)) for corner in corners]
    return points, [_outward(points, face) for face in faces]


def _outward(points: np.ndarray, face: tuple[int, ...]) -> tuple[int, ...]:
    """The face, turned so that its normal points away from the origin."""
    a, b, c = points[face[0]], points[face[1]], points[face[2]]
    return face if np.dot(np.cross(b - a, c - a), points[list(face)].mean(axis=0)) >= 0 else face[::-1]


class Shape:
    """Many primitives, gathered into one mesh."""

    def __init__(self) -> None:
        self._verts: list[np.ndarray] = []
        self._faces: list[tuple[int, ...]] = []
        self._tints: list[np.ndarray] = []
        self._count = 0

    def add(self, verts: np.ndarray, faces: Sequence[Sequence[int]], tint: Colour | np.ndarray) -> None:
        """Adds vertices (n, 3) and faces, with one tint (3,) or one for each vertex (n, 3)."""
        self._verts.append(verts)
        self._faces += [tuple(i + self._count for i in face) for face in faces]
        self._tints.append(np.broadcast_to(np.asarray(tint, dtype=float), (len(verts), 3)))
        self._count += len(verts)

    def box(
        self,
        centre: Sequence[float],
        size: Sequence[float],
        tint: Colour,
        bevel: float = 0.004,
        turn: Sequence[float] = (0, 0, 0),
    ) -> None:
        """A chamfered box; `turn` holds Euler angles in radians."""
        half = np.array(size, dtype=float) / 2
        verts, faces = _chamfered_box(min(bevel, half.min() * 0.45), half)
        if any(turn):
            verts = verts @ np.array(Euler(turn).to_matrix()).T
        self.add(verts + np.array(centre), faces, tint)

    def lathe(
        self,
        centre: Sequence[float],
        profile: Sequence[tuple[float, float]],
        tint: Colour,
        sides: int = 24,
        axis: Sequence[float] = (0, 0, 1),
        squash: Sequence[float] = (1, 1, 1),
    ) -> None:
        """A profile of (radius, height) turned about `axis`; tint may hold one colour for each point."""
        angles = np.linspace(0, 2 * math.pi, sides, endpoint=False)
        rings = [
            np.stack([r * np.cos(angles), r * np.sin(angles), np.full(sides, z)], axis=1) for r, z in profile
        ]
        turn = np.array(Vector((0, 0, 1)).rotation_difference(Vector(axis)).to_matrix())
        verts = (np.concatenate(rings) * np.array(squash)) @ turn.T + np.array(centre)
        faces = [
            (
                k * sides + i,
                k * sides + (i + 1) % sides,
                (k + 1) * sides + (i + 1) % sides,
                (k + 1) * sides + i,
            )
            for k in range(len(profile) - 1)
            for i in range(sides)
        ]
        faces += [tuple(range(sides))[::-1], tuple(range((len(profile) - 1) * sides, len(profile) * sides))]
        colours = np.asarray(tint, dtype=float)
        self.add(verts, faces, np.repeat(colours, sides, axis=0) if colours.ndim == 2 else colours)

    def ball(
        self, centre: Sequence[float], radii: Sequence[float], tint: Colour, rings: int = 10, sides: int = 16
    ) -> None:
        """An ellipsoid."""
        steps = np.linspace(-math.pi / 2, math.pi / 2, rings + 1)
        profile = [(max(math.cos(s), 1e-4), math.sin(s)) for s in steps]
        self.lathe(centre, profile, tint, sides, squash=radii)

    def tube(self, points: Sequence[Sequence[float]], radius: float, tint: Colour, sides: int = 8) -> None:
        """A round bar along a polyline."""
        line = np.array(points, dtype=float)
        tangents = np.gradient(line, axis=0)
        angles = np.linspace(0, 2 * math.pi, sides, endpoint=False)
        verts = []
        for point, tangent in zip(line, tangents, strict=True):
            turn = np.array(Vector(tangent).to_track_quat("Z", "Y").to_matrix())
            circle = np.stack([np.cos(angles), np.sin(angles), np.zeros(sides)], axis=1) * radius
            verts.append(circle @ turn.T + point)
        faces = [
            (
                k * sides + i,
                k * sides + (i + 1) % sides,
                (k + 1) * sides + (i + 1) % sides,
                (k + 1) * sides + i,
            )
            for k in range(len(line) - 1)
            for i in range(sides)
        ]
        faces += [tuple(range(sides))[::-1], tuple(range((len(line) - 1) * sides, len(line) * sides))]
        self.add(np.concatenate(verts), faces, tint)

    def ring(
        self,
        centre: Sequence[float],
        radius: float,
        thickness: float,
        tint: Colour,
        axis: Sequence[float] = (0, 0, 1),
        squash: Sequence[float] = (1, 1, 1),
    ) -> None:
        """A torus."""
        angles = np.linspace(0, 2 * math.pi, 25)
        around = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1) * radius * np.array(squash)
        turn = np.array(Vector((0, 0, 1)).rotation_difference(Vector(axis)).to_matrix())
        self.tube(around @ turn.T + np.array(centre), thickness, tint)

    def leaf(
        self,
        base: Sequence[float],
        along: Sequence[float],
        length: float,
        width: float,
        tint: Colour,
        droop: float = 0.3,
    ) -> None:
        """A pointed leaf of six quads that bends downwards."""
        forward = Vector(along).normalized()
        side = forward.cross(Vector((0.13, 0.07, 1))).normalized()
        verts, tints = [], []
        for k in range(5):
            s = k / 4
            half = width / 2 * math.sin(math.pi * min(0.1 + 0.9 * s, 0.995)) ** 0.8
            spine = Vector(base) + forward * (length * s) - Vector((0, 0, droop * length * s * s))
            for u in (-1, 0, 1):
                verts.append(spine + side * (half * u) + Vector((0, 0, abs(u) * half * 0.35)))
                tints.append(np.array(tint) * (1.25 if u == 0 else 0.9 + 0.2 * s))
        faces = [(k * 3 + u, k * 3 + u + 1, k * 3 + u + 4, k * 3 + u + 3) for k in range(4) for u in (0, 1)]
        self.add(np.array(verts), faces, np.array(tints))

    def sheet(self, grid: np.ndarray, tint: Colour | np.ndarray) -> None:
        """A surface through a grid of points (rows, columns, 3); tint (3,) or (rows, columns, 3)."""
        rows, columns = grid.shape[:2]
        faces = [
            (j * columns + i, j * columns + i + 1, (j + 1) * columns + i + 1, (j + 1) * columns + i)
            for j in range(rows - 1)
            for i in range(columns - 1)
        ]
        colours = np.asarray(tint, dtype=float)
        self.add(grid.reshape(-1, 3), faces, colours.reshape(-1, 3) if colours.ndim == 3 else colours)

    def build(
        self,
        name: str,
        material: bpy.types.Material,
        parent: bpy.types.Object | None = None,
        smooth_deg: float | None = 40.0,
    ) -> bpy.types.Object:
        """The finished object, linked into the scene; smooth below `smooth_deg`, faceted if that is None."""
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(np.concatenate(self._verts).tolist(), [], self._faces)
        layer = mesh.color_attributes.new("tint", "FLOAT_COLOR", "POINT")
        rgba = np.ones((self._count, 4), dtype=np.float32)
        rgba[:, :3] = np.concatenate(self._tints)
        layer.data.foreach_set("color", rgba.ravel())
        if smooth_deg is not None:
            mesh.shade_smooth()
            mesh.set_sharp_from_angle(angle=math.radians(smooth_deg))
        mesh.materials.append(material)
        thing = bpy.data.objects.new(name, mesh)
        bpy.context.scene.collection.objects.link(thing)
        thing.parent = parent
        return thing


def empty(
    name: str, at: Sequence[float] = (0, 0, 0), parent: bpy.types.Object | None = None
) -> bpy.types.Object:
    """A joint: an object without a mesh that others hang on."""
    joint = bpy.data.objects.new(name, None)
    joint.location = at
    joint.parent = parent
    bpy.context.scene.collection.objects.link(joint)
    return joint


def look_matrix(eye: Sequence[float], target: Sequence[float], roll: float = 0.0) -> Matrix:
    """A camera's world matrix: from `eye` towards `target`, with `roll` in radians."""
    turn = (Vector(target) - Vector(eye)).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    return Matrix.Translation(Vector(eye)) @ turn @ Matrix.Rotation(roll, 4, "Z")

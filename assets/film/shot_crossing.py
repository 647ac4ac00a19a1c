"""The shot `crossing`: a wind-up robot pulls a wagon past an atelier; the camera drifts the other way."""

from __future__ import annotations

import itertools
import math

import bpy
import greenery
import numpy as np
import passes
import robot
import street
import wagon
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector
from meshes import look_matrix

FRAMES = 72
START_X, END_X, LANE_Y = -0.42, 0.53, -1.25
SUN = (0.77, 0.44, -0.48)  # the way the light travels


def path_at(frame: float) -> tuple[float, float]:
    """Where the robot stands: a steady walk that slows a little in the middle."""
    s = frame / (FRAMES - 1)
    return START_X + (END_X - START_X) * (s + 0.025 * math.sin(2 * math.tau * s)), LANE_Y


def _camera_keys(camera: bpy.types.Object) -> None:
    """A drift to the left with a slow float, as if carried on a shoulder."""
    for frame in range(-2, FRAMES + 3):
        s = frame / (FRAMES - 1)
        eye = (
            0.42 - 0.75 * s + 0.012 * math.sin(frame * 0.21),
            -6.5 + 0.010 * math.sin(frame * 0.13 + 1),
            2.05 + 0.014 * math.sin(frame * 0.17 + 2),
        )
        target = (
            0.12 - 0.34 * s + 0.014 * math.sin(frame * 0.15 + 4),
            0.0,
            0.93 + 0.012 * math.sin(frame * 0.19 + 5),
        )
        matrix = look_matrix(eye, target, 0.003 * math.sin(frame * 0.11 + 3))
        camera.location, camera.rotation_quaternion, _ = matrix.decompose()
        camera.keyframe_insert("location", frame=frame)
        camera.keyframe_insert("rotation_quaternion", frame=frame)
    for curve in camera.animation_data.action.fcurves:
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"


def build() -> bpy.types.Scene:
    """The whole scene, with keys for every frame."""
    scene = passes.fresh_scene()
    rng = np.random.default_rng(1895)
    street.wall(rng)
    street.ground(rng)
    street.openings()
    street.stall(rng)
    street.awning()
    street.posters()
    greenery.plants(rng)
    greenery.ivy(rng)
    greenery.festoon([(-4.6, 2.62), (-1.9, 2.58), (0.9, 2.60), (3.9, 2.66)], -0.55, 0.14)
    passes.sun(SUN, (1.0, 0.70, 0.40), 7.5, 1.2)
    greenery.dapple(rng, (-6.6, -2.4, 4.9), (0.9, 0.5, 0.5), 300)
    greenery.dapple(rng, (-3.0, -2.4, 4.9), (0.9, 0.5, 0.5), 200)
    passes.point_light((-0.1, -0.5, 1.40), (1.0, 0.6, 0.28), 7.0, 0.12)
    passes.point_light((2.3, -0.35, 1.6), (1.0, 0.55, 0.2), 6.0, 0.2)
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (0.30, 0.42, 0.66, 1)
    world.node_tree.nodes["Background"].inputs[1].default_value = 0.75
    world.light_settings.distance, world.light_settings.ao_factor = 1.2, 0.6
    scene.world = world
    scene.view_settings.exposure = 0.5
    _camera_keys(passes.camera(scene, 38.0))
    keyed = range(-2, FRAMES + 3)
    path = [path_at(frame) for frame in keyed]
    wagon.animate(wagon.build(), path, keyed)
    robot.animate(robot.build(), path, math.radians(-56), keyed)
    return scene


def _box(scene: bpy.types.Scene, points: list[tuple], margin: float) -> tuple[float, float, float, float]:
    """The part of the picture around some points: left, bottom, right, top in 0..1."""
    seen = [world_to_camera_view(scene, scene.camera, Vector(point)) for point in points]
    return (
        max(min(p.x for p in seen) - margin, 0),
        max(min(p.y for p in seen) - margin, 0),
        min(max(p.x for p in seen) + margin, 1),
        min(max(p.y for p in seen) + margin, 1),
    )


def _object_region(scene: bpy.types.Scene, frame: int) -> tuple[float, float, float, float]:
    """The part of the picture that robot and wagon can touch."""
    x, y = path_at(frame)
    return _box(scene, list(itertools.product((x - 1.38, x + 0.4), (y - 0.3, y + 0.3), (0.0, 1.6))), 0.015)


def _region(scene: bpy.types.Scene, frame: int) -> tuple[float, float, float, float]:
    """The part of the picture that robot, wagon and their shadow can touch."""
    x, y = path_at(frame)
    points = []
    for corner in itertools.product((x - 1.45, x + 0.45), (y - 0.45, y + 0.45), (0.0, 1.38)):
        fall = min(corner[2] / -SUN[2], -corner[1] / SUN[1])
        points += [corner, tuple(corner[k] + fall * SUN[k] for k in range(3))]
    return _box(scene, points, 0.06)


def prepare(scene: bpy.types.Scene, frame: int) -> None:
    """Nothing here but what the keys move."""
    scene.frame_set(frame)


def show_object(visible: bool) -> None:
    """Puts the robot in or takes it away."""
    for thing in bpy.data.objects:
        if thing.name.startswith("robot"):
            thing.hide_render = not visible


PICTURES = {
    "clean": passes.Picture(with_object=False),
    "plate": passes.Picture(region=_region),
    "object": passes.Picture(region=_object_region, finer=4),
}
DATA = ("plate_data", "clean_data")

"""The shot `pond`: houses mirrored in a canal at dusk; the camera stands still and only the water moves."""

from __future__ import annotations

import bpy
import greenery
import hamlet
import numpy as np
import passes
from meshes import look_matrix
from water import Water

FRAMES = 60
_stage: dict[str, Water] = {}


def _sky(scene: bpy.types.Scene) -> None:
    """Dusk: orange at the horizon, rose above it, then blue."""
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    tree = world.node_tree
    where = tree.nodes.new("ShaderNodeTexCoord")
    parts = tree.nodes.new("ShaderNodeSeparateXYZ")
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    stretch = tree.nodes.new("ShaderNodeMapping")
    stretch.inputs["Scale"].default_value = (1.0, 1.0, 7.0)
    cloud = tree.nodes.new("ShaderNodeTexNoise")
    cloud.inputs["Scale"].default_value, cloud.inputs["Detail"].default_value = 2.6, 6.0
    lift = tree.nodes.new("ShaderNodeMath")
    lift.operation = "MULTIPLY_ADD"
    lift.inputs[1].default_value, lift.inputs[2].default_value = 0.22, -0.11
    add = tree.nodes.new("ShaderNodeMath")
    stops = [
        (0.0, (1.0, 0.45, 0.12)),
        (0.06, (1.0, 0.36, 0.16)),
        (0.13, (0.70, 0.26, 0.27)),
        (0.21, (0.30, 0.19, 0.38)),
        (0.45, (0.07, 0.11, 0.30)),
    ]
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = stops[0][0], stops[-1][0]
    for place, _ in stops[1:-1]:
        ramp.color_ramp.elements.new(place)
    for element, (_, colour) in zip(ramp.color_ramp.elements, stops, strict=True):
        element.color = (*colour, 1.0)
    link = tree.links.new
    link(where.outputs["Generated"], parts.inputs[0])
    link(where.outputs["Generated"], stretch.inputs[0])
    link(stretch.outputs[0], cloud.inputs["Vector"])
    link(cloud.outputs[0], lift.inputs[0])
    link(parts.outputs[2], add.inputs[0])
    link(lift.outputs[0], add.inputs[1])
    link(add.outputs[0], ramp.inputs[0])
    link(ramp.outputs[0], tree.nodes["Background"].inputs[0])
    tree.nodes["Background"].inputs[1].default_value = 0.9
    world.light_settings.distance, world.light_settings.ao_factor = 1.5, 0.5
    scene.world = world


def build() -> bpy.types.Scene:
    """The whole scene."""
    scene = passes.fresh_scene()
    rng = np.random.default_rng(1902)
    hamlet.quay(rng)
    hamlet.houses(rng)
    hamlet.trees(rng)
    hamlet.boat()
    hamlet.lanterns()
    greenery.festoon([(-2.95, 1.5), (-1.0, 1.72), (1.05, 1.5), (3.2, 1.7)], 0.45, 0.16)
    _stage["water"] = Water(-7.4, 0.06, 2.6, 6.6, FRAMES)
    passes.sun((0.75, 0.6, -0.28), (1.0, 0.55, 0.42), 3.2, 12.0)
    for x in (-2.95, 1.05):
        passes.point_light((x, 0.12, 1.66), (1.0, 0.52, 0.2), 14.0, 0.09)
    _sky(scene)
    scene.view_settings.exposure = 0.45
    camera = passes.camera(scene, 40.0)
    matrix = look_matrix((0.05, -11.0, 1.6), (-0.1, 0.0, 0.62))
    camera.location, camera.rotation_quaternion, _ = matrix.decompose()
    return scene


def prepare(scene: bpy.types.Scene, frame: int) -> None:
    """Moves the water to a frame."""
    scene.frame_set(frame)
    _stage["water"].move(frame)


def _region(scene: bpy.types.Scene, frame: int) -> tuple[float, float, float, float]:
    """The part of the picture that holds water; the rest stands still and is rendered once."""
    return (0.0, 0.0, 1.0, 0.40)


def show_object(visible: bool) -> None:
    """There is no object here: the water is what the matte shows."""


PICTURES = {
    "still": passes.Picture(finer=4, first_only=True),
    "plate": passes.Picture(region=_region),
}
DATA = ()

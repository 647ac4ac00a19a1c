"""How pictures leave the renderer: denoised, with the object's mask, and beside them layers of exact data."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy_extras.object_utils import world_to_camera_view
from materials import OBJECT_AOV
from mathutils import Vector

WIDTH, HEIGHT, RATE = 640, 360, 24


@dataclass(frozen=True)
class Picture:
    """One kind of picture of a shot: what is in it, which part of it is rendered, and how finely."""

    with_object: bool = True
    region: Callable | None = None
    finer: int = 1  # how many times the usual samples
    first_only: bool = False


def fresh_scene() -> bpy.types.Scene:
    """An empty scene with the film's size, rate and look."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.render.fps = RATE
    scene.render.use_persistent_data = True
    scene.render.use_motion_blur = False
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Punchy"
    cycles = scene.cycles
    cycles.diffuse_bounces = cycles.glossy_bounces = cycles.transmission_bounces = 1
    cycles.use_fast_gi, cycles.fast_gi_method, cycles.ao_bounces_render = True, "REPLACE", 1
    cycles.transparent_max_bounces = 2
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 4.0
    cycles.use_adaptive_sampling = False
    aov = scene.view_layers[0].aovs.add()
    aov.name, aov.type = OBJECT_AOV, "VALUE"
    return scene


def sun(direction: tuple, colour: tuple, strength: float, angle_deg: float) -> None:
    """Sunlight that travels along `direction`."""
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.color, lamp.energy, lamp.angle = colour, strength, math.radians(angle_deg)
    thing = bpy.data.objects.new("sun", lamp)
    thing.rotation_euler = Vector(direction).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)


def point_light(at: tuple, colour: tuple, power: float, radius: float) -> None:
    """A lamp."""
    lamp = bpy.data.lights.new("lamp", "POINT")
    lamp.color, lamp.energy, lamp.shadow_soft_size = colour, power, radius
    thing = bpy.data.objects.new("lamp", lamp)
    thing.location = at
    bpy.context.scene.collection.objects.link(thing)


def camera(scene: bpy.types.Scene, lens_mm: float) -> bpy.types.Object:
    """The camera, on a 36 mm wide sensor."""
    data = bpy.data.cameras.new("camera")
    data.lens, data.sensor_width = lens_mm, 36.0
    thing = bpy.data.objects.new("camera", data)
    thing.rotation_mode = "QUATERNION"
    scene.collection.objects.link(thing)
    scene.camera = thing
    return thing


def picture_setup(scene: bpy.types.Scene, samples: int) -> None:
    """Settings for the pictures: few samples, denoised; the AOV goes to a file of its own."""
    scene.cycles.samples = samples
    scene.cycles.max_bounces = 1
    scene.view_layers[0].use_pass_vector = scene.view_layers[0].use_pass_position = False
    scene.cycles.use_denoising = True
    scene.cycles.denoiser = "OPENIMAGEDENOISE"
    scene.cycles.denoising_prefilter = "FAST"
    scene.cycles.filter_width = 1.4
    scene.cycles.seed = 7
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode, scene.render.image_settings.color_depth = "RGB", "16"


def mask_output(scene: bpy.types.Scene, folder: Path, name: str) -> None:
    """Writes the object AOV of every picture into folder/name####.exr."""
    scene.use_nodes = True
    tree = scene.node_tree
    tree.nodes.clear()
    layers = tree.nodes.new("CompositorNodeRLayers")
    final = tree.nodes.new("CompositorNodeComposite")
    tree.links.new(layers.outputs["Image"], final.inputs["Image"])
    files = tree.nodes.new("CompositorNodeOutputFile")
    files.base_path = str(folder)
    files.format.file_format, files.format.color_depth = "OPEN_EXR", "16"
    files.file_slots[0].path = name
    tree.links.new(layers.outputs[OBJECT_AOV], files.inputs[0])


def data_setup(scene: bpy.types.Scene) -> None:
    """Settings for exact data: one ray through each pixel's centre, no light; vector and position passes."""
    scene.use_nodes = False
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.cycles.filter_width = 0.01
    scene.cycles.max_bounces = 0
    layer = scene.view_layers[0]
    layer.use_pass_vector = layer.use_pass_position = True
    settings = scene.render.image_settings
    settings.file_format, settings.color_depth, settings.exr_codec = "OPEN_EXR_MULTILAYER", "32", "ZIP"


def render_frames(
    scene: bpy.types.Scene,
    frames: list[int],
    pattern: Path,
    prepare: Callable,
    region: Callable | None = None,
) -> None:
    """Renders frames to files; `pattern` holds one %04d. With `region`, only that part of each picture."""
    pattern.parent.mkdir(parents=True, exist_ok=True)
    scene.render.use_border = region is not None
    for frame in frames:
        prepare(scene, frame)
        if region is not None:
            box = region(scene, frame)
            scene.render.border_min_x, scene.render.border_min_y = box[:2]
            scene.render.border_max_x, scene.render.border_max_y = box[2:]
        scene.render.filepath = str(pattern) % frame
        bpy.ops.render.render(write_still=True)


def save_cameras(scene: bpy.types.Scene, frames: range, path: Path) -> None:
    """The camera of every frame as a 3×4 matrix M: p lands on pixel M·(p, 1), divided by its third row."""
    table = []
    for frame in frames:
        scene.frame_set(frame)
        world = scene.camera.matrix_world.inverted()
        focal = scene.camera.data.lens / scene.camera.data.sensor_width * WIDTH
        depth = [-value for value in world[2]]
        across = [focal * world[0][k] + WIDTH / 2 * depth[k] for k in range(4)]
        down = [-focal * world[1][k] + HEIGHT / 2 * depth[k] for k in range(4)]
        table.append([across, down, depth])
        probe = Vector((0.3, -0.4, 0.7))
        seen = world_to_camera_view(scene, scene.camera, probe)
        w = sum(depth[k] * (*probe, 1)[k] for k in range(4))
        x = sum(across[k] * (*probe, 1)[k] for k in range(4)) / w
        if abs(x - seen.x * WIDTH) > 0.01:
            raise RuntimeError(f"the saved camera of frame {frame} disagrees with the renderer's")
    path.write_text(json.dumps(table))

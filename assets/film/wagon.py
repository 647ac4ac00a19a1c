"""What the robot pulls: a little wagon with a film camera, a reel and film cans."""

from __future__ import annotations

import math

import bpy
import materials
import numpy as np
from meshes import Shape, empty

WHEEL_RADIUS = 0.105
BEHIND = 0.93  # metres from the robot to the wagon's middle
TEAL, CREAM, DARK, BRASS, OAK, TIN = (
    (0.03, 0.21, 0.23),
    (0.74, 0.62, 0.42),
    (0.03, 0.03, 0.035),
    (0.80, 0.52, 0.20),
    (0.30, 0.15, 0.06),
    (0.45, 0.44, 0.42),
)


def build() -> dict[str, bpy.types.Object]:
    """The wagon's joints by name; its front is at +x and its wheels stand on z = 0."""
    paint = materials.tinted("wagon paint", 0.4, scale=16, variation=0.25, bump=0.1, coat=0.3, marked=True)
    metal = materials.tinted("wagon metal", 0.3, metallic=1.0, bump=0.0, marked=True)
    joints = {"wagon": empty("robot wagon")}
    tray = joints["tray"] = empty("robot wagon tray", (0, 0, 0.2), joints["wagon"])
    _tray(tray, paint, metal)
    _load(tray, paint, metal)
    for name, x, y in (
        ("front left", 0.25, 0.23),
        ("front right", 0.25, -0.23),
        ("rear left", -0.25, 0.23),
        ("rear right", -0.25, -0.23),
    ):
        wheel = joints[name] = empty(f"robot wheel {name}", (x, y, WHEEL_RADIUS), joints["wagon"])
        rim, hub = Shape(), Shape()
        rim.ring((0, 0, 0), WHEEL_RADIUS - 0.016, 0.016, DARK, (0, 1, 0))
        for k in range(6):
            angle = k * math.tau / 6
            arm = np.array((math.cos(angle), 0, math.sin(angle)))
            rim.tube([arm * 0.01, arm * 0.05, arm * (WHEEL_RADIUS - 0.016)], 0.009, CREAM)
        hub.ball((0, 0, 0), (0.03, 0.028, 0.03), BRASS)
        rim.build(f"robot wheel rim {name}", paint, wheel)
        hub.build(f"robot wheel hub {name}", metal, wheel)
    return joints


def _tray(parent: bpy.types.Object, paint: bpy.types.Material, metal: bpy.types.Material) -> None:
    """The wooden tray with its handle."""
    wood, rod = Shape(), Shape()
    wood.box((0, 0, 0), (0.74, 0.40, 0.03), OAK, 0.006)
    for side in (-1, 1):
        for z in (0.055, 0.125):
            wood.box((0, 0.2 * side, z), (0.76, 0.022, 0.058), TEAL, 0.006)
            wood.box((0.38 * side, 0, z), (0.022, 0.42, 0.058), TEAL, 0.006)
        for x in (-0.33, 0.33):
            wood.box((x, 0.216 * side, 0.085), (0.04, 0.014, 0.15), CREAM, 0.004)
    rod.tube([(0.37, -0.02, 0.02), (0.43, -0.06, 0.08), (0.60, -0.12, 0.29)], 0.013, BRASS)
    rod.tube([(0.58, -0.17, 0.28), (0.60, -0.12, 0.29), (0.62, -0.07, 0.30)], 0.014, BRASS)
    for x in (-0.25, 0.25):
        rod.tube([(x, -0.24, -0.095), (x, 0, -0.095), (x, 0.24, -0.095)], 0.012, TIN)
    wood.build("robot wagon wood", paint, parent)
    rod.build("robot wagon rod", metal, parent)


def _load(parent: bpy.types.Object, paint: bpy.types.Material, metal: bpy.types.Material) -> None:
    """A box camera with a brass lens, a big reel leaning on it, a stack of cans."""
    wood, shiny = Shape(), Shape()
    wood.box((0.17, 0.02, 0.21), (0.24, 0.2, 0.30), OAK, 0.012, (0, 0, -0.35))
    wood.box((0.17, 0.02, 0.37), (0.26, 0.22, 0.025), (0.16, 0.075, 0.03), 0.006, (0, 0, -0.35))
    towards = np.array((-0.34, -0.94, 0.0))
    lens = np.array((0.17, 0.02, 0.25)) + towards * 0.11
    shiny.lathe(
        lens, [(0.07, 0), (0.07, 0.05), (0.055, 0.055), (0.055, 0.10), (0.065, 0.105)], BRASS, 24, towards
    )
    wood.lathe(
        lens + towards * 0.1, [(0.052, 0), (0.05, 0.008), (0.002, 0.009)], (0.01, 0.015, 0.03), 24, towards
    )
    shiny.tube([(0.28, 0.06, 0.24), (0.33, 0.08, 0.24), (0.34, 0.08, 0.30)], 0.01, BRASS)
    at, axis = (-0.14, 0.0, 0.25), np.array((0.22, -0.95, 0.18))
    for offset in (-0.03, 0.03):
        shiny.ring(np.array(at) + axis * offset, 0.21, 0.014, TIN, axis)
        shiny.ring(np.array(at) + axis * offset, 0.075, 0.012, TIN, axis)
    across = np.cross(axis, (0, 0, 1))
    across /= np.linalg.norm(across)
    upward = np.cross(across, axis)
    for k in range(5):
        angle = k * math.tau / 5 + 0.3
        arm = across * math.cos(angle) + upward * math.sin(angle)
        for offset in (-0.03, 0.03):
            middle = np.array(at) + axis * offset
            shiny.tube([middle + arm * 0.07, middle + arm * 0.14, middle + arm * 0.21], 0.018, TIN)
    wood.lathe(np.array(at) - axis * 0.026, [(0.16, 0), (0.16, 0.052)], (0.10, 0.05, 0.035), 32, axis)
    for k, tint in enumerate((TIN, (0.55, 0.42, 0.20), (0.40, 0.10, 0.06))):
        wood.lathe(
            (-0.27, -0.09, 0.015 + 0.048 * k),
            [(0.085, 0), (0.09, 0.004), (0.09, 0.042), (0.085, 0.046)],
            tint,
            28,
        )
    wood.build("robot wagon load", paint, parent)
    shiny.build("robot wagon metalwork", metal, parent)


def animate(joints: dict[str, bpy.types.Object], path: list[tuple[float, float]], frames: range) -> None:
    """Keys for every frame: `path` is the robot's place (x, y); the wheels roll without slipping."""
    for frame, (x, y) in zip(frames, path, strict=True):
        joints["wagon"].location = (x - BEHIND, y, 0.0)
        joints["tray"].rotation_euler = (0.008 * math.sin(frame * 0.9), 0.010 * math.sin(frame * 0.7 + 1), 0)
        for name, joint in joints.items():
            if name.endswith(("left", "right")):
                joint.rotation_euler = (0, x / WHEEL_RADIUS, 0)
            joint.keyframe_insert("location", frame=frame)
            joint.keyframe_insert("rotation_euler", frame=frame)
    for joint in joints.values():
        for curve in joint.animation_data.action.fcurves:
            for key in curve.keyframe_points:
                key.interpolation = "LINEAR"

"""The one who crosses: a wind-up robot of red tin with a balloon for a head; its right hand pulls a wagon."""

from __future__ import annotations

import math

import bpy
import materials
import numpy as np
from meshes import Shape, empty

RED, CREAM, DARK, BRASS = (0.62, 0.030, 0.018), (0.74, 0.62, 0.42), (0.03, 0.03, 0.035), (0.80, 0.52, 0.20)
STEP_FRAMES = 18  # one left and one right step


def build() -> dict[str, bpy.types.Object]:
    """The robot's joints by name; it stands at the origin, its face towards +x."""
    tin = materials.tinted("tin", 0.28, scale=9, variation=0.12, bump=0.0, coat=0.7, marked=True)
    rubber = materials.tinted("rubber", 0.6, scale=30, bump=0.1, marked=True)
    brass = materials.tinted("robot brass", 0.25, metallic=1.0, bump=0.0, marked=True)
    joints = {"root": empty("robot")}
    joints["body"] = empty("robot body", (0, 0, 0.30), joints["root"])
    joints["head"] = empty("robot head", (0, 0, 0.56), joints["body"])
    _body(joints["body"], tin, brass, rubber)
    _head(joints["head"], tin, brass, rubber)
    for name, side in (("left", 1), ("right", -1)):
        leg = joints[f"{name} leg"] = empty(f"robot {name} leg", (0, 0.12 * side, 0.33), joints["root"])
        limb, foot = Shape(), Shape()
        limb.lathe((0, 0, -0.26), [(0.05, 0), (0.05, 0.26)], CREAM, 16)
        for k in range(4):
            limb.ring((0, 0, -0.21 + 0.05 * k), 0.05, 0.008, DARK)
        foot.lathe(
            (0.04, 0, -0.33),
            [(0.11, 0), (0.115, 0.03), (0.09, 0.075), (0.04, 0.1)],
            RED,
            20,
            squash=(1.35, 0.9, 1),
        )
        limb.build(f"robot {name} limb", rubber, leg)
        foot.build(f"robot {name} foot", tin, leg)
        arm = joints[f"{name} arm"] = empty(f"robot {name} arm", (0, 0.25 * side, 0.42), joints["body"])
        sleeve, hand = Shape(), Shape()
        sleeve.tube([(0, 0, 0), (0.02, 0.07 * side, -0.08), (0.05, 0.09 * side, -0.2)], 0.034, CREAM, 12)
        hand.ball((0, 0.0, 0), (0.06, 0.05, 0.06), RED)
        hand.ball((0.06, 0.09 * side, -0.24), (0.058, 0.05, 0.062), RED)
        sleeve.build(f"robot {name} sleeve", rubber, arm)
        hand.build(f"robot {name} hand", tin, arm)
    key = joints["key"] = empty("robot key", (-0.25, 0, 0.26), joints["body"])
    bow = Shape()
    bow.tube([(0.02, 0, 0), (-0.07, 0, 0), (-0.13, 0, 0)], 0.02, BRASS, 12)
    for side in (1, -1):
        bow.ring((-0.15, 0, 0.085 * side), 0.075, 0.02, BRASS, (1, 0, 0), (1, 1, 1))
    bow.build("robot key bow", brass, key)
    return joints


def _body(parent: bpy.types.Object, tin, brass, rubber) -> None:
    """A barrel of red tin with a cream belt and a dial on the chest."""
    barrel, trim, dial, needle = Shape(), Shape(), Shape(), Shape()
    profile = [
        (0.10, 0.0),
        (0.19, 0.01),
        (0.225, 0.04),
        (0.240, 0.12),
        (0.245, 0.17),
        (0.247, 0.171),
        (0.247, 0.235),
        (0.245, 0.236),
        (0.240, 0.36),
        (0.222, 0.43),
        (0.17, 0.475),
        (0.08, 0.49),
    ]
    tints = [RED] * 5 + [CREAM] * 2 + [RED] * 5
    barrel.lathe((0, 0, 0), profile, np.array(tints), 40)
    for k in range(12):
        angle = k * math.tau / 12
        trim.ball(
            (0.247 * math.cos(angle), 0.247 * math.sin(angle), 0.203), (0.012, 0.012, 0.012), BRASS, 6, 8
        )
    trim.ring((0, 0, 0.485), 0.09, 0.022, BRASS)
    trim.ring((0.235, 0, 0.33), 0.075, 0.013, BRASS, (1, 0, 0.08))
    trim.lathe((0, 0, 0.48), [(0.035, 0), (0.03, 0.08)], BRASS, 16)
    dial.lathe((0.222, 0, 0.33), [(0.072, 0), (0.07, 0.018), (0.01, 0.02)], CREAM, 24, (1, 0, 0.08))
    needle.box((0.246, 0.012, 0.345), (0.006, 0.012, 0.07), DARK, 0.002, (0.5, 0, 0))
    barrel.build("robot barrel", tin, parent)
    trim.build("robot trim", brass, parent)
    dial.build("robot dial", rubber, parent)
    needle.build("robot needle", rubber, parent)


def _head(parent: bpy.types.Object, tin, brass, rubber) -> None:
    """A red balloon with two round eyes and a small aerial."""
    balloon, eyes, trim = Shape(), Shape(), Shape()
    steps = np.linspace(-0.99, 0.999, 22)
    profile = [
        (0.245 * math.sqrt(1 - s * s) * (0.96 + 0.08 * s), 0.25 + 0.25 * s)
        for s in np.sin(steps * math.pi / 2)
    ]
    balloon.lathe((0, 0, -0.005), profile, RED, 36)
    for side in (1, -1):
        at = np.array((0.185, 0.095 * side, 0.30))
        out = np.array((1, 0.42 * side, 0.12)) / math.sqrt(1 + 0.42**2 + 0.12**2)
        eyes.lathe(at, [(0.074, 0), (0.074, 0.02), (0.064, 0.034), (0.01, 0.040)], CREAM, 24, out)
        eyes.lathe(at + out * 0.036, [(0.034, 0), (0.032, 0.008), (0.005, 0.012)], DARK, 20, out)
        eyes.ball(at + out * 0.047 + np.array((0, -0.012, 0.014)), (0.008, 0.008, 0.008), (1, 1, 1), 6, 8)
        trim.ring(at + out * 0.016, 0.076, 0.010, BRASS, out)
    trim.tube([(0, 0, 0.48), (-0.01, 0, 0.56), (-0.035, 0, 0.64)], 0.008, BRASS)
    trim.ball((-0.04, 0, 0.66), (0.026, 0.026, 0.026), BRASS)
    balloon.build("robot balloon", tin, parent)
    eyes.build("robot eyes", rubber, parent)
    trim.build("robot head trim", brass, parent)


def animate(
    joints: dict[str, bpy.types.Object], path: list[tuple[float, float]], yaw: float, frames: range
) -> None:
    """Keys for every frame: `path` is the place (x, y) at each frame, `yaw` the way the robot faces."""
    for frame, (x, y) in zip(frames, path, strict=True):
        phase = math.tau * frame / STEP_FRAMES
        sway, swing = math.sin(phase), math.cos(phase)
        root, body, head = joints["root"], joints["body"], joints["head"]
        root.location = (x, y, 0.0)
        root.rotation_euler = (0, 0, yaw + 0.05 * sway)
        body.location = (0, 0.018 * sway, 0.30 + 0.014 * math.cos(2 * phase))
        body.rotation_euler = (-0.075 * sway, 0.03, 0)
        head.rotation_euler = (
            0.07 * math.sin(phase - 0.5),
            0.04 * math.sin(2 * phase - 0.4),
            0.16 * math.sin(phase / 4),
        )
        joints["key"].rotation_euler = (math.tau * frame / 48, 0, 0)
        for name, side in (("left", 1), ("right", -1)):
            leg, arm = joints[f"{name} leg"], joints[f"{name} arm"]
            leg.rotation_euler = (0, -0.36 * side * swing, 0)
            leg.location = (0, 0.12 * side, 0.335 + 0.035 * max(0.0, side * -sway))
            arm.rotation_euler = (0, 0.4 * swing if name == "left" else 0.6, 0)
        for joint in joints.values():
            joint.keyframe_insert("location", frame=frame)
            joint.keyframe_insert("rotation_euler", frame=frame)
    for joint in joints.values():
        for curve in joint.animation_data.action.fcurves:
            for key in curve.keyframe_points:
                key.interpolation = "LINEAR"

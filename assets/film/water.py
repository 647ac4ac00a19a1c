"""Water in which ripples run: a sum of waves that comes round again exactly after one period."""

from __future__ import annotations

import math

import bpy
import materials
import numpy as np
from meshes import Shape


class Water:
    """A sheet of water between a near and a far edge, wider far away as the camera sees it."""

    def __init__(
        self, near_y: float, far_y: float, near_half: float, far_half: float, period_frames: int
    ) -> None:
        rows, columns = 320, 260
        self._period = period_frames
        t, u = np.meshgrid(np.linspace(0, 1, rows) ** 1.15, np.linspace(-1, 1, columns), indexing="ij")
        self._x = u * (near_half + (far_half - near_half) * t)
        self._y = near_y + (far_y - near_y) * t
        shape = Shape()
        shape.sheet(np.stack([self._x, self._y, np.zeros_like(t)], axis=2), (0.01, 0.03, 0.04))
        self.object = shape.build("water", _material(), smooth_deg=180.0)
        rng = np.random.default_rng(3)
        self._waves = []
        for _ in range(34):
            length = math.exp(rng.uniform(math.log(0.16), math.log(1.3)))
            heading = rng.normal(0.35, 0.75)
            k = math.tau / length
            turns = max(1, round(period_frames / 24 * math.sqrt(9.81 * k) / math.tau))
            slope = 0.0075 * (length / 0.5) ** 0.25
            self._waves.append(
                (k * math.cos(heading), k * math.sin(heading), turns, slope / k, rng.uniform(0, math.tau))
            )

    def heights(self, frame: float) -> np.ndarray:
        """The surface at a frame."""
        z = np.zeros_like(self._x)
        for kx, ky, turns, amplitude, phase in self._waves:
            z += amplitude * np.sin(
                kx * self._x + ky * self._y - math.tau * turns * frame / self._period + phase
            )
        calm = 0.55 + 0.45 * np.sin(0.9 * self._x + 0.5) * np.sin(0.7 * self._y + 1.0)
        return z * calm

    def move(self, frame: float) -> None:
        """Sets the mesh to a frame."""
        points = np.stack([self._x, self._y, self.heights(frame)], axis=2).astype(np.float32)
        self.object.data.vertices.foreach_set("co", points.ravel())
        self.object.data.update()


def _material() -> bpy.types.Material:
    """A dark mirror that reflects more where the view grazes it."""
    graph = materials.Graph("water")
    graph.surface(Base_Color=(0.006, 0.022, 0.028), Roughness=0.4)
    mirror = graph.node("ShaderNodeBsdfGlossy", {"Color": (0.86, 0.92, 0.95), "Roughness": 0.035})
    fresnel = graph.node("ShaderNodeFresnel", {"IOR": 1.33}).outputs[0]
    share = graph.ramp(fresnel, 0.02, 0.55, 0.42, 0.95)
    both = graph.node("ShaderNodeMixShader", {0: share, 1: graph.shader.outputs[0], 2: mirror.outputs[0]})
    graph.set(graph.material.node_tree.nodes["Material Output"].inputs["Surface"], both.outputs[0])
    graph.mark()
    return graph.material

"""Procedural materials. No file is loaded: colour comes from vertex tints, noise and drawn pictures."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

OBJECT_AOV = "object"  # 1 on the robot; the pond's water writes it too: what the mattes are made from


class Graph:
    """A material's node graph, written as expressions."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self._tree = self.material.node_tree
        self.shader = self._tree.nodes["Principled BSDF"]

    def node(self, kind: str, inputs: dict | None = None, **attributes) -> bpy.types.Node:
        """A new node; inputs are values or other nodes' sockets."""
        made = self._tree.nodes.new(kind)
        for key, value in attributes.items():
            setattr(made, key, value)
        for key, value in (inputs or {}).items():
            self.set(made.inputs[key], value)
        return made

    def set(self, socket: bpy.types.NodeSocket, value: object) -> None:
        """Links a socket to another, or sets its value (a colour may leave its alpha out)."""
        if isinstance(value, bpy.types.NodeSocket):
            self._tree.links.new(value, socket)
        elif socket.type == "RGBA" and len(value) == 3:
            socket.default_value = (*value, 1.0)
        else:
            socket.default_value = value

    def math(self, operation: str, a: object, b: object = 0.0, clamp: bool = False) -> bpy.types.NodeSocket:
        """The result of a math node."""
        return self.node("ShaderNodeMath", {0: a, 1: b}, operation=operation, use_clamp=clamp).outputs[0]

    def mix(self, factor: object, a: object, b: object, blend: str = "MIX") -> bpy.types.NodeSocket:
        """Two colours mixed."""
        made = self.node("ShaderNodeMix", data_type="RGBA", blend_type=blend)
        for socket, value in zip(
            (made.inputs[0], made.inputs[6], made.inputs[7]), (factor, a, b), strict=True
        ):
            self.set(socket, value)
        return made.outputs[2]

    def position(
        self, scale: Sequence[float] = (1, 1, 1), shift: Sequence[float] = (0, 0, 0)
    ) -> bpy.types.NodeSocket:
        """The point's world position, scaled, then shifted."""
        at = self.node("ShaderNodeNewGeometry").outputs["Position"]
        return self.node("ShaderNodeMapping", {"Vector": at, "Scale": scale, "Location": shift}).outputs[0]

    def local(self, scale: Sequence[float] = (1, 1, 1)) -> bpy.types.NodeSocket:
        """The point in its object's own space, so that a pattern travels with a moving object."""
        at = self.node("ShaderNodeTexCoord").outputs["Object"]
        return self.node("ShaderNodeMapping", {"Vector": at, "Scale": scale}).outputs[0]

    def noise(
        self, where: bpy.types.NodeSocket, scale: float, detail: float = 4.0, rough: float = 0.6
    ) -> bpy.types.NodeSocket:
        """Fractal noise, about 0.5."""
        made = self.node(
            "ShaderNodeTexNoise", {"Vector": where, "Scale": scale, "Detail": detail, "Roughness": rough}
        )
        return made.outputs[0]

    def ramp(self, value: object, low: float, high: float, to_low: float = 0.0, to_high: float = 1.0):
        """A smooth step from `to_low` at `low` to `to_high` at `high`."""
        made = self.node(
            "ShaderNodeMapRange",
            {0: value, 1: low, 2: high, 3: to_low, 4: to_high},
            interpolation_type="SMOOTHSTEP",
        )
        return made.outputs[0]

    def tint(self) -> bpy.types.NodeSocket:
        """The mesh's vertex colour."""
        return self.node("ShaderNodeAttribute", attribute_name="tint").outputs["Color"]

    def bump(self, height: object, strength: float, distance: float = 0.01) -> None:
        """Lets `height` disturb the shading normal."""
        made = self.node("ShaderNodeBump", {"Height": height, "Strength": strength, "Distance": distance})
        self.set(self.shader.inputs["Normal"], made.outputs[0])

    def surface(self, **inputs) -> None:
        """Sets the shader's inputs, spaces written as underscores: Base_Color=…"""
        for key, value in inputs.items():
            self.set(self.shader.inputs[key.replace("_", " ")], value)

    def mark(self) -> None:
        """Writes 1 into the object AOV."""
        self.node("ShaderNodeOutputAOV", {"Value": 1.0}, aov_name=OBJECT_AOV)


def tinted(
    name: str,
    rough: float = 0.7,
    grain: Sequence[float] = (1, 1, 1),
    scale: float = 20.0,
    variation: float = 0.35,
    bump: float = 0.3,
    coat: float = 0.0,
    metallic: float = 0.0,
    marked: bool = False,
) -> bpy.types.Material:
    """The common material: the vertex tint, weathered by noise; `grain` stretches the noise, as in wood."""
    graph = Graph(name)
    where = graph.local(grain) if marked else graph.position(grain)
    noise = graph.noise(where, scale)
    shade = graph.ramp(noise, 0.3, 0.7, 1 - variation, 1 + variation * 0.6)
    grey = graph.node("ShaderNodeCombineColor", {0: shade, 1: shade, 2: shade}).outputs[0]
    graph.surface(
        Base_Color=graph.mix(1.0, graph.tint(), grey, "MULTIPLY"),
        Metallic=metallic,
        Roughness=graph.ramp(noise, 0.3, 0.7, rough * 0.8, min(rough * 1.15, 1)),
        Coat_Weight=coat,
    )
    if bump:
        graph.bump(noise, bump)
    if marked:
        graph.mark()
    return graph.material


def leaf(name: str) -> bpy.types.Material:
    """Leaves: light passes through them a little."""
    graph = Graph(name)
    colour = graph.tint()
    graph.surface(Base_Color=colour, Roughness=0.5)
    through = graph.node("ShaderNodeBsdfTranslucent", {"Color": colour})
    both = graph.node("ShaderNodeMixShader", {0: 0.3, 1: graph.shader.outputs[0], 2: through.outputs[0]})
    graph.set(graph.material.node_tree.nodes["Material Output"].inputs["Surface"], both.outputs[0])
    return graph.material


def glow(name: str, strength: float) -> bpy.types.Material:
    """A surface that shines in its tint; too faint to light the set, so it is left out of light sampling."""
    graph = Graph(name)
    graph.surface(Base_Color=(0, 0, 0), Emission_Color=graph.tint(), Emission_Strength=strength)
    graph.material.cycles.emission_sampling = "NONE"
    return graph.material


def image_from(name: str, pixels: np.ndarray) -> bpy.types.Image:
    """A drawn picture (height, width, 3), rows from the top, values 0..1 as seen on screen."""
    height, width = pixels.shape[:2]
    image = bpy.data.images.new(name, width, height)
    rgba = np.ones((height, width, 4), dtype=np.float32)
    rgba[..., :3] = pixels[::-1]
    image.pixels.foreach_set(rgba.ravel())
    image.pack()
    return image


def on_wall(graph: Graph, image: bpy.types.Image, left: float, bottom: float, width: float, height: float):
    """The colour of a picture hung at a place on the x-z plane, without UVs."""
    at = graph.position((1 / width, 1, 1 / height), (-left / width, 0, -bottom / height))
    parts = graph.node("ShaderNodeSeparateXYZ", {0: at})
    flat = graph.node("ShaderNodeCombineXYZ", {0: parts.outputs[0], 1: parts.outputs[2]})
    made = graph.node("ShaderNodeTexImage", {"Vector": flat.outputs[0]}, image=image, extension="CLIP")
    return made.outputs[0]


def paper(name: str, image: bpy.types.Image, place: Sequence[float]) -> bpy.types.Material:
    """A printed poster, a little stained; place = left, bottom, width, height."""
    graph = Graph(name)
    stain = graph.ramp(graph.noise(graph.position(), 7.0, 6.0), 0.35, 0.75, 1.0, 0.72)
    grey = graph.node("ShaderNodeCombineColor", {0: stain, 1: stain, 2: stain}).outputs[0]
    graph.surface(Base_Color=graph.mix(1.0, on_wall(graph, image, *place), grey, "MULTIPLY"), Roughness=0.8)
    return graph.material


def painted_brick(
    name: str, sign: bpy.types.Image, place: Sequence[float], paint: Sequence[float]
) -> bpy.types.Material:
    """Brick with an old painted sign: the picture's red = cream letters, its green = the coloured ground."""
    graph = Graph(name)
    fine = graph.noise(graph.position(), 45.0, 6.0, 0.7)
    broad = graph.noise(graph.position(shift=(3.0, 0, 1.0)), 2.2, 5.0)
    shade = graph.ramp(fine, 0.3, 0.7, 0.7, 1.2)
    grey = graph.node("ShaderNodeCombineColor", {0: shade, 1: shade, 2: shade}).outputs[0]
    brick = graph.mix(1.0, graph.tint(), grey, "MULTIPLY")
    soot = graph.ramp(broad, 0.35, 0.7, 0.0, 0.45)
    brick = graph.mix(soot, brick, (0.09, 0.065, 0.055))
    parts = graph.node("ShaderNodeSeparateColor", {0: on_wall(graph, sign, *place)})
    worn = graph.math("ADD", graph.math("MULTIPLY", fine, 0.8), graph.math("MULTIPLY", broad, 0.6))
    keeps = graph.ramp(worn, 0.66, 0.92, 0.97, 0.25)
    ground = graph.math("MULTIPLY", parts.outputs[1], graph.math("MULTIPLY", keeps, 0.9))
    letters = graph.math("MULTIPLY", parts.outputs[0], keeps)
    colour = graph.mix(ground, brick, paint)
    colour = graph.mix(letters, colour, (0.86, 0.76, 0.56))
    graph.surface(Base_Color=colour, Roughness=0.85)
    graph.bump(fine, 0.5)
    return graph.material

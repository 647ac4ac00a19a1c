"""Blender's sequencer for tests: movies of known greys, a scene to cut in, and what a frame of it shows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import bpy
from lumiere_plugin.hosts import blender
from lumiere_plugin.hosts.blender_strips import BlenderHost, all_strips

SIZE = 32
STEP = 0.015


def empty_scene(rate: int) -> Any:
    """A new file with an empty sequencer."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.sequence_editor_create()
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene
    render = scene.render
    render.resolution_x = render.resolution_y = SIZE
    render.resolution_percentage = 100
    render.fps, render.fps_base = rate, 1.0
    scene.view_settings.view_transform = "Standard"
    scene.frame_start = 1
    return scene


def new_effect(strips: Any, kind: str, start: int, duration: int, source: Any = None) -> Any:
    """An effect strip, whatever the version calls its arguments."""
    names = strips.bl_rna.functions["new_effect"].parameters.keys()
    more = {"length": duration} if "length" in names else {"frame_end": start + duration}
    if source is not None:
        more["input1" if "input1" in names else "seq1"] = source
    channel = 1 if source is None else source.channel + 1
    return strips.new_effect(name=kind, type=kind, channel=channel, frame_start=start, **more)


def make_movie(path: Path, rate: int, frames: int, base: float, size: int = SIZE) -> None:
    """A lossless movie; frame n has the grey base + (n + 1) · STEP."""
    scene = empty_scene(rate)
    scene.render.resolution_x = scene.render.resolution_y = size
    strip = new_effect(all_strips(scene), "COLOR", 1, frames)
    for frame in range(frames):
        strip.color = (base + (frame + 1) * STEP,) * 3
        strip.keyframe_insert("color", frame=frame + 1)
    scene.frame_end = frames
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "VIDEO"
    image.file_format = "FFMPEG"
    scene.render.ffmpeg.format, scene.render.ffmpeg.codec = "MPEG4", "H264"
    scene.render.ffmpeg.constant_rate_factor, scene.render.ffmpeg.gopsize = "LOSSLESS", 7
    scene.render.filepath = str(path)
    bpy.ops.render.render(animation=True)
    assert path.is_file()


def shown(scene: Any, frame: int, folder: Path) -> int | None:
    """The grey at a frame of the timeline, in steps; None where nothing lies."""
    scene.frame_set(frame)
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "IMAGE"
    image.file_format, image.color_mode = "PNG", "RGB"
    scene.render.filepath = str(folder / "frame.png")
    bpy.ops.render.render(write_still=True)
    picture = bpy.data.images.load(str(folder / "frame.png"))
    try:
        grey = picture.pixels[0]
    finally:
        bpy.data.images.remove(picture)
    return round(grey / STEP) if grey > 0 else None


class BlenderRig:
    """A saved project with the add-on enabled; see the contract's `Rig`."""

    start = 1

    def __init__(self, movies: Path, folder: Path, rate: int = 24) -> None:
        self.movies, self.folder = movies, folder
        self.scene = empty_scene(rate)
        bpy.ops.wm.save_as_mainfile(filepath=str(folder / "project.blend"))
        self.scene = bpy.context.scene

    @property
    def host(self) -> Any:
        return _UndoableHost()

    @property
    def strips(self) -> Any:
        return all_strips(bpy.context.scene)

    def add(self, name: str, at: int, source: int, duration: int, movie: str = "24_40.mp4") -> Any:
        path = str(self.movies / movie)
        strip = self.strips.new_movie(name, path, 1, self.start + at - source)
        strip.frame_offset_start = source
        strip.frame_final_end = self.start + at + duration
        return strip

    def select(self, name: str) -> None:
        for strip in self.strips:
            strip.select = strip.name == name
            if strip.select:
                bpy.context.scene.sequence_editor.active_strip = strip

    def move(self, name: str, to: int) -> None:
        strip = self.strips[name]
        strip.frame_start += self.start + to - strip.frame_final_start

    def remove(self, name: str) -> None:
        self.strips.remove(self.strips[name])

    def movie(self, frames: int) -> Path:
        path = self.folder / f"result_{frames}.mp4"
        if not path.exists():
            if frames == 24:
                shutil.copy(self.movies / "24_24.mp4", path)
            else:  # only its name and place are looked at
                shutil.copy(self.movies / "24_40.mp4", path)
        return path

    def items(self) -> list[tuple[str, str, int, int, str, int]]:
        return [
            (
                str(strip.channel),
                strip.name,
                int(strip.frame_final_start),
                int(strip.frame_final_duration),
                strip.filepath,
                int(strip.frame_offset_start),
            )
            for strip in self.strips
            if strip.type == "MOVIE"
        ]

    def undo(self) -> bool:
        bpy.ops.ed.undo()
        return True


class _UndoableHost(BlenderHost):
    """Places through an operator, as the add-on does, so that there is something to undo."""

    def place(self, clip: Any) -> str:
        bpy.ops.ed.undo_push(message="before")
        told = super().place(clip)
        bpy.ops.ed.undo_push(message="Place finished clips")
        return told


__all__ = ["BlenderRig", "blender", "empty_scene", "make_movie", "new_effect", "shown"]

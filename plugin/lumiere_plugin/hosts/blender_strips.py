"""Blender's sequencer as a host, 4.2 to 5.x: strips in, a movie strip on a new channel out."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
from lumiere_engine.protocol.errors import TimelineError

from .model import FinishedClip, HostClip, HostTimeline, HostTrack, check_fits
from .rates import exact_rate

HIGHEST_CHANNEL = 128
JOB = "lumiere_job"
_LOOKS = ("alpha_mode", "blend_type", "blend_alpha", "color_multiply", "color_saturation", "strobe")
_FLAGS = ("use_flip_x", "use_flip_y", "use_deinterlace", "use_float")
_TRANSFORM = ("offset_x", "offset_y", "scale_x", "scale_y", "rotation", "origin", "filter")
_CROP = ("min_x", "max_x", "min_y", "max_y")
_NO_CLIP = ("SOUND",)


class BlenderHost:
    """The scene that the sequencer shows."""

    name = "blender"

    def __init__(self) -> None:
        self._frames: dict[tuple[str, int], tuple[int, float]] = {}

    def timeline(self) -> HostTimeline:
        """As `Host.timeline`. A channel is a track; strips within meta strips are not looked at."""
        scene = sequencer_scene()
        if not bpy.data.filepath:
            raise TimelineError("the project has no file yet", remedy="save it first: results lie beside it")
        if scene.sequence_editor.meta_stack:
            raise TimelineError("a meta strip is open", remedy="leave it with Ctrl Tab")
        project = Path(bpy.data.filepath)
        tracks, selected = self._tracks(scene)
        starts = [clip.record_start for track in tracks for clip in track.clips]
        return HostTimeline(
            name=scene.name,
            folder=project.with_name(f"{project.stem}_lumiere"),
            rate=scene_rate(scene),
            start_frame=min([scene.frame_start, *starts]),
            tracks=tuple(tracks),
            selected=tuple(selected),
        )

    def place(self, clip: FinishedClip) -> str:
        """As `Host.place`, except for the undo step, which the operator that calls this is."""
        check_fits(clip)
        scene = sequencer_scene()
        strips = all_strips(scene)
        original = self._strip(clip.original)
        retimed = clip.original.speed != 1
        channel = max((strip.channel for strip in strips), default=0) + 1
        if channel + retimed > HIGHEST_CHANNEL:
            raise TimelineError("there is no free channel above all others", clip=clip.original.name)
        made: list[Any] = []
        try:
            movie = _new_movie(strips, clip, channel)
            made.append(movie)
            if retimed:
                made.append(_retime(strips, movie, clip, channel + 1))
            _look_alike(movie, original)
            _check(made, clip)
        except BaseException:
            for strip in reversed(made):
                strips.remove(strip)
            raise
        name = f"Lumiere {clip.job}"
        scene.sequence_editor.channels[channel].name = name
        for strip in strips:
            strip.select = strip in made
        return f"channel {channel}, {name}"

    def placed(self) -> tuple[int, ...]:
        """As `Host.placed`: strips carry the number of their job."""
        if sequencer_scene().sequence_editor is None:
            return ()
        return tuple(int(strip[JOB]) for strip in all_strips(sequencer_scene()) if JOB in strip)

    def _strip(self, clip: HostClip) -> Any:
        for strip in all_strips(sequencer_scene()):
            if (strip.name, strip.frame_final_start) == (clip.name, clip.record_start):
                return strip
        raise TimelineError("the strip is gone", clip=clip.name)

    def _tracks(self, scene: Any) -> tuple[list[HostTrack], list[HostClip]]:
        strips = all_strips(scene)
        speeds = {strip.input_1: strip for strip in strips if strip.type == "SPEED"}
        channels: dict[int, list[HostClip]] = {}
        selected: list[HostClip] = []
        active = scene.sequence_editor.active_strip
        for strip in sorted(strips, key=lambda strip: strip.frame_final_start):
            if strip.type in _NO_CLIP or hasattr(strip, "input_1"):
                continue
            clip = self._clip(strip, speeds.get(strip), scene)
            channels.setdefault(strip.channel, []).append(clip)
            if strip.select:
                selected.insert(len(selected) if strip == active else 0, clip)
        names = scene.sequence_editor.channels
        tracks = [HostTrack(names[number].name, tuple(channels[number])) for number in sorted(channels)]
        return tracks, selected

    def _clip(self, strip: Any, speed_strip: Any, scene: Any) -> HostClip:
        start, duration = int(strip.frame_final_start), int(strip.frame_final_duration)
        try:
            path, frames, rate = self._media(strip)
            speed, source_start = _timing(strip, speed_strip, frames, rate, scene_rate(scene))
        except TimelineError as error:
            return HostClip(strip.name, start, duration, problem=error.message)
        return HostClip(strip.name, start, duration, path, rate, frames, source_start, speed)

    def _media(self, strip: Any) -> tuple[str, int, Fraction]:
        """Path, frames and rate of a movie strip.

        Raises:
            TimelineError: it is no movie that is there.
        """
        if strip.type != "MOVIE":
            raise TimelineError(f"a {strip.type.lower()} strip is no movie; render it to one first")
        path = str(Path(bpy.path.abspath(strip.filepath)).absolute())
        if not Path(path).is_file():
            raise TimelineError(f"its media {path} is not there")
        key = path, Path(path).stat().st_mtime_ns
        if key not in self._frames:
            self._frames[key] = _measured(path)
        frames, fps = self._frames[key]
        if frames < 1 or fps <= 0:
            raise TimelineError(f"Blender cannot read {path}")
        return path, frames, exact_rate(fps)


def sequencer_scene() -> Any:
    """The scene whose strips are edited: since 5.0 a workspace may show another one than the window."""
    workspace = getattr(bpy.context, "workspace", None)
    return getattr(workspace, "sequencer_scene", None) or bpy.context.scene


def all_strips(scene: Any) -> Any:
    """The top-level strips; `sequences` before 4.4.

    Raises:
        TimelineError: the scene has no sequencer.
    """
    editor = scene.sequence_editor
    if editor is None:
        raise TimelineError("the scene has no strips", clip=scene.name)
    # an empty collection is false: never `a or b`
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def scene_rate(scene: Any) -> Fraction:
    """Frames per second."""
    return exact_rate(scene.render.fps / scene.render.fps_base)


def _measured(path: str) -> tuple[int, float]:
    """Frames and rate of a file: a strip only tells its length on the timeline."""
    clip = bpy.data.movieclips.load(path)
    try:
        return clip.frame_duration, clip.fps
    finally:
        bpy.data.movieclips.remove(clip)


def _timing(
    strip: Any, speed_strip: Any, frames: int, rate: Fraction, timeline_rate: Fraction
) -> tuple[Fraction, Fraction]:
    """Speed, and the frame of the file that is seen first.

    Raises:
        TimelineError: backwards, or a speed that varies.
    """
    if strip.use_reverse_frames:
        raise TimelineError("it runs backwards; render it to a movie first")
    hidden = strip.animation_offset_start
    frames -= hidden + strip.animation_offset_end
    trimmed = strip.frame_final_start - round(strip.frame_start)
    keys = sorted(key.timeline_frame for key in strip.retiming_keys)
    if len(keys) > 2:
        raise TimelineError("its retiming has more than one speed; render it to a movie first")
    if keys:
        speed = Fraction(frames - 1, keys[1] - keys[0])
    elif strip.frame_duration == frames:
        speed = Fraction(1)
    else:
        speed = rate / timeline_rate
        if abs(frames / speed - strip.frame_duration) >= 1:
            raise TimelineError("its playback rate is not that of its media; render it to a movie first")
    start = hidden + speed * trimmed
    if speed_strip is None:
        return speed, start
    if speed_strip.speed_control != "MULTIPLY" or speed_strip.speed_factor <= 0:
        raise TimelineError("its speed effect is no plain factor; render it to a movie first")
    return speed * Fraction(speed_strip.speed_factor).limit_denominator(10000), start


def _new_movie(strips: Any, clip: FinishedClip, channel: int) -> Any:
    """The result at one frame per frame, trimmed to the original's place."""
    original, first = clip.original, math.floor(clip.source_start)
    movie = strips.new_movie(
        name=clip.name, filepath=str(clip.media), channel=channel, frame_start=original.record_start - first
    )
    movie[JOB] = clip.job
    movie.frame_offset_start = first
    movie.frame_final_end = original.record_start + original.record_duration
    return movie


def _retime(strips: Any, movie: Any, clip: FinishedClip, channel: int) -> Any:
    """A speed effect with the frame of the movie for each frame of the timeline.

    A factor would count from a whole frame, and differ from the original by one frame here and there.
    """
    original, first = clip.original, math.floor(clip.source_start)  # which the effect counts from
    effect = strips.new_effect(
        name=f"{clip.name} speed",
        type="SPEED",
        channel=channel,
        frame_start=original.record_start,
        **_effect_arguments(strips, movie, original),
    )
    effect[JOB] = clip.job
    effect.speed_control = "FRAME_NUMBER"
    for frame in range(original.record_duration):
        shown = math.floor(clip.source_start + original.speed * frame + Fraction(1, 2))
        effect.speed_frame_number = min(shown, clip.frame_count - 1) - first
        effect.keyframe_insert("speed_frame_number", frame=original.record_start + frame)
    return effect


def _effect_arguments(strips: Any, movie: Any, original: HostClip) -> dict[str, Any]:
    """`new_effect` names its arguments differently in 4.2 to 4.3, 4.4 to 4.5, and 5.0."""
    names = strips.bl_rna.functions["new_effect"].parameters.keys()
    arguments: dict[str, Any] = {"input1" if "input1" in names else "seq1": movie}
    if "length" in names:
        arguments["length"] = original.record_duration
    else:
        arguments["frame_end"] = original.record_start + original.record_duration
    return arguments


def _look_alike(movie: Any, original: Any) -> None:
    """What the original's picture is subject to, the result's is as well."""
    for names, target, source in (
        (_LOOKS + _FLAGS, movie, original),
        (_TRANSFORM, movie.transform, original.transform),
        (_CROP, movie.crop, original.crop),
    ):
        for name in names:
            if hasattr(source, name):
                setattr(target, name, getattr(source, name))
    movie.colorspace_settings.name = original.colorspace_settings.name


def _check(made: list[Any], clip: FinishedClip) -> None:
    """That Blender has put the strips where they belong.

    Raises:
        TimelineError: it has not.
    """
    wanted = clip.original.record_start, clip.original.record_duration
    for strip in made:
        got = int(strip.frame_final_start), int(strip.frame_final_duration)
        if got != wanted:
            raise TimelineError(
                f"Blender put {got[1]} frames at {got[0]} instead of {wanted[1]} at {wanted[0]}",
                clip=clip.original.name,
            )

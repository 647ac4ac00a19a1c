"""One effect on several clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lumiere_engine.protocol import LumiereError

from .project import Desk, Prepared, Project, Request
from .roto_document import read_roto
from .roto_places import roto_path
from .shot_notes import read_notes, with_notes


def prepare_all(
    desk: Desk, request: Request, clips: Mapping[int, tuple[str, ...]], needs_mask: bool
) -> tuple[list[Prepared], list[str]]:
    """Jobs for clips, and what cannot be done, a sentence each; called from a thread.

    Args:
        desk: prepares them.
        request: of one of the clips, for the others to be like.
        clips: their numbers, and what `Request.earlier` says of each; the mask of each is the one that was drawn for
            its media.
        needs_mask: whether a clip without one is left out.
    """
    prepared, left = [], []
    for clip, earlier in clips.items():
        try:
            one = replace(_request(desk, request, clip), earlier=earlier)
            if needs_mask and not read_roto(one.roto, one.shot.width, one.shot.height).draws:
                left.append(f"{one.shot.name}: no mask is drawn")
            elif getattr(one.params, "lacks", ""):
                left.append(f"{one.shot.name}: {one.params.lacks}")
            else:
                prepared.append(desk.prepare(one))
        except LumiereError as error:
            left.append(f"{_name(request.project, clip)}: {error}")
    return prepared, left


def prepare_takes(desk: Desk, request: Request, count: int) -> list[Prepared]:
    """Jobs that differ in their seeds alone; called from a thread.

    Raises:
        LumiereError: they cannot be prepared.
    """
    return [desk.prepare(replace(request, seed=request.seed + number)) for number in range(count)]


def _request(desk: Desk, like: Request, clip: int) -> Request:
    if clip == like.shot.clip:
        return like
    shot = desk.inspect(like.project, clip)
    params = with_notes(like.params, read_notes(shot.media))
    return replace(like, shot=shot, roto=roto_path(shot.media), params=params, frames=None)


def _name(project: Project, clip: int) -> str:
    item = project.clip(clip)
    return f"clip {clip}" if item is None else item.name

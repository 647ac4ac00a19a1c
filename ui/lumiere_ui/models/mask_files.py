"""Masks from other programs, and for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lumiere_engine.protocol.roto import Mask

if TYPE_CHECKING:
    from .session import Session


def import_masks(session: Session, path: Path) -> None:
    """Add the masks that another program has drawn to the selected shot."""
    shot, roto = session.shot, session.roto.path
    if shot is None or roto is None:
        return
    frame = shot.media_frame(session.playhead.frame)

    def imported(masks: tuple[Mask, ...]) -> None:
        session.roto.add_masks(masks)
        session.tell(f"Imported {len(masks)} mask{'s' if len(masks) > 1 else ''}")

    session.busy_changed.emit(f"Importing {path.name}")
    session.background.do(lambda: session.desk.import_masks(shot, path, roto, frame), imported)


def export_masks(session: Session, output: Path) -> None:
    """Write the matte of the shot, or the shapes of this frame."""
    shot, roto = session.shot, session.roto.path
    if shot is None or roto is None:
        return
    session.roto.commit("edit")
    session.roto.flush()
    frame = shot.media_frame(session.playhead.frame)
    session.busy_changed.emit(f"Exporting {output.name}")
    session.saving.do(
        lambda: session.desk.export_masks(shot, roto, output, frame),
        lambda path: session.tell(f"Wrote {path}"),
    )

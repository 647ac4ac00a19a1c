"""Asking for the files of masks, in and out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from ..models.mask_files import export_masks, import_masks
from ..models.session import Session

_WRITTEN = (
    "Matte movie (*.mov *.mkv);;Sequence, such as matte.%04d.png (*.png *.tif *.exr);;"
    "Shapes of this frame: SVG, Nuke (*.svg *.nk);;Shapes of all keyframes: Silhouette (*.fxs);;"
    "All of it, for Lumiere (*.roto.json)"
)


def ask_import(parent: QWidget, session: Session) -> None:
    """Ask for masks of another program."""
    path, _ = QFileDialog.getOpenFileName(parent, "Import masks", "", "All files (*)")
    if path:
        import_masks(session, Path(path))


def ask_export(parent: QWidget, session: Session) -> None:
    """Ask where the matte goes."""
    path, _ = QFileDialog.getSaveFileName(parent, "Export masks", "matte.mov", _WRITTEN)
    if path:
        export_masks(session, Path(path))

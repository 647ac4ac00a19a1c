"""What runs in hosts: Python 3.9 at the oldest, the standard library, and the host's API in its own file alone."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOSTS = ROOT / "plugin" / "lumiere_plugin" / "hosts"
SHIM = [
    *HOSTS.glob("*.py"),
    HOSTS.parent / "manifest.py",
    *(ROOT / "engine/lumiere_engine/protocol").glob("*.py"),
    *(ROOT / "engine/lumiere_engine/client").glob("*.py"),
]
APIS = {
    "bpy": {"blender.py", "blender_strips.py"},
    "hiero": {"hiero.py"},
    "rv": {"openrv.py"},
    "flame": {"flame.py"},
    "PySide6": {"qt.py"},
    "PySide2": {"qt.py"},
    "DaVinciResolveScript": {"resolve.py"},
}


@pytest.mark.parametrize("path", SHIM, ids=lambda path: path.name)
def test_a_file_of_the_shim_is_old_enough_and_needs_nothing_else(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 9))
    if " | " in text:
        assert "from __future__ import annotations" in text
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        for name in names:
            top = name.partition(".")[0]
            allowed = (
                top in sys.stdlib_module_names or top == "lumiere_engine" or path.name in APIS.get(top, ())
            )
            assert allowed, f"{path.name} imports {name}"

"""Shims go where hosts look, and nothing of anybody else's is touched."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lumiere_engine.protocol.errors import OutputExistsError, SpecError
from lumiere_plugin.host_places import HOSTS, System
from lumiere_plugin.install import Installer
from lumiere_plugin.manifest import manifest

FOLDERS = {
    "linux": (
        ".config/blender/4.2",
        ".config/blender/5.0",
        ".config/blender/3.6",
        ".local/share/DaVinciResolve",
        ".nuke",
        ".rv",
        "../root/opt/Autodesk/shared/python",
    ),
    "darwin": (
        "Library/Application Support/Blender/4.5",
        "Library/Application Support/Blackmagic Design/DaVinci Resolve",
        ".nuke",
        "Library/Application Support/RV",
        "../root/opt/Autodesk/shared/python",
    ),
    "win32": (
        "AppData/Roaming/Blender Foundation/Blender/4.5",
        "AppData/Roaming/Blackmagic Design/DaVinci Resolve/Support",
        ".nuke",
        "AppData/Roaming/RV",
    ),
}


def installer(folder: Path, platform: str = "linux") -> Installer:
    for name in FOLDERS[platform]:
        (folder / "home" / name).mkdir(parents=True, exist_ok=True)
    return Installer(System(platform, folder / "home", {}, folder / "root"), folder / "state")


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_manifest_names_the_hosts_that_there_are() -> None:
    assert [(one["id"], one["title"]) for one in manifest()["hosts"]] == [(h.id, h.title) for h in HOSTS]


@pytest.mark.parametrize("platform", FOLDERS)
@pytest.mark.parametrize("host", [kind.id for kind in HOSTS])
def test_what_was_installed_goes_without_a_trace(tmp_path: Path, platform: str, host: str) -> None:
    one = installer(tmp_path, platform)
    before = tree(tmp_path)
    if (host, platform) == ("flame", "win32"):  # there is none for it
        with pytest.raises(SpecError, match="Flame has no folder for scripts here"):
            one.install(host)
        return
    steps = one.install(host, dry_run=True)
    assert tree(tmp_path) == before
    assert one.install(host) == steps
    assert {step.path for step in steps} <= {tmp_path / name for name in tree(tmp_path)}
    assert all(step.done == "keep" for step in one.install(host))
    (tmp_path / "state" / "interpreter").unlink()
    one.uninstall(host)
    assert tree(tmp_path) == before and not (tmp_path / "state" / "shim").exists()


def test_every_blender_that_is_new_enough_gets_the_add_on(tmp_path: Path) -> None:
    steps = installer(tmp_path).install("blender")
    versions = {s.path.parts[-5] for s in steps if s.path.name == "__init__.py" and "addons" in s.path.parts}
    assert versions == {"4.2", "5.0"}


def test_a_file_of_somebody_else_is_neither_replaced_nor_removed(tmp_path: Path) -> None:
    one = installer(tmp_path)
    place = tmp_path / "home/.nuke/Python/Startup/lumiere_startup.py"
    place.parent.mkdir(parents=True)
    place.write_text("mine")
    with pytest.raises(OutputExistsError, match="was not written by Lumiere"):
        one.install("hiero")
    place.unlink()
    one.install("hiero")
    place.write_text("changed")
    assert [step.done for step in one.uninstall("hiero") if step.path == place] == ["leave"]
    assert place.read_text() == "changed"


def test_the_shim_stays_as_long_as_a_host_has_it(tmp_path: Path) -> None:
    one = installer(tmp_path)
    one.install("hiero")
    one.install("resolve")
    one.uninstall("hiero")
    assert one.up_to_date() and set(one.installed()) == {"resolve"}


def test_what_cannot_be_is_refused_by_name(tmp_path: Path) -> None:
    one = Installer(System("linux", tmp_path, {}, tmp_path), tmp_path / "state")
    with pytest.raises(SpecError, match=r"no shim for 'avid'; choose blender"):
        one.install("avid")
    with pytest.raises(SpecError, match="Blender has no folder for scripts here"):
        one.install("blender")
    with pytest.raises(SpecError, match="not installed in Blender"):
        one.uninstall("blender")


def test_the_installed_shim_runs_with_the_standard_library_alone(tmp_path: Path) -> None:
    installer(tmp_path).install("resolve")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from lumiere_plugin.hosts import desk, model, watching, timeline_file;"
        "from lumiere_plugin.manifest import manifest;"
        "import json; print(json.dumps([desk.shim_settings()['python'], manifest()['name'], desk.__file__]))"
    )
    shim = tmp_path / "state/shim/python"
    # -S: without site-packages
    said = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, shim], capture_output=True, text=True, check=True
    )
    python, name, place = json.loads(said.stdout)
    assert (python, name) == (sys.executable, "lumiere-plugin") and place.startswith(str(shim))

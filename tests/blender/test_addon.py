"""The add-on itself: registered, its operators called, one step undone, a job's clip placed by the timer."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import pytest
from contract import FakeClient, result
from lumiere_plugin.hosts import blender
from lumiere_plugin.hosts.desk import HostDesk
from lumiere_plugin.hosts.watching import Watcher
from sequencer import BlenderRig

MANIFEST = Path(__file__).resolve().parents[2] / "plugin.json"


@pytest.fixture
def rig(movies: Path, tmp_path: Path) -> BlenderRig:
    blender.register()
    rig = BlenderRig(movies, tmp_path)
    rig.add("a", 0, 0, 20)
    rig.add("b", 30, 5, 12)
    here = blender.session()
    rig.client, rig.opened = FakeClient(), []
    here.desk = HostDesk(here.host, rig.client, rig.opened.append)
    here.watcher = Watcher(here.desk, rig.client)
    here.watcher.watch = lambda path: setattr(here.watcher, "_path", path)  # no thread: asked by hand
    yield rig
    blender.unregister()


def finish(rig: BlenderRig, *results: object) -> None:
    rig.client.found = results
    watcher = blender.session().watcher
    watcher._results = blender.session().desk.results(watcher.path)


def test_the_operator_opens_the_panel_on_the_selected_strip(rig: BlenderRig) -> None:
    rig.select("b")
    assert bpy.ops.lumiere.open(action="remove_best") == {"FINISHED"}
    assert rig.opened[0][1:] == ["--clip", "#1", "--action", "remove_best"]


def test_an_error_is_told_in_one_line(rig: BlenderRig) -> None:
    rig.add("back", 60, 0, 5).use_reverse_frames = True
    rig.select("back")
    with pytest.raises(RuntimeError, match="back: it runs backwards"):
        bpy.ops.lumiere.open()


def test_a_finished_clip_is_placed_by_the_timer_and_undone_in_one_step(rig: BlenderRig) -> None:
    rig.select("b")
    bpy.ops.lumiere.open()
    before = rig.items()
    bpy.ops.ed.undo_push(message="the editor's last step")
    finish(rig, result(rig))
    assert blender.tick() == blender._PERIOD_S
    assert len(rig.items()) == len(before) + 1 and "on channel 2" in blender.session().told[0]
    bpy.ops.ed.undo()
    assert rig.items() == before
    blender.tick()  # what the editor has undone stays undone
    assert rig.items() == before
    bpy.ops.lumiere.place()  # until the button is pressed
    assert len(rig.items()) == len(before) + 1


def test_nothing_is_placed_by_itself_if_that_is_not_wanted(rig: BlenderRig) -> None:
    rig.select("b")
    bpy.ops.lumiere.open()
    bpy.context.window_manager.lumiere_place = False
    finish(rig, result(rig))
    count = len(rig.items())
    blender.tick()
    assert len(rig.items()) == count


def test_menu_and_sidebar_have_an_entry_for_each_action(rig: BlenderRig) -> None:
    class Layout:
        def __init__(self) -> None:
            self.entries = []

        def operator(self, name: str, text: str = "", **_: object) -> Layout:
            self.entries.append((name, text))
            return self

        def separator(self) -> None: ...
        def menu(self, name: str) -> None:
            self.entries.append((name, ""))

    layout = Layout()
    blender.draw_actions(layout)
    actions = json.loads(MANIFEST.read_text(encoding="utf-8"))["actions"]
    assert [title for _, title in layout.entries] == [
        one["title"] for one in actions if "host" in one["shown_in"]
    ]
    assert layout.entries[0][1] == "Remove object…"
    menu = type("Menu", (), {"layout": Layout()})()
    blender.draw_menu(menu, None)
    assert menu.layout.entries == [("LUMIERE_MT_strip", "")]
    assert bpy.types.SEQUENCER_MT_context_menu.draw._draw_funcs[-1] is blender.draw_menu

"""A picture of our entry in the strip's context menu, in Blender's real interface: `make blender-interface`.

    xvfb-run blender --factory-startup --python tests/blender/interface.py -- OUT.png

Exits with 1 if the menu has no entry of ours. Wants no more than what Blender offers from 3.4 on.
"""

import os
import sys
import traceback
from pathlib import Path
from typing import Any, Callable

import bpy

ROOT = Path(__file__).parents[2]
OUT = Path(sys.argv[-1]).absolute()
sys.path[:0] = [str(ROOT / "engine"), str(ROOT / "plugin")]


def sequencer() -> dict[str, Any]:
    """The sequencer's window, area and region, as operators want them."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "SEQUENCE_EDITOR")
    region = next(region for region in area.regions if region.type == "WINDOW")
    return {"window": window, "area": area, "region": region}


def fill() -> None:
    """The largest area becomes a sequencer with a selected movie strip, and the add-on is there."""
    areas = bpy.context.window_manager.windows[0].screen.areas
    area = max(areas, key=lambda area: area.width * area.height)
    area.ui_type = "SEQUENCE_EDITOR"
    area.spaces.active.show_region_ui = True
    area.spaces.active.timeline_overlay.show_strip_source = False  # a path of this machine
    editor = bpy.context.scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = strips.new_movie("crossing", str(ROOT / "assets" / "demo" / "crossing.mov"), 1, 1)
    strip.select, editor.active_strip = True, strip
    from lumiere_plugin.hosts import blender

    blender.register()


def open_menu() -> None:
    """What a right click does; the menu opens at the pointer."""
    place = sequencer()
    area = place["area"]
    place["window"].cursor_warp(area.x + area.width * 3 // 5, area.y + area.height // 2)
    with bpy.context.temp_override(**place):
        bpy.ops.sequencer.view_all()
        bpy.ops.wm.call_menu("INVOKE_DEFAULT", name="SEQUENCER_MT_context_menu")


def point_at_ours() -> None:
    """Our entry is the last one; the pointer on it opens its own entries."""
    place = sequencer()
    area = place["area"]
    place["window"].cursor_warp(area.x + area.width // 2, 26)


def shoot() -> None:
    """Take the picture."""
    with bpy.context.temp_override(**sequencer()):
        bpy.ops.screen.screenshot(filepath=str(OUT))


def leave() -> None:
    """End at once, with what the menu says of itself."""
    import lumiere_plugin.hosts.blender as addon

    drawn = bpy.types.SEQUENCER_MT_context_menu.draw._draw_funcs
    os._exit(0 if addon.draw_menu in drawn and OUT.stat().st_size else 1)


# one at a time, with time for Blender to draw between them
STEPS: list[Callable[[], None]] = [fill, open_menu, point_at_ours, shoot, leave]


def step() -> float:
    try:
        STEPS.pop(0)()
    except Exception:
        traceback.print_exc()
        os._exit(1)
    return 2.0


bpy.context.preferences.view.show_splash = False
bpy.app.timers.register(step, first_interval=3.0)

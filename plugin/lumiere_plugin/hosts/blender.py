"""The add-on for Blender: entries in the strip's context menu, a panel in the sidebar, clips placed as they finish."""

from __future__ import annotations

from typing import Any

import bpy
from lumiere_engine.protocol.errors import LumiereError

from ..manifest import manifest
from .blender_strips import BlenderHost
from .desk import HostDesk, one_line
from .watching import Watcher

_PERIOD_S = 1.0


class _Session:
    """What the add-on keeps while it is enabled."""

    def __init__(self) -> None:
        self.host = BlenderHost()
        self.desk = HostDesk(self.host)
        self.watcher = Watcher(self.desk)
        self.told: list[str] = []
        self.status = ""
        self.failed: set[int] = set()


_session: _Session | None = None


def session() -> _Session:
    """The enabled add-on's."""
    assert _session is not None
    return _session


class LUMIERE_OT_open(bpy.types.Operator):
    """Open Lumiere's panel on the selected strip."""

    bl_idname = "lumiere.open"
    bl_label = "Lumiere"
    bl_options = {"REGISTER"}  # noqa: RUF012 - Blender's own way
    action: bpy.props.StringProperty(default="remove", options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether a movie strip is selected."""
        return any(strip.type == "MOVIE" for strip in selected_strips(context))

    @classmethod
    def description(cls, context: Any, properties: Any) -> str:
        """The action's own help."""
        helps = {one["id"]: one["help"] for one in host_actions()}
        return str(helps.get(properties.action, ""))

    def execute(self, context: Any) -> set[str]:
        """Write the timeline and open the panel."""
        try:
            session().watcher.watch(session().desk.open_clip(self.action))
        except (LumiereError, OSError) as error:
            self.report({"ERROR"}, one_line(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class LUMIERE_OT_place(bpy.types.Operator):
    """Put finished clips on new channels, at the frames of their originals."""

    bl_idname = "lumiere.place"
    bl_label = "Place finished clips"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012
    again: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]

    def execute(self, context: Any) -> set[str]:
        """Place what is not on the timeline."""
        try:
            told = session().desk.place_new(session().watcher.results, again=self.again)
        except LumiereError as error:
            self.report({"ERROR"}, one_line(error))
            return {"CANCELLED"}
        session().told = told or ["nothing new"]
        for line in told:
            self.report({"INFO"}, line)
        return {"FINISHED"} if told else {"CANCELLED"}


class LUMIERE_PT_sidebar(bpy.types.Panel):
    """What is going on, in the sequencer's sidebar."""

    bl_label = "Lumiere"
    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Lumiere"

    def draw(self, context: Any) -> None:
        """Actions, progress, results."""
        column = self.layout.column()
        draw_actions(column)
        column.separator()
        column.operator(LUMIERE_OT_place.bl_idname, icon="IMPORT")
        column.prop(context.window_manager, "lumiere_place")
        for line in [session().status, *session().told]:
            if line:
                column.label(text=line)


class LUMIERE_MT_strip(bpy.types.Menu):
    """Lumiere's entries in the strip's context menu."""

    bl_idname = "LUMIERE_MT_strip"
    bl_label = "Lumiere"

    def draw(self, context: Any) -> None:
        """One entry for each action."""
        draw_actions(self.layout)
        self.layout.separator()
        self.layout.operator(LUMIERE_OT_place.bl_idname)


_CLASSES = (LUMIERE_OT_open, LUMIERE_OT_place, LUMIERE_PT_sidebar, LUMIERE_MT_strip)


def host_actions() -> list[dict[str, Any]]:
    """The manifest's actions for hosts."""
    return [one for one in manifest()["actions"] if "host" in one["shown_in"]]


def selected_strips(context: Any) -> tuple[Any, ...]:
    """What is selected; `selected_sequences` before 4.4."""
    for name in ("selected_strips", "selected_sequences"):
        found = getattr(context, name, None)
        if found is not None:
            return tuple(found)
    return ()


def draw_actions(layout: Any) -> None:
    """A button or entry for each action."""
    for one in host_actions():
        layout.operator(LUMIERE_OT_open.bl_idname, text=one["title"]).action = one["id"]


def draw_menu(menu: Any, context: Any) -> None:
    """Hangs our menu into the context menu."""
    menu.layout.separator()
    menu.layout.menu(LUMIERE_MT_strip.bl_idname)


def tick() -> float:
    """Show progress, and place what has become ready; called by Blender's timer. Never raises."""
    try:
        _tick()
    except (LumiereError, RuntimeError, ReferenceError) as error:  # no scene while a file is loaded
        session().told = [one_line(error)]
    return _PERIOD_S


def _tick() -> None:
    here = session()
    status = here.watcher.status
    if status != here.status:
        here.status = status
        for window in bpy.context.window_manager.windows:
            window.workspace.status_text_set(status or None)
            for area in window.screen.areas:
                if area.type == "SEQUENCE_EDITOR":
                    area.tag_redraw()
    there = {*here.host.placed(), *here.failed}
    new = {result.job for result in here.watcher.results} - there
    if new and bpy.context.window_manager.lumiere_place:
        here.failed |= new  # each is tried once; the button tries again
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            bpy.ops.lumiere.place("EXEC_DEFAULT", True, again=False)


def register() -> None:
    """Enable the add-on."""
    global _session
    _session = _Session()
    for one in _CLASSES:
        bpy.utils.register_class(one)
    bpy.types.WindowManager.lumiere_place = bpy.props.BoolProperty(
        name="Place as they finish", default=True, description="Each clip is one step to undo"
    )
    bpy.types.SEQUENCER_MT_context_menu.append(draw_menu)
    bpy.app.timers.register(tick, first_interval=_PERIOD_S, persistent=True)


def unregister() -> None:
    """Disable the add-on."""
    global _session
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    bpy.types.SEQUENCER_MT_context_menu.remove(draw_menu)
    del bpy.types.WindowManager.lumiere_place
    for one in reversed(_CLASSES):
        bpy.utils.unregister_class(one)
    session().watcher.stop()
    _session = None

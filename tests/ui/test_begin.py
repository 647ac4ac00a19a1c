"""The panel as a host opens it: on a clip, with an action's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lumiere_engine.protocol.errors import SpecError
from lumiere_plugin.panel import PanelDesk, actions, run
from lumiere_ui.app import begin_with, make_window
from pytestqt.qtbot import QtBot


@pytest.mark.parametrize("by_name", [True, False])
def test_the_panel_opens_on_a_clip_with_the_settings_of_an_action(
    qtbot: QtBot, timeline: Path, by_name: bool
) -> None:
    window = make_window(PanelDesk(), actions())
    qtbot.addWidget(window)
    session: Any = window.session
    quick = next(action for action in actions() if action.id == "remove_quick")
    names = {item.index: item.name for track in PanelDesk().open(timeline).tracks for item in track.clips}
    index = max(names)
    begin_with(window, names[index] if by_name else f"#{index}", quick)
    session.open(timeline)
    # the panel selects the only clip that has media by itself; what the host asks for comes after it
    qtbot.waitUntil(lambda: session.selected == (index,), timeout=10_000)
    assert session.params.quality == "draft"
    window.close()


def test_an_action_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(SpecError, match="no action 'explode'; choose remove"):
        run(None, None, "explode")

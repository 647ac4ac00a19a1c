"""The manifest says what this version really does."""

from __future__ import annotations

import json
from pathlib import Path

from lumiere_engine import __version__
from lumiere_engine.protocol import EFFECTS, JobSpec, Submit
from lumiere_engine.protocol.jobs import JOB_LABEL, ORDER_LABEL
from lumiere_engine.protocol.wire import label_of
from lumiere_plugin.cli import app

ROOT = Path(__file__).parents[2]
MANIFEST = json.loads((ROOT / "plugin.json").read_text(encoding="utf-8"))


def test_the_manifest_names_this_version_and_its_protocol() -> None:
    assert MANIFEST["version"] == __version__
    assert MANIFEST["protocol"] == [JOB_LABEL, ORDER_LABEL, label_of(Submit)]


def test_every_action_of_the_manifest_is_an_effect_and_a_command() -> None:
    commands = {command.callback.__name__ for command in app.registered_commands if command.callback}
    for action in MANIFEST["actions"]:
        JobSpec(action["effect"], "plate", ("matte",), params=EFFECTS[action["effect"]]())
        assert action["command"][0] == "lumiere" and action["command"][1] in commands

"""Every command that the documents name is one that the program has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from lumiere_plugin.cli import app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAM = typer.main.get_command(app)
_PROMPT = re.compile(r"^\s*(?:\$ )?lumiere (.+)$")
_CODE = re.compile(r"`lumiere ([^`\n]+)`")


def _named(document: Path) -> Iterator[str]:
    """The arguments of each command line, of code blocks (lines that are continued as one) and of running text."""
    fenced = False
    for line in document.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        fenced ^= line.startswith("```")
        found = _PROMPT.findall(line) if fenced else _CODE.findall(line)
        yield from found


LINES = sorted({(document.name, line) for document in DOCUMENTS for line in _named(document)})


def test_the_documents_name_commands() -> None:
    assert len(LINES) > 30


@pytest.mark.parametrize(("document", "line"), LINES)
def test_a_documented_command_exists_with_its_options(document: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    command: Any = PROGRAM
    while words and hasattr(command, "commands") and not words[0].startswith(("-", "…", "[")):
        name = words.pop(0)
        for one in name.split("|"):
            assert one in command.commands, f"{document}: no command {one} in `lumiere {line}`"
        command = command.commands[name.split("|")[0]]
    known = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    for word in words:
        option = word.strip("[]").split("=")[0]
        if re.fullmatch(r"--?[a-z][a-z-]*", option):
            assert option in known | {"--help"}, f"{document}: no option {option} in `lumiere {line}`"

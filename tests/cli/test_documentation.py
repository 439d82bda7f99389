"""docs/commands.md: every command is in it, and every example is one that is understood."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from agentry.cli.app import COMMANDS, load

TEXT = (Path(__file__).parents[2] / "docs/commands.md").read_text(encoding="utf-8")
EXAMPLES = [
    part.strip()
    for line in re.findall(r"^ {4}\$ (.*)$", TEXT, re.MULTILINE)
    for part in line.split("   #")[0].split("<")[0].split("|")
]


def names(command: Any, name: str) -> list[str]:
    """The command, or those below it."""
    inside = getattr(command, "commands", None)
    return [f"{name} {one}" for one, below in inside.items() if not below.hidden] if inside else [name]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_understood(example: str) -> None:
    program, name, *arguments = shlex.split(example)
    assert program == "agentry"
    command = load(name)
    if arguments and arguments[0] in getattr(command, "commands", {}):
        command = command.commands[arguments.pop(0)]
    # Parses, and raises for what it does not know; runs nothing.
    assert not command.make_context(name, arguments).args


@pytest.mark.parametrize("name", ["config", "stack", *sorted(COMMANDS.keys() - {"config", "stack", "sandbox"})])
def test_every_command_has_an_example(name: str) -> None:
    for whole in names(load(name), name):
        assert any(example.startswith(f"agentry {whole}") for example in EXAMPLES) or f"agentry {whole}" in TEXT

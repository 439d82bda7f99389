"""The subcommands as they are typed: help, unknown ones, and how fast the first word is there."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from agentry.cli.app import COMMANDS, load, main

if TYPE_CHECKING:
    from tests.cli.conftest import Golden

HEAVY = ("mlflow", "databricks", "grpc", "pulumi", "fastapi", "httpx", "rich", "cryptography", "agentry.provider")


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERMINAL_WIDTH", "100")


def run(*arguments: str) -> int:
    """Run `agentry ARGUMENTS` in this process; its exit code."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


def test_help(golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    golden("help.txt", capsys.readouterr().out)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command(name: str, golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(name, "--help") == 0
    golden(f"help.{name}.txt", capsys.readouterr().out)


def test_every_command_has_one_word_for_itself() -> None:
    assert all(load(name).name == name for name in COMMANDS)


def test_a_slip_of_the_finger_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("previw") == 2
    assert "Did you mean 'preview'?" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == "agentry 0.1.0\n"


@pytest.mark.process
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["sandbox", "status", "--help"]])
def test_what_says_a_word_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from agentry.cli import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit:\n"
        f"    print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"

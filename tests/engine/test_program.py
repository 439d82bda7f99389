from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.engine import program
from agentry.errors import AgentCodeError, ConfigError, ProgramError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_known_error_keeps_its_class_and_its_words() -> None:
    report = {"kind": "known", "class": "AgentCodeError", "what": "a", "where": "b", "why": "c", "fix": "d"}
    error = program.failure(report)
    assert type(error) is AgentCodeError
    assert (error.what, error.where, error.why, error.fix) == ("a", "b", "c", "d")


@pytest.mark.parametrize("name", ["RateLimited", "Interrupted", "lines", "NoSuchThing"])
def test_an_error_that_no_user_made_is_the_programs(name: str) -> None:
    error = program.failure({"kind": "known", "class": name, "what": "a", "where": "", "why": "", "fix": ""})
    assert type(error) is ProgramError


def test_an_exception_comes_with_its_place_and_traceback() -> None:
    error = program.failure({"kind": "exception", "what": "KeyError: 'x'", "where": "__main__.py:3", "traceback": "T"})
    assert error.lines() == ["__main__.py:3: KeyError: 'x'", "T"]


def test_without_the_named_virtual_environment_there_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no virtual environment") as raised:
        program.program_python(tmp_path, ".venv")
    assert raised.value.fix == "make setup"


def test_without_a_named_one_it_is_the_python_on_path(tmp_path: Path) -> None:
    assert program.program_python(tmp_path, "").name.startswith("python")


def test_what_a_program_prints_before_somebody_listens_is_kept() -> None:
    output, heard = program.Output(), list[str]()
    output.line("early")
    output.listen(heard.append)
    output.line("late")
    assert heard == ["early", "late"]

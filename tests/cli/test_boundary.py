"""Errors as a person meets them: class, words and exit code."""

from __future__ import annotations

import pytest

from agentry import errors
from agentry.cli.boundary import BUG, boundary, error_lines


def raising(error: BaseException) -> int:
    def command() -> None:
        raise error

    return boundary(command)


def test_an_error_says_where_what_why_and_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    error = errors.ConfigError("unknown key 'hots'", where="stacks/Pulumi.dev.yaml:3", why="known: host", fix="mend it")
    assert raising(error) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "error: stacks/Pulumi.dev.yaml:3: unknown key 'hots'",
        "  known: host",
        "  → mend it",
    ]


def test_why_may_have_lines() -> None:
    assert error_lines(errors.SandboxError("it does not start", why="one\ntwo"))[1:] == ["  one", "  two"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ProgramError("x"), 1),
        (errors.UndeclaredResource("x"), 1),
        (errors.PermissionDenied("x"), 1),
        (errors.DeploymentFailed("x"), 1),
        (errors.Interrupted("interrupted", fix="agentry up"), 130),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("x"), BUG),
    ],
)
def test_exit_codes(error: BaseException, code: int) -> None:
    assert raising(error) == code


def test_anything_else_is_a_bug_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    raising(ZeroDivisionError("by nothing"))
    said = capsys.readouterr().err
    assert "Traceback (most recent call last)" in said
    assert "this is a bug of Agentry: ZeroDivisionError" in said
    assert "please report" in said
    assert "agentry 0.1.0, Python 3." in said


def test_an_error_of_ours_has_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    raising(errors.EngineError("x"))
    assert "Traceback" not in capsys.readouterr().err


def test_all_is_well() -> None:
    assert boundary(lambda: None) == 0

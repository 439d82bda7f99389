from __future__ import annotations

from pathlib import Path

import pytest
from pulumi.automation import CommandError, CommandResult, ConcurrentUpdateError

from agentry.clock import RealClock
from agentry.deploy import Stack
from agentry.deploy.translation import Translation
from agentry.deploy.verdict import judge, program_failed, reason_among
from agentry.engine.events import Operation
from agentry.errors import DeploymentFailed, Interrupted, ProgramError, PulumiError, StackLocked

ROOT = Path("/project")
STACK = Stack(root=ROOT, name="dev", backend="file:///state")
RESULT = CommandResult(stdout="", stderr="", code=1)
FAILED = CommandError(RESULT)


def judged(
    error: BaseException | None,
    *,
    failures: int = 0,
    errors: tuple[str, ...] = (),
    stderr: str = "",
    interrupted: bool = False,
    operation: Operation = Operation.UP,
) -> BaseException:
    translation = Translation(operation, clock=RealClock(), redact=str)
    translation.failures = failures
    translation.errors += errors
    return judge(error, translation, STACK, operation, stderr=stderr, interrupted=interrupted)


def test_an_interrupt_says_how_to_go_on() -> None:
    error = judged(FAILED, failures=1, interrupted=True)
    assert isinstance(error, Interrupted)
    assert error.fix == "agentry up --stack dev --engine pulumi"


def test_failed_steps_were_told_and_are_counted() -> None:
    assert isinstance(judged(FAILED, failures=1), DeploymentFailed)
    assert str(judged(FAILED, failures=1)) == "the deployment failed: a step did not succeed"
    words = "the preview failed: 2 steps did not succeed"
    assert str(judged(FAILED, failures=2, operation=Operation.PREVIEW)) == words


def test_a_lock_is_said_with_whose_it_is() -> None:
    error = judged(
        ConcurrentUpdateError(RESULT), stderr="error: the stack is currently locked by 1 lock(s).\n  /x: me\n"
    )
    assert isinstance(error, StackLocked)
    assert error.why == "the stack is currently locked by 1 lock(s).\n  /x: me"


def test_what_the_cli_says_before_it_begins_is_the_error() -> None:
    error = judged(FAILED, stderr="error: incorrect passphrase\nmore\n")
    assert isinstance(error, PulumiError)
    assert (error.what, error.why) == ("incorrect passphrase", "more")
    assert "did not say why" in str(judged(FAILED))


def test_what_is_no_error_of_the_cli_is_a_bug_and_stays_one() -> None:
    bug = ZeroDivisionError()
    assert judged(bug, failures=1) is bug


def test_an_exception_of_the_program_has_the_projects_line_before_it() -> None:
    traceback = (
        "Program failed with an unhandled exception:\nTraceback (most recent call last):\n"
        '  File "/project/__main__.py", line 3, in <module>\n    shop()\n'
        '  File "/project/shop.py", line 7, in shop\n    raise ValueError("no")\n'
        '  File "/project/.venv/lib/x.py", line 9, in x\n    raise\nValueError: no\n'
    )
    error = program_failed(traceback, ROOT)
    assert isinstance(error, ProgramError)
    assert (error.what, error.where) == ("ValueError: no", "shop.py:7")
    assert error.why.startswith("Traceback")
    assert "unhandled" not in str(error)


def test_an_error_of_several_lines_stays_in_lines() -> None:
    error = program_failed("weather: undeclared\nagent.py:3 uses it\n→ declare it", ROOT)
    assert isinstance(error, ProgramError)
    assert str(error).splitlines() == ["weather: undeclared", "agent.py:3 uses it", "→ declare it"]


@pytest.mark.parametrize(
    ("errors", "said", "reason"),
    [
        (["logged", "its own error", "the program exited with 1"], ["logged"], "its own error"),
        (["logged", "Traceback (most recent call last):\nValueError: no"], ["logged"], "Traceback"),
        (["the program exited with 3"], [], "the program exited with 3"),
    ],
)
def test_what_a_program_failed_with_is_not_the_words_of_the_cli(
    errors: list[str], said: list[str], reason: str
) -> None:
    found = reason_among(errors)
    assert found[0] == said
    assert found[1].startswith(reason)

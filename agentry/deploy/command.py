"""The Pulumi CLI as a process: found, run in a session of its own, interrupted.

Imported only where the CLI is used: the Automation API takes its time.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version
from pulumi import automation as auto
from pulumi.automation._stack import StackInitMode  # public in the signature of Stack, and exported nowhere
from pulumi.automation.errors import create_command_error

from agentry.errors import CliMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OLDEST = Version("3.206")
"""The first CLI that streams its events to the Automation API; before, they were read from a file ten times a second."""

_ELSE = "--engine embedded works without it, for stacks whose state is in a directory"


class Command(auto.PulumiCommand):
    """The CLI on PATH, for the Automation API to run.

    Unlike the SDK's own it gives the CLI exactly the variables it is told to, and can be interrupted. A session of its
    own keeps the terminal's ^C away from the CLI, which would take ours for a second one, and end at once.

    Args:
        environment: The variables that the CLI gets.

    Raises:
        CliMissing: There is none, or it is too old.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        found = shutil.which("pulumi", path=environment.get("PATH"))
        if found is None:
            raise CliMissing(
                "there is no Pulumi CLI: no `pulumi` on PATH",
                why=f"no package registry carries it; {_ELSE}",
                fix="install it: https://www.pulumi.com/docs/iac/download-install/",
            )
        self.command = found
        self.version = None  # the SDK's own type of it; nothing asks
        self.stderr = ""
        """What the last command wrote there."""
        # The language hosts lie beside the CLI.
        path = os.pathsep.join((str(Path(found).parent), environment.get("PATH", "")))
        self._environment = {**environment, "PATH": path}
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._interrupts = 0
        self._refuse_old()

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> auto.CommandResult:
        """Run a command to its end; see `PulumiCommand.run`. What people read comes as events, so nobody listens here."""
        del on_output, on_error
        variables = {**self._environment, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        result = self._run(["--non-interactive", *args], cwd, variables)
        if result.code != 0:
            raise create_command_error(result)
        return result

    def interrupt(self) -> None:
        """End the command in order; said again, at once. One that has not begun yet is interrupted when it does."""
        with self._lock:
            self._interrupts += 1
            if self._process:
                self._process.send_signal(signal.SIGINT)

    def _run(self, arguments: list[str], directory: str | None, variables: Mapping[str, str]) -> auto.CommandResult:
        with self._lock:
            self._process = subprocess.Popen(
                [self.command, *arguments],
                cwd=directory,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            if self._interrupts:
                self._process.send_signal(signal.SIGINT)
        with self._process as process:
            stdout, self.stderr = process.communicate()
        with self._lock:
            self._process = None
        return auto.CommandResult(stdout=stdout, stderr=self.stderr, code=process.returncode)

    def _refuse_old(self) -> None:
        printed = self._run(["version"], None, self._environment).stdout.strip()
        try:
            version = Version(printed)
        except InvalidVersion:
            return  # somebody built it on their own
        if version < OLDEST:
            raise CliMissing(
                f"the Pulumi CLI on PATH is too old: {printed}",
                where=self.command,
                why=f"--engine pulumi needs {OLDEST} or newer; {_ELSE}",
                fix="install a newer one: https://www.pulumi.com/docs/iac/download-install/",
            )


class Workspace(auto.LocalWorkspace):
    """A project's directory, in which no stack is ever selected: which one a person has selected is none of ours."""

    # Of a CLI that streams its events, as the SDK wants to know: an older one was refused.
    pulumi_version = "3.206.1"

    def select_stack(self, stack_name: str) -> None:
        """Nothing: each command names its stack."""


class Operations(auto.Stack):
    """The operations on a stack that is there.

    The SDK's own ask the CLI for the outputs (twice, once in clear) and for the history after each: the events told.
    """

    def __init__(self, name: str, workspace: Workspace) -> None:
        super().__init__(name, workspace, StackInitMode.SELECT)

    def outputs(self) -> auto.OutputMap:
        """Nobody asks."""
        return {}

    def info(self, show_secrets: bool = True) -> auto.UpdateSummary:  # noqa: FBT001, FBT002 - the SDK's own
        """Nobody asks; the SDK only insists on there being one."""
        del show_secrets
        return auto.UpdateSummary("", datetime.fromtimestamp(0, timezone.utc), "", {}, {}, "")

"""What is recorded of a stack, asked of the Pulumi CLI: for backends that are no directory."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentry.deploy.engine import LockHolder, RecordedResource, RecordedUpdate, StackSummary
from agentry.engine import values
from agentry.engine.urn import ROOT_STACK_TYPE, split
from agentry.errors import ConfigError, PulumiError, StackLocked, StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.deploy.command import Command
    from agentry.deploy.stack import Stack


@dataclass(frozen=True)
class CliRecords:
    """The records of one stack.

    Attributes:
        stack: Which.
        command: The CLI, with the variables of this stack.
    """

    stack: Stack
    command: Command

    def _ask(self, *arguments: str) -> str:
        """What a command prints.

        Raises:
            StackNotFoundError: Of the Automation API.
            PulumiError: The CLI failed in any other way.
        """
        from pulumi.automation import CommandError, StackNotFoundError  # noqa: PLC0415 - heavy, imported by now

        try:
            return self.command.run([*arguments, "--color", "never"], str(self.stack.root), {}).stdout
        except StackNotFoundError:
            raise
        except CommandError as error:
            what, _, why = self.command.stderr.strip().removeprefix("error: ").partition("\n")
            raise PulumiError(what, why=why) from error

    def _ask_stack(self, *arguments: str) -> str | None:
        """What a command about this stack prints; None when there is no such stack."""
        from pulumi.automation import StackNotFoundError  # noqa: PLC0415

        try:
            return self._ask(*arguments, "--stack", self.stack.name)
        except StackNotFoundError:
            return None

    def _require(self, printed: str | None) -> str:
        if printed is None:
            raise ConfigError(f"stack {self.stack.name} has no state", where=self.stack.backend or "pulumi login")
        return printed

    def exported(self, *options: str) -> str | None:
        """The state as `pulumi stack export` prints it; None for a stack that the backend does not know."""
        return self._ask_stack("stack", "export", *options)

    def init(self) -> None:
        """Make a stack that the backend does not know yet."""
        self._ask("stack", "init", "--no-select", self.stack.name)

    def deployment(self, *arguments: str) -> dict[str, Any]:
        """The recorded deployment with its secrets encrypted; empty for a stack without a state."""
        printed = self.exported(*arguments)
        return (json.loads(printed).get("deployment") or {}) if printed else {}

    def outputs(self, *, show_secrets: bool) -> dict[str, Any]:
        """See `Engine.outputs`."""
        shown = self.deployment(*(["--show-secrets"] if show_secrets else []))
        for resource in shown.get("resources") or ():
            if resource["type"] == ROOT_STACK_TYPE and not resource.get("delete"):
                outputs = resource.get("outputs") or {}
                found: dict[str, Any] = _revealed(outputs) if show_secrets else values.mask(outputs)
                return found
        return {}

    def resources(self) -> tuple[RecordedResource, ...]:
        """See `Engine.resources`."""
        return tuple(map(_resource, self.deployment().get("resources") or ()))

    def stacks(self) -> tuple[StackSummary, ...]:
        """See `Engine.stacks`. Who holds a lock, and what is pending, the CLI does not list."""
        listed = json.loads(self._ask("stack", "ls", "--json"))
        found = [
            StackSummary(
                name=one["name"].rpartition("/")[2],
                resources=one.get("resourceCount"),
                updated=_seconds(one["lastUpdate"]) if one.get("lastUpdate") else None,
            )
            for one in listed
        ]
        return tuple(sorted(found, key=lambda one: one.name))

    def create(self) -> bool:
        """See `Engine.create`."""
        if self.exported() is not None:
            return False
        self.init()
        return True

    def remove(self, *, force: bool) -> int:
        """See `Engine.remove`."""
        printed = self._require(self.exported())
        held = len((json.loads(printed).get("deployment") or {}).get("resources") or ())
        if held and not force:
            raise StateError(
                f"stack {self.stack.name} still holds {held} resource{'' if held == 1 else 's'}",
                why="nobody would know of them any more",
                fix=f"agentry destroy --stack {self.stack.name}; or leave them where they are: --force",
            )
        self._ask(
            "stack", "rm", "--yes", "--preserve-config", *(["--force"] if force else []), "--stack", self.stack.name
        )
        return held

    def history(self) -> tuple[RecordedUpdate, ...]:
        """See `Engine.history`."""
        entries = json.loads(self._ask_stack("stack", "history", "--json") or "[]")
        # Only Pulumi Cloud numbers them.
        return tuple(_update(entry, len(entries) - index) for index, entry in enumerate(entries))

    def export(self, *, show_secrets: bool, version: int | None) -> dict[str, Any]:
        """See `Engine.export_state`."""
        options = [*(["--show-secrets"] if show_secrets else []), *(["--version", str(version)] if version else [])]
        exported: dict[str, Any] = json.loads(self._require(self.exported(*options)))
        return exported

    def replace(self, deployment: Mapping[str, Any], *, force: bool) -> tuple[str, ...]:
        """See `Engine.import_state`. What is pending the CLI takes over."""
        with tempfile.TemporaryDirectory(prefix="agentry-") as directory:
            file = Path(directory) / "deployment.json"
            file.write_text(json.dumps(deployment), encoding="utf-8")
            self._ask(
                "stack", "import", "--file", str(file), *(["--force"] if force else []), "--stack", self.stack.name
            )
        return ()

    def cancel(self, *, force: bool) -> tuple[LockHolder, ...]:
        """See `Engine.cancel`. Whose lock it was the CLI does not say, nor whether that process runs."""
        if not force:
            raise StackLocked(
                f"the lock of stack {self.stack.name} is kept",
                why="nobody can say from here whether its owner still works on the stack",
                fix="take it away all the same: --force",
            )
        self._ask("cancel", "--yes", "--stack", self.stack.name)
        return ()


def _revealed(value: Any) -> Any:
    """A value of `stack export --show-secrets`, in which a secret's JSON text stands beside its mark."""
    if values.is_secret(value):
        return json.loads(value["plaintext"])
    if isinstance(value, dict):
        return {key: _revealed(item) for key, item in value.items()}
    return [_revealed(item) for item in value] if isinstance(value, list) else value


def _resource(record: Mapping[str, Any]) -> RecordedResource:
    return RecordedResource(
        urn=record["urn"],
        type=record["type"],
        name=split(record["urn"]).name,
        parent=record.get("parent", ""),
        id=record.get("id", ""),
        custom=bool(record.get("custom")),
        inputs=values.mask(record.get("inputs") or {}),
        outputs=values.mask(record.get("outputs") or {}),
        init_errors=tuple(record.get("initErrors") or ()),
        leaving=bool(record.get("delete")),
    )


def _update(record: Mapping[str, Any], number: int) -> RecordedUpdate:
    return RecordedUpdate(
        version=int(record.get("version") or number),
        kind=str(record.get("kind") or ""),
        start=_seconds(record["startTime"]),
        end=_seconds(record["endTime"]) if record.get("endTime") else 0.0,
        result=str(record.get("result") or ""),
        changes={str(op): int(count) for op, count in (record.get("resourceChanges") or {}).items()},
        message=str(record.get("message") or ""),
    )


def _seconds(text: str) -> float:
    """A time as the CLI writes it, in seconds since the epoch."""
    # Python 3.10 does not read the letter for UTC.
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()

"""What the Pulumi CLI needs before it can work on a stack: a state, settings, variables; and who knows its secrets."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from agentry.deploy.opening import config_secrets, state_opener
from agentry.deploy.records import CliRecords
from agentry.engine import project as projects
from agentry.engine import state, values
from agentry.engine.backend import FileBackend
from agentry.engine.events import Operation
from agentry.engine.redaction import Redactor
from agentry.engine.request import with_config
from agentry.errors import AgentryError, Unsupported
from agentry.stacks import stack_file, state_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.deploy.command import Command
    from agentry.deploy.stack import Stack
    from agentry.engine.passphrase import Secrets
    from agentry.engine.project import StackFile


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A stack that the CLI can work on.

    Attributes:
        backend: Where its state is, for this operation.
        config_file: The stack's settings, where they are not those of its file.
        parents: The parent of each recorded resource, by URN.
        redactor: Knows the secrets of its settings and its state.
        checkpoint: The file that the CLI writes the state to, where that is in a directory.
        secrets: Opens it.
    """

    backend: str
    config_file: Path | None = None
    parents: Mapping[str, str] = field(default_factory=dict)
    redactor: Redactor = field(default_factory=Redactor)
    checkpoint: Path | None = None
    secrets: Secrets | None = None

    def learn_anew(self) -> None:
        """Remember the secrets that came up meanwhile.

        While a step runs the CLI has its inputs in the state, as a pending operation; once it has failed, in the copy
        that it keeps of the state before.
        """
        if self.checkpoint and self.secrets:
            for file in (self.checkpoint, self.checkpoint.with_name(f"{self.checkpoint.name}.bak")):
                # Moved away, or of a kind that only the CLI reads: what was learned before still holds.
                with contextlib.suppress(OSError, AgentryError):
                    self.learn(state.read(file.read_bytes(), self.secrets, str(file)))

    def learn(self, checkpoint: state.Checkpoint) -> None:
        """Remember the secrets that a state holds."""
        for resource in (*checkpoint.resources, *(pending.resource for pending in checkpoint.pending)):
            self.redactor.learn(resource.inputs)
            self.redactor.learn(resource.outputs)


def environment(stack: Stack, backend: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The CLI's variables.

    A state in a directory needs no login. The CLI gets a home of its own for it, so that it neither sees nor changes
    what somebody has logged in to; for every other backend it has the person's.

    Args:
        stack: The stack.
        backend: Where its state is; empty for where `pulumi login` says.
        variables: Those of this process.
    """
    made = {**variables, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    if backend:
        made["PULUMI_BACKEND_URL"] = backend
    if stack.in_directory:
        for name in ("PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE_FILE"):
            made.pop(name, None)
        made["PULUMI_HOME"] = str(state_directory(stack.root) / "pulumi")
        made["PULUMI_CONFIG_PASSPHRASE"] = stack.passphrase
    return made


def prepare(
    stack: Stack, operation: Operation, directory: Path, *, clock: Clock, warn: Callable[[str], None]
) -> Prepared:
    """Read the state of a stack in a directory, and make an empty one where there is none, as the embedded engine does.

    A preview writes nothing: without a state it has an empty one of its own.

    Args:
        stack: The stack.
        operation: What is to be done with it.
        directory: A temporary one, for what only this operation needs.
        clock: Time.
        warn: Is told that a dead process's lock was broken.

    Raises:
        AgentryError: As of the embedded engine: settings, passphrase, state or lock.
        Unsupported: The project, the stack's file or its state has what only the CLI knows of.
    """
    project = projects.find_project(stack.root)
    file = projects.read_stack(project, stack.name)
    store = FileBackend(stack.backend, project.name, base=project.root, clock=clock)
    rehearsal = operation is Operation.PREVIEW
    with contextlib.nullcontext() if rehearsal else store.lock(stack.name, warn):
        data = store.load(stack.name)
        where = str(store.checkpoint_file(stack.name))
        secrets = state_opener(stack, file, write=not rehearsal)(state.salt_of(data, where) if data else None)
        config = projects.resolve_config(
            project, with_config(file, stack.config_overrides), config_secrets(stack, file) or secrets
        )
        checkpoint = (
            state.read(data, secrets, where)
            if data
            else state.Checkpoint(stack=f"organization/{project.name}/{stack.name}")
        )
        backend = stack.backend
        if data is None and rehearsal:
            backend = f"file://{directory / 'state'}"
            store = FileBackend(backend, project.name, base=directory, clock=clock)
        if data is None:
            store.save(stack.name, state.write(checkpoint, secrets, time=state.timestamp(clock.now())))
    prepared = Prepared(
        backend=backend,
        config_file=_own_settings(stack, file, secrets, directory, rehearsal=rehearsal),
        parents={resource.urn: resource.parent for resource in checkpoint.resources},
        checkpoint=store.checkpoint_file(stack.name),
        secrets=secrets,
    )
    prepared.redactor.add(*(config.values[key] for key in config.secret_keys))
    prepared.learn(checkpoint)
    return prepared


def _own_settings(stack: Stack, file: StackFile, secrets: Secrets, directory: Path, *, rehearsal: bool) -> Path | None:
    """A stack file for this operation alone: with other settings, or a salt that the stack's own has not (yet)."""
    if not (stack.apart or stack.config_overrides or (rehearsal and not file.salt)):
        return None
    settings: dict[str, Any] = dict(with_config(file, stack.config_overrides).values)
    if own := config_secrets(stack, file):
        settings = {key: _sealed_anew(value, own, secrets) for key, value in settings.items()}
    return _write(directory, stack.name, {"encryptionsalt": secrets.state, "config": settings})


def _write(directory: Path, name: str, content: dict[str, Any]) -> Path:
    made = directory / f"Pulumi.{name}.yaml"
    # All JSON is YAML, and none of it reads otherwise in YAML 1.1.
    made.write_text(json.dumps(content), encoding="utf-8")
    return made


def _sealed_anew(value: Any, own: Secrets, others: Secrets) -> Any:
    """A setting with its secrets encrypted as those of the state are: the CLI opens both with one passphrase."""
    if isinstance(value, dict) and set(value) == {"secure"} and isinstance(value["secure"], str):
        return {"secure": others.encrypt(own.decrypt(value["secure"]))}
    if isinstance(value, dict):
        return {key: _sealed_anew(item, own, others) for key, item in value.items()}
    if isinstance(value, list):
        return [_sealed_anew(item, own, others) for item in value]
    return value


def prepare_elsewhere(stack: Stack, directory: Path, command: Command) -> Prepared:
    """The same by way of the CLI: for backends that are no directory, and for what the embedded engine does not read.

    Args:
        stack: The stack; one that is not known yet is made in the backend.
        directory: A temporary one, for what only this operation needs.
        command: The CLI.

    Raises:
        PulumiError: What the CLI has against it.
    """
    if stack.apart:
        raise Unsupported("a run against the sandbox needs a project that the embedded engine reads")
    records = CliRecords(stack, command)
    printed = records.exported("--show-secrets")
    if printed is None:
        records.init()
    exported = json.loads(printed or "{}")
    deployment = exported.get("deployment") or {}
    prepared = Prepared(
        backend=stack.backend,
        config_file=_overridden(stack, directory),
        parents={one["urn"]: one.get("parent", "") for one in deployment.get("resources") or ()},
    )
    for one in values.walk(deployment):
        if values.is_secret(one) and isinstance(one.get("plaintext"), str):
            prepared.redactor.learn(values.secret(json.loads(one["plaintext"])))
    return prepared


def _overridden(stack: Stack, directory: Path) -> Path | None:
    if not stack.config_overrides:
        return None
    content = yaml.safe_load(stack_file(stack.root, stack.name).read_text(encoding="utf-8")) or {}
    settings = {**(content.get("config") or {}), **stack.config_overrides}
    content["config"] = {key: value for key, value in settings.items() if value is not None}
    return _write(directory, stack.name, content)

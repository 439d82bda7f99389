"""One row of the table: a project of its own with a small program, a shared workspace, and what a user sees of it.

async def test_row_99_what_it_is_about(row: Row) -> None:
    row.program('ServingEndpoint("gpt", name="gpt", ...)')
    seen = await row.up()
    assert seen.steps == {"create gpt"}
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentry.deploy import LOCAL, EmbeddedEngine, Stack
from agentry.engine.events import Difference, Event, Message, Operation, StepDone, StepFailed, StepPlanned
from agentry.errors import AgentryError
from tests.engine.playground import children, name_of
from tests.sandbox.workspace import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from agentry.deploy import Engine
    from tests.peers.peer import Peer
    from tests.sandbox.workspace import RunningSandbox

SALT = "v1:nZTQ97kZf3Y=:v1:S99tG9Cd/IyahMqu:Uou5vr4YbAE7/zNJbb6fGye7kXS0yw=="
"""Of the empty passphrase, as in the shipped stack `local`."""
HEADER = """\
import pulumi
from pulumi import Output, ResourceOptions, export

from agentry.components import Agent, Endpoint, Experiment, Grant, ModelAlias, ModelVersion, RegisteredModel, ServingEndpoint
from agentry.privileges import Privilege

"""


@dataclass
class Seen:
    """What an operation told. Secrets never reach an event, so `text` is all that a person or a machine can read."""

    events: list[Event] = field(default_factory=list)
    error: AgentryError | None = None

    def _of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def steps(self) -> set[str]:
        """The steps that change something, `update gpt`; components and the stack itself are left out."""
        planned = [event for event in self._of(StepPlanned) if event.op.value != "same" and event.custom]
        return {f"{event.op.value} {name_of(event.urn)}" for event in planned if "pulumi:providers:" not in event.urn}

    @property
    def changes(self) -> dict[str, Difference]:
        """What changes of the one resource that changes, by its path."""
        return {one.path: one for event in self._of(StepPlanned) for one in event.differences}

    @property
    def lines(self) -> list[str]:
        """What stays to be read when all is done; no progress, no debug lines."""
        return [one.text for one in self._of(Message) if one.severity != "debug" and not one.ephemeral]

    @property
    def progress(self) -> list[str]:
        """How far it was, line by line."""
        return [one.text for one in self._of(Message) if one.ephemeral]

    @property
    def said(self) -> str:
        """All lines and reasons, as one text."""
        return "\n".join([*self.lines, *self.failed.values(), str(self.error or "")])

    @property
    def failed(self) -> dict[str, str]:
        """Why steps failed, by the name of the resource."""
        return {name_of(one.urn): "\n".join(one.reasons) for one in self._of(StepFailed)}

    @property
    def partial(self) -> set[str]:
        """The resources that exist and are not what was declared."""
        return {name_of(one.urn) for one in self._of(StepFailed) if one.partial}

    @property
    def done(self) -> dict[str, dict[str, Any]]:
        """Outputs by resource, of the steps that ended well."""
        return {name_of(one.urn): one.outputs for one in self._of(StepDone)}

    @property
    def text(self) -> str:
        """Everything, for a search for what must be in none of it."""
        return f"{self.events} {self.error}"

    def went_well(self) -> Seen:
        """Itself, when nothing failed."""
        assert self.error is None, self.said
        assert not self.failed, self.said
        return self


@dataclass
class Row:
    """A project on the shared workspace, brought up by one engine.

    Attributes:
        root: Its directory.
        engine: Who deploys.
        workspace: What it is deployed to; other people of it do what others do.
        name: A name that nothing else in the workspace has: endpoints and models are called so, or begin so.
    """

    root: Path
    engine: Engine
    workspace: Peer
    name: str

    @classmethod
    def begin(cls, root: Path, engine: Engine, workspace: Peer, sandbox: RunningSandbox) -> Row:
        """An empty program in a project directory that is not there yet."""
        (root / ".agentry").mkdir(parents=True)
        shutil.copy2(sandbox.config_file, root / ".agentry" / "databrickscfg")
        project = {
            "name": "agents",
            "runtime": {"name": "python", "options": {"virtualenv": sys.prefix}},
            "plugins": {"providers": [{"name": "agentry", "path": str(PROJECT / "agentry/provider/plugin")}]},
        }
        (root / "Pulumi.yaml").write_text(json.dumps(project))
        made = cls(root, engine, workspace, sandbox.unique("row"))
        made.settings()
        made.program("")
        return made

    @property
    def engine_name(self) -> str:
        """`embedded` or `pulumi`."""
        return "embedded" if isinstance(self.engine, EmbeddedEngine) else "pulumi"

    def told_at_once(self, cases: Mapping[str, str]) -> list[dict[str, str]]:
        """What is wrong, by what is declared, in groups that one preview tells: the CLI ends at the first of several."""
        return [dict(cases)] if self.engine_name == "embedded" else [{given: said} for given, said in cases.items()]

    @property
    def model(self) -> str:
        """A three-level name of its own."""
        return f"{self.workspace.schema}.{self.name}"

    @property
    def stack(self) -> Stack:
        """Stack `local`, with its state in the project's own directory."""
        return Stack.resolve(self.root, LOCAL, environment={})

    def settings(self, **agentry: str) -> None:
        """Write the stack's file, with more settings of ours."""
        config = {f"agentry:{key}": value for key, value in {"sandbox": self.workspace.name, **agentry}.items()}
        (self.root / f"Pulumi.{LOCAL}.yaml").write_text(json.dumps({"encryptionsalt": SALT, "config": config}))

    def program(self, text: str) -> None:
        """Write the program; the classes of `components` and pulumi's common names are imported."""
        lines = text.strip("\n").splitlines()
        indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        (self.root / "__main__.py").write_text(HEADER + "\n".join(line[indent:] for line in lines) + "\n")

    def agent(self, code: str, directory: str = "agent", requirements: str = "mlflow==3.17.2") -> str:
        """Write an agent's directory; its path, as programs name it."""
        (self.root / directory).mkdir(exist_ok=True)
        (self.root / directory / "agent.py").write_text(code)
        (self.root / directory / "requirements.txt").write_text(f"{requirements}\n")
        return directory

    async def preview(self, *, refresh: bool = False) -> Seen:
        """What would change; a preview that writes to the workspace fails the test."""
        before = self.workspace.mark()
        seen = await self._run(Operation.PREVIEW, refresh=refresh)
        assert self.workspace.writes(before) == [], "a preview wrote"
        return seen

    async def up(self, *, refresh: bool = False, watch: Callable[[Event], None] | None = None) -> Seen:
        """Do it.

        Args:
            refresh: Look at what is there first.
            watch: Is told each event as it happens.
        """
        return await self._run(Operation.UP, refresh=refresh, watch=watch)

    async def refresh(self) -> Seen:
        """Take into the state what is there."""
        return await self._run(Operation.REFRESH)

    async def destroy(self) -> Seen:
        """Take everything away."""
        return await self._run(Operation.DESTROY)

    async def _run(
        self, operation: Operation, *, refresh: bool = False, watch: Callable[[Event], None] | None = None
    ) -> Seen:
        seen, before = Seen(), children()

        def listen(event: Event) -> None:
            seen.events.append(event)
            if watch:
                watch(event)

        try:
            await self.engine.run(operation, self.stack, listen=listen, refresh=refresh)
        except AgentryError as error:
            seen.error = error
        assert children() <= before, "a process outlived the run"
        return seen

    async def state(self) -> dict[str, dict[str, Any]]:
        """The state's records of what providers manage, by name; secrets encrypted."""
        exported = await self.engine.export_state(self.stack)
        return {
            name_of(one["urn"]): one
            for one in exported["deployment"].get("resources") or ()
            if one["custom"] and "pulumi:providers:" not in one["urn"]
        }

    def fault(self, *faults: dict[str, Any]) -> None:
        """What is to happen to requests; all that was to happen before is not. None at the end of a test."""
        self.workspace.fault(*faults)

    def files_with(self, text: str) -> list[str]:
        """The files of the project, its state among them, that hold a text; the program itself aside."""
        files = (one for one in self.root.rglob("*") if one.is_file() and one.name != "__main__.py")
        return [str(one.relative_to(self.root)) for one in files if text.encode() in one.read_bytes()]

"""A project of its own with the test provider, brought up by either engine; what happened comes back as plain values."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from agentry.deploy import EmbeddedEngine, Stack
from agentry.engine import state
from agentry.engine.events import Event, Finished, Message, Operation, StepFailed, StepPlanned
from agentry.engine.passphrase import Secrets
from agentry.engine.state import Resource
from agentry.engine.values import reveal
from agentry.errors import AgentryError

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSPHRASE = "test"
SALT = "v1:6AOhC7Yeh0U=:v1:ah6kvXyd6PAv4Ptv:5Te3gOsz5uClcEF2Ao77scbRmqcIkg=="
PROVIDER = Path(__file__).with_name("testprovider")

HEADER = """\
import pulumi
from pulumi import ComponentResource, CustomResource, InvokeOptions, Output, ResourceOptions, export


class Thing(CustomResource):
    def __init__(self, name, opts=None, type="Thing", **inputs):
        super().__init__(f"world:index:{type}", name, {"value": None, **inputs, "length": None, "serial": None}, opts)


class World(pulumi.ProviderResource):
    def __init__(self, name, opts=None, **inputs):
        super().__init__("world", name, inputs, opts)


class Group(ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("test:groups:Group", name, {}, opts)


"""


@dataclass
class Outcome:
    """What an operation did: `steps` counts `op name`, `failed` has whole messages, `lines` what people read.

    `sequence` has the steps as they began: op and URN.
    """

    steps: Counter[str] = field(default_factory=Counter)
    sequence: list[tuple[str, str]] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    succeeded: bool = False
    error: AgentryError | None = None
    events: list[Event] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that a person reads."""
        return "\n".join([*self.lines, *self.failed.values(), str(self.error or "")])

    def began(self, op: str, urn: str) -> None:
        """A step began."""
        self.steps[f"{op} {name_of(urn)}"] += 1
        self.sequence.append((op, urn))

    def changes(self) -> Counter[str]:
        """The steps that change something."""
        return Counter({step: count for step, count in self.steps.items() if not step.startswith("same ")})


class Engine(Protocol):
    """Either engine."""

    name: str

    async def run(self, playground: Playground, operation: Operation, **options: Any) -> Outcome:
        """Do something with the playground's stack."""
        ...


def name_of(urn: str) -> str:
    return urn.rpartition("::")[2]


class Playground:
    """A project in a directory of its own."""

    def __init__(self, root: Path, name: str = "shop") -> None:
        self.name = name
        self.root = root / "project"
        self.state = root / "state"
        self.world_file = root / "world.json"
        self.root.mkdir()
        self.state.mkdir()
        self.plugin = root / "provider"
        shutil.copytree(PROVIDER, self.plugin, ignore=shutil.ignore_patterns("__pycache__"))
        options = f"runtime:\n  name: python\n  options:\n    virtualenv: {sys.prefix}\n"
        (self.plugin / "PulumiPlugin.yaml").write_text(options)
        self.configure()
        self.set_world({})
        (self.root / "Pulumi.yaml").write_text(
            f"name: {name}\n{options}plugins:\n  providers:\n    - name: world\n      path: {self.plugin}\n"
        )
        self.program("")

    def other(self, name: str) -> Playground:
        """Another project beside this one, with the same state and the same world."""
        root = self.root.parent / name
        root.mkdir()
        made = Playground(root, name)
        made.state, made.world_file = self.state, self.world_file
        return made

    def configure(self, **values: str) -> None:
        """Write the stack's file."""
        lines = "".join(f"  {key}: {value}\n" for key, value in values.items())
        config = f"config:\n{lines}" if lines else ""
        (self.root / "Pulumi.dev.yaml").write_text(f"encryptionsalt: {SALT}\n{config}")

    def program(self, text: str) -> None:
        """Write the program."""
        lines = text.strip("\n").splitlines()
        indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        (self.root / "__main__.py").write_text(HEADER + "\n".join(line[indent:] for line in lines) + "\n")

    def set_world(self, content: dict[str, Any]) -> None:
        self.world_file.write_text(json.dumps(content))

    @contextmanager
    def world(self) -> Iterator[dict[str, Any]]:
        """The world, to look at and to change."""
        content = json.loads(self.world_file.read_text())
        for key in ("things", "faults", "made"):
            content.setdefault(key, {})
        content.setdefault("calls", [])
        yield content
        self.set_world(content)

    @contextmanager
    def world_read(self) -> Iterator[dict[str, Any]]:
        """The world while somebody else may be changing it."""
        yield json.loads(self.world_file.read_text())

    def fault(self, **faults: str) -> None:
        """What is to happen, by `<method>_<name>`; all that was to happen before is not."""
        with self.world() as world:
            world["faults"] = {key.replace("_", " ", 1): value for key, value in faults.items()}

    @property
    def things(self) -> dict[str, Any]:
        """What exists: inputs by id."""
        with self.world() as world:
            return dict(world["things"])

    def calls(self, *methods: str) -> Counter[str]:
        """The calls of these methods since the last time, as `method name`."""
        with self.world() as world:
            counted = Counter(f"{method} {name}" for method, name in world["calls"] if method in methods)
            world["calls"] = []
        return counted

    @property
    def stack(self) -> Stack:
        return Stack(root=self.root, name="dev", backend=f"file://{self.state}", passphrase=PASSPHRASE)

    @property
    def checkpoint_file(self) -> Path:
        return self.state / f".pulumi/stacks/{self.name}/dev.json"

    def checkpoint(self) -> state.Checkpoint:
        """The state, decrypted."""
        return state.read(self.checkpoint_file.read_bytes(), Secrets.open(PASSPHRASE, SALT), "state")

    def interrupt(self, **kinds: str) -> None:
        """Make the state one of a run that was killed: by name, what it was doing; what it was creating is not there."""
        whole = json.loads(self.checkpoint_file.read_text())
        latest = whole["checkpoint"]["latest"]
        latest["pending_operations"] = [
            {"resource": record, "type": kinds[name_of(record["urn"])]}
            for record in latest["resources"]
            if name_of(record["urn"]) in kinds
        ]
        latest["resources"] = [
            record for record in latest["resources"] if kinds.get(name_of(record["urn"])) != "creating"
        ]
        self.checkpoint_file.write_text(json.dumps(whole))
        self.checkpoint_file.with_name(self.checkpoint_file.name + ".attrs").unlink(missing_ok=True)

    def records(self) -> dict[str, Resource]:
        """The live records by name, without default providers."""
        return {
            name_of(resource.urn): resource
            for resource in self.checkpoint().resources
            if not resource.delete and not name_of(resource.urn).startswith("default")
        }

    def normalised(self) -> list[dict[str, Any]]:
        """The whole state with all that differs from run to run taken out."""
        return sorted((_normal(one) for one in self.checkpoint().resources), key=lambda one: (one["urn"], one["id"]))


UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _normal(resource: Resource) -> dict[str, Any]:
    fields = {
        name: getattr(resource, name) for name in Resource.__slots__ if name not in {"created", "modified", "extra"}
    }
    fields["dependencies"] = sorted(resource.dependencies)
    fields["property_dependencies"] = {key: sorted(urns) for key, urns in resource.property_dependencies.items()}
    fields["had_times"] = bool(resource.created)
    # The CLI writes the version of a reference's package also when there is none.
    text = json.dumps(fields, sort_keys=True).replace('"packageVersion": "", ', "")
    normal: dict[str, Any] = json.loads(UUID.sub("uuid", text))
    return normal


def children() -> set[str]:
    """The processes that this one has started and that are there, where the system tells."""
    found: set[str] = set()
    for file in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended meanwhile
            found.update(file.read_text().split())
    return found


class Embedded:
    """The embedded engine, in this process."""

    name = "embedded"

    async def run(self, playground: Playground, operation: Operation, **options: Any) -> Outcome:
        outcome = Outcome()

        def listen(event: Event) -> None:
            outcome.events.append(event)
            if isinstance(event, StepPlanned):
                outcome.began(event.op.value, event.urn)
            elif isinstance(event, StepFailed):
                outcome.failed[name_of(event.urn)] = "\n".join(event.reasons)
            elif isinstance(event, Message) and event.severity != "debug":
                outcome.lines.append(event.text)
            elif isinstance(event, Finished):
                outcome.outputs = event.outputs

        engine = EmbeddedEngine()
        before = children()
        try:
            finished = await engine.run(operation, playground.stack, listen=listen, **options)
            outcome.succeeded = finished.succeeded
        except AgentryError as error:
            outcome.error = error
        assert children() <= before, "a process outlived the run"
        return outcome


class Cli:
    """The Pulumi CLI on PATH."""

    name = "pulumi"

    def __init__(self, home: Path, *, outputs: bool = True) -> None:
        self._home = home
        self._outputs = outputs

    def environment(self, playground: Playground) -> dict[str, str]:
        return {
            **os.environ,
            "PULUMI_HOME": str(self._home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_BACKEND_URL": f"file://{playground.state}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        }

    async def command(self, playground: Playground, *arguments: str) -> tuple[int, str]:
        """Run the CLI; its exit status and all that it printed."""
        process = await asyncio.create_subprocess_exec(
            "pulumi",
            *arguments,
            "--non-interactive",
            cwd=playground.root,
            env=self.environment(playground),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode()

    async def run(self, playground: Playground, operation: Operation, **options: Any) -> Outcome:
        if not playground.checkpoint_file.exists():
            status, printed = await self.command(playground, "stack", "init", "dev")
            assert status == 0, printed
        log = playground.root.parent / "events.jsonl"
        log.unlink(missing_ok=True)
        extra = [] if operation is Operation.PREVIEW else ["--yes", "--skip-preview"]
        extra += [f"--{name.replace('_', '-')}" for name in ("refresh", "clear_pending_creates") if options.get(name)]
        status, printed = await self.command(
            playground, operation.value, "--stack", "dev", "--event-log", str(log), "--parallel", "200", *extra
        )
        outcome = Outcome(succeeded=status == 0, lines=printed.splitlines())
        assert log.exists(), printed
        for line in log.read_text().splitlines():
            _take(outcome, json.loads(line))
        if operation is not Operation.PREVIEW and self._outputs:
            _, shown = await self.command(playground, "stack", "output", "--json", "--stack", "dev")
            outcome.outputs = json.loads(shown)
        return outcome


def _take(outcome: Outcome, event: dict[str, Any]) -> None:
    """One event of the CLI's log, as the embedded engine tells it."""
    if planned := event.get("resourcePreEvent"):
        _count(outcome, planned["metadata"])
    if done := event.get("resOutputsEvent"):
        # What a refresh found is said only here; before, it says "refresh".
        metadata = done["metadata"]
        if (event.get("refreshing") or f"refresh {name_of(metadata['urn'])}" in outcome.steps) and metadata.get("old"):
            _count(outcome, metadata)
    if (said := event.get("diagnosticEvent")) and said.get("severity") == "error" and said.get("urn"):
        outcome.failed[name_of(said["urn"])] = said["message"]


def _count(outcome: Outcome, metadata: dict[str, Any]) -> None:
    name = name_of(metadata["urn"])
    # Neither engine shows default providers to a person; only this log has them.
    if not name.startswith("default"):
        outcome.began(metadata["op"], metadata["urn"])


def plain(value: Any) -> Any:
    """A recorded value without its marks of secrecy."""
    return reveal(value)

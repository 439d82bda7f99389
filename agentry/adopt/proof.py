"""The proof: call and imports in a project of their own, where the next preview has to have nothing to change.

That project is a directory beside the real one's files, with the same name, stack and provider, and an empty state. So
the proof reads the workspace as the real project would, writes nothing there (it goes on only where every step of a
preview is an import), and leaves a state whose records are those of the real stack.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from agentry.adopt.recording import settled
from agentry.deploy import Stack
from agentry.deploy.embedded import EmbeddedEngine
from agentry.engine.events import Event, Message, Op, Operation, StepFailed, StepPlanned
from agentry.engine.project import find_project
from agentry.engine.urn import split
from agentry.errors import DeploymentFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentry.adopt.declaration import Adoption
    from agentry.workspace import Json

_SHOWN = "adopted"
"""The directory of an agent's code within the project of a proof."""
_STATE = "state-of-the-proof"
_APART = frozenset({"Pulumi.yaml", "__main__.py", "stacks", _SHOWN, _STATE})
"""What a proof writes itself: a link to the project's own of that name would let it write there."""
_TRANSFORMATION = """\
import pulumi

IDS = {ids}
# What nobody here declares of these stays as it is, with whoever declared it.
LEFT = {{"Experiment": ["tags"], "RegisteredModel": ["tags", "description"]}}


def adopt(args):
    kind = args.type_.rpartition(":")[2]
    id = IDS.get(f"{{args.type_}}::{{args.name}}")
    if id is None:
        return None
    more = pulumi.ResourceOptions(import_=id, ignore_changes=LEFT.get(kind))
    return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, more))


pulumi.runtime.register_stack_transformation(adopt)

"""


@dataclass(frozen=True, slots=True)
class Change:
    """One step that is none of nothing.

    Attributes:
        kind: The kind of the resource, `ServingEndpoint`.
        name: Its name.
        op: create, update, replace, delete.
        fields: What changes: from what to what; secrets masked.
    """

    kind: str
    name: str
    op: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of it.

    Attributes:
        unchanged: How many resources were imported and stay as they are.
        changes: What the next `up` would change; nothing, if all is well.
        problems: What fails the checks, in the words of the provider.
        warnings: What was said on the way.
        deployment: The state that was recorded, secrets in clear; None where there was something to change.
        with_code: What the first `up` with the version's code would do; None where nobody asked.
    """

    unchanged: int = 0
    changes: tuple[Change, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    deployment: Json | None = field(default=None, repr=False)
    with_code: tuple[Change, ...] | None = None

    @property
    def holds(self) -> bool:
        """Whether the endpoint is what the call says."""
        return not self.changes and not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """In which stack of which project it is to hold.

    Attributes:
        root: The real project's directory.
        stack: The stack's name.
        settings: `agentry:` settings and others by whole key, as they are in force.
    """

    root: Path
    stack: str
    settings: Mapping[str, str]


async def prove(adoption: Adoption, program: str, setting: Setting, code: Mapping[str, Any] | None = None) -> Proof:
    """Import, and preview.

    Args:
        adoption: What is declared.
        program: A program with nothing but the call.
        setting: Where.
        code: The program with the version's code, and that code: `{"program": ..., "files": {path: bytes}}`.

    Raises:
        AgentryError: The workspace does not answer, or something else that is not about the endpoint.
    """
    with scratch(setting) as stack:
        main = stack.root / "__main__.py"
        main.write_text(_TRANSFORMATION.format(ids=json.dumps(_ids(adoption))) + program, encoding="utf-8")
        first = await _preview(stack)
        if first.problems or first.changes:
            return first
        await EmbeddedEngine().run(Operation.UP, stack, listen=_deaf)
        # What was imported is recorded with all that it has; of that, the call declares a part.
        await _settle(stack, adoption)
        main.write_text(program, encoding="utf-8")
        second = await _preview(stack)
        deployment = await EmbeddedEngine().export_state(stack, show_secrets=True)
        with_code = None
        if code is not None:
            _write_code(stack.root, code["files"])
            main.write_text(code["program"], encoding="utf-8")
            third = await _preview(stack)
            with_code = third.changes
            second = Proof(
                second.unchanged, second.changes, (*second.problems, *third.problems), second.warnings, deployment
            )
        return Proof(second.unchanged, second.changes, second.problems, second.warnings, deployment, with_code)


def code_directory() -> str:
    """Where the code of a proof is, as a program names it."""
    return _SHOWN


def _ids(adoption: Adoption) -> dict[str, str]:
    return {f"{one.type}::{one.name}": one.id for one in adoption.imports}


@contextlib.contextmanager
def scratch(setting: Setting) -> Iterator[Stack]:
    """A project of its own that looks like the real one, for as long as the block lasts."""
    project = find_project(setting.root)
    with tempfile.TemporaryDirectory(prefix="agentry-adopt-") as directory:
        root = Path(directory).resolve()
        for entry in setting.root.iterdir():
            if entry.name not in _APART:
                (root / entry.name).symlink_to(entry)
        providers = [{"name": name, "path": str(path)} for name, path in project.plugins.items()]
        virtualenv = project.virtualenv
        runtime: Json = {"name": "python"}
        if virtualenv:
            runtime["options"] = {"virtualenv": str(setting.root / virtualenv)}
        document = {
            "name": project.name,
            "runtime": runtime,
            "stackConfigDir": "stacks",
            "plugins": {"providers": providers},
        }
        (root / "Pulumi.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        (root / "stacks").mkdir()
        (root / "stacks" / f"Pulumi.{setting.stack}.yaml").write_text("config: {}\n", encoding="utf-8")
        state = root / _STATE
        state.mkdir()
        yield Stack(
            root=root,
            name=setting.stack,
            backend=state.as_uri(),
            config_overrides=dict(setting.settings),
            apart=True,
        )


def _write_code(root: Path, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        file = root / _SHOWN / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


async def _preview(stack: Stack) -> Proof:
    """What would change; an import is no change."""
    heard: list[Event] = []
    with contextlib.suppress(DeploymentFailed):
        await EmbeddedEngine().run(Operation.PREVIEW, stack, listen=heard.append)
    return judged(heard)


def judged(heard: list[Event]) -> Proof:
    """What the events of a preview say. Pure."""
    planned = [event for event in heard if isinstance(event, StepPlanned) and event.custom]
    still = [event for event in planned if event.op in (Op.SAME, Op.IMPORT)]
    moving = [event for event in planned if event.op not in (Op.SAME, Op.IMPORT, Op.CREATE_REPLACEMENT)]
    changes = tuple(
        Change(split(one.urn).type.rpartition(":")[2], split(one.urn).name, one.op.value, _fields(one))
        for one in moving
    )
    changed = {(change.kind, change.name) for change in changes}
    unchanged = [one for one in still if (split(one.urn).type.rpartition(":")[2], split(one.urn).name) not in changed]
    problems = tuple(
        f"{split(event.urn).type.rpartition(':')[2]} {split(event.urn).name}: {reason}"
        for event in heard
        if isinstance(event, StepFailed)
        for reason in event.reasons
    )
    told = (event.text for event in heard if isinstance(event, Message) and event.severity in ("warning", "error"))
    return Proof(len(unchanged), changes, problems, tuple(dict.fromkeys(told)))


def _fields(step: StepPlanned) -> tuple[str, ...]:
    return tuple(
        f"{one.path}: {_shown(one.old)} → {_shown(one.new)}"
        if one.kind.startswith("update")
        else f"{one.path}: {one.kind}"
        for one in step.differences
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _deaf(event: Event) -> None:
    """The preview before it told everything."""
    del event


async def _settle(stack: Stack, adoption: Adoption) -> None:
    engine = EmbeddedEngine()
    recorded = await engine.export_state(stack, show_secrets=True)
    await engine.import_state(stack, settled(recorded, adoption.secrets))

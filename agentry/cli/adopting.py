"""What `agentry adopt --write` writes, in an order in which nothing is lost wherever it ends.

First what is harmless alone: the code, the import file, the secrets, the call (until the state knows the endpoint, an
`up` would say that it exists already, and change nothing). Then the state. Then a preview of the real project: where
it does not find the endpoint unchanged, state and program are put back. The tag in the workspace comes last.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agentry.adopt.declaration import COMPONENT, import_file
from agentry.adopt.program import appended
from agentry.adopt.proof import judged
from agentry.adopt.recording import STACK, merged
from agentry.cli.config import change
from agentry.cli.configured import Configured, configured
from agentry.cli.loop import run
from agentry.cli.stored import with_passphrase
from agentry.clock import RealClock
from agentry.deploy import engine_of
from agentry.engine.events import Event, Op, Operation, StepPlanned
from agentry.engine.paths import MISSING
from agentry.engine.project import find_project
from agentry.engine.settings import as_text
from agentry.engine.stack_files import read_key
from agentry.errors import AgentryError, ConfigError, ProgramError
from agentry.provider.kinds.ownership import OWNER_TAG
from agentry.workspace import connect
from agentry.workspace.model_versions import REGISTRY
from agentry.workspace.serving import ENDPOINTS

if TYPE_CHECKING:
    from agentry.adopt.code import Code
    from agentry.adopt.declaration import Adoption
    from agentry.adopt.proof import Proof
    from agentry.cli.chosen import ChosenStack
    from agentry.deploy import Stack

IMPORTS = "imports"
"""The directory of import files, for whoever imports with the Pulumi CLI by hand."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is written.

    Attributes:
        root: The project's directory.
        file: The program.
        program: What is in it.
        stack_file: The stack's file, relative to the project.
        code: The directory of the agent's code, relative to the project; empty where none is fetched.
        stack: The stack's name.
    """

    root: Path
    file: Path
    program: str
    stack_file: str
    code: str
    stack: str

    @property
    def shown(self) -> str:
        """The program, relative to the project."""
        return self.file.relative_to(self.root).as_posix()

    def import_file(self, agent: str) -> str:
        """Where the import file of an agent goes, relative to the project."""
        return f"{IMPORTS}/{self.stack}-{agent}.json"

    @classmethod
    def of(cls, chosen: ChosenStack, code: str | None) -> Place:
        """The place of a stack.

        Raises:
            ConfigError: The program is not there, or the code is to go outside of the project.
        """
        project = find_project(chosen.root)
        main = (project.root / project.main).resolve()
        file = main / "__main__.py" if main.is_dir() else main
        try:
            program = file.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError("the program can not be read", where=str(file), why=str(error)) from error
        if code is not None and not (project.root / code).resolve().is_relative_to(project.root.resolve()):
            raise ConfigError(f"--code {code} is outside of the project", fix="--code agents/weather")
        stack_file = configured(chosen.name).file.file
        return cls(project.root.resolve(), file, program, Path(stack_file).name, code or "", chosen.name)


def settings_of(chosen: ChosenStack, adoption: Adoption) -> dict[str, str]:
    """The stack's settings for a proof: all that is no secret, and the secrets that the call names, in memory only."""
    configuration = configured(chosen.name, on_sandbox=chosen.on_sandbox)
    plain = {key: as_text(value) for key, value in configuration.values.items() if isinstance(value, str | int | float)}
    project = configuration.project.name
    return {**plain, **{f"{project}:{key}": adoption.values[name] for name, key in adoption.secrets.items()}}


def write(
    chosen: ChosenStack, place: Place, adoption: Adoption, block: str, proof: Proof, code: Code | None
) -> list[str]:
    """Write all of it; a line for each thing that was written.

    Raises:
        ConfigError: Something is in the way: a file, a setting. Nothing is written then.
        ProgramError: With the call in it, the program does not ask for the agent; everything is as it was.
        AgentryError: The state or the workspace can not be written.
    """
    configuration = _ready_for_secrets(chosen, adoption)
    files = _files(place, adoption, code)
    written = []
    for file, data in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        written.append(f"wrote {file.relative_to(place.root).as_posix()}")
    for variable, key in adoption.secrets.items():
        change(configuration, read_key(configuration.project.name, key), adoption.values[variable], secret=True)
        written.append(f"wrote {key} into {place.stack_file}, encrypted")
    place.file.write_bytes(appended(place.program, block).encode())
    try:
        written.append(f"wrote the call to the end of {place.shown}")
        written += run(_record(chosen, adoption, proof))
    except BaseException:
        place.file.write_bytes(place.program.encode())
        raise
    return [*written, *run(_tag(chosen, adoption))]


def _files(place: Place, adoption: Adoption, code: Code | None) -> dict[Path, bytes]:
    """The new files; none of them may be there with something else in it."""
    text = json.dumps(import_file(adoption), indent=2, ensure_ascii=False) + "\n"
    files = {place.root / place.import_file(adoption.name): text.encode()}
    for path, data in (code.files if code else {}).items():
        files[place.root / place.code / path] = data
    for file, data in files.items():
        if file.exists() and file.read_bytes() != data:
            raise ConfigError(
                "this file is there already, with something else in it",
                where=file.relative_to(place.root).as_posix(),
                why="nothing is overwritten, and nothing was written",
                fix="move it away, or choose another directory: --code DIR, or another name: --name NAME",
            )
    return files


def _ready_for_secrets(chosen: ChosenStack, adoption: Adoption) -> Configured:
    """The configuration in which the secrets go, after looking whether they may."""
    configuration = configured(chosen.name)
    project = configuration.project
    if adoption.secrets and chosen.on_sandbox:
        raise ConfigError(
            f"with --sandbox the file of stack {chosen.name} is not written, and {', '.join(adoption.secrets)} is a secret",
            fix="adopt it in a stack of its own; or make it a {{secrets/scope/key}} reference on the endpoint first",
        )
    for key in adoption.secrets.values():
        wanted = read_key(project.name, key)
        if configuration.find(wanted) is MISSING and project.settings and wanted.whole not in project.settings:
            raise ConfigError(
                f"the value of {key} has no place: the `config:` block of {project.file.name} does not declare it",
                why="a misspelt key would leave a default in force, so that undeclared ones are refused",
                fix=f"add to that block:\n    {key}:\n      type: string\n      secret: true",
            )
    return configuration


async def _record(chosen: ChosenStack, adoption: Adoption, proof: Proof) -> list[str]:
    """Put the records into the state, and look at the real project."""
    stack = with_passphrase(chosen)
    engine = engine_of(stack, chosen.engine)
    assert proof.deployment is not None
    await engine.create(stack)
    before = await engine.export_state(stack)
    after = merged(before, proof.deployment)
    await engine.import_state(stack, after)
    try:
        unchanged = await _preview(chosen, stack, adoption)
    except BaseException:
        await engine.import_state(stack, before, force=True)
        raise
    return [
        f"recorded {len(adoption.imports)} resources in stack {chosen.name}",
        f"a preview of the whole program: {unchanged} of them unchanged",
    ]


async def _preview(chosen: ChosenStack, stack: Stack, adoption: Adoption) -> int:
    """How many of the adopted resources a preview of the real project finds unchanged: all of them.

    Raises:
        ProgramError: One is not asked for, or would change.
        AgentryError: The preview fails.
    """
    heard: list[Event] = []
    await engine_of(stack, chosen.engine).run(Operation.PREVIEW, stack, listen=heard.append)
    ours = {(one.type.rpartition(":")[2], one.name) for one in adoption.imports}
    moving = [one for one in judged(heard).changes if (one.kind, one.name) in ours]
    same = [one for one in heard if isinstance(one, StepPlanned) and one.op is Op.SAME and _adopted(one, adoption)]
    if moving or len(same) != len(ours):
        shown = ", ".join(f"{one.op} {one.kind} {one.name}" for one in moving) or "not all of it is asked for"
        raise ProgramError(
            f"with the call at its end, the program does not leave {adoption.endpoint} as it is: {shown}",
            why="program and state are as they were",
            fix="paste the block where the program's other agents are, and look at what it does there",
        )
    return len(same)


def _adopted(step: StepPlanned, adoption: Adoption) -> bool:
    return (
        step.custom
        and step.parent.endswith(f"{COMPONENT}::{adoption.name}")
        and STACK not in step.urn.rpartition("$")[2]
    )


async def _tag(chosen: ChosenStack, adoption: Adoption) -> list[str]:
    """The only writes in the workspace: whose it is, so that no other stack takes it too."""
    workspace = await connect(chosen.settings, clock=RealClock())
    tag = {"key": OWNER_TAG, "value": chosen.shown}
    written = []
    try:
        await workspace.patch(f"{ENDPOINTS}/{adoption.endpoint}/tags", {"add_tags": [tag]})
        written.append(f"tagged endpoint {adoption.endpoint}: {OWNER_TAG}={chosen.shown}")
        if adoption.model:
            await workspace.post(f"{REGISTRY}/registered-models/set-tag", {"name": adoption.model, **tag})
            written.append(f"tagged model {adoption.model}: {OWNER_TAG}={chosen.shown}")
    except AgentryError as error:
        written.append(f"not tagged: {error.what}; the next `up` that changes it does it")
    return written

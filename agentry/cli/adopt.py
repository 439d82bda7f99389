"""`agentry adopt`: an endpoint that others made, as a declaration of this stack, proved by a preview without a change."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentry.adopt import code as codes
from agentry.adopt import proof as proofs
from agentry.adopt.acceptance import accept
from agentry.adopt.declaration import adoption_of, import_file
from agentry.adopt.program import block
from agentry.adopt.reading import read, read_endpoint
from agentry.adopt.recording import holding, models, named
from agentry.cli.adopting import Place, settings_of, write
from agentry.cli.app import new
from agentry.cli.chosen import choose
from agentry.cli.console import say, show_json, table, working
from agentry.cli.loop import run
from agentry.cli.options import AUTO, LOCAL, NO, AsJson, Engine, OnSandbox, StackName
from agentry.cli.stored import with_passphrase
from agentry.clock import RealClock
from agentry.deploy import engine_of
from agentry.errors import ConfigError, Conflict
from agentry.provider.kinds.ownership import OWNER_TAG
from agentry.workspace import connect

if TYPE_CHECKING:
    from agentry.adopt.code import Code
    from agentry.adopt.declaration import Adoption, Import
    from agentry.adopt.proof import Proof
    from agentry.adopt.reading import Seen
    from agentry.cli.chosen import ChosenStack
    from agentry.workspace import Workspace

app = new()


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was found and proved.

    Attributes:
        seen: What the workspace told.
        adoption: What the endpoint is declared as.
        block: The lines for the program.
        proof: What a preview with them says.
        code: The code of the version that serves; None where nobody asked.
    """

    seen: Seen
    adoption: Adoption
    block: str
    proof: Proof
    code: Code | None


@app.command()
def adopt(
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="The endpoint's name in the workspace.")],
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    name: Annotated[
        str | None, typer.Option("--name", help="The agent's name in the program; else its model's last part.")
    ] = None,
    code: Annotated[
        str | None,
        typer.Option("--code", metavar="DIR", help="Also fetch the version's code, requirements and config into DIR."),
    ] = None,
    write_: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Write it: the call to the end of the program, the resources into the stack's state, the owner tag.",
        ),
    ] = NO,
    as_json: AsJson = NO,
    engine: Engine = AUTO,
) -> None:
    """Write the `Agent(...)` call for an endpoint that exists, and prove by a preview that nothing would change.

    Without --write nothing is written anywhere; everything is shown. What others own stays theirs.
    """
    chosen = choose(stack, on_sandbox=sandbox, engine=engine)
    place = Place.of(chosen, code)
    with working(f"looking at {endpoint}"):
        found = run(_look(chosen, place, endpoint, name))
    if as_json and not write_:
        show_json(document(found, place))
    elif not as_json:
        _show(found, place)
    if not found.proof.holds:
        raise Conflict(
            f"endpoint {endpoint} is not taken over: {_differs(found.proof)}",
            why="adopting is no reason to change what answers",
            fix="make the endpoint so that this is no change, or take the block above and decide what it should say",
        )
    if write_:
        written = write(chosen, place, found.adoption, found.block, found.proof, found.code)
        if as_json:
            show_json({**document(found, place), "written": written})
        else:
            for line in written:
                say(line)
    elif not as_json:
        _say_what_write_writes(found, place, chosen)
        say(f"\nnothing is written. → agentry adopt {endpoint} --write{_again(chosen, name, code)}")


def _say_what_write_writes(found: Adopted, place: Place, chosen: ChosenStack) -> None:
    """Before anybody types it."""
    adoption = found.adoption
    code = f", {place.code}/" if place.code else ""
    secrets = f", {len(adoption.secrets)} encrypted in {place.stack_file}" if adoption.secrets else ""
    tagged = f"endpoint {adoption.endpoint}" + (f" and model {adoption.model}" if adoption.model else "")
    say("\n--write writes")
    say(f"  here           {place.import_file(adoption.name)}{code}{secrets}, the call at the end of {place.shown},")
    say(f"                 the state of stack {chosen.name}")
    say(f"  the workspace  the tag {OWNER_TAG}={chosen.shown} of {tagged}, and nothing else")


def _again(chosen: ChosenStack, name: str | None, code: str | None) -> str:
    options = (f" --name {name}" if name else "") + (f" --code {code}" if code else "")
    return options + chosen.option


async def _look(chosen: ChosenStack, place: Place, endpoint: str, name: str | None) -> Adopted:
    """Find out, declare, prove."""
    stack = with_passphrase(chosen)
    recorded = await engine_of(stack, chosen.engine).resources(stack)
    if there := holding(recorded, endpoint):
        raise ConfigError(
            f"endpoint {endpoint} is in stack {chosen.name} already, as {there}",
            fix=f"agentry status{chosen.option}",
        )
    workspace = await connect(chosen.settings, clock=RealClock())
    live = await read_endpoint(workspace, endpoint)
    accept(live, chosen.shown)
    seen = await read(workspace, live)
    adoption = adoption_of(seen, name=name, owner=chosen.shown, held=models(recorded))
    if named(recorded, adoption.name):
        raise ConfigError(
            f"stack {chosen.name} has an agent {adoption.name} already",
            fix=f"give this one another name: agentry adopt {endpoint} --name ...{chosen.option}",
        )
    code = await _code(workspace, seen) if place.code else None
    text = block(adoption, place.program, place.shown)
    alone = block(adoption, "", place.shown)
    with_code: dict[str, Any] | None = None
    if code is not None:
        call = {"code": proofs.code_directory(), "more": code.more}
        with_code = {"program": block(adoption, "", place.shown, **call), "files": code.files}
    setting = proofs.Setting(root=chosen.root, stack=chosen.name, settings=settings_of(chosen, adoption))
    return Adopted(seen, adoption, text, await proofs.prove(adoption, alone, setting, with_code), code)


async def _code(workspace: Workspace, seen: Seen) -> Code:
    model, number = str(seen.inputs["model"]), str(seen.inputs["version"])
    return await codes.download(workspace, model, number, seen.version.mlmodel)


def _show(found: Adopted, place: Place) -> None:
    """All of it, for a person."""
    seen, adoption = found.seen, found.adoption
    model, number = seen.inputs["model"], seen.inputs["version"]
    by = f", made by {seen.creator}" if seen.creator else ""
    say(f"endpoint {adoption.endpoint} serves version {number} of {model}{by}\n")
    say(f"# {place.shown}")
    say(found.block)
    say("imported as they are:")
    for line in table([_imported(one) for one in adoption.imports], indent="  "):
        say(line)
    notes = [*adoption.notes, *_secrets(adoption, place), *_about_code(found, place)]
    if notes:
        say("\nnote:")
    for note in notes:
        say(f"  {note}")
    say(f"\na preview with it: {_verdict(found.proof)}")
    for change in found.proof.changes:
        say(f"  {change.op} {change.kind} {change.name}")
        for field in change.fields:
            say(f"    {field}")
    for problem in found.proof.problems:
        for line in problem.splitlines():
            say(f"  {line}")


def _imported(one: Import) -> list[str]:
    """A resource for a person; the id of a grant only says again what it is."""
    kind = one.type.rpartition(":")[2]
    return [kind, one.name, "held already, and left when the agent goes" if kind == "Grant" else one.id]


def _verdict(proof: Proof) -> str:
    if proof.holds:
        return f"{proof.unchanged} unchanged, nothing to change"
    return _differs(proof)


def _differs(proof: Proof) -> str:
    changes, problems = len(proof.changes), len(proof.problems)
    words = [f"{changes} {'change' if changes == 1 else 'changes'}" if changes else ""]
    words += [f"{problems} {'problem' if problems == 1 else 'problems'}" if problems else ""]
    return ", ".join(word for word in words if word)


def _secrets(adoption: Adoption, place: Place) -> list[str]:
    """Where the values of variables go that are shown to nobody."""
    return [
        f"the value of {variable} is shown nowhere: --write puts it, encrypted, into {place.stack_file} as {key}"
        for variable, key in adoption.secrets.items()
    ]


def _about_code(found: Adopted, place: Place) -> list[str]:
    if found.code is None:
        return []
    files = len(found.code.files)
    lines = [
        f"the code of the version, {files} file{'' if files == 1 else 's'}, goes to {place.code}",
        *found.code.notes,
    ]
    more = "".join(f", {key}={value!r}" for key, value in found.code.more.items())
    lines.append(
        f"to go on from code, put code={place.code!r}{more} in the place of source=; the first `up` then does this:"
    )
    return [*lines, *(f"  {change.op} {change.kind} {change.name}" for change in found.proof.with_code or ())]


def document(found: Adopted, place: Place) -> dict[str, Any]:
    """All of it, for machines; the values of secrets are left out."""
    seen, adoption, proof = found.seen, found.adoption, found.proof
    return {
        "endpoint": adoption.endpoint,
        "name": adoption.name,
        "source": adoption.source,
        "creator": seen.creator,
        "program": {"file": place.shown, "block": found.block},
        "import_file": import_file(adoption),
        "secrets": dict(adoption.secrets),
        "notes": list(adoption.notes),
        "preview": {
            "unchanged": proof.unchanged,
            "changes": [asdict(change) for change in proof.changes],
            "problems": list(proof.problems),
        },
        "code": None
        if found.code is None
        else {
            "directory": place.code,
            "files": sorted(found.code.files),
            "first_up": [asdict(change) for change in proof.with_code or ()],
        },
    }

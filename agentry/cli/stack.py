"""`agentry stack`: the stacks of a project, and what is recorded of them."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from agentry.cli import stack_init, stack_list
from agentry.cli.app import new
from agentry.cli.asking import confirm
from agentry.cli.chosen import ChosenStack, choose
from agentry.cli.console import say, show, show_json, table
from agentry.cli.display.layout import Line, Piece
from agentry.cli.options import AUTO, LOCAL, NO, AsJson, Engine, OnSandbox, StackName
from agentry.cli.stored import pending_lines, summary, with_passphrase, without_passphrase
from agentry.deploy import engine_of
from agentry.engine.settings import as_text
from agentry.errors import ConfigError, StateError
from agentry.stacks import EngineName, Settings, find_root, stack_file, stack_names

app = new()

ShowSecrets = Annotated[bool, typer.Option("--show-secrets", help="Secrets in clear.")]
Force = Annotated[bool, typer.Option("--force", "-f", help="Although it holds resources, which stay where they are.")]


@app.callback(invoke_without_command=True)
def stack(
    context: typer.Context,
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    engine: Engine = AUTO,
    as_json: AsJson = NO,
) -> None:
    """Look after the stacks of this project, and what is recorded of them.

    Without a command: what is known of one stack, with operations that were interrupted.
    """
    if context.invoked_subcommand is None:
        _look(choose(stack, on_sandbox=sandbox, engine=engine), as_json=as_json)
    elif stack != LOCAL or sandbox or as_json or engine is not AUTO:
        raise typer.BadParameter(f"options come after `{context.invoked_subcommand}`")


def _look(chosen: ChosenStack, *, as_json: bool) -> None:
    name = chosen.name
    found = summary(chosen)
    if as_json:
        show_json(stack_list.as_json(name, chosen.settings.place, found))
        return
    rows = [
        ("workspace", chosen.settings.place),
        ("file", str(stack_file(chosen.root, name).relative_to(chosen.root))),
        ("resources", stack_list.count(found)),
        ("updated", stack_list.updated(found)),
        *([("trouble", found.trouble)] if found.trouble else []),
        *(("locked by", lock.owner) for lock in found.locks),
    ]
    body: list[Line] = [(Piece(f"  {key.ljust(10)} ", "dim"), Piece(text)) for key, text in rows]
    show([(Piece(chosen.shown, "bold"),), *body, *pending_lines(found.pending, chosen.option)])


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="The new stack's name: dev, prod-eu.")],
    *,
    copy_config_from: Annotated[
        str, typer.Option("--copy-config-from", metavar="STACK", help="Begin with the file of this stack.")
    ] = "",
    config: Annotated[
        list[str] | None, typer.Option("--config", "-c", metavar="KEY=VALUE", help="A setting; more than once.")
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="It lives on a sandbox workspace of its own, with the settings of local.")
    ] = NO,
    engine: Engine = AUTO,
) -> None:
    """Make a stack: its file, and an empty state.

    The file has every setting that the project requires; what is missing is asked for on a terminal. The state is made where PULUMI_BACKEND_URL says.
    """
    for line in stack_init.init(
        name, copy_from=copy_config_from, config=config or [], on_sandbox=sandbox, engine=engine
    ):
        say(line)


@app.command("ls")
def list_(*, sandbox: OnSandbox = NO, engine: Engine = AUTO, as_json: AsJson = NO) -> None:
    """List every stack, and what is known of it: resources, last update, workspace, who works on it.

    With --sandbox the states of runs against sandboxes instead.
    """
    found = stack_list.stacks(on_sandbox=sandbox, engine=engine)
    if as_json:
        show_json([stack_list.as_json(one.name, one.place, one.summary) for one in found])
    elif not found:
        say("there is no stack; `agentry stack init NAME` makes one")
    else:
        show(stack_list.lines(found))


@app.command()
def rm(
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    engine: Engine = AUTO,
    force: Force = NO,
    preserve_config: Annotated[bool, typer.Option("--preserve-config", help="Keep the stack's file.")] = NO,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = NO,
) -> None:
    """Forget a stack: its state, its history and its file. A backup of the state stays.

    Refused while it holds resources: `agentry destroy` takes those back. With --sandbox the file stays.
    """
    chosen = _with_file_or_without(stack, sandbox=sandbox, engine=engine)
    resolved = without_passphrase(chosen)
    file = None if sandbox or preserve_config else stack_file(chosen.root, stack)
    if not yes:
        confirm(
            stack,
            what=f"This forgets stack {stack}" + (" and all that it holds" if force else ""),
            refused=f"stack {stack} was not removed",
            command=f"agentry stack rm{chosen.option or ' --stack local'}{' --force' if force else ''} --yes",
        )
    who = engine_of(resolved, engine)
    recorded = any(one.name == stack for one in asyncio.run(who.stacks(resolved)))
    held = asyncio.run(who.remove(resolved, force=force)) if recorded else 0
    if file:
        file.unlink(missing_ok=True)
    left = (
        f"; {held} resource{'' if held == 1 else 's'} stay{'s' if held == 1 else ''} where nobody looks" if held else ""
    )
    say(f"stack {stack} is removed" + left)


def _with_file_or_without(name: str, *, sandbox: bool, engine: EngineName) -> ChosenStack:
    """A stack, also one whose file is gone and whose state is left.

    Raises:
        ConfigError: It has neither, or its file does not parse.
    """
    root = find_root(Path.cwd().resolve())
    if name not in stack_names(root):
        bare = ChosenStack(name, Settings(root=root), sandbox, engine=engine)
        resolved = without_passphrase(bare)
        if any(one.name == name for one in asyncio.run(engine_of(resolved, engine).stacks(resolved))):
            return bare
    return choose(name, on_sandbox=sandbox, engine=engine)


@app.command()
def output(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One export; without it all.")] = None,
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    engine: Engine = AUTO,
    show_secrets: ShowSecrets = NO,
    as_json: AsJson = NO,
) -> None:
    """Print what the program exported when it last ran."""
    chosen = choose(stack, on_sandbox=sandbox, engine=engine)
    resolved = with_passphrase(chosen)
    outputs = asyncio.run(engine_of(resolved, engine).outputs(resolved, show_secrets=show_secrets))
    if name is not None:
        if name not in outputs:
            raise ConfigError(
                f"stack {stack} exports no {name}",
                why=f"it exports {', '.join(sorted(outputs))}" if outputs else "it exports nothing",
            )
        show_json(outputs[name]) if as_json else say(as_text(outputs[name]))
    elif as_json:
        show_json(outputs)
    elif not outputs:
        say(f"stack {stack} exports nothing")
    else:
        for line in table([["OUTPUT", "VALUE"], *([key, as_text(outputs[key])] for key in sorted(outputs))]):
            say(line)


@app.command()
def export(
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    engine: Engine = AUTO,
    file: Annotated[Path | None, typer.Option("--file", help="Write it there, and not to stdout.")] = None,
    version: Annotated[
        int | None, typer.Option("--version", help="As it was after this update of the history.")
    ] = None,
    show_secrets: ShowSecrets = NO,
) -> None:
    """Print the state in Pulumi's format. Both agentry and pulumi import it."""
    chosen = choose(stack, on_sandbox=sandbox, engine=engine)
    resolved = with_passphrase(chosen) if show_secrets else without_passphrase(chosen)
    deployment = asyncio.run(
        engine_of(resolved, engine).export_state(resolved, show_secrets=show_secrets, version=version)
    )
    text = json.dumps(deployment, indent=4, ensure_ascii=False) + "\n"
    if file is None:
        sys.stdout.write(text)
        return
    try:
        # Who may read it is up to its owner: it may hold secrets in clear.
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError("the deployment can not be written", where=str(file), why=str(error)) from error


@app.command("import")
def import_(
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    engine: Engine = AUTO,
    file: Annotated[Path | None, typer.Option("--file", help="Read it from there, and not from stdin.")] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Although it is not sound.")] = NO,
) -> None:
    """Put a deployment in place of the stack's state. A backup of what was there stays.

    Refused: resources of another stack, one that uses what is not recorded, one that is there twice.
    """
    chosen = choose(stack, on_sandbox=sandbox, engine=engine)
    resolved = with_passphrase(chosen)
    deployment = _read(file)
    for warning in asyncio.run(engine_of(resolved, engine).import_state(resolved, deployment, force=force)):
        say(f"warning: {warning}", sys.stderr)
    # A backup is what the offer after a broken state names, and has the state's form, not an export's.
    latest = deployment.get("deployment") or deployment["checkpoint"]["latest"]
    say(f"imported {stack_list.resources(len(latest.get('resources') or ()))} into stack {stack}")


def _read(file: Path | None) -> dict[str, Any]:
    where = str(file) if file else "stdin"
    try:
        found = json.loads(file.read_text(encoding="utf-8") if file else sys.stdin.read())
    except OSError as error:
        raise ConfigError("the deployment can not be read", where=where, why=str(error)) from error
    except ValueError as error:
        raise StateError("this is no JSON", where=where, why=str(error)) from error
    return found if isinstance(found, dict) else {}


@app.command(hidden=True)
def select(name: Annotated[str, typer.Argument()] = LOCAL) -> None:
    """There is no selected stack."""
    raise ConfigError(
        "there is no selected stack",
        why="a command acts on the stack that it names, never on one that was chosen some time before",
        fix=f"name it in each command: agentry preview --stack {name}",
    )

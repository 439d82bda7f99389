"""`agentry state`: the records of a stack, and their repair by hand."""

from __future__ import annotations

import asyncio
import shlex
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentry.cli.app import new
from agentry.cli.asking import confirm
from agentry.cli.chosen import ChosenStack, choose
from agentry.cli.console import say, show, show_json, table
from agentry.cli.display.layout import Piece
from agentry.cli.options import AUTO, LOCAL, NO, AsJson, Engine, OnSandbox, StackName
from agentry.cli.stored import without_passphrase
from agentry.deploy import engine_of
from agentry.engine.repairs import Record, Remove, Rename, Unprotect, find
from agentry.engine.urn import split

if TYPE_CHECKING:
    from agentry.engine.repairs import Repair

app = new(no_args_is_help=True)

Named = Annotated[
    list[str], typer.Argument(metavar="RESOURCE", help="URN, name, or type and name: Grant::weather-llm.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
FLAGS = {"protect": "protected", "delete": "leaving", "external": "read", "initErrors": "not ready"}
"""What is said of a record, by the key that says it."""


@app.callback()
def state() -> None:
    """Repair what is recorded of a stack, where `refresh` and `up` can not. Nothing in the workspace changes.

    A backup of the state stays each time, and is put back with `agentry stack import --file`.
    """


@app.command("list")
def list_(*, stack: StackName = LOCAL, sandbox: OnSandbox = NO, engine: Engine = AUTO, as_json: AsJson = NO) -> None:
    """List every resource that is recorded, in the order in which they were made."""
    records = _records(choose(stack, on_sandbox=sandbox, engine=engine))
    if as_json:
        show_json([_as_json(record) for record in records])
    elif not records:
        say(f"stack {stack} holds no resources")
    else:
        rows = [[*_named(record), record.get("id") or "", ", ".join(_flags(record))] for record in records]
        head, *body = table([["TYPE", "NAME", "ID", "STATE"], *rows])
        show([(Piece(head, "dim"),), *((Piece(line),) for line in body)])


@app.command()
def remove(
    resources: Named,
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    engine: Engine = AUTO,
    force: Annotated[bool, typer.Option("--force", help="Also what is protected.")] = NO,
    target_dependents: Annotated[
        bool, typer.Option("--target-dependents", help="Also what uses it, directly or through others.")
    ] = NO,
    yes: Yes = NO,
) -> None:
    """Forget resources. They stay in the workspace, where nobody looks after them.

    Refused while others use them.
    """
    chosen = choose(stack, on_sandbox=sandbox, engine=engine)
    records = _records(chosen)
    repair = Remove(tuple(find(records, one) for one in resources), force=force, dependents=target_dependents)
    left = repair.apply(records)
    gone = [record for record in records if not any(record is one for one in left)]
    _list(gone)
    flags = {"--force": force, "--target-dependents": target_dependents}
    words = [*resources, *(flag for flag, given in flags.items() if given)]
    _repair(chosen, repair, f"This forgets {_count(len(gone))} of stack {stack}", "remove", words, yes=yes)
    say(f"{_count(len(gone))} forgotten")


# `pulumi state delete` is what people know.
app.command("delete", hidden=True)(remove)


@app.command()
def rename(
    resource: Annotated[str, typer.Argument(help="URN, name, or type and name: Grant::weather-llm.")],
    name: Annotated[str, typer.Argument(help="Its new name.")],
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    engine: Engine = AUTO,
    yes: Yes = NO,
) -> None:
    """Record a resource under the name that the program gives it now, so that it is not made anew.

    In a program `aliases` say the same, for every stack at once.
    """
    chosen = choose(stack, on_sandbox=sandbox, engine=engine)
    records = _records(chosen)
    repair = Rename(find(records, resource), name)
    repair.apply(records)
    what = f"This renames {split(repair.urn).type} {split(repair.urn).name} of stack {stack} to {name}"
    _repair(chosen, repair, what, "rename", [resource, name], yes=yes)
    say(f"{split(repair.urn).name} is {name} now: {repair.becomes}")


@app.command()
def unprotect(
    resources: Annotated[
        list[str] | None, typer.Argument(metavar="RESOURCE", help="URN, name, or type and name.")
    ] = None,
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    engine: Engine = AUTO,
    every: Annotated[bool, typer.Option("--all", help="Every resource of the stack.")] = NO,
    yes: Yes = NO,
) -> None:
    """Let resources be deleted and replaced again. A program that protects them protects them at its next run."""
    if bool(resources) == every:
        raise typer.BadParameter("name resources, or say --all")
    chosen = choose(stack, on_sandbox=sandbox, engine=engine)
    records = _records(chosen)
    repair = Unprotect(None if every else tuple(find(records, one) for one in resources or ()))
    changed = [
        old
        for old, changed in zip(records, repair.apply(records), strict=True)
        if old.get("protect") and old != changed
    ]
    if not changed:
        say("nothing of it is protected")
        return
    _list(changed)
    what = f"This lets {_count(len(changed))} of stack {stack} be deleted"
    _repair(chosen, repair, what, "unprotect", ["--all"] if every else resources or [], yes=yes)
    say(f"{_count(len(changed))} not protected any more")


def _records(stack: ChosenStack) -> list[Record]:
    resolved = without_passphrase(stack)
    deployment = asyncio.run(engine_of(resolved, stack.engine).export_state(resolved))
    found: list[Record] = (deployment.get("deployment") or {}).get("resources") or []
    return found


def _repair(stack: ChosenStack, repair: Repair, what: str, command: str, words: list[str], *, yes: bool) -> None:
    """Ask, and do it.

    Raises:
        ConfigError: Nobody said yes.
        Unsupported: It is the Pulumi CLI's to do.
    """
    resolved = without_passphrase(stack)
    who = engine_of(resolved, stack.engine)
    if not yes and who.repairs:
        confirm(
            stack.name,
            what=what,
            refused="the state was left as it is",
            command=f"agentry state {command} {shlex.join(words)}{stack.option} --yes",
        )
    asyncio.run(who.repair(resolved, repair))


def _list(records: list[Record]) -> None:
    for line in table([_named(record) for record in records], indent="  "):
        say(line, sys.stderr)


def _named(record: Record) -> list[str]:
    return [record["type"], split(record["urn"]).name]


def _flags(record: Record) -> list[str]:
    return [flag for key, flag in FLAGS.items() if record.get(key)]


def _as_json(record: Record) -> dict[str, Any]:
    kind, name = _named(record)
    of = {"urn": record["urn"], "type": kind, "name": name, "id": record.get("id") or "", "state": _flags(record)}
    return {**of, "parent": record.get("parent") or ""}


def _count(number: int) -> str:
    return "1 resource" if number == 1 else f"{number} resources"

"""`agentry destroy`: take back what a stack made."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from agentry.cli import asking
from agentry.cli.app import new
from agentry.cli.chosen import choose
from agentry.cli.operate import Request, operate
from agentry.cli.options import AUTO, LOCAL, NO, AllowDestructive, AsJson, Engine, Everything, OnSandbox, StackName
from agentry.engine.events import Operation
from agentry.errors import ConfigError

app = new()


@app.command()
def destroy(
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    diff: Everything = NO,
    as_json: AsJson = NO,
    engine: Engine = AUTO,
    allow_destructive: AllowDestructive = NO,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = NO,
) -> None:
    """Take back what the stack made. Experiments, with their traces, stay; so do inference tables.

    Asks first, except on stack local and with --sandbox. A stack of agentry:production wants --allow-destructive too:
    deletes are never previewed, so nobody would know what is in use before the first one.
    """
    chosen = choose(stack, on_sandbox=sandbox, engine=engine)
    if chosen.settings.guarded and not allow_destructive:
        raise ConfigError(
            "nothing was destroyed",
            why=f"stack {stack} says agentry:production",
            fix=f"agentry destroy{chosen.option} --allow-destructive",
        )
    if not (yes or sandbox or stack == LOCAL):
        confirm(stack, asks=sys.stdin.isatty() and not as_json)
    operate(
        Request(
            Operation.DESTROY,
            stack,
            sandbox=sandbox,
            everything=diff,
            as_json=as_json,
            engine=engine,
            allow_destructive=allow_destructive,
        )
    )


def confirm(stack: str, *, asks: bool) -> None:
    """Have the person type the stack's name.

    Args:
        stack: The stack.
        asks: Whether there is a person to ask.

    Raises:
        ConfigError: There is nobody to ask, or the answer was another one.
    """
    asking.confirm(
        stack,
        what=f"This takes back everything that stack {stack} made",
        refused="nothing was destroyed",
        command=f"agentry destroy --stack {stack} --yes",
        asks=asks,
    )

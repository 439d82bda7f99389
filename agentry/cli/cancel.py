"""`agentry cancel`: take away a lock that nobody needs any more."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from agentry.cli.app import new
from agentry.cli.asking import confirm
from agentry.cli.chosen import choose
from agentry.cli.console import say, show
from agentry.cli.options import AUTO, LOCAL, NO, Engine, OnSandbox, StackName
from agentry.cli.stored import pending, pending_lines, without_passphrase
from agentry.deploy import engine_of

app = new()


@app.command()
def cancel(
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    engine: Engine = AUTO,
    force: Annotated[bool, typer.Option("--force", help="Also the lock of a process that runs here.")] = NO,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = NO,
) -> None:
    """Take away the lock of a stack, whose owner is shown.

    The lock of a process of this machine that is gone needs no question; `up` breaks it by itself. One that runs here
    is left alone without --force: end it with Ctrl-C, so that it saves what it did. Of another machine's nobody can
    say from here whether it runs, so it is asked.
    """
    chosen = choose(stack, on_sandbox=sandbox, engine=engine)
    resolved = without_passphrase(chosen)
    locks = asyncio.run(engine_of(resolved, engine).locks(resolved))
    for lock in locks:
        state = {True: "runs here", False: "is gone", None: "runs elsewhere, or ran"}[lock.alive]
        say(f"stack {stack} is locked by {lock.owner}: {state}", sys.stderr)
    if not locks and resolved.in_directory:
        say(f"stack {stack} is not locked")
        return
    # The Pulumi CLI does not list the locks of other backends.
    doubtful = not locks or any(lock.alive is None for lock in locks) or (force and any(lock.alive for lock in locks))
    if doubtful and not yes:
        confirm(
            stack,
            what="Two at once on one stack lose what they record: go on only if nobody works on it any more",
            refused=f"the lock of stack {stack} was left",
            command=f"agentry cancel{chosen.option}{' --force' if force else ''} --yes",
        )
    gone = asyncio.run(engine_of(resolved, engine).cancel(resolved, force=force or not locks))
    say(f"{len(gone)} locks taken away" if len(gone) > 1 else "the lock is taken away")
    show(pending_lines(pending(chosen), chosen.option))

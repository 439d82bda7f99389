"""`agentry up`: make the workspace what the program says."""

from __future__ import annotations

from agentry.cli.app import new
from agentry.cli.operate import Request, operate
from agentry.cli.options import AUTO, LOCAL, NO, AllowDestructive, AsJson, Engine, Everything, OnSandbox, StackName, Yes
from agentry.engine.events import Operation

app = new()


@app.command()
def up(
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    diff: Everything = NO,
    as_json: AsJson = NO,
    engine: Engine = AUTO,
    allow_destructive: AllowDestructive = NO,
    yes: Yes = NO,
) -> None:
    """Make the workspace what the program says: register, serve and grant what changed.

    On stack local, and with --sandbox, a sandbox workspace is started if none runs.
    """
    del yes
    operate(
        Request(
            Operation.UP,
            stack,
            sandbox=sandbox,
            everything=diff,
            as_json=as_json,
            engine=engine,
            allow_destructive=allow_destructive,
        )
    )

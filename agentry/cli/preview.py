"""`agentry preview`: what `up` would change."""

from __future__ import annotations

from agentry.cli.app import new
from agentry.cli.operate import Request, operate
from agentry.cli.options import AUTO, LOCAL, NO, AllowDestructive, AsJson, Engine, Everything, OnSandbox, StackName
from agentry.engine.events import Operation

app = new()


@app.command()
def preview(
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    diff: Everything = NO,
    as_json: AsJson = NO,
    engine: Engine = AUTO,
    allow_destructive: AllowDestructive = NO,
) -> None:
    """Show what `agentry up` would change. Nothing is written anywhere."""
    operate(
        Request(
            Operation.PREVIEW,
            stack,
            sandbox=sandbox,
            everything=diff,
            as_json=as_json,
            engine=engine,
            allow_destructive=allow_destructive,
        )
    )

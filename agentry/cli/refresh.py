"""`agentry refresh`: bring the recorded state up to what the workspace has."""

from __future__ import annotations

from typing import Annotated

import typer

from agentry.cli.app import new
from agentry.cli.operate import Request, operate
from agentry.cli.options import AUTO, LOCAL, NO, AsJson, Engine, Everything, OnSandbox, StackName, Yes
from agentry.engine.events import Operation

app = new()


@app.command()
def refresh(
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    diff: Everything = NO,
    as_json: AsJson = NO,
    engine: Engine = AUTO,
    yes: Yes = NO,
    clear_pending_creates: Annotated[
        bool, typer.Option("--clear-pending-creates", help="Forget what was being created when a run was killed.")
    ] = NO,
) -> None:
    """Read every resource of the stack from the workspace and record what it is now."""
    del yes
    operate(
        Request(
            Operation.REFRESH,
            stack,
            sandbox=sandbox,
            everything=diff,
            as_json=as_json,
            engine=engine,
            clear_pending_creates=clear_pending_creates,
        )
    )

"""The options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from agentry.stacks import EngineName

LOCAL = "local"  # as in agentry.deploy, which is too heavy to be imported for a default
NO = False
AUTO = EngineName.AUTO

StackName = Annotated[
    str, typer.Option("--stack", "-s", help="Which stack; each has a file stacks/Pulumi.<stack>.yaml.", metavar="NAME")
]
OnSandbox = Annotated[
    bool,
    typer.Option("--sandbox", help="Run this stack against a sandbox workspace here, its state apart below .agentry/."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, and nothing else, on stdout.")]
Everything = Annotated[bool, typer.Option("--diff", help="Show every resource and all of its properties.")]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Nothing is asked anyway; taken because scripts say it to `pulumi up`.")
]
Engine = Annotated[
    EngineName,
    typer.Option(
        "--engine",
        help="Who deploys: Agentry's embedded engine, or the Pulumi CLI on PATH. auto: embedded where the state is in a "
        "directory (stack local, --sandbox, file://), the Pulumi CLI for every other backend.",
    ),
]
AllowDestructive = Annotated[
    bool,
    typer.Option(
        "--allow-destructive",
        help="In a stack of agentry:production: this run may also replace or delete what is in use.",
    ),
]

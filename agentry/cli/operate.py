"""One operation of the engine on one stack, shown while it runs: what preview, up, refresh and destroy share."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.cli.chosen import ChosenStack, choose
from agentry.cli.console import console, is_terminal, say
from agentry.cli.display import Display, JsonDisplay, LiveDisplay, PlainDisplay, View
from agentry.cli.options import AUTO, LOCAL
from agentry.cli.workspace import start_sandbox
from agentry.clock import Clock, RealClock
from agentry.deploy import engine_of
from agentry.engine.events import Finished, Operation
from agentry.errors import AgentryError, Interrupted
from agentry.stacks import ALLOW_DESTRUCTIVE

if TYPE_CHECKING:
    from typing import TextIO

    from agentry.stacks import EngineName


@dataclass(frozen=True)
class Request:
    """What somebody typed.

    Attributes:
        operation: What to do.
        stack: With which stack.
        sandbox: On a sandbox workspace, whatever the stack's file says.
        everything: Show all resources and properties.
        as_json: One JSON document at the end instead.
        engine: With which engine.
        clear_pending_creates: In a refresh, forget the creates of which no end is recorded.
        allow_destructive: Also replace and delete what is in use in a stack of production.
    """

    operation: Operation
    stack: str = LOCAL
    sandbox: bool = False
    everything: bool = False
    as_json: bool = False
    engine: EngineName = AUTO
    clear_pending_creates: bool = False
    allow_destructive: bool = False


def operate(request: Request) -> Finished:
    """Do it.

    Raises:
        AgentryError: It was not begun, or not ended; what failed was shown on its resource.
    """
    stack: ChosenStack | None = None
    try:
        stack = choose(
            request.stack,
            on_sandbox=request.sandbox,
            engine=request.engine,
            allow_destructive=request.allow_destructive,
        )
        prepare(stack, request.operation, sys.stderr if request.as_json else sys.stdout)
    except AgentryError as error:
        if request.as_json:
            JsonDisplay(View(request.operation, request.stack), sys.stdout).close(error)
        raise
    if request.allow_destructive:
        # For the provider of this run: a destroy does not see settings anew.
        os.environ[ALLOW_DESTRUCTIVE] = "true"
    if request.operation is Operation.UP:
        rehearse(stack, request)
    view = View(request.operation, stack.shown)
    display = displayed(view, everything=request.everything, as_json=request.as_json)
    return deploy(stack, request.operation, display, clear_pending_creates=request.clear_pending_creates)


def rehearse(stack: ChosenStack, request: Request) -> None:
    """Preview before `up`, as Pulumi does: what fails its checks has changed nothing elsewhere in the graph.

    Raises:
        AgentryError: What the preview found, after showing it.
    """
    # The document is that of the command which was typed; a tree tells what would be done.
    view = View(Operation.UP if request.as_json else Operation.PREVIEW, stack.shown)
    display = displayed(view, everything=request.everything, as_json=request.as_json, rehearsal=True)
    try:
        run(stack, Operation.PREVIEW, display)
    except Interrupted as error:
        interrupted = Interrupted("interrupted before anything was changed", fix=f"agentry up{stack.option}")
        display.close(interrupted)
        raise interrupted from error
    except AgentryError as error:
        display.close(error)
        raise
    display.discard()


def prepare(stack: ChosenStack, operation: Operation, out: TextIO) -> None:
    """Have the sandbox run where `up` may start it. Elsewhere the provider says that it does not.

    Raises:
        SandboxError: It does not start.
    """
    if stack.begins_sandbox and operation is Operation.UP:
        for line in start_sandbox(stack):
            say(line, out)


def displayed(
    view: View, *, everything: bool = False, as_json: bool = False, rehearsal: bool = False, clock: Clock | None = None
) -> Display:
    """The display that fits where stdout goes; that of a `rehearsal` leaves no trace unless it fails."""
    if as_json:
        return JsonDisplay(view, sys.stdout)
    if is_terminal(sys.stdout):
        return LiveDisplay(view, console(sys.stdout), clock or RealClock(), everything=everything)
    return PlainDisplay(view, sys.stdout, everything=everything, hold=rehearsal)


def run(stack: ChosenStack, operation: Operation, display: Display, **options: bool) -> Finished:
    """Have an engine work on a stack; the engine itself takes SIGINT and SIGTERM: it ends what runs, and saves."""
    # Most of what a run makes lives to its end: with Python's defaults the collector looks at all of it again and again.
    gc.set_threshold(20_000, 10, 10)
    resolved = stack.resolve()
    return asyncio.run(engine_of(resolved, stack.engine).run(operation, resolved, listen=display, **options))


def deploy(
    stack: ChosenStack, operation: Operation, display: Display, *, clear_pending_creates: bool = False
) -> Finished:
    """Run an engine on a stack, and show what it does.

    Raises:
        DeploymentFailed: Steps failed; the display showed them.
        AgentryError: It could not begin, or was interrupted.
    """
    try:
        options = {"clear_pending_creates": True} if clear_pending_creates else {}
        finished = run(stack, operation, display, **options)
    except AgentryError as error:
        display.close(error)
        raise
    display.close()
    return finished

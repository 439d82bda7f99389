"""`agentry demo --explain`: the mistake that this project comes from, made and mended before one's eyes.

An agent that is logged without the resources it uses deploys well and fails at its first question. Everything happens
in a scratch copy below `.agentry/explain`, with a sandbox and a state of its own, and is gone afterwards.
"""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agentry.cli.boundary import error_lines
from agentry.cli.chosen import ChosenStack, choose
from agentry.cli.console import say, show
from agentry.cli.demo import AGENT, QUESTIONS, ask_all, operate, sample, title
from agentry.cli.display.layout import Piece
from agentry.cli.options import LOCAL
from agentry.cli.recorded import recorded_agent
from agentry.cli.workspace import start_sandbox
from agentry.engine.events import Operation
from agentry.engine.project import find_project
from agentry.errors import AgentryError, EngineError, Interrupted
from agentry.sandbox import process
from agentry.stacks import state_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROGRAM = '''"""The agent of `agentry demo --explain`."""

import pulumi
from components import Agent

config = pulumi.Config()
weather = Agent(
    "weather",
    code="agents/{agent}",
    model=f"{{config.require('catalog')}}.{{config.require('schema')}}.weather",
    model_config={{"llm_endpoint": config.require("llm_endpoint")}},{declared}
)
pulumi.export("weather", weather.url)
'''
# What is the same in every copy is linked, with the provider, so that the copy's program and provider are the project's.
LINKED = (".venv", "components")
COPIED = ("Pulumi.yaml", f"stacks/Pulumi.{LOCAL}.yaml")


def explain(stack: ChosenStack) -> None:
    """Show the runs: refused at preview, failing at the first question, answering.

    Raises:
        AgentryError: One of them went otherwise than it should.
    """
    say("An agent calls an LLM endpoint of its workspace. Served, it has credentials for nothing but what its model")
    say("version declares as `resources`. What happens when the declaration forgets one?")
    with scratch(stack) as copy:
        start_sandbox(copy)
        _refused(copy)
        _fails(copy)
        _answers(copy)
    say("\nEverything of this is gone again; your own stack was not touched.")


def _refused(copy: ChosenStack) -> None:
    declare(copy, "resources=[]")
    title("1  resources=[], and Agentry compares it with the code: refused at preview")
    expect_failure(lambda: operate(copy, Operation.PREVIEW), "the preview")
    say("Nothing was made. The agent's code was read, not run.")


def _fails(copy: ChosenStack) -> None:
    declare(copy, "resources=[], check=False")
    title("2  The same without the comparison (check=False), as other tools deploy it: it deploys")
    operate(copy, Operation.UP)
    say("\nThe endpoint is ready and everything looks well. Its first question:")
    expect_failure(lambda: ask_first(copy, QUESTIONS[1:]), "the question")
    say("That is databricks-sdk inside the served process: no resource declared, so no credential was mounted.")


def _answers(copy: ChosenStack) -> None:
    declare(copy, "")
    title("3  resources left out: the inspector finds them, and the version declares them")
    operate(copy, Operation.UP)
    say()
    ask_first(copy, QUESTIONS)


def declare(copy: ChosenStack, declared: str) -> None:
    """Write the program, with what it declares."""
    line = f"\n    {declared}," if declared else ""
    program = PROGRAM.format(agent=sample(copy.root), declared=line)
    (copy.root / "__main__.py").write_text(program, encoding="utf-8")


def ask_first(copy: ChosenStack, questions: tuple[str, ...]) -> None:
    """Ask the copy's agent."""
    ask_all(copy, recorded_agent(copy, AGENT), questions)


def expect_failure(run: Callable[[], object], what: str) -> None:
    """Run what has to fail, and show its error as it is.

    Raises:
        EngineError: It did not fail.
        Interrupted: The person ended it.
    """
    try:
        run()
    except Interrupted:
        raise
    except AgentryError as error:
        show([(Piece(line, "red" if number == 0 else ""),) for number, line in enumerate(error_lines(error))])
        return
    raise EngineError(f"{what} should have failed, and did not", fix="please report this")


@contextmanager
def scratch(stack: ChosenStack) -> Iterator[ChosenStack]:
    """A project of its own below `.agentry/explain`, gone afterwards, its sandbox stopped."""
    root = state_directory(stack.root) / "explain"
    remove(root)
    root.mkdir(parents=True)
    for name in linked(stack.root):
        (root / name).symlink_to(stack.root / name)
    for name in COPIED:
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy2(stack.root / name, root / name)
    code = Path("agents", sample(stack.root))
    shutil.copytree(stack.root / code, root / code)
    _share_cache(stack.root, root)
    before = signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        yield choose(LOCAL, start=root)
    finally:
        signal.signal(signal.SIGTERM, before)
        remove(root)


def linked(project: Path) -> list[str]:
    """What a copy of a project links to, below the project's directory."""
    plugins = (os.path.relpath(path, project) for path in find_project(project).plugins.values())
    return [*LINKED, *sorted({path.split(os.sep)[0] for path in plugins if not path.startswith(os.pardir)})]


def _share_cache(project: Path, root: Path) -> None:
    """The environments of served agents, which take most of the time, are the project's."""
    cache = state_directory(project) / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    state_directory(root).mkdir(parents=True)
    (state_directory(root) / "cache").symlink_to(cache)


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def remove(root: Path) -> None:
    """Stop the copy's sandbox and remove the copy; the links in it, never what they lead to."""
    if root.exists():
        process.stop(root, LOCAL)
        shutil.rmtree(root)

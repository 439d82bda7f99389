"""`agentry inspect`: what an agent's code uses of its workspace, found without importing it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentry.cli.app import new
from agentry.cli.console import show, show_json
from agentry.cli.display.layout import Line, Piece
from agentry.cli.options import LOCAL, AsJson, StackName
from agentry.cli.recorded import VERSION, recorded_resources, value
from agentry.cli.stack import choose
from agentry.errors import ConfigError
from agentry.inspector import Inspection, inspect_agent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentry.deploy import RecordedResource

app = new()
NO = False


@dataclass(frozen=True)
class Subject:
    """An agent to look at.

    Attributes:
        code: Its directory.
        model_config: What the stack puts over its config.yaml, as recorded at the last deployment.
    """

    code: Path
    model_config: Mapping[str, Any] = field(default_factory=dict)


@app.command()
def inspect(
    agent: Annotated[
        str, typer.Argument(help="An agent's name or a directory; without it, every agent below agents/.")
    ] = "",
    *,
    stack: StackName = LOCAL,
    as_json: AsJson = NO,
) -> None:
    """Show what an agent's code uses: endpoints, tables, functions, with file and line.

    Its model config is that of the stack's last deployment, or else its config.yaml.
    """
    chosen = choose(stack)
    recorded = recorded_resources(chosen)
    found = {
        _shown(subject.code, chosen.root): inspect_agent(subject.code, subject.model_config, {})
        for subject in subjects(agent, chosen.root, recorded)
    }
    if as_json:
        show_json({"agents": [{"directory": name, **document(one)} for name, one in found.items()]})
    else:
        show([line for name, one in found.items() for line in lines(name, one)])


def subjects(wanted: str, root: Path, recorded: Sequence[RecordedResource]) -> list[Subject]:
    """Which agents are meant.

    Args:
        wanted: A name or a directory; empty for all.
        root: The project's directory.
        recorded: What the stack holds, which knows where a deployed agent's code is.

    Raises:
        ConfigError: There is no such agent.
    """
    deployed = {node.name: node for node in recorded if node.type == VERSION}
    if wanted in deployed:
        return [Subject(root / value(deployed[wanted], "code"), value(deployed[wanted], "modelConfig", {}))]
    configs = {root / value(node, "code"): value(node, "modelConfig", {}) for node in deployed.values()}
    all_of_them = sorted(path.parent for path in root.glob("agents/*/agent.py"))
    directories = [path for path in (Path(wanted).resolve(), root / "agents" / wanted) if wanted and path.is_dir()]
    directories = directories[:1] if wanted else all_of_them
    if not directories:
        names = ", ".join(path.name for path in all_of_them) or "none"
        raise ConfigError(f"no agent and no directory {wanted!r}" if wanted else "no agents", why=f"agents: {names}")
    return [Subject(path, configs.get(path, {})) for path in directories]


def document(inspection: Inspection) -> dict[str, Any]:
    """For machines."""
    return {
        "uses": [
            {
                "type": use.resource.type,
                "name": use.resource.name,
                "onBehalfOfUser": use.resource.on_behalf_of_user,
                "file": use.file,
                "line": use.line,
                "construct": use.construct,
                "origin": use.origin,
            }
            for use in inspection.uses
        ],
        "undecided": [
            {
                "construct": one.construct,
                "expression": one.expression,
                "file": one.file,
                "line": one.line,
                "why": one.why,
            }
            for one in inspection.undecided
        ],
    }


def lines(name: str, inspection: Inspection) -> list[Line]:
    """For people."""
    found: list[Line] = [(Piece(name, "bold"),)]
    for use in inspection.uses:
        origin = f", its name from {use.origin}" if use.origin else ""
        found.append((Piece("  uses       ", "green"), Piece(str(use.resource))))
        found.append((Piece(f"             {use.where}  {use.construct}{origin}", "dim"),))
    for one in inspection.undecided:
        found.append((Piece("  undecided  ", "yellow"), Piece(f"{one.construct} of `{one.expression}`")))
        found.append((Piece(f"             {one.where}  {one.why}", "dim"),))
    if not inspection.uses and not inspection.undecided:
        found.append((Piece("  uses nothing of the workspace", "dim"),))
    return found


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)

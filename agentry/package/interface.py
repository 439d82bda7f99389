"""Which interface of MLflow an agent has: read from the code, never by importing it.

`set_model(...)` in agent.py says which object is the agent; its class, in agent.py or in another file of the
directory, derives from one of `versions.INTERFACES`. Classes of installed packages are not looked into: for these the
program says `interface="..."`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from agentry.errors import AgentCodeError
from agentry.package.modules import Module
from agentry.package.search import Definition, Search
from agentry.package.versions import INTERFACES

if TYPE_CHECKING:
    from agentry.source import Source

AGENT = "agent.py"
_NAMES = f"{', '.join(list(INTERFACES)[:-1])} or {list(INTERFACES)[-1]}"
_SET_MODEL = {"mlflow.models.set_model", "mlflow.models.model.set_model"}


def find_interface(source: Source, declared: str | None) -> Definition:
    """The interface of an agent, and what defines it.

    Args:
        source: Its directory.
        declared: What the program says, which decides where the code does not; None to find it in the code.

    Raises:
        AgentCodeError: No agent.py, no `set_model`, or a class that can not be decided, or is not what is declared.
    """
    if declared is not None and declared not in INTERFACES:
        raise AgentCodeError(f"interface is {_NAMES}, not {declared!r}", where=source.shown)
    if AGENT not in source.files:
        rule = source.ignored.get(AGENT)
        why = f"{rule} takes it out" if rule else "it is the file that calls mlflow.models.set_model"
        raise AgentCodeError("there is no agent.py", where=source.shown, why=why, fix=f"write {source.where(AGENT)}")
    try:
        agent = Module.read(source, AGENT)
    except AgentCodeError:
        # Written for a newer Python than this one: what the program says is enough.
        if declared is not None and b"set_model" in source.files[AGENT]:
            return Definition(declared)
        raise
    calls = agent.calls_of(_SET_MODEL)
    if not calls:
        raise AgentCodeError(
            "there is no call of set_model",
            where=source.where(AGENT),
            why="MLflow loads agent.py and takes the object that was given to mlflow.models.set_model",
            fix="end agent.py with: set_model(YourAgent())",
        )
    _refuse_relative_imports(agent)
    if declared is not None:
        return _as_declared(agent, calls, declared)
    found = [(_definition(agent, call), call) for call in calls]
    interfaces = sorted({definition.interface for definition, _ in found})
    if len(interfaces) > 1:
        raise AgentCodeError(
            f"set_model is called with a {' and with a '.join(interfaces)}",
            where=source.where(AGENT, found[0][1].lineno),
            fix='say which one is served: interface="..."',
        )
    return found[-1][0]


def _as_declared(agent: Module, calls: list[ast.Call], declared: str) -> Definition:
    """What the program says, with the class where the code shows one of that interface."""
    try:
        found = [_found(agent, call) for call in calls]
    except AgentCodeError:  # another file that does not parse here
        found = []
    shown = [definition for definition in found if definition]
    alike = [definition for definition in shown if definition.interface == declared]
    if shown and not alike and len(shown) == len(calls):
        raise AgentCodeError(
            f"the program says that the agent is a {declared}, and it is a {shown[-1].interface}",
            where=agent.source.where(agent.path, calls[-1].lineno),
            why="MLflow asks an object by its class, whatever is said of it",
            fix=f'interface="{shown[-1].interface}", or leave interface out',
        )
    return alike[-1] if alike else Definition(declared)


def _refuse_relative_imports(agent: Module) -> None:
    for node in agent.nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            raise AgentCodeError(
                "agent.py can not import relatively",
                where=agent.source.where(agent.path, node.lineno),
                why="MLflow loads it as a file of its own, with the other files of the directory on sys.path",
                fix=f"from {node.module or '<module>'} import {', '.join(alias.name for alias in node.names)}",
            )


def _found(agent: Module, call: ast.Call) -> Definition | None:
    given = _given(call)
    return Search(agent.source).of_value(agent, given) if given else None


def _given(call: ast.Call) -> ast.expr | None:
    arguments = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "model")]
    return arguments[0] if arguments else None


def _definition(agent: Module, call: ast.Call) -> Definition:
    if found := _found(agent, call):
        return found
    given = _given(call)
    raise AgentCodeError(
        f"which interface the agent has can not be seen: set_model({ast.unparse(given) if given else 'nothing'})",
        where=agent.source.where(agent.path, call.lineno),
        why=f"its class is not one of the directory's that derives from {_NAMES} of mlflow.pyfunc; "
        "a chain or graph of a library, such as LangChain's, is none of them by itself",
        fix="wrap it in a class that derives from one of them, or say in the program which one it is: "
        f'interface="{next(reversed(INTERFACES))}"',
    )

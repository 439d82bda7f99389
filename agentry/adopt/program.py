"""The call as lines of a Python program, and a program with them at its end. Pure."""

from __future__ import annotations

import ast
import json
import keyword
import re
from typing import TYPE_CHECKING, Any

from agentry.errors import ProgramError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentry.adopt.declaration import Adoption

WIDTH = 100
_WORDS = ("Agent", "Endpoint", "Resource")


def call_lines(
    adoption: Adoption, variable: str, *, code: str = "", more: Mapping[str, Any] | None = None
) -> list[str]:
    """`weather = Agent(...)`, a line for each argument.

    Args:
        adoption: What it is declared as.
        variable: The variable it is kept in.
        code: A directory, in place of the version that serves.
        more: Arguments that only code has.
    """
    lines = [f"{variable} = Agent(", f"    {_text(adoption.name)},"]
    model = adoption.model or adoption.source.removeprefix("models:/").rpartition("/")[0]
    if code:
        lines += [f"    code={_text(code)},", f"    model={_text(model)},"]
    else:
        lines.append(f"    source={_text(adoption.source)},")
        lines += [f"    model={_text(adoption.model)},"] if adoption.model else []
    for key, value in [*_arguments(adoption), *(more or {}).items()]:
        lines += _argument(key, value if isinstance(value, Raw) else rendered(value, 4))
    return [*lines, ")"]


class Raw(str):
    """Python as it is to be written."""

    __slots__ = ()


def _arguments(adoption: Adoption) -> list[tuple[str, Any]]:
    variables: dict[str, Any] = dict(adoption.environment_vars)
    variables |= {key: Raw(f"pulumi.Config().require_secret({_text(at)})") for key, at in adoption.secrets.items()}
    given: list[tuple[str, Any]] = []
    if adoption.resources:
        given.append(("resources", [Raw(one.in_program) for one in adoption.resources]))
    if variables:
        given.append(("environment_vars", dict(sorted(variables.items()))))
    if adoption.options:
        given.append(("endpoint", Raw(_endpoint(adoption.options))))
    given.append(("aliases", tuple(adoption.aliases)))
    if adoption.access:
        given.append(("access", dict(adoption.access)))
    given.append(("experiment", adoption.experiment or False))
    return given


def _endpoint(options: Mapping[str, Any]) -> str:
    given = [f"{key}={rendered(value, 8)}" for key, value in options.items()]
    line = f"Endpoint({', '.join(given)})"
    if len(line) + len("    endpoint=,") <= WIDTH and "\n" not in line:
        return line
    return "\n".join(["Endpoint(", *(f"        {one}," for one in given), "    )"])


def _argument(key: str, value: str) -> list[str]:
    return f"    {key}={value},".split("\n")


def rendered(value: Any, indent: int) -> str:
    """A plain value as Python, over several lines where one is too long."""
    if isinstance(value, Raw):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple):
        inside = ", ".join(rendered(item, indent) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, dict):
        entries = [f"{_text(key)}: {rendered(item, indent + 4)}" for key, item in value.items()]
        return _bracketed("{", entries, "}", indent)
    if isinstance(value, list):
        return _bracketed("[", [rendered(item, indent + 4) for item in value], "]", indent)
    return repr(value)


def _bracketed(left: str, entries: list[str], right: str, indent: int) -> str:
    line = f"{left}{', '.join(entries)}{right}"
    if "\n" not in line and len(line) + indent + 20 <= WIDTH:
        return line
    blank = " " * (indent + 4)
    return "\n".join([left, *(f"{blank}{one}," for one in entries), f"{' ' * indent}{right}"])


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def variable_for(name: str, taken: Iterable[str] = ()) -> str:
    """A variable for an agent, other than those that a program has."""
    base = re.sub(r"\W", "_", name)
    base = f"agent_{base}" if base[0].isdigit() or keyword.iskeyword(base) else base
    used = set(taken)
    return next(one for one in (base, *(f"{base}_{number}" for number in range(2, 1000))) if one not in used)


def block(adoption: Adoption, existing: str, where: str, **call: Any) -> str:
    """The lines that go to the end of a program, with the imports that it lacks.

    Args:
        adoption: What is declared.
        existing: The program so far.
        where: What it is called, for errors.
        call: See `call_lines`.

    Raises:
        ProgramError: It does not parse.
    """
    bound, exported = names_of(existing, where)
    variable = variable_for(adoption.name, bound)
    lines = call_lines(adoption, variable, **call)
    wanted = [word for word in _WORDS if any(re.search(rf"\b{word}\(", line) for line in lines) and word not in bound]
    imports = [f"from {_module(existing)} import {', '.join(wanted)}"] if wanted else []
    if adoption.name not in exported:
        lines += ["", f"pulumi.export({_text(adoption.name)}, {variable}.url)"]
    if "pulumi" not in bound and any("pulumi." in line for line in lines):
        imports.insert(0, "import pulumi")
    # At the end of a file that has other imports at its top: linters are told that it is meant so.
    noted = [f"{line}  # noqa: E402" if existing.strip() else line for line in imports]
    return "\n".join([*noted, *([""] if noted else []), *lines]) + "\n"


def _module(program: str) -> str:
    """Where the program has the words from: the repository's own, or the package."""
    return "components" if re.search(r"^from components import ", program, re.MULTILINE) else "agentry.components"


def names_of(program: str, where: str) -> tuple[set[str], set[str]]:
    """The names that a program has at its top, and what it exports.

    Raises:
        ProgramError: It does not parse.
    """
    try:
        tree = ast.parse(program)
    except SyntaxError as error:
        raise ProgramError("the program does not parse", where=f"{where}:{error.lineno}", why=str(error.msg)) from error
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
    exported = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "export"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }
    return bound, exported


def appended(existing: str, addition: str) -> str:
    """The program with a block at its end, as a paragraph of its own, with its line breaks."""
    if "\r\n" in existing:
        return appended(existing.replace("\r\n", "\n"), addition).replace("\n", "\r\n")
    gap = "" if not existing else "\n" if existing.endswith("\n") else "\n\n"
    return f"{existing}{gap}{addition}"

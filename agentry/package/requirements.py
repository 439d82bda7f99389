"""What an agent needs installed: `requirements.txt` or a list, as MLflow reads it, and refused where it can not work.

The lines are written into the model as `mlflow.pyfunc.save_model` writes them (mlflow/utils/environment.py and
requirements_utils.py at 3.17.2; held by the contract tests): comments go, continued lines are joined, a requirement
without options is normalised by `packaging`, one with hashes stays as it is. What MLflow passes on silently, and the
build of the serving environment then fails at or leaks, is refused here, with file and line.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from packaging.utils import canonicalize_name

from agentry.errors import AgentCodeError
from agentry.package import versions
from agentry.package.requirement_lines import Line, included, logical_lines, parse_line, strip_comment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentry.source import Source

REQUIREMENTS = "requirements.txt"
CONSTRAINTS = "constraints.txt"


@dataclass(frozen=True, slots=True)
class Requirements:
    """What is installed for the agent.

    Attributes:
        lines: As MLflow writes them into requirements.txt, in the order given.
        constraints: The lines of `-c` files.
        mlflow: The version of MLflow that the agent runs with, for example `3.17.2`.
        cloudpickle: The version of cloudpickle where it is pinned: MLflow notes it in the MLmodel.
        files: The files of the directory that were read; they are no code.
    """

    lines: tuple[str, ...]
    constraints: tuple[str, ...]
    mlflow: str
    cloudpickle: str | None
    files: tuple[str, ...] = ()


def read_requirements(source: Source, declared: Sequence[str] | None, python: str) -> Requirements:
    """Read what the agent needs.

    Args:
        source: The agent's directory.
        declared: The lines, or None for its requirements.txt.
        python: The agent's Python, which decides the markers, for example `3.11`.

    Raises:
        AgentCodeError: What can not be installed where the agent is served, or is not decided: mlflow without a pin.
    """
    reader = _Reader(source)
    if declared is not None:
        reader.lines(((f"requirements[{number}]", text) for number, text in enumerate(declared)), base="")
    elif REQUIREMENTS in source.files:
        reader.file(REQUIREMENTS, asked_by="")
    else:
        _refuse_missing(source)
    found = _unique(reader.found)
    _refuse_half_hashed(found)
    _refuse_what_mlflow_drops(found)
    where = f"requirements of {source.shown}" if declared is not None else source.where(REQUIREMENTS)
    return Requirements(
        lines=tuple(line.text for line in found) + ((f"-c {CONSTRAINTS}",) if reader.constraints else ()),
        constraints=tuple(line.text for line in reader.constraints),
        mlflow=_mlflow(found, python, where),
        cloudpickle=next((pin for line in _named(found, "cloudpickle", python) if (pin := line.pin)), None),
        files=tuple(dict.fromkeys(reader.read)),
    )


@dataclass
class _Reader:
    """Collects the lines of a requirements file and of those that it includes."""

    source: Source
    found: list[Line] = field(default_factory=list)
    constraints: list[Line] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def file(self, path: str, asked_by: str, *, constraint: bool = False) -> None:
        if path in self._open:
            raise AgentCodeError(f"{path} includes itself", where=asked_by, fix="remove one of the -r lines")
        if path not in self.source.files:
            self.refuse_include(path, asked_by)
        try:
            text = self.source.files[path].decode("utf-8-sig")
        except UnicodeDecodeError:
            raise AgentCodeError("this file is not UTF-8", where=self.source.where(path)) from None
        self.read.append(path)
        self._open.append(path)
        numbered = ((self.source.where(path, number), line) for number, line in logical_lines(text))
        self.lines(numbered, base=posixpath.dirname(path), constraint=constraint)
        self._open.pop()

    def lines(self, lines: Iterable[tuple[str, str]], base: str, *, constraint: bool = False) -> None:
        for where, raw in lines:
            text = strip_comment(raw)
            if include := included(text):
                path = posixpath.normpath(posixpath.join(base, include.path))
                self.file(path, where, constraint=constraint or include.constraint)
            elif text:
                (self.constraints if constraint else self.found).append(parse_line(text, where))

    def refuse_include(self, path: str, asked_by: str) -> NoReturn:
        why = f"it is not among the files of {self.source.shown} that are packaged"
        if rule := self.source.ignored.get(path):
            why = f"{rule} takes it out"
        raise AgentCodeError(f"{path} can not be included", where=asked_by, why=why, fix="move it into the directory")


def _unique(lines: list[Line]) -> list[Line]:
    """Each requirement once, as MLflow has it; two that differ are refused, MLflow asks pip to merge them."""
    kept: dict[object, Line] = {}
    for line in lines:
        key: object = line.text
        if line.parsed is not None and not line.hashed:
            key = (canonicalize_name(line.parsed.name), str(line.parsed.marker or ""))
        first = kept.setdefault(key, line)
        if first.text != line.text:
            raise AgentCodeError(
                f"{line.parsed and line.parsed.name} is required twice",
                where=line.where,
                why=f"{first.where} says {first.text}, this line says {line.text}",
                fix="keep one of them",
            )
    return list(kept.values())


def _refuse_half_hashed(lines: list[Line]) -> None:
    """With one hash pip wants hashes of all, and would say so only when the serving environment is built."""
    if not any(line.hashed for line in lines):
        return
    for line in lines:
        if not line.hashed and not line.text.startswith("-"):
            raise AgentCodeError(
                f"{line.text} has no hash",
                where=line.where,
                why="other requirements have one, and then pip wants one for each",
                fix="uv pip compile --generate-hashes requirements.in -o requirements.txt",
            )


def _refuse_what_mlflow_drops(lines: list[Line]) -> None:
    names: dict[str, Line] = {canonicalize_name(line.parsed.name): line for line in lines if line.parsed is not None}
    for name in ("pyspark", "pyspark-connect"):
        if name in names and "databricks-connect" in names:
            raise AgentCodeError(
                f"{name} and databricks-connect can not be installed together",
                where=names[name].where,
                why="databricks-connect brings its own copy, and MLflow would drop this line without a word",
                fix=f"remove {name}",
            )


def _named(lines: list[Line], name: str, python: str) -> list[Line]:
    """The requirements of a package that apply under the agent's Python."""
    return [line for line in lines if line.applies_to(name, python)]


def _mlflow(lines: list[Line], python: str, where: str) -> str:
    found = _named(lines, "mlflow", python) or _named(lines, "mlflow-skinny", python)
    if not found:
        raise AgentCodeError(
            "mlflow is not required",
            where=where,
            why="the agent is loaded by it, and which version it is belongs to what the agent is",
            fix=f"mlflow=={versions.NEWEST}",
        )
    for line in found:
        if line.pin is None:
            raise AgentCodeError(
                f"mlflow is not pinned: {line.text}",
                where=line.where,
                why="which version it is belongs to what the agent is",
                fix=f"mlflow=={versions.NEWEST}",
            )
        versions.require_supported(line.pin, line.where)
        if line.pin != found[0].pin:
            raise AgentCodeError(f"mlflow is pinned twice: {found[0].pin} and {line.pin}", where=line.where)
    assert found[0].pin is not None
    return found[0].pin


def _refuse_missing(source: Source) -> NoReturn:
    why, fix = "", f"echo mlflow=={versions.NEWEST} > {source.where(REQUIREMENTS)}"
    if rule := source.ignored.get(REQUIREMENTS):
        why, fix = f"{rule} takes it out", f"add !{REQUIREMENTS} to .agentryignore"
    elif "requirements.in" in source.files:
        fix = f"cd {source.shown} && uv pip compile --universal requirements.in -o requirements.txt"
    raise AgentCodeError("there is no requirements.txt", where=source.shown, why=why, fix=fix)

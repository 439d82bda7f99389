"""From what is declared of an agent to the package that is registered: reading only, no import of agent or mlflow."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agentry import source as sources
from agentry.errors import AgentCodeError, ConfigError
from agentry.memo import Memo
from agentry.model_config import CONFIG, merged_config
from agentry.package import versions
from agentry.package.asked import asked
from agentry.package.digest import digest_of, file_digest
from agentry.package.interface import AGENT, find_interface
from agentry.package.layout import Content, model_files
from agentry.package.requirements import REQUIREMENTS, read_requirements
from agentry.package.retrievers import retriever_schemas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agentry.resources import Resource
    from agentry.source import Source

PYTHON_VERSION = ".python-version"
# What of the directory is said elsewhere in the package, or is only for people; everything else is code.
NO_CODE = (AGENT, CONFIG, REQUIREMENTS, PYTHON_VERSION, "requirements.in")


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """What is declared of an agent.

    Attributes:
        code: Its directory, relative to the project, with `/`.
        model_config: Plain values that go over config.yaml.
        resources: What it uses.
        auth_policy: `{"user_auth_policy": {"api_scopes": [...]}}`, or None; its system part is `resources`.
        requirements: Lines of a requirements file; None for its requirements.txt.
        python: `3.10` to `3.13`, with or without patch; None for `.python-version`, else 3.11.
        interface: A key of `versions.INTERFACES`; None to find it in the code.
        signature: Of a PythonModel, `{"inputs", "outputs", "params"}` as in an MLmodel; None for that of its type hints.
            The other interfaces have MLflow's own.
        input_example: A request; None for MLflow's own, of a PythonModel for none.
    """

    code: str
    model_config: Mapping[str, Any] = field(default_factory=dict)
    resources: Sequence[Resource] = ()
    auth_policy: Mapping[str, Any] | None = None
    requirements: Sequence[str] | None = None
    python: str | None = None
    interface: str | None = None
    signature: Mapping[str, Any] | None = None
    input_example: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Package:
    """A model directory, decided but not written.

    Attributes:
        content: All that is in it.
        digest: 64 hex digits over `content`: same digest, same version.
        files: Path in the agent's directory -> 16 hex digits of what is packaged of it, to tell what changed.
    """

    content: Content
    digest: str
    files: dict[str, str]

    @property
    def interface(self) -> str:
        """`ChatAgent`, `ResponsesAgent`, `ChatModel` or `PythonModel`."""
        return self.content.interface.name

    @property
    def requirements(self) -> tuple[str, ...]:
        """The lines of the model's requirements.txt."""
        return self.content.requirements.lines

    @property
    def python(self) -> str:
        """The agent's Python, for example `3.11`."""
        return self.content.python

    @property
    def mlflow(self) -> str:
        """The agent's MLflow, for example `3.17.2`."""
        return self.content.requirements.mlflow

    @property
    def signature(self) -> dict[str, str | None]:
        """Inputs and outputs, JSON as the MLmodel holds it."""
        return self.content.signature.mlmodel()

    @property
    def dependencies(self) -> list[dict[str, str]]:
        """What Unity Catalog is told that the version uses, as MLflow tells it.

        Types that it does not know are left out, and so is what is used as the caller
        (mlflow/store/_unity_catalog/registry/rest_store.py, `get_model_version_dependencies`).
        """
        used = (resource for resource in self.content.resources if not resource.on_behalf_of_user)
        return [{"type": r.about.dependency, "name": r.name} for r in used if r.about.dependency]

    @cached_property
    def model_files(self) -> dict[str, bytes]:
        """Path -> bytes of every file of the model directory."""
        return model_files(self.content, self.digest)

    def write(self, directory: Path) -> None:
        """Write the model directory; it is made when missing and must be empty."""
        directory.mkdir(parents=True, exist_ok=True)
        if next(directory.iterdir(), None) is not None:
            raise ConfigError("a model is written into an empty directory only", where=str(directory))
        for path, data in self.model_files.items():
            target = directory / os.fsdecode(path.encode())  # UTF-8 on disk, in whatever locale
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


SMALL = 1_000_000
"""Bytes of an agent up to which its package is kept: a run checks it, checks it again, and writes it."""
_KNOWN: Memo[Package] = Memo(64)


def read_package(spec: AgentSpec, root: Path) -> Package:
    """Read an agent's directory and decide what its model version holds.

    Args:
        spec: What is declared.
        root: The project's directory, which `spec.code` is relative to.

    Raises:
        AgentCodeError: Something in the directory, or declared of it, that can not be packaged; with file and line.
        ConfigError: `code` leads out of the project.
    """
    source = sources.read(_directory(spec.code, root), spec.code)
    if sum(map(len, source.files.values())) > SMALL:
        return _decided(spec, source)
    return _KNOWN.get((source.digest(), repr(spec)), lambda: _decided(spec, source))


def _decided(spec: AgentSpec, source: Source) -> Package:
    definition = find_interface(source, spec.interface)
    python = _python(source, spec.python)
    requirements = read_requirements(source, spec.requirements, python)
    signature, example = asked(definition, spec.signature, spec.input_example, source)
    content = Content(
        interface=versions.INTERFACES[definition.interface],
        python=python,
        requirements=requirements,
        agent=source.files[AGENT],
        code={path: data for path, data in source.files.items() if path not in {*NO_CODE, *requirements.files}},
        model_config=merged_config(source, spec.model_config),
        resources=_resources(spec, requirements.mlflow),
        user_scopes=_user_scopes(spec),
        signature=signature,
        streamable=definition.streamable,
        input_example=example,
        retrievers=retriever_schemas(source),
    )
    return Package(content, digest_of(_identity(content)), _changed_files(content))


def _identity(content: Content) -> dict[str, Any]:
    """What the digest is over. What follows from it is left out: task, layout, schemas, MLflow's own signatures."""
    given = {} if content.interface.signature else {"signature": content.signature.mlmodel()}
    return {
        **given,
        "interface": content.interface.name,
        "python": content.python,
        "mlflow": content.requirements.mlflow,
        "requirements": list(content.requirements.lines),
        "constraints": list(content.requirements.constraints),
        "agent": file_digest(content.agent),
        "code": {path: file_digest(data) for path, data in content.code.items()},
        "model_config": dict(content.model_config),
        "resources": [[r.type, r.name, r.on_behalf_of_user] for r in content.resources],
        "user_scopes": content.user_scopes if content.user_scopes is None else list(content.user_scopes),
        "input_example": content.input_example and content.input_example.serving,
    }


def _changed_files(content: Content) -> dict[str, str]:
    """A part of the digest for each file; of what is read and written anew, what was read."""
    files = {AGENT: content.agent, **content.code}
    files[REQUIREMENTS] = "\n".join([*content.requirements.lines, *content.requirements.constraints]).encode()
    if content.model_config:
        files[CONFIG] = json.dumps(content.model_config, sort_keys=True).encode()
    return {path: file_digest(files[path])[:16] for path in sorted(files, key=str.encode)}


def _directory(code: str, root: Path) -> Path:
    directory = (root / code).resolve()
    if not directory.is_relative_to(root.resolve()):
        raise ConfigError(
            f"code={code!r} leads out of the project",
            why="what is deployed must be what the project's repository holds",
            fix='code="agents/<name>", relative to Pulumi.yaml',
        )
    return directory


def _python(source: Source, declared: str | None) -> str:
    python, where = declared, f"python of {source.shown}"
    if python is None and PYTHON_VERSION in source.files:
        lines = source.files[PYTHON_VERSION].decode("utf-8", errors="replace").split("\n")
        numbered = [(number, line.strip()) for number, line in enumerate(lines, start=1)]
        said = [(number, line) for number, line in numbered if line and not line.startswith("#")]
        number, python = said[0] if said else (1, "")
        where = source.where(PYTHON_VERSION, number)
    python = versions.DEFAULT_PYTHON if python is None else python
    if not re.fullmatch(r"3\.\d+(\.\d+)?", python) or ".".join(python.split(".")[:2]) not in versions.PYTHONS:
        raise AgentCodeError(
            f"Python {python!r} is not supported",
            where=where,
            why=f"MLflow {versions.NEWEST} and Agentry know {versions.PYTHONS[0]} to {versions.PYTHONS[-1]}",
            fix=versions.DEFAULT_PYTHON,
        )
    return python


def _resources(spec: AgentSpec, mlflow: str) -> tuple[Resource, ...]:
    for resource in spec.resources:
        since = versions.RESOURCE_TYPE_SINCE.get(resource.type)
        if since and versions.older(mlflow, since):
            raise AgentCodeError(
                f"mlflow {mlflow} knows no {resource.about.label}",
                where=f"resources of {spec.code}",
                why=f"that type of resource came with mlflow {since}",
                fix=f"mlflow=={versions.NEWEST} in the agent's requirements",
            )
    return tuple(sorted(set(spec.resources)))


def _user_scopes(spec: AgentSpec) -> tuple[str, ...] | None:
    if spec.auth_policy is None:
        return None
    user = spec.auth_policy.get("user_auth_policy")
    scopes = user.get("api_scopes") if isinstance(user, dict) else None
    if (
        set(spec.auth_policy) != {"user_auth_policy"}
        or set(user or {}) != {"api_scopes"}
        or not isinstance(scopes, list | tuple)
        or not scopes
        or not all(isinstance(scope, str) and scope for scope in scopes)
    ):
        raise AgentCodeError(
            "this auth policy is not understood",
            where=f"auth_policy of {spec.code}",
            why="it says what the agent may do as the person who asks; what it may do as itself is resources=",
            fix='{"user_auth_policy": {"api_scopes": ["serving.serving-endpoints"]}}',
        )
    return tuple(sorted(set(scopes)))

"""The names in a new repository: of its project and of its first agent."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.errors import ConfigError
from agentry.stacks import NAMESPACE

if TYPE_CHECKING:
    from pathlib import Path

_PROJECT = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""What Pulumi takes as a project's name (pulumi.com/docs/iac/concepts/projects/project-file)."""
TAKEN = ("agent", "components", "config", "models", "pulumi")
"""Other names of the program, and the module of an agent's own code."""
_AGENT = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a new repository.

    Attributes:
        project: Of its Pulumi project, which is also the namespace of its settings.
        agent: Of its first agent: lower case, digits, hyphens, underscores.

    Raises:
        ConfigError: One of them can not be such a name; says what can.
    """

    project: str
    agent: str = "weather"

    def __post_init__(self) -> None:
        if not _PROJECT.fullmatch(self.project) or set(self.project) == {"."}:
            raise ConfigError(
                f"{self.project!r} can not be a project's name",
                why="Pulumi takes letters, digits, hyphens, underscores and periods",
                fix="--name another-name",
            )
        if self.project in (NAMESPACE, "pulumi"):
            raise ConfigError(
                f"a project can not be called {self.project}",
                why=f"settings that begin with {self.project}: mean {self.project} itself, not a program",
                fix="--name another-name",
            )
        if not _AGENT.fullmatch(self.agent) or keyword.iskeyword(self.agent) or self.agent in TAKEN:
            raise ConfigError(
                f"{self.agent!r} can not be the agent's name",
                why="it names a directory, a model and a variable: small letters, digits, single hyphens or underscores, and no "
                f"word of Python or of the program ({', '.join(TAKEN)})",
                fix="--agent another-name",
            )

    @classmethod
    def of(cls, directory: Path, name: str = "", agent: str = "weather") -> Names:
        """The names of a repository in a directory, which gives the project its name where nobody does."""
        return cls(name or re.sub(r"[^A-Za-z0-9_.-]+", "-", directory.name).strip("-"), agent)

    @property
    def variable(self) -> str:
        """The agent as Python and Unity Catalog spell it."""
        return self.agent.replace("-", "_")

"""Where an agent's modules are: its files, the directories that imports start from, how each file is said to people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.errors import AgentCodeError
    from agentry.inspector.code.modules import Module

    Parsed = dict[tuple[str, str, str, bytes], Module | AgentCodeError]

ENTRY = "agent.py"
SUFFIXES = (".py", ".ipynb")


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one agent.

    Attributes:
        files: Path -> Python source; of a notebook, what `notebooks.py` makes of it.
        shown: What people call the directory that the paths are relative to; empty for the current one.
        entry: The module that MLflow loads.
        roots: The directories that imports start from, first match wins; "" is the one of the paths.
        written_in: Files that a notebook writes when it runs -> the notebook.
        parsed: What was parsed already, by path, shown path, name and content; shared by the trees of one repository.
    """

    files: Mapping[str, bytes]
    shown: str
    entry: str = ENTRY
    roots: tuple[str, ...] = ("",)
    written_in: Mapping[str, str] = field(default_factory=dict)
    parsed: Parsed = field(default_factory=dict, compare=False, repr=False)

    def where(self, file: str) -> str:
        """How a file is said to people, for example `agents/weather/agent.py`."""
        path = self.written_in.get(file, file)
        return f"{self.shown}/{path}" if self.shown else path

    def find(self, module: str) -> str:
        """The file of a module, such as `tools.search`; empty when it is not the agent's own."""
        path = module.replace(".", "/")
        for root in self.roots:
            start = f"{root}/{path}" if root else path
            for candidate in (f"{start}.py", f"{start}/__init__.py", f"{start}.ipynb"):
                if candidate in self.files:
                    return candidate
        return ""

    def names(self) -> dict[str, str]:
        """Every module there is, by the name that the first root gives it -> its file."""
        found: dict[str, str] = {}
        for root in self.roots:
            for file in sorted(self.files):
                if file.endswith(SUFFIXES) and (not root or file.startswith(f"{root}/")):
                    found.setdefault(self.name(file, root), file)
        return found

    def name(self, file: str, root: str | None = None) -> str:
        """The module's name of a file, from the root given or else from the longest that it is below."""
        if root is None:
            root = max((each for each in self.roots if not each or file.startswith(f"{each}/")), key=len, default="")
        inside = file[len(root) + 1 :] if root else file
        stem = inside.rpartition(".")[0].replace("/", ".")
        return "" if stem == "__init__" else stem.removesuffix(".__init__")

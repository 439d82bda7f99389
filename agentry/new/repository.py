"""What is in a new repository: for each file the text it is made of and the words that are others there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.errors import AgentryError
from agentry.new.sources import FILES, own_repository, plugin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from agentry.new.names import Names

SAMPLE = "weather"
OWN_PROJECT = "agents"
VERBATIM = (".gitignore", "components/__init__.py", "requirements/agentry.txt", "requirements/uv.txt")
STACKS = {"local": "local", "dev": "dev", "staging": "staging", "prod": "prod-eu"}
"""The stacks, and those of Agentry's own repository that they are made of."""
_NO_TEXTS = ("__pycache__", ".DS_Store", ".mypy_cache", ".ruff_cache", ".pytest_cache")


def contents(names: Names, requirement: str) -> dict[str, str]:
    """Every file of a new repository, by its path with `/`, in the order of the paths.

    Args:
        names: Of its project and its agent.
        requirement: What its Makefile installs as Agentry: `agentry==0.1.0`, or the path of a wheel in it.
    """
    own = own_repository()
    found = {path: _read(own / path) for path in VERBATIM}
    found |= {f"agents/{names.agent}/{path}": text for path, text in _below(own / "agents" / SAMPLE)}
    found["__main__.py"] = _program(_read(own / "__main__.py"), names)
    found["Pulumi.yaml"] = _project(_read(own / "Pulumi.yaml"), names)
    for stack, source in STACKS.items():
        found[f"stacks/Pulumi.{stack}.yaml"] = _stack(_read(own / f"stacks/Pulumi.{source}.yaml"), stack, names)
    found["provider/__main__.py"] = _read(plugin() / "__main__.py")
    found["provider/PulumiPlugin.yaml"] = swap(_read(plugin() / "PulumiPlugin.yaml"), {"../../../.venv": "../.venv"})
    words = {"@PROJECT@": names.project, "@AGENT@": names.agent, "@AGENTRY@": requirement}
    for path, text in _below(FILES):
        found[_told(path, words)] = _told(text, words)
    return dict(sorted(found.items()))


def swap(text: str, words: Mapping[str, str]) -> str:
    """A text with other words.

    Raises:
        AgentryError: A word is not there: the text that it was for has changed, and the list of words has not.
    """
    for old, new in words.items():
        if old not in text:
            raise AgentryError(f"the text that a new repository is made of has no {old!r}", fix="please report this")
        text = text.replace(old, new)
    return text


def _program(text: str, names: Names) -> str:
    words = {
        f"{SAMPLE} = Agent(": f"{names.variable} = Agent(",
        f'    "{SAMPLE}",': f'    "{names.agent}",',
        f'"agents/{SAMPLE}"': f'"agents/{names.agent}"',
        f'{{models}}.{SAMPLE}"': f'{{models}}.{names.variable}"',
        f'export("{SAMPLE}", {SAMPLE}.': f'export("{names.agent}", {names.variable}.',
    }
    return swap(text, words)


def _project(text: str, names: Names) -> str:
    return swap(
        text, {f"name: {OWN_PROJECT}\n": f"name: {names.project}\n", "path: agentry/provider/plugin": "path: provider"}
    )


def _stack(text: str, stack: str, names: Names) -> str:
    text = swap(text, {f"  {OWN_PROJECT}:": f"  {names.project}:"})
    # The shipped repository deploys production twice; one of the two, with a plain name, is a beginning.
    return swap(text, {"prod-eu": "prod", "prod_eu": "prod"}) if stack == "prod" else text


def _told(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _below(directory: Path) -> Iterable[tuple[str, str]]:
    """The files of a directory, their paths in it with `/`."""
    for path in sorted(directory.rglob("*")):
        relative = path.relative_to(directory)
        if path.is_file() and not any(part in _NO_TEXTS or part.endswith(".pyc") for part in relative.parts):
            yield relative.as_posix(), _read(path)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")

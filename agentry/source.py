"""Which files of an agent's directory are code, and the bytes that are packaged of each.

The same on every machine: names are read as UTF-8 whatever the locale, sorted by their bytes, and text has LF as it
has in the repository, whatever `core.autocrlf` made of it in this checkout. Neither mode nor time of a file counts.

`.gitignore` and `.agentryignore` decide, as git reads them: those of the directory and below it, and those above it
up to the repository (`.git`) or, in an export without one, the project (`Pulumi.yaml`). What a user's own git ignores
(`core.excludesFile`, `.git/info/exclude`) does not count: no other machine has it. What tools leave behind
(`LEFTOVERS`) never is code; `build/` and `dist/` may be packages, so only an ignore file takes them out.
"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from gitignore_parser import rule_from_pattern

from agentry.errors import AgentCodeError

MAX_BYTES = 100_000_000
IGNORE_FILES = (".gitignore", ".agentryignore")

LEFTOVERS = (
    # Python's and its tools'
    *("__pycache__", "*.pyc", "*.pyo", "*.egg-info", ".venv", ".tox", ".nox", ".mypy_cache", ".ruff_cache"),
    *(".pytest_cache", ".hypothesis", ".coverage", ".ipynb_checkpoints"),
    # version control's
    *(".git", ".hg", ".svn", ".gitignore", ".gitattributes", ".gitmodules", ".gitkeep", ".agentryignore"),
    # editors' and desktops'
    *(".idea", ".vscode", "*.swp", "*~", ".ds_store", "thumbs.db", "desktop.ini"),
    # what MLflow writes into the current directory, Databricks' tools and ours
    *("mlruns", "mlartifacts", "mlflow.db", ".databricks", ".agentry"),
)
SECRETS = (
    *(".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", ".databrickscfg"),
    *(".netrc", "_netrc", ".pypirc", ".npmrc", ".pgpass", ".git-credentials", "id_rsa", "id_dsa", "id_ecdsa"),
    *("id_ed25519", "credentials.json", "client_secret*.json"),
)
NO_SECRETS = (".env.example", ".env.sample", ".env.template")


@dataclass(frozen=True, slots=True)
class Source:
    """An agent's directory.

    Attributes:
        shown: What errors call the directory, for example `agents/weather`.
        files: Posix path relative to the directory -> the bytes that are packaged, sorted by the bytes of the path.
        ignored: What an ignore file took out -> `file:line` of the rule; of a directory only its own path.
    """

    shown: str
    files: dict[str, bytes]
    ignored: dict[str, str] = field(default_factory=dict)

    def where(self, path: str, line: int | None = None) -> str:
        """`agents/weather/agent.py:41`, for errors."""
        return f"{self.shown}/{path}" + (f":{line}" if line else "")

    def digest(self) -> str:
        """64 hex digits over what the directory is called, its names and its bytes."""
        found = hashlib.sha256(f"{self.shown}\0{sorted(self.ignored.items())}".encode())
        for path, data in self.files.items():
            found.update(f"\0{path}\0{len(data)}\0".encode())
            found.update(data)
        return found.hexdigest()


def read(directory: Path, shown: str | None = None) -> Source:
    """Read the code of an agent.

    Args:
        directory: The agent's directory.
        shown: What errors call it; as given when None.

    Raises:
        AgentCodeError: No such directory, or something in it that must not be packaged: a file that holds secrets by
            its name, a link out of the directory, a name that is not UTF-8, a device; more than 100 MB in all.
    """
    shown = shown if shown is not None else directory.as_posix()
    root = os.path.realpath(directory)
    if not os.path.isdir(root):
        raise AgentCodeError("there is no such directory", where=shown, fix="code= names the directory of agent.py")
    walk = _Walk(root, shown)
    walk.directory(root, "", rules_above(root), (root,))
    _refuse_size(walk.found, shown)
    files = {name: to_lf(_bytes(path, walk.where(name))) for name, path in walk.found.items()}
    return Source(shown, dict(sorted(files.items(), key=lambda item: item[0].encode())), walk.ignored)


def to_lf(data: bytes) -> bytes:
    """The bytes with CRLF made LF where they are text: UTF-8 without NUL. Others are untouched."""
    if b"\r\n" not in data or b"\0" in data:
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return data
    return data.replace(b"\r\n", b"\n")


class _Walk:
    """One pass over a directory: collects the real path of each file that is code."""

    def __init__(self, root: str, shown: str) -> None:
        self.root = root
        self.shown = shown
        self.found: dict[str, str] = {}
        self.ignored: dict[str, str] = {}

    def where(self, name: str) -> str:
        return f"{self.shown}/{name}"

    def directory(self, path: str, prefix: str, rules: list[Any], trail: tuple[str, ...]) -> None:
        """Collect what is below; `trail` is the real paths of the directories on the way here."""
        rules = [*rules, *rules_of(path)]
        # Bytes: with a locale that is not UTF-8 Python would decode names differently from machine to machine.
        with os.scandir(os.fsencode(path)) as entries:
            names = sorted(entry.name for entry in entries)
        for raw in names:
            name = prefix + self.name_of(raw, prefix)
            self.entry(os.path.join(path, os.fsdecode(raw)), name, rules, trail)

    def name_of(self, raw: bytes, prefix: str) -> str:
        try:
            # macOS may hand out decomposed forms of what git stores composed.
            return unicodedata.normalize("NFC", raw.decode())
        except UnicodeDecodeError:
            raise AgentCodeError(
                f"the name {raw!r} is not UTF-8",
                where=self.where(prefix).rstrip("/"),
                why="the workspace's file API takes UTF-8 names only",
                fix="rename the file",
            ) from None

    def entry(self, path: str, name: str, rules: list[Any], trail: tuple[str, ...]) -> None:
        base = name.rpartition("/")[2]
        if matches(base, LEFTOVERS):
            return
        real = os.path.realpath(path)
        kind = self.kind(real, name)
        is_directory = stat.S_ISDIR(kind)
        if rule := ignored_by(path, rules, is_directory=is_directory):
            self.ignored[name] = rule
            return
        if os.path.islink(path):
            self.refuse_link(real, name, trail)
        self.refuse_secret(name, base, os.path.basename(real))
        if is_directory:
            if not os.path.exists(os.path.join(real, "pyvenv.cfg")):  # a virtual environment of any name
                self.directory(path, name + "/", rules, (*trail, real))
        elif not stat.S_ISREG(kind):
            raise AgentCodeError("this is neither a file nor a directory", where=self.where(name), fix=_OUT)
        elif name in self.found:
            raise AgentCodeError("two files whose names differ only in Unicode's forms", where=self.where(name))
        else:
            self.found[name] = path

    def kind(self, real: str, name: str) -> int:
        try:
            return os.stat(real).st_mode
        except OSError as error:
            raise AgentCodeError(
                "this can not be read", where=self.where(name), why=error.strerror or "", fix=_OUT
            ) from error

    def refuse_link(self, real: str, name: str, trail: tuple[str, ...]) -> None:
        if os.path.commonpath([self.root, real]) != self.root:
            why = "it points out of the agent's directory, and only what is in there is packaged"
        elif real in trail:
            why = "it points to a directory that it is in"
        else:
            return
        raise AgentCodeError("this symbolic link can not be packaged", where=self.where(name), why=why, fix=_OUT)

    def refuse_secret(self, name: str, *bases: str) -> None:
        for base in bases:
            if matches(base, SECRETS) and not matches(base, NO_SECRETS):
                raise AgentCodeError(
                    "a file of this name holds secrets, and whoever may read the model may read it",
                    where=self.where(name),
                    fix=f"{_OUT}; give the agent secrets with environment_vars",
                )


_OUT = "take it out of the directory, or name it in .agentryignore"


def matches(base: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name is of one of the patterns, in whatever case."""
    return any(fnmatchcase(base.lower(), pattern) for pattern in patterns)


def rules_of(directory: str) -> list[Any]:
    """The rules of the ignore files in one directory, in the order they count."""
    rules = []
    for file in IGNORE_FILES:
        try:
            text = Path(directory, file).read_bytes().decode("utf-8-sig", errors="replace")
        except OSError:
            continue
        for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
            if rule := rule_from_pattern(line, base_path=Path(directory), source=(file, number)):
                rules.append(rule)
    return rules


def rules_above(root: str) -> list[Any]:
    """The rules of the repository, or of the project where there is no repository, down to the directory's parent."""
    parents = [str(parent) for parent in Path(root).parents]
    for marker in (".git", "Pulumi.yaml"):
        if os.path.exists(os.path.join(root, marker)):
            return []
        for depth, parent in enumerate(parents):
            if os.path.exists(os.path.join(parent, marker)):
                return [rule for above in reversed(parents[: depth + 1]) for rule in rules_of(above)]
    return []


def ignored_by(path: str, rules: list[Any], *, is_directory: bool) -> str | None:
    """The rule that decides, as `file:line`, or None: the last that matches wins, as git has it."""
    for rule in reversed(rules):
        # The library lets `name/` match a file of that name too; in git it is for directories.
        if rule.directory_only and not is_directory:
            continue
        if rule.match(path + "/" if is_directory else path):
            file, line = rule.source
            return None if rule.negation else f"{file}:{line}"
    return None


def _refuse_size(found: dict[str, str], shown: str) -> None:
    sizes = {name: os.stat(path).st_size for name, path in found.items()}
    total = sum(sizes.values())
    if total > MAX_BYTES:
        largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:3]
        raise AgentCodeError(
            f"the agent's files are {total / 1e6:.0f} MB, more than {MAX_BYTES / 1e6:.0f} MB",
            where=shown,
            why="the largest: " + ", ".join(f"{name} ({sizes[name] / 1e6:.0f} MB)" for name in largest),
            fix="name what is no code in .agentryignore; keep data in a volume or a table",
        )


def _bytes(path: str, where: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise AgentCodeError("this can not be read", where=where, why=error.strerror or "", fix=_OUT) from error

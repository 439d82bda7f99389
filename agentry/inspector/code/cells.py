"""One cell of a notebook: its lines as Python, or the file that it writes.

IPython decides by the first line of a cell (`%%writefile agent.py`, `%%capture`) and by how a statement begins
(`%pip`, `!ls`, `x = !ls`, `help?`); Databricks takes a cell for another language by `%sql`, `%md` and their like on
its first line. What is no Python becomes blank, or `pass` in a block, so that no line moves.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.errors import AgentCodeError
from agentry.inspector.code.syntax import parse_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Cell magics and language magics that run the rest of the cell in the notebook's own namespace.
_SAME_NAMESPACE = frozenset({"capture", "time", "timeit", "prun", "memit", "python"})
# `%file` is the older name.
_WRITES = frozenset({"writefile", "file"})
# Databricks: on the first line of a cell these make all of it another language.
_LANGUAGES = frozenset({"md", "md-sandbox", "sql", "sh", "scala", "r", "fs", "bash", "html", "javascript"})
# These run the statement that follows them.
_TIMERS = frozenset({"time", "timeit", "prun", "memit"})

_FIRST = re.compile(r"%%?([\w-]+)[ \t]*(.*)")
_MAGIC = re.compile(r"(\s*)(%{1,2}|!{1,2}|\?{1,2})(.*)")
_HELP = re.compile(r"\s*[%\w.*]+\s*\?{1,2}\s*(#.*)?")
_TARGETS = re.compile(r"\s*[A-Za-z_][\w., *]*")
_AUTOMAGIC = re.compile(r"(\s*)(?:pip|conda|mamba|uv)3? (?:install|uninstall|pip|list|show|freeze)\b(?!\s*[=.(,]).*")
_TOKEN = re.compile(r"#.*|\"\"\"|'''|\"|'|[\[({]|[\])}]")
_IN_STRING = {quote: re.compile(rf"(?:\\.|(?!{quote}).)*({quote})?", re.DOTALL) for quote in ('"""', "'''", '"', "'")}


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell is.

    Attributes:
        code: Its lines as Python, as many as it has.
        written: The file that it writes instead, as `%%writefile` names it; empty when none.
        append: Whether it adds to that file.
        body: From which line on (from 0) the file's content is.
    """

    code: list[str]
    written: str = ""
    append: bool = False
    body: int = 0


def read_cell(lines: Sequence[str], *, python: bool = True) -> Cell:
    """Read one cell.

    Args:
        lines: Its lines without their ends.
        python: Whether the notebook's own language is Python; else only cells that say `%python` are.
    """
    blank = [""] * len(lines)
    first = next((n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), len(lines))
    match = _FIRST.match(lines[first].lstrip()) if first < len(lines) else None
    name = match[1] if match else ""
    whole = bool(match) and lines[first].lstrip().startswith("%%")
    if match and whole and name in _WRITES:
        path, append = _destination(match[2])
        return Cell(blank, path, append, first + 1)
    if name == "python" or (whole and name in _SAME_NAMESPACE):
        return Cell(["" if n == first else line for n, line in enumerate(_statements(lines, first + 1))])
    if whole or (name in _LANGUAGES and not _follows_python(name, lines[first + 1 :])) or not python:
        return Cell(blank)
    return Cell(list(_statements(lines)))


def _follows_python(name: str, rest: Sequence[str]) -> bool:
    """Whether this is Jupyter's `%sql SELECT 1`, which ends with its line, and not Databricks' cell in SQL."""
    if name != "sql" or not any(line.strip() for line in rest):
        return False
    try:
        parse_source("\n".join(rest).encode("utf-8", "replace"), "", "")
    except AgentCodeError:
        return False
    return True


def _destination(arguments: str) -> tuple[str, bool]:
    """The path of `%%writefile [-a] path`, and whether it is added to; empty when it is known only when it runs."""
    try:
        words = shlex.split(arguments)
    except ValueError:
        return "", False
    append = any(word in {"-a", "--append"} for word in words)
    paths = [word for word in words if not word.startswith("-")]
    return (paths[-1] if paths and not set("{$~") & set(paths[-1]) else ""), append


def _statements(lines: Sequence[str], start: int = 0) -> Iterator[str]:
    """The lines with what only IPython understands taken out."""
    quote, depth = "", 0  # of the string and the brackets that a line begins in
    continued = magic = False
    for number, line in enumerate(lines):
        if number < start:
            yield ""
            continue
        if magic and continued:  # the second line of `!pip install a \`
            written: str | None = ""
        else:
            written = None if quote or depth or continued else _magic(line)
        continued = line.endswith("\\")
        magic = written is not None
        if written is not None:
            yield written
            continue
        quote, depth = _after(line, quote, depth)
        yield line


def _magic(line: str) -> str | None:
    """A line that begins a statement, as Python where only IPython understands it, else None."""
    match = _MAGIC.fullmatch(line)
    if match:
        indent, sign, rest = match.groups()
        return _line_magic(indent, rest) if sign == "%" else _nothing(indent)
    target, _, rest = line.partition("=")
    command = rest.lstrip()
    if command.startswith(("!", "%")) and _TARGETS.fullmatch(target):
        call = "getoutput" if command[0] == "!" else "run_line_magic"
        return f"{target.rstrip()} = get_ipython().{call}({command[1:]!r})"
    match = _AUTOMAGIC.fullmatch(line) or _HELP.fullmatch(line)
    return _nothing(line[: len(line) - len(line.lstrip())]) if match else None


def _line_magic(indent: str, written: str) -> str:
    name, _, rest = written.strip().partition(" ")
    if name == "run":
        python = _run(rest.strip())
    elif name in _TIMERS:
        python = _without_options(rest)
    elif name in {"env", "set_env"}:
        python = _variable(rest)
    else:
        python = ""
    return f"{indent}{python}" if python else _nothing(indent)


def _variable(written: str) -> str:
    """`%env KEY=value`; empty where nothing is set, or what is known only when it runs."""
    key, equals, value = (part.strip() for part in written.partition("="))
    if not equals or not key.isidentifier() or set("{$") & set(value):
        return ""
    return f"import os; os.environ[{key!r}] = {value!r}"


def _without_options(written: str) -> str:
    """The statement behind `-n 3 -q`."""
    rest = written.strip()
    while rest.startswith("-"):
        rest = rest.partition(" ")[2].lstrip()
        first, _, more = rest.partition(" ")
        rest = more.lstrip() if first.isdigit() else rest
    return rest


def _run(arguments: str) -> str:
    """`%run ./other`: the names of the other notebook are this one's from here on; empty when it is elsewhere."""
    try:
        words = [word for word in shlex.split(arguments) if not word.startswith("-")]
    except ValueError:
        return ""
    path = words[0].removesuffix(".py").removesuffix(".ipynb") if words else ""
    parts = [part for part in path.split("/") if part != "."]
    ups = next((n for n, part in enumerate(parts) if part != ".."), len(parts))
    names = parts[ups:]
    if not names or not all(names) or set("{$~.*") & set("".join(names)):
        return ""
    if all(name.isidentifier() for name in names):
        return f"from {'.' * (ups + 1)}{'.'.join(names)} import *"
    # No import statement can name it; modules.py reads this.
    return f"pass  # %run {'.' * (ups + 1)}{'.'.join(names)}"


def _nothing(indent: str) -> str:
    return f"{indent}pass" if indent else ""


def _after(line: str, quote: str, depth: int) -> tuple[str, int]:
    """The string and the depth of brackets that the next line begins in."""
    at = 0
    while True:
        if quote:
            match = _IN_STRING[quote].match(line, at)
            assert match
            if not match[1]:
                return (quote if len(quote) > 1 or line.endswith("\\") else ""), depth
            quote, at = "", match.end()
        token = _TOKEN.search(line, at)
        if not token or token[0].startswith("#"):
            return "", depth
        at = token.end()
        if token[0] in "([{":
            depth += 1
        elif token[0] in ")]}":
            depth = max(depth - 1, 0)
        else:
            quote = token[0]

"""Which calls have to be known: those of a Databricks, OpenAI or MLflow client. One in no table is undecided."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Generic, TypeVar

from agentry.inspector.entrypoints.table import ENTRY_POINTS, FAMILIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from agentry.inspector.entrypoints.row import EntryPoint

T = TypeVar("T")

CLIENTS: tuple[str, ...] = tuple(name for family in FAMILIES for name in family.clients)
CONSTRUCTORS: tuple[str, ...] = tuple(name for family in FAMILIES for name in family.constructors)
HARMLESS: tuple[str, ...] = (*CONSTRUCTORS, *(name for family in FAMILIES for name in family.harmless))


@cache
def pattern(name: str) -> re.Pattern[str]:
    """The regular expression of a path as it is written in the tables."""
    written = re.escape(name).replace(r"\.\.\*", r"(?:[.\[(].*)?").replace(r"\.\.", r"(?:\.[\w().\[\]]+?)?\.")
    return re.compile(written.replace(r"\*", r"[\w]*"))


@cache
def _matcher(name: str) -> Callable[[str], object]:
    """What `pattern` says, for most names without compiling it, which takes longer than everything else."""
    package, gap, rest = name.partition("..")
    if "*" in name or ".." in rest:
        return pattern(name).fullmatch
    start, end, whole = f"{package}.", f".{rest}", f"{package}.{rest}" if gap else name
    if not gap:
        return whole.__eq__
    return lambda path: path == whole or (path.startswith(start) and path.endswith(end) and len(path) > len(whole) + 1)


def matches(name: str, path: str) -> bool:
    """Whether a path is one of those that a name of the tables stands for."""
    return bool(_matcher(name)(path))


class _Index(Generic[T]):
    """What belongs to which names, found by the package and the last word, so that few expressions are tried."""

    def __init__(self, named: Iterable[tuple[str, T]]) -> None:
        self._found: dict[tuple[str, str], list[tuple[str, T]]] = {}
        for name, what in named:
            package, last = name.partition(".")[0], name.rpartition(".")[2]
            self._found.setdefault((package, "" if "*" in last else last), []).append((name, what))

    def of(self, path: str) -> Iterator[tuple[str, T]]:
        """The names that a path is of, with what belongs to them."""
        package, last = path.partition(".")[0], path.rpartition(".")[2]
        for key in ((package, last), (package, "")):
            for name, what in self._found.get(key, ()):
                if matches(name, path):
                    yield name, what


_ROWS = _Index((name, position) for position, row in enumerate(ENTRY_POINTS) for name in row.names)
_CLIENTS = _Index((name, None) for name in CLIENTS)
_HARMLESS = _Index((name, None) for name in HARMLESS)
_CONSTRUCTORS = _Index((name, None) for name in CONSTRUCTORS)

_DECORATION = re.compile(
    r"\.(?:with_options|copy|with_raw_response|with_streaming_response)\(\)|\.with_raw_response|"
    r"\.with_streaming_response|\.__init__$|\.__a?enter__\(\)"
)


@cache
def undecorated(path: str) -> str:
    """A path without what changes nothing of which resource it leads to."""
    return _DECORATION.sub("", path)


@cache
def rows(path: str) -> tuple[EntryPoint, ...]:
    """The rows that a call is of."""
    return tuple(ENTRY_POINTS[position] for position in sorted({position for _, position in _ROWS.of(path)}))


def names(path: str) -> set[str]:
    """The names in the rows by which a call is found."""
    return {name for name, _ in _ROWS.of(path)}


@cache
def is_client(path: str) -> bool:
    """Whether a path leads into a package whose calls have to be known."""
    return any(_CLIENTS.of(path))


@cache
def is_harmless(path: str) -> bool:
    """Whether a call of this path uses nothing that can be declared."""
    return any(_HARMLESS.of(path))


@cache
def is_constructor(path: str) -> bool:
    """Whether a call of this path makes a client."""
    return any(_CONSTRUCTORS.of(path))


def _endings() -> Iterator[str]:
    """What the calls of the rows are called on their clients, where that is more than one word."""
    for name in (name for row in ENTRY_POINTS if row.required for name in row.names):
        method = name.partition("().")[2]
        # `self.tables.get(...)` is more often a dict of the agent's own
        if "." in method and not re.search(r"\(|\*|\.\.|\.(?:get|list|exists)$", method):
            yield f".{method}"


# How calls end that ask a workspace, whatever object they are made on.
TELLING = tuple(sorted({*_endings(), ".execute_function"}))

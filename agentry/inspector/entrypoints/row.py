"""The form of one row: a call by which an agent's code comes to use something of its workspace."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from agentry.inspector.entrypoints import readers

if TYPE_CHECKING:
    from agentry.inspector.entrypoints.readers import Reader


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One row.

    A name is the path by which a call is reached: `..` stands for any submodules or none, `()` for a call before it,
    `*` for any last name.

    Attributes:
        names: The paths, new and old.
        read: What the argument says.
        keywords: The names of the argument, newest first.
        position: Its position, where it may be given by position.
        required: Whether a call without it can not be decided.
        client: Which of the calls by these names are meant, a key of `workspaces.ROUTES`: all ("") or those whose
            client is the workspace's.
        implied: What else such a call needs, which no code shows.
        each: Of a dict of dicts: the key whose values are read.
        every: Whether every positional argument is one.
        lenient: Whether an argument that is not known is left alone, because most such calls are about other things.
        unless: Arguments with which the call is about something else, so that another row or none says what.
        parts: The arguments, each with its position, that are the levels of the name; the last may be left out.
        below: The argument of the client's own that the text is below, where it has one: `base_url` of an HTTP client.
        reason: Why such a call can never be decided: what it uses can not be declared, or is found when it runs.
    """

    names: tuple[str, ...]
    read: Reader = readers.nothing
    keywords: tuple[str, ...] = ()
    position: int | None = None
    required: bool = True
    client: str = ""
    implied: str = ""
    each: str = ""
    every: bool = False
    lenient: bool = False
    unless: tuple[str, ...] = ()
    parts: tuple[tuple[str, int], ...] = ()
    below: str = ""
    reason: str = ""


def under(clients: tuple[str, ...], methods: str) -> tuple[str, ...]:
    """The names of some methods, written with spaces between, of each client."""
    return tuple(f"{client}.{method}" for client, method in product(clients, methods.split()))


def made(clients: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the calls that make these clients."""
    return tuple(client.removesuffix("()") for client in clients)


@dataclass(frozen=True, slots=True)
class Family:
    """The rows of one family of packages, and what has to be known of these packages.

    Attributes:
        rows: The calls that use something.
        clients: Packages whose calls have to be known: one in no row and not harmless is undecided.
        constructors: What makes a client whose every call is looked at.
        harmless: Calls that use nothing that can be declared.
    """

    rows: tuple[EntryPoint, ...]
    clients: tuple[str, ...] = ()
    constructors: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()


WORKSPACE = ("databricks.sdk..WorkspaceClient()",)
BRIDGES = ("databricks_langchain..", "databricks_openai..", "databricks_llamaindex..")

MANAGED_EMBEDDING = "the embedding endpoint of the index, where Databricks computes the embeddings"
SPACE_CONTENT = "the SQL warehouse, the tables and the functions of the space"
FUNCTION_BODY = "what the body of the function uses"
FOUND = "what it finds is known only when it runs"

"""MLflow's search syntax: `metrics.loss < 0.1 AND tags.team = 'a'`, and its `order_by`.

The grammar is that of mlflow.org, "Search Runs" and "Search Experiments": clauses joined by AND.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from agentry.sandbox.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    # The value of `entity.key` of one hit, or None; the entity is "" for an attribute.
    Lookup = Callable[[str, str], Any]

_CLAUSE = re.compile(
    r"""\s*(?:(?P<entity>[A-Za-z_]+)\.)?(?P<key>`[^`]+`|"[^"]+"|[\w./-]+)\s*
    (?P<op>!=|>=|<=|=|>|<|NOT\s+IN\b|IN\b|NOT\s+LIKE\b|I?LIKE\b)\s*
    (?P<value>'[^']*'|"[^"]*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\([^)]*\)|true|false)\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_AND = re.compile(r"AND\b", re.IGNORECASE)
_ITEM = re.compile(r"""'([^']*)'|"([^"]*)"|(-?\d+(?:\.\d+)?)""")
_ORDER = re.compile(r"\s*(?:(\w+)\.)?(`[^`]+`|\"[^\"]+\"|[\w./-]+)(?:\s+(ASC|DESC))?\s*", re.IGNORECASE)
_ATTRIBUTES = ("attribute", "attributes", "attr", "run", "trace", "experiment")
_ENTITIES = {"metric": "metrics", "param": "params", "parameter": "params", "parameters": "params", "tag": "tags",
             "metadata": "request_metadata", "trace_metadata": "request_metadata"}  # fmt: skip


class Clause(NamedTuple):
    """One comparison."""

    entity: str
    key: str
    operator: str
    value: Any


def parse(filter: str) -> list[Clause]:
    """The clauses of a filter.

    Raises:
        InvalidParameter: It is not of this grammar.
    """
    clauses: list[Clause] = []
    position = 0
    while filter.strip():
        found = _CLAUSE.match(filter, position)
        if found is None:
            raise InvalidParameter(f"Invalid clause(s) in filter string: '{filter[position:]}'")
        operator = " ".join(found["op"].upper().split())
        clauses.append(Clause(_entity(found["entity"]), found["key"].strip('`"'), operator, _value(found["value"])))
        position = found.end()
        if position == len(filter):
            break
        joined = _AND.match(filter, position)
        if joined is None:
            raise InvalidParameter(f"Invalid clause(s) in filter string: '{filter[position:]}'")
        position = joined.end()
    return clauses


def matches(clauses: Iterable[Clause], lookup: Lookup) -> bool:
    """Whether a hit passes all clauses."""
    return all(_holds(clause, lookup(clause.entity, clause.key)) for clause in clauses)


def ordered(hits: list[Any], order_by: Iterable[str], lookup: Callable[[Any], Lookup]) -> list[Any]:
    """The hits in the order that is asked for; those without the value come last.

    Raises:
        InvalidParameter: An `order_by` of another form.
    """
    for wish in reversed(list(order_by)):
        found = _ORDER.fullmatch(wish)
        if found is None:
            raise InvalidParameter(f"Invalid order_by clause '{wish}'")
        entity, key, descending = _entity(found[1]), found[2].strip('`"'), (found[3] or "").upper() == "DESC"
        values = [(lookup(hit)(entity, key), hit) for hit in hits]
        present = sorted((pair for pair in values if pair[0] is not None), key=_first, reverse=descending)
        hits = [hit for _, hit in present] + [hit for value, hit in values if value is None]
    return hits


def _first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def _entity(name: str | None) -> str:
    lower = (name or "").lower()
    return "" if lower in _ATTRIBUTES else _ENTITIES.get(lower, lower)


def _value(text: str) -> Any:
    if text.startswith("("):
        return [a or b or float(c or 0) for a, b, c in _ITEM.findall(text)]
    if text[0] in "'\"":
        return text[1:-1]
    return text.lower() if text.lower() in ("true", "false") else float(text)


def _holds(clause: Clause, actual: Any) -> bool:
    if clause.operator in ("!=", "NOT IN", "NOT LIKE") and actual is None:
        return False
    wanted = clause.value
    if isinstance(wanted, float) and actual is not None:
        try:
            actual = float(actual)
        except (TypeError, ValueError):
            return False
    elif isinstance(wanted, str) and actual is not None:
        actual = str(actual)
    return actual is not None and _OPERATORS[clause.operator](actual, wanted)


def _like(text: str, pattern: str, flags: int = 0) -> bool:
    parts = [".*" if part == "%" else "." if part == "_" else re.escape(part) for part in re.split(r"([%_])", pattern)]
    return re.fullmatch("".join(parts), text, flags | re.DOTALL) is not None


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    "LIKE": _like,
    "ILIKE": lambda a, b: _like(a, b, re.IGNORECASE),
    "NOT LIKE": lambda a, b: not _like(a, b),
    "IN": lambda a, b: a in b,
    "NOT IN": lambda a, b: a not in b,
}

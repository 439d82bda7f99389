"""What the argument of a row says at one call: names of resources, and doubts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.inspector.entrypoints import readers
from agentry.inspector.entrypoints.clients import rows, undecorated
from agentry.inspector.entrypoints.readers import Named, Reader, Unreadable
from agentry.inspector.entrypoints.workspaces import ELSEWHERE, GATEWAY, given, route
from agentry.inspector.evaluation.values import (
    HOLE,
    Entries,
    External,
    Items,
    Known,
    Made,
    Unknown,
    Value,
    combine,
    text,
    why,
)
from agentry.resources import RESOURCE_TYPES

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Sequence

    from agentry.inspector.entrypoints.row import EntryPoint
    from agentry.inspector.evaluation.evaluate import Evaluator


@dataclass(frozen=True, slots=True)
class Name:
    """A resource that a call names; `origin` is where the name comes from when not from the code."""

    type: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a call uses can not be decided from this expression, and why."""

    expression: ast.AST
    why: str


def said(row: EntryPoint, made: Made, evaluator: Evaluator) -> Iterator[Name | Doubt]:
    """What a call of a row uses, as far as its argument says."""
    goes = route(row.client, made, evaluator)
    if goes == ELSEWHERE or any(given(made, (name,), evaluator) for name in row.unless):
        return
    if goes.why or row.reason:
        yield Doubt(made.call, goes.why or row.reason)
        return
    read = readers.gateway if goes == GATEWAY else row.read
    for value in _arguments(row, made, evaluator):
        yield from _Reading(row, made, evaluator, read).value(value)


def is_covered(value: External) -> bool:
    """Whether it was reached by a call of the table, which said already what is used."""
    made = value.made
    while made:
        if any(row.required for row in rows(undecorated(made.maker.path))):
            return True
        made = made.maker.made
    return False


def _arguments(row: EntryPoint, made: Made, evaluator: Evaluator) -> Iterator[Value]:
    if row.every:
        for argument in made.call.args:
            yield from evaluator.values(argument, made.scope, made.frame)
        return
    if row.parts:
        yield from _levels(row, made, evaluator)
        return
    values = evaluator.calls.argument(made, row.keywords, row.position)
    if values is None or values == (Known(None),):
        if row.required:
            yield Unknown(f"`{row.keywords[0]}` is not given" if row.keywords else "nothing is given")
        return
    yield from values


def _levels(row: EntryPoint, made: Made, evaluator: Evaluator) -> tuple[Value, ...]:
    """A name of which each level is an argument of its own."""
    levels = [evaluator.calls.argument(made, (name,), position) for name, position in row.parts]
    if levels[-1] in (None, (Known(None),)):
        return (Unknown("the server offers everything of the schema"),)
    return combine([level or () for level in levels], lambda each: text(_dotted(each)))


def _dotted(levels: Sequence[Value]) -> list[Value]:
    return [piece for level in levels for piece in (Known("."), level)][1:]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One argument of one call being read."""

    row: EntryPoint
    made: Made
    evaluator: Evaluator
    read: Reader

    def value(self, value: Value) -> Iterator[Name | Doubt]:
        row = self.row
        if isinstance(value, Known) and isinstance(value.value, str):
            yield from self._text(value)
        elif isinstance(value, Items):
            for values in value.items:
                for each in values:
                    yield from self.value(each)
            if value.why:
                yield Doubt(self._written(), value.why)
        elif isinstance(value, Entries) and row.each:
            for each in under_key(value, row.each):
                yield from self.value(each)
        elif isinstance(value, External) and (is_covered(value) or not row.required):
            return  # an object that an entry point made, which was looked at where it was made
        elif isinstance(value, Known) and value.value is None:
            return  # one of several alternatives, and the one that uses nothing
        elif not row.lenient:
            yield Doubt(self._written(), why(value))

    def _text(self, value: Known) -> Iterator[Name | Doubt]:
        doubt = ""
        try:
            named: Named = self.read(self._below(value.value)) or []
        except Unreadable as error:
            named, doubt = error.found, str(error)
        for kind, written in named:
            name = self._qualified(kind, written)
            reason = _unnameable(kind, name, value)
            yield Doubt(self._written(), reason) if reason else Name(kind, name, value.origin)
        if doubt and not (self.row.lenient and value.value.startswith(HOLE) and len(value.value) == 1):
            yield Doubt(self._written(), doubt)

    def _below(self, written: str) -> str:
        """A relative address with what the client was made with before it."""
        maker = self.made.maker.made
        if not self.row.below or not maker or "://" in written:
            return written
        values = given(maker, (self.row.below,), self.evaluator)
        base = next((str(value.value) for value in values if isinstance(value, Known) and value.value), "")
        return f"{base.rstrip('/')}/{written.lstrip('/')}" if base else written

    def _qualified(self, kind: str, name: str) -> str:
        """A table's name with the catalog and schema that the call, or what it is on, says are meant."""
        missing = 2 - name.count(".")
        if kind != "table" or missing <= 0 or name.startswith(HOLE):
            return name
        for level in ("schema", "catalog")[-missing:] if missing == 1 else ("schema", "catalog"):
            values = self._said_of(level)
            if len(values) != 1 or not isinstance(values[0], Known) or not values[0].value:
                return name
            name = f"{values[0].value}.{name}"
        return name

    def _said_of(self, level: str) -> tuple[Value, ...]:
        step: Made | None = self.made
        while step:
            values = self.evaluator.calls.argument(step, (level,), None)
            if values:
                return values
            step = step.maker.made
        return ()

    def _written(self) -> ast.AST:
        for keyword in self.made.call.keywords:
            if keyword.arg in self.row.keywords:
                return keyword.value
        position = self.row.position
        if position is not None and position < len(self.made.call.args):
            return self.made.call.args[position]
        return self.made.call


def _unnameable(type: str, name: str, value: Known) -> str:
    """Why this can not be the name of a resource; empty when it can."""
    if HOLE in name:
        return value.why or "a part of the name is known only when it runs"
    if not name:
        return "the name is empty"
    if type == "table" and name.count(".") < 2:
        return f"the catalog and schema of {name!r} are known only when it runs"
    if RESOURCE_TYPES[type].parents and not re.fullmatch(r"[^.]+\.[^.]+\.[^.]+", name):
        return f"{name!r} is not a name of three levels"
    return ""


def under_key(entries: Entries, key: str) -> Iterator[Value]:
    """The values of a key at any depth of a dict of dicts."""
    for name, values in entries.items:
        for value in values:
            if name == key:
                yield value
            elif isinstance(value, Entries):
                yield from under_key(value, key)
            elif isinstance(value, Items):
                yield from (
                    v for item in value.items for e in item if isinstance(e, Entries) for v in under_key(e, key)
                )
    if entries.why:
        yield Unknown(entries.why)

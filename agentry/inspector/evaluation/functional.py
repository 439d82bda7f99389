"""Functions of Python that are given functions or names: getattr, partial, map, import_module, replace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.inspector.evaluation import containers, library
from agentry.inspector.evaluation.values import (
    HOLE,
    Applied,
    Arguments,
    External,
    Instance,
    Items,
    Known,
    Local,
    Unknown,
    Value,
    Values,
    unique,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.inspector.code.modules import Scope
    from agentry.inspector.evaluation.evaluate import Evaluator

_NOT_KNOWN = "which name it asks for is known only when it runs"


def _getattr(evaluator: Evaluator, given: Arguments, _: Scope) -> Values | None:
    if len(given.positional) < 2:
        return None
    default = given.positional[2] if len(given.positional) > 2 else ()
    found: list[Value] = list(default)
    for name in given.positional[1]:
        for base in given.positional[0]:
            if isinstance(name, Known) and HOLE not in str(name.value):
                found.extend(evaluator.objects.attribute(base, str(name.value)))
            else:
                found.append(Unknown(_NOT_KNOWN))
    return unique(found)


def _import_module(evaluator: Evaluator, given: Arguments, scope: Scope) -> Values | None:
    found: list[Value] = []
    for name in given.positional[0] if given.positional else ():
        if not isinstance(name, Known) or HOLE in str(name.value):
            found.append(Unknown("which module it imports is known only when it runs"))
            continue
        path = str(name.value)
        if path.startswith("."):
            package = scope.module.package.split(".")
            kept = package[: len(package) - (len(path) - len(path.lstrip("."))) + 1]
            path = ".".join([*kept, path.lstrip(".")])
        found.extend(evaluator.names.imported(path))
    return unique(found)


def _partial(_: Evaluator, given: Arguments, __: Scope) -> Values | None:
    if not given.positional:
        return None
    kept = Arguments(given.positional[1:], given.keywords, given.rest, given.more)
    found: list[Value] = []
    for callee in given.positional[0]:
        if isinstance(callee, External):
            found.append(External(callee.path, callee.made, kept))
        else:
            found.append(Applied(callee, kept))
    return unique(found)


def _map(evaluator: Evaluator, given: Arguments, _: Scope) -> Values | None:
    if len(given.positional) != 2 or given.rest:
        return None
    found: list[Value] = []
    for value in given.positional[1]:
        items = library.as_items(value)
        results = [
            unique([v for callee in given.positional[0] for v in evaluator.calls.called(callee, Arguments((item,)))])
            for item in items.items
        ]
        found.append(Items(tuple(results), items.why, loose=items.loose))
    return unique(found)


def _filter(evaluator: Evaluator, given: Arguments, _: Scope) -> Values | None:
    if len(given.positional) != 2 or given.rest:
        return None
    found: list[Value] = []
    for value in given.positional[1]:
        items = library.as_items(value)
        kept: list[Values] = []
        sure = True
        for item in items.items:
            results = [
                v
                for callee in given.positional[0]
                for v in (item if callee == Known(None) else evaluator.calls.called(callee, Arguments((item,))))
            ]
            if results and all(containers.is_false(each) for each in results):
                continue
            sure = sure and bool(results) and all(containers.is_true(each) for each in results)
            kept.append(item)
        found.append(Items(tuple(kept), items.why, loose=items.loose or not sure))
    return unique(found)


def _replace(evaluator: Evaluator, given: Arguments, _: Scope) -> Values | None:
    if not given.positional:
        return None
    replaced = evaluator.models.replaced
    return unique([replaced(v, given.keywords) if isinstance(v, Instance) else v for v in given.positional[0]])


def _asdict(evaluator: Evaluator, given: Arguments, _: Scope) -> Values | None:
    if not given.positional:
        return None
    return unique([evaluator.models.entries(v) if isinstance(v, Instance) else v for v in given.positional[0]])


def _isinstance(_evaluator: Evaluator, given: Arguments, _: Scope) -> Values | None:
    """Sure only of plain values and plain types."""
    plain = {"str": str, "int": int, "dict": dict, "list": list, "bool": bool, "float": float}
    if len(given.positional) != 2:
        return None
    found: list[Value] = []
    for value in given.positional[0]:
        for kind in given.positional[1]:
            known = plain.get(kind.path) if isinstance(kind, External) else None
            if known and isinstance(value, Known) and HOLE not in str(value.value):
                found.append(Known(isinstance(value.value, known)))
            else:
                found.append(Unknown("what it is is known only when it runs"))
    return unique(found)


def _type(_: Evaluator, given: Arguments, __: Scope) -> Values | None:
    if len(given.positional) != 1:
        return None
    found = [Local(value.cls) for value in given.positional[0] if isinstance(value, Instance)]
    return tuple(found) if len(found) == len(given.positional[0]) else None


FUNCTIONS: dict[str, Callable[[Evaluator, Arguments, Scope], Values | None]] = {
    "getattr": _getattr,
    **dict.fromkeys(("importlib.import_module", "import_module", "__import__"), _import_module),
    **dict.fromkeys(("functools.partial", "partial"), _partial),
    "map": _map,
    "filter": _filter,
    **dict.fromkeys(("dataclasses.replace", "copy.replace", "attrs.evolve", "attr.evolve"), _replace),
    **dict.fromkeys(("dataclasses.asdict", "attrs.asdict", "attr.asdict"), _asdict),
    "isinstance": _isinstance,
    "type": _type,
}


def applied(value: Value, given: Arguments) -> Arguments:
    """The arguments of a call with those that `functools.partial` fixed."""
    from agentry.inspector.evaluation.calls import joined_arguments  # noqa: PLC0415 - the two know each other

    while isinstance(value, Applied):
        given = joined_arguments(value.given, given)
        value = value.callee
    return given

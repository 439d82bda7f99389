"""What is changed after it was made: lists that grow, dicts that get keys, attributes that are set from outside."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agentry.inspector.code import growth
from agentry.inspector.code.modules import Assigned, Change, Site
from agentry.inspector.evaluation import containers, library
from agentry.inspector.evaluation.values import (
    HOLE,
    Entries,
    External,
    Instance,
    Items,
    Known,
    Local,
    Method,
    Unknown,
    Value,
    Values,
    is_key,
    joined,
    key_of,
    unique,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from agentry.inspector.code.modules import Module, Scope
    from agentry.inspector.evaluation.evaluate import Evaluator
    from agentry.inspector.evaluation.values import Frame

_OF, _IS = "of", "is"  # of a file or the config: as it is read, and with its changes
CHANGES = 300  # places that change one list or dict
ANY = "*"  # an attribute whose name is not known


class Changes:
    """The part of evaluation that is about what is changed in place."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._of_containers: dict[Hashable, list[Change]] = {}
        self._of_scopes: dict[Scope | None, dict[str, list[Change]]] = {}
        self._made: dict[tuple[ast.Call, str], list[Change]] = {}

    @property
    def is_any_stored(self) -> bool:
        """Whether attributes of anything are set from outside."""
        if not self._evaluator.solver.settled:
            self._evaluator.solver.ask()
        return bool(self._of_scopes)

    def find(self, *, keep: bool) -> object:
        """Find out what is changed where, with what was found before or without.

        Returns:
            Something that is equal when nothing is new.
        """
        containers_changed: dict[Hashable, list[Change]] = {}
        scopes: dict[Scope | None, dict[str, list[Change]]] = {}
        for module in self._evaluator.modules.values():
            for change in (*module.changes, *self._by_other_names(module)):
                for base in self._evaluator.values(change.target.node, change.target.scope):
                    if isinstance(base, Method):
                        base = base.of  # noqa: PLW2901 - `add = names.append`: what `add` is a method of
                    if isinstance(base, Items | Entries) and change.kind != "attribute":
                        containers_changed.setdefault(_changed_at(base.site), []).append(change)
                    for scope, names in self._stores(base, change):
                        for name in names:
                            scopes.setdefault(scope, {}).setdefault(name, []).append(change)
        containers_changed.pop(None, None)
        if keep:
            _add(containers_changed, self._of_containers)
            for scope, before in self._of_scopes.items():
                _add(scopes.setdefault(scope, {}), before)
        self._of_containers, self._of_scopes = containers_changed, scopes
        return (
            {(site, id(change)) for site, each in containers_changed.items() for change in each},
            {(scope, name, id(c)) for scope, names in scopes.items() for name, each in names.items() for c in each},
        )

    def _by_other_names(self, module: Module) -> Iterator[Change]:
        """`add(x)` where `add` is the method of a list."""
        for site in module.calls:
            call = site.node
            assert isinstance(call, ast.Call)
            if isinstance(call.func, ast.Attribute):
                continue
            for callee in self._evaluator.values(call.func, site.scope):
                if isinstance(callee, Method) and isinstance(callee.of, Items | Entries):
                    yield from self._as_changes(site, callee.name)

    def _as_changes(self, site: Site, name: str) -> list[Change]:
        call = site.node
        assert isinstance(call, ast.Call)
        if (call, name) not in self._made:
            target = Site(call.func, site.scope)
            self._made[call, name] = [
                Change(kind, target, key, Assigned(value, site.scope) if value else None)
                for kind, key, value in growth.changes_of(call, name)
            ]
        return self._made[call, name]

    def _stores(self, base: Value, change: Change) -> Iterator[tuple[Scope | None, list[str]]]:
        if isinstance(base, External) and base.path in {"globals()", "vars()"} and change.kind in {"entry", "items"}:
            yield change.target.scope.module.scope, self._names(change)
        if change.kind != "attribute":
            return
        if isinstance(base, Instance):
            yield base.cls, self._names(change)
        elif isinstance(base, Local):
            yield base.scope, self._names(change)
        elif isinstance(base, Unknown):
            yield None, self._names(change)

    def _names(self, change: Change) -> list[str]:
        if change.key is None:
            return [ANY]
        keys = self._evaluator.values(change.key, change.target.scope)
        return [str(key.value) if isinstance(key, Known) and HOLE not in str(key.value) else ANY for key in keys]

    def stored(self, scope: Scope, name: str) -> Values:
        """What is set from outside as an attribute of a module or class, or of its objects."""
        if not self.is_any_stored:
            return ()
        found: list[Value] = []
        for each in (scope, None):
            names = self._of_scopes.get(each)
            # What is set on something unknown may be set on an object of this class, not on a module.
            if not names or (each is None and isinstance(scope.node, ast.Module)):
                continue
            for change in names.get(name, ()):
                found.extend(value for _, values in self._each_added(change, None) for value in values)
            if each is not None and ANY in names:
                found.append(Unknown(f"`{name}` may be set by a name that is known only when it runs"))
        self._evaluator.solver.ask()
        return unique(found)

    def settled(self, values: Values, site: Hashable, scope: Scope, frame: Frame | None) -> Values:
        """The same values, those that are containers where they were made."""
        for value in values:
            if isinstance(value, Items | Entries) and (value.site is None or _changed_at(value.site) is not value.site):
                return tuple(self.placed(value, site, scope, frame) for value in values)
        return values

    def placed(self, value: Value, site: Hashable, scope: Scope, frame: Frame | None) -> Value:
        """A container where it was made, with what is added to it later."""
        if not isinstance(value, Items | Entries):
            return value
        if value.site is None:
            value = _at_site(value, site)
        elif _changed_at(value.site) is not value.site:
            value = _at_site(value, _changed_at(value.site))
        else:
            return value  # it came with its changes from where it was made
        self._evaluator.solver.ask()
        changes = self._of_containers.get(value.site, ())
        if len(changes) > CHANGES:
            reason = f"it is changed in more than {CHANGES} places"
            if isinstance(value, Items):
                return Items((), reason, loose=True, site=value.site)
            return Entries((), reason, loose=True, site=value.site)
        for change in changes:
            value = self._changed(value, change, scope, frame)
        return value

    def _changed(self, value: Items | Entries, change: Change, scope: Scope, frame: Frame | None) -> Items | Entries:
        if change.value is None:
            return replace(value, loose=True)
        function = change.target.scope.function
        own = frame.of(function) if frame and function and function is scope.function else None
        found = self._each_added(change, own)
        if isinstance(value, Items):
            return _grown(value, change, found)
        if change.kind == "entry" and change.key is not None:
            return self._with_entry(value, change, found)
        for _, values in found:
            for each in values:
                merged = containers.merge(value, library.as_entries(each))
                if isinstance(merged, Entries):
                    value = replace(merged, loose=True, site=value.site)
        return value

    def _with_entry(self, value: Entries, change: Change, found: list[tuple[Frame | None, Values]]) -> Entries:
        assert change.key is not None
        entries: list[tuple[Any, Values]] = list(value.items)
        reason = value.why
        for frame, values in found:
            for key in self._evaluator.values(change.key, change.target.scope, frame):
                if is_key(key):
                    entries.append((key_of(key), values))
                else:
                    reason = reason or why(key)
                    entries = [(name, (*each, *values)) for name, each in entries]
        if len(entries) > containers.MOST:
            return Entries((), "it has too many keys to follow", loose=True, site=value.site)
        return Entries(tuple(entries), reason, loose=True, site=value.site, dotted=value.dotted)

    def _each_added(self, change: Change, own: Frame | None) -> list[tuple[Frame | None, Values]]:
        """What is added: in one call of the function that it is in, else in each."""
        return self._evaluator.solver.once(("added", id(change), own), lambda: self._find_added(change, own))

    def _find_added(self, change: Change, own: Frame | None) -> list[tuple[Frame | None, Values]]:
        assert change.value
        if not self._evaluator.solver.settled:
            return [(None, self._evaluator.names.assigned(change.value, None))]
        site = Site(change.value.expr, change.target.scope)
        frames = self._evaluator.calls.turns_at(site, own) if own else self._evaluator.callers.frames(site, 2)
        found = [(frame, self._evaluator.names.assigned(change.value, frame)) for frame in frames]
        if change.key is None:
            # Of what is no entry, only what is added counts, not in which call.
            return [(None, values) for values in dict.fromkeys(values for _, values in found)]
        return found


def _changed_at(site: Hashable) -> Hashable:
    """Where something is once its changes are in it."""
    return (_IS, site[1]) if isinstance(site, tuple) and site[0] == _OF else site


def _add(to: dict[Any, list[Change]], more: dict[Any, list[Change]]) -> None:
    for key, changes in more.items():
        to[key] = list({id(change): change for change in (*to.get(key, ()), *changes)}.values())


def _at_site(value: Items | Entries, site: Hashable) -> Items | Entries:
    if isinstance(value, Items):
        return Items(value.items, value.why, value.loose, site)
    return Entries(value.items, value.why, value.loose, site, value.dotted)


def _grown(value: Items, change: Change, found: list[tuple[Frame | None, Values]]) -> Items:
    items, reason = list(value.items), value.why
    for _, values in found:
        if change.kind != "items":
            items.append(values)
            continue
        for each in values:
            added = library.as_items(each)
            items.extend(added.items)
            reason = joined((reason, added.why))
    if len(items) > containers.MOST:
        return Items((), "it is too long to follow", loose=True, site=value.site)
    return Items(tuple(items), reason, loose=True, site=value.site)

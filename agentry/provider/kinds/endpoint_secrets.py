"""Secrets of an endpoint: references that the platform resolves, and values that were written out.

A reference to a scope or a key that does not exist is accepted by the platform, and the deployment fails minutes later;
so it is looked for at preview. What may not be listed is only warned of: the endpoint's creator may well read it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from agentry.errors import InvalidRequest, NotFound, PermissionDenied
from agentry.provider.inputs import join_path
from agentry.provider.kinds.kind import Failure, Properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agentry.provider.kinds.kind import Context
    from agentry.workspace import Workspace

_REFERENCE = re.compile(r"\{\{\s*secrets/(?P<scope>[^/{}\s]+)/(?P<key>[^/{}\s]+)\s*\}\}")
_MEANT = re.compile(r"\{\{\s*secrets\b")
# A variable of such a name holds a credential, and so does a value of such a form, whatever it is called.
_NAME = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|KEY|PAT|DSN)(?:$|_)"
)
_VALUE = re.compile(
    r"dapi[0-9a-f]{32}|sk-[\w-]{16,}|gh[pousr]_\w{20,}|AKIA[0-9A-Z]{16}|xox[abprs]-|-----BEGIN|\w+://[^/\s:@]+:[^/\s@]+@"
)


class Reference(NamedTuple):
    """One `{{secrets/scope/key}}` and the field it is in."""

    path: str
    scope: str
    key: str


def is_reference(value: Any) -> bool:
    """Whether a value is a reference and nothing else."""
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def secret_variables(variables: Any) -> set[str]:
    """The names of the variables whose value is a credential that was written out."""
    if not isinstance(variables, dict):
        return set()
    return {
        name
        for name, value in variables.items()
        if isinstance(value, str) and not is_reference(value) and (_NAME.search(name) or _VALUE.search(value))
    }


def references(inputs: Properties) -> tuple[list[Reference], list[Failure]]:
    """All references of an endpoint, and those that are cut short."""
    found, failures = [], []
    for path, value in _texts(inputs):
        match = _REFERENCE.fullmatch(value)
        if match:
            found.append(Reference(path, match["scope"], match["key"]))
        elif _MEANT.search(value):
            failures.append(Failure(path, "a reference is {{secrets/scope/key}} and nothing else"))
    return found, failures


def _texts(inputs: Properties) -> Iterator[tuple[str, str]]:
    for top in ("environmentVars", "externalModel"):
        yield from _within(inputs.get(top), top)


def _within(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _within(item, join_path(path, key))


async def reference_failures(found: list[Reference], ctx: Context) -> list[Failure]:
    """The references that lead nowhere, as far as we may look."""
    failures = []
    for scope in sorted({one.scope for one in found}):
        mine = [one for one in found if one.scope == scope]
        if ctx.workspace is None:
            ctx.report.unchecked(f"whether secret scope {scope} has {_listed(one.key for one in mine)}")
            continue
        keys = await _keys(ctx.workspace, scope)
        if keys is _HIDDEN:
            where = _listed(one.path for one in mine)
            ctx.report.warning(f"the secrets of scope {scope} may not be listed, so {where} is not checked")
        elif keys is None:
            failures += [_no_scope(one) for one in mine]
        else:
            failures += [_no_key(one, keys) for one in mine if one.key not in keys]
    return failures


_HIDDEN: frozenset[str] = frozenset({"/"})
"""The keys of a scope that may not be listed; no key has a slash."""


async def _keys(workspace: Workspace, scope: str) -> frozenset[str] | None:
    """The keys of a scope; None where there is no such scope."""
    try:
        answer = await workspace.get("/api/2.0/secrets/list", {"scope": scope})
    except (PermissionDenied, InvalidRequest):
        # A scope that is backed by a vault elsewhere may refuse to be listed at all.
        return _HIDDEN
    except NotFound:
        return None
    return frozenset(str(one["key"]) for one in answer.get("secrets") or ())


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words)))


def _no_scope(one: Reference) -> Failure:
    return Failure(
        one.path,
        f"there is no secret scope {one.scope}, so the endpoint would not start\n"
        f"→ databricks secrets create-scope {one.scope} && databricks secrets put-secret {one.scope} {one.key}",
    )


def _no_key(one: Reference, keys: frozenset[str]) -> Failure:
    known = ", ".join(sorted(keys)) or "nothing"
    return Failure(
        one.path,
        f"secret scope {one.scope} has no key {one.key} (it has {known}), so the endpoint would not start\n"
        f"→ databricks secrets put-secret {one.scope} {one.key}",
    )

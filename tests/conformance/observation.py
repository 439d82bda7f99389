"""What an engine did, as plain data in which two runs of the same thing are equal.

Times, random ids, ciphertexts, stack traces and paths are taken out. What has no order is sorted; of the order of steps
only that of resources is kept of which one uses the other.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from agentry.engine.events import Operation
from agentry.engine.state import Checkpoint, Resource, uses
from agentry.engine.urn import ROOT_STACK_TYPE
from agentry.engine.values import reveal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conformance.scenario import Edit, Scenario
    from tests.engine.playground import Engine, Outcome, Playground

PREFIX = "urn:pulumi:dev::shop::"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
KIND = "4dabf18193072939515e22adb298388d"
LONG = 400
QUIET = frozenset({"same", "refresh"})
UNORDERED = frozenset({"", "default"})
"""Functions are called, and the default provider is asked for several resources, side by side."""

Observation = dict[str, Any]


async def observe(engine: Engine, playground: Playground, scenario: Scenario) -> list[Observation]:
    """Live through a scenario; what happened at each edit. What did not change since the last one is left out."""
    seen: list[Observation] = []
    last: Observation = {"checkpoint": {}, "world": {}}
    for edit in scenario.edits:
        now = await observe_edit(engine, playground, edit)
        seen.append({key: value for key, value in now.items() if key not in last or last[key] != value})
        last = {key: now[key] for key in last}
    return seen


async def observe_edit(engine: Engine, playground: Playground, edit: Edit) -> Observation:
    """Make an edit and run; what happened."""
    edit.apply(playground)
    before = _checkpoint(playground)
    with playground.world() as world:
        world["recorded"] = []
    outcome = await engine.run(playground, edit.operation, **edit.options)
    assert outcome.succeeded != edit.fails, outcome.text
    after = _checkpoint(playground)
    with playground.world() as world:
        recorded, things = world["recorded"], world["things"]
    return {
        "run": edit.run,
        "steps": sorted(_steps(edit, outcome)),
        "order": _order(outcome, (*before.resources, *after.resources)),
        "failed": sorted(outcome.failed),
        "calls": _calls(recorded),
        "world": _normal(things),
        "checkpoint": _recorded(after),
    }


def _steps(edit: Edit, outcome: Outcome) -> Iterable[str]:
    """The steps; a refresh tells of all that it looks at, which is what the calls say too."""
    refreshed = edit.operation is Operation.REFRESH or edit.options
    return (f"{op} {_short(urn)}" for op, urn in outcome.sequence if not (refreshed and op in QUIET))


def _checkpoint(playground: Playground) -> Checkpoint:
    return playground.checkpoint() if playground.checkpoint_file.exists() else Checkpoint(stack="")


def _short(urn: str) -> str:
    return urn.removeprefix(PREFIX)


def _order(outcome: Outcome, resources: Iterable[Resource]) -> list[str]:
    """The pairs of steps of which the first came before the second, where one resource uses the other."""
    used = _closure(resources)
    steps = [(op, urn) for op, urn in outcome.sequence if op not in QUIET and ROOT_STACK_TYPE not in urn.split("::")[2]]
    return sorted(
        f"{op} {_short(urn)} < {later} {_short(other)}"
        for index, (op, urn) in enumerate(steps)
        for later, other in steps[index + 1 :]
        if urn == other or urn in used[other] or other in used[urn]
    )


def _closure(resources: Iterable[Resource]) -> dict[str, set[str]]:
    """All that each URN uses, by way of others too."""
    used: dict[str, set[str]] = defaultdict(set)
    for resource in resources:
        used[resource.urn] |= uses(resource)
    for _ in range(len(used)):
        for urns in list(used.values()):
            urns |= {further for urn in list(urns) for further in used.get(urn, ())}
    return used


def _calls(recorded: list[Any]) -> dict[str, list[Any]]:
    """The calls by the name of their resource, in their order."""
    calls: dict[str, list[Any]] = defaultdict(list)
    for method, name, arguments in recorded:
        calls[name].append([method, _normal(arguments)])
    for name in calls.keys() & UNORDERED:
        calls[name].sort(key=json.dumps)
    return dict(sorted(calls.items()))


def _recorded(checkpoint: Checkpoint) -> dict[str, Any]:
    content: dict[str, Any] = {"resources": sorted(map(_resource, checkpoint.resources), key=_identity)}
    if checkpoint.pending:
        content["pending"] = sorted(
            ({"kind": one.kind, **_resource(one.resource)} for one in checkpoint.pending), key=_identity
        )
    return content


def _identity(resource: dict[str, Any]) -> tuple[str, str]:
    return resource["urn"], resource.get("id", "")


def _resource(resource: Resource) -> dict[str, Any]:
    fields = {one.name: getattr(resource, one.name) for one in dataclasses.fields(resource)}
    fields["dependencies"] = sorted(resource.dependencies)
    # A refresh of the CLI drops the properties that depend on nothing.
    fields["property_dependencies"] = {
        key: sorted(urns) for key, urns in resource.property_dependencies.items() if urns
    }
    fields["created"] = bool(resource.created)
    fields["modified"] = bool(resource.modified)
    normal: dict[str, Any] = _normal({key: value for key, value in fields.items() if value})
    return normal


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(KIND) == SECRET:
            return {"secret": _normal(reveal(value["value"]))}
        return {key: _normal(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [_normal(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and len(value) > LONG:
        return f"{value[:10]}... of {len(value)}, {hashlib.sha256(value.encode()).hexdigest()[:8]}"
    if isinstance(value, str):
        return "unknown" if value == UNKNOWN else UUID.sub("uuid", value.replace(PREFIX, ""))
    return value


def dump(seen: list[Observation]) -> str:
    """As a file that can be read and compared: one line for each call and each resource."""
    return "[\n" + ",\n".join(_indented(observation, 1) for observation in seen) + "\n]\n"


def _indented(value: Any, depth: int) -> str:
    """Objects and lists are spread over lines down to a depth; below it they are one line each."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=False)
    if depth > 4 or not isinstance(value, dict | list) or len(text) + 2 * depth <= 100:
        return "  " * depth + text
    pad = "  " * depth
    if isinstance(value, list):
        return f"{pad}[\n" + ",\n".join(_indented(item, depth + 1) for item in value) + f"\n{pad}]"
    members = (f"{pad}  {json.dumps(key)}: {_indented(item, depth + 1).lstrip()}" for key, item in value.items())
    return f"{pad}{{\n" + ",\n".join(members) + f"\n{pad}}}"


def differences(golden: Any, seen: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Where two values differ, by path: what each has there, None for nothing."""
    if isinstance(golden, dict) and isinstance(seen, dict):
        found: dict[str, tuple[Any, Any]] = {}
        for key in sorted({*golden, *seen}):
            found |= differences(golden.get(key), seen.get(key), f"{path}/{key}")
        return found
    if isinstance(golden, list) and isinstance(seen, list) and len(golden) == len(seen):
        found = {}
        for index, (one, other) in enumerate(zip(golden, seen, strict=True)):
            found |= differences(one, other, f"{path}/{index}")
        return found
    return {} if golden == seen and type(golden) is type(seen) else {path: (golden, seen)}

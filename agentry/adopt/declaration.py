"""The call of `Agent` that says what an endpoint is, and the imports that make it so without a change. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentry.adopt.acceptance import others
from agentry.endpoint_name import default_name
from agentry.privileges import needed_for, parents_of
from agentry.provider.kinds.endpoint_places import snake
from agentry.provider.kinds.endpoint_secrets import is_reference, secret_variables
from agentry.provider.kinds.grant_import import import_id
from agentry.provider.kinds.ownership import OWNER_TAG, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentry.adopt.reading import Seen
    from agentry.privileges import Privilege
    from agentry.resources import Resource
    from agentry.workspace import Json

COMPONENT = "agentry:components:Agent"
_KIND = "agentry:index:"
_WORD = re.compile(r"[A-Za-z0-9+=]{16,}")
_LONGEST_ID = 32
"""Ids of warehouses and Genie spaces are up to so many hex digits; they are no secrets."""
_ENDPOINT = {
    "workloadSize": "size",
    "scaleToZero": "scale_to_zero",
    "minProvisionedConcurrency": "min_concurrency",
    "maxProvisionedConcurrency": "max_concurrency",
    "workloadType": "workload_type",
    "instanceProfileArn": "instance_profile_arn",
    "inferenceTable": "inference_table",
    "budgetPolicyId": "budget_policy_id",
    "emailNotifications": "email_notifications",
    "telemetry": "telemetry",
    "routeOptimized": "route_optimized",
    "agentVariables": "agent_variables",
    "description": "description",
    "tags": "tags",
}
"""The options of `Endpoint`, by the inputs that they become."""
_DEFAULTS: dict[str, Any] = {"size": "Small", "scale_to_zero": True, "workload_type": "CPU", "tags": {}}


@dataclass(frozen=True, slots=True)
class Import:
    """One resource that exists, and what it is called in the stack.

    Attributes:
        type: Its type token.
        name: Its name in the program.
        id: What its provider calls it.
    """

    type: str
    name: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What an endpoint is declared as.

    Attributes:
        name: The agent's name in the program.
        endpoint: The endpoint's.
        source: The version that serves, `models:/c.s.m/7`.
        model: Its model, where that becomes this stack's; else empty.
        resources: What the version uses.
        environment_vars: Its variables that may be read; a reference to a secret is one of these.
        secrets: Key of the stack's configuration by the variable whose value stands there.
        options: Options of `Endpoint` that are not the defaults.
        aliases: Those that point to the version.
        access: Who may do what with the endpoint.
        experiment: Path of the experiment of its traces; empty where it has none.
        imports: What is imported.
        notes: What a person should know, a line each.
        values: The secrets in clear, by their variable; never shown, never written in clear.
    """

    name: str
    endpoint: str
    source: str
    model: str
    resources: tuple[Resource, ...]
    environment_vars: Mapping[str, str]
    secrets: Mapping[str, str]
    options: Mapping[str, Any]
    aliases: tuple[str, ...]
    access: Mapping[str, str]
    experiment: str
    imports: tuple[Import, ...]
    notes: tuple[str, ...]
    values: Mapping[str, str] = field(repr=False)


def adoption_of(seen: Seen, *, name: str | None, owner: str, held: Iterable[str] = ()) -> Adoption:
    """What an endpoint that was accepted is declared as.

    Args:
        seen: What the workspace told.
        name: The agent's name; None for the last part of its model's.
        owner: `project/stack` of the stack that takes it.
        held: Models that the stack has already.
    """
    inputs = seen.inputs
    model, number = str(inputs["model"]), str(inputs["version"])
    name = name or model.rpartition(".")[2]
    endpoint = str(inputs["name"])
    variables: dict[str, str] = dict(inputs.get("environmentVars") or {})
    hidden = _hidden(variables)
    owned, notes = _model(seen, model, owner, held)
    aliases = tuple(sorted(alias for alias, version in seen.aliases.items() if version == int(number)))
    elsewhere = {alias: version for alias, version in seen.aliases.items() if version != int(number)}
    return Adoption(
        name=name,
        endpoint=endpoint,
        source=f"models:/{model}/{number}",
        model=model if owned else "",
        resources=tuple(sorted(seen.version.resources)),
        environment_vars={key: value for key, value in variables.items() if key not in hidden},
        secrets={key: f"{name}_{key}".lower() for key in sorted(hidden)},
        options={**({"name": endpoint} if endpoint != default_name(model) else {}), **_options(inputs)},
        aliases=aliases,
        access=dict(sorted(seen.access.items())),
        experiment=seen.experiment,
        imports=_imports(seen, name, aliases, model if owned else ""),
        notes=(
            *notes,
            *_task(seen),
            *_creator(seen),
            *others(seen.live),
            *(f"alias {alias} points to version {version} and stays there" for alias, version in elsewhere.items()),
            *(_missing(seen, privilege) for privilege in seen.lacking),
            *seen.notes,
        ),
        values={key: variables[key] for key in hidden},
    )


def _hidden(variables: Mapping[str, str]) -> set[str]:
    """The variables whose values are shown to nobody: credentials by name or form, and what can not be read anyway."""
    opaque = {key for key, value in variables.items() if not is_reference(value) and _is_opaque(value)}
    return secret_variables(dict(variables)) | opaque


def _is_opaque(value: str) -> bool:
    """Whether nothing in it can be read, so that it may well be a key, whatever the variable is called."""
    return any(_mixed(word) or len(word) > _LONGEST_ID for word in _WORD.findall(value))


def _mixed(word: str) -> bool:
    sorts = (str.isupper, str.islower, str.isdigit)
    return all(any(is_of(letter) for letter in word) for is_of in sorts)


def _model(seen: Seen, model: str, owner: str, held: Iterable[str]) -> tuple[bool, list[str]]:
    """Whether the model becomes this stack's, and what to say where it does not."""
    if seen.model is None:
        return False, []
    other = tags_of(seen.model).get(OWNER_TAG)
    if other and other != owner:
        return False, [f"model {model} belongs to {other}: its version is used, and nothing else of it"]
    if model in held:
        return False, [f"model {model} is in this stack already, as another agent's: its version is used"]
    return True, []


def _options(inputs: Json) -> dict[str, Any]:
    """The options of `Endpoint` that differ from what it has by itself."""
    found = {
        option: _snaked(inputs[key]) if key != "tags" else inputs[key]
        for key, option in _ENDPOINT.items()
        if key in inputs
    }
    table = found.get("inference_table")
    if table and table.get("enabled"):
        del found["inference_table"]  # one that nobody describes may be any
    found.setdefault("scale_to_zero", False)
    return {option: value for option, value in found.items() if _DEFAULTS.get(option, _NOTHING) != value}


_NOTHING = object()


def _snaked(value: Any) -> Any:
    """An object of the provider's, spelled as a program does."""
    if isinstance(value, dict):
        return {snake(key): _snaked(item) for key, item in value.items() if item != []}
    return value


def _imports(seen: Seen, name: str, aliases: Iterable[str], model: str) -> tuple[Import, ...]:
    """The resources that `Agent` makes of that call, by the names it gives them."""
    endpoint, own = str(seen.inputs["name"]), [r for r in seen.version.resources if not r.on_behalf_of_user]
    used = [(f"{name}-uses-{each.type}-{each.name}", [needed_for(each)], False) for each in sorted(own)]
    parents = parents_of(own)
    if parents:
        used.append((f"{name}-uses-parents", parents, True))
    lacking = set(seen.lacking)
    kinds = [
        Import("Experiment", name, str(seen.inputs["experimentId"])) if seen.experiment else None,
        Import("RegisteredModel", name, model) if model else None,
        *(
            Import("Grant", called, import_id(_wire(needs), endpoint=endpoint, ensure=ensure))
            for called, needs, ensure in used
            if lacking.isdisjoint(needs)
        ),
        Import("ServingEndpoint", name, endpoint),
        *(Import("ModelAlias", f"{name}-{alias}", f"{seen.inputs['model']}@{alias}") for alias in aliases),
        *(
            Import("Grant", f"{name}-access-{who}", import_id([_on_endpoint(endpoint, level)], principal=who))
            for who, level in sorted(seen.access.items())
        ),
    ]
    return tuple(Import(f"{_KIND}{one.type}", one.name, one.id) for one in kinds if one)


def _wire(privileges: Iterable[Privilege]) -> list[Json]:
    return [{"securableType": p.securable_type, "securable": p.securable, "privilege": p.privilege} for p in privileges]


def _on_endpoint(endpoint: str, level: str) -> Json:
    return {"securableType": "SERVING_ENDPOINT", "securable": endpoint, "privilege": level}


def _task(seen: Seen) -> list[str]:
    """What the workspace calls it, where that is no agent: it may be one all the same, of an interface of its own."""
    task = str(seen.live.get("task") or "")
    called = f"it calls it {task}" if task else "it says nothing of its interface"
    return [] if task.startswith("agent/") else [f"the workspace does not know it as an agent: {called}"]


def _creator(seen: Seen) -> list[str]:
    """Passthrough stays within the privileges of who made the endpoint, whoever deploys it from now on."""
    if not seen.creator or not seen.me or seen.creator == seen.me:
        return []
    return [
        f"the agent keeps the privileges of {seen.creator}, who made the endpoint, as long as it lives; you are {seen.me}"
    ]


def _missing(seen: Seen, privilege: Privilege) -> str:
    return (
        f"{seen.creator} lacks {privilege.privilege} on {privilege.securable_type} {privilege.securable}, which the "
        "version declares: the first `up` gives it, if you may"
    )


def import_file(adoption: Adoption) -> Json:
    """The imports as `pulumi import --file` takes them.

    Names are those of the file, each there once; `logicalName` is what the resource is called in the program.
    """
    agent = f"Agent {adoption.name}"
    component = {"type": COMPONENT, "name": agent, "logicalName": adoption.name, "component": True}
    return {
        "nameTable": {},
        "resources": [
            component,
            *(
                {
                    "type": one.type,
                    "name": f"{one.type.rpartition(':')[2]} {one.name}",
                    "logicalName": one.name,
                    "id": one.id,
                    "parent": agent,
                }
                for one in adoption.imports
            ),
        ],
    }

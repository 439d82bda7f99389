"""A serving endpoint as the platform words it: names, and the bodies of create and update calls. Pure.

Names, the three static variables, the experiment's variable and tag, and the inference table are what
`databricks.agents.deploy()` 1.13.0 sends (observed), so that an endpoint made here is one that Databricks' own
tools recognise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from agentry.provider.kinds.endpoint_places import (
    CREATION,
    DESCRIPTION,
    ENTITY,
    SIDE_CALLS,
    Part,
    Sort,
    places,
    put,
    to_wire,
)
from agentry.provider.kinds.kind import UNKNOWN, Properties
from agentry.provider.kinds.ownership import OWNER_TAG

STATIC_VARIABLES = {
    "ENABLE_LANGCHAIN_STREAMING": "true",
    "ENABLE_MLFLOW_TRACING": "true",
    "RETURN_REQUEST_ID_IN_RESPONSE": "true",
}
EXPERIMENT_VARIABLE = "MLFLOW_EXPERIMENT_ID"
EXPERIMENT_TAG = "MONITOR_EXPERIMENT_ID"
MAX_NAME = 63
MAX_ENTITIES = 15  # the platform refuses a 16th (observed; the SDK's documentation says 10)
FOUNDATION = "system."
"""The catalog of the platform's own models: nobody can make a table in it."""

_SOURCE = re.compile(r"models:/(?P<model>[^./@]+\.[^./@]+\.[^./@]+)(?:/(?P<version>\d+)|@(?P<alias>[^/@]+))")


@dataclass(frozen=True, slots=True)
class Source:
    """An existing version: `models:/c.s.m/7` or `models:/c.s.m@alias`."""

    model: str
    version: str | None
    alias: str | None


def parse_source(text: str) -> Source | None:
    """The parts of a `models:/` address, or None where it is none."""
    match = _SOURCE.fullmatch(text)
    return Source(match["model"], match["version"], match["alias"]) if match else None


def sort_of(inputs: Properties) -> Sort:
    """What the endpoint serves, by what is declared."""
    if inputs.get("externalModel") is not None:
        return Sort.EXTERNAL
    if inputs.get("provisionedModelUnits") is not None:
        return Sort.UNITS
    if any(inputs.get(f"{end}ProvisionedThroughput") is not None for end in ("min", "max")):
        return Sort.THROUGHPUT
    return Sort.CUSTOM


def served_entity_name(model: str, version: str) -> str:
    """`c-s-m_7`, cut so that it has at most 63 characters, as `agents.deploy()` forms it."""
    suffix = f"_{version}"
    return model.replace(".", "-")[: MAX_NAME - len(suffix)] + suffix


def served_name(inputs: Properties) -> str | None:
    """The name of our served entity, or None while it is not known what it will be."""
    external = inputs.get("externalModel")
    if external is not None:
        name = UNKNOWN if external is UNKNOWN else external["name"]
        return None if name is UNKNOWN else re.sub(r"[^A-Za-z0-9_-]", "-", name)[:MAX_NAME]
    model, version = inputs.get("model"), inputs.get("version")
    if model in (None, UNKNOWN) or version in (None, UNKNOWN):
        return None
    return str(inputs.get("entityName") or served_entity_name(model, version))


def our_name(inputs: Properties) -> str:
    """The name of our served entity, where work begins and so all is known."""
    name = served_name(inputs)
    assert name is not None
    return name


def served_words(inputs: Properties) -> str:
    """What it serves, for a line that people read."""
    external = inputs.get("externalModel")
    return f"version {inputs['version']}" if external is None else f"{external['provider']} model {external['name']}"


def managed_tags(inputs: Properties, owner: str) -> dict[str, str]:
    """All tags that this endpoint is given: the declared ones, as far as known, its experiment and its owner."""
    given = inputs.get("tags")
    tags = {**({} if given in (None, UNKNOWN) else given), OWNER_TAG: owner}
    if inputs.get("experimentId"):
        tags[EXPERIMENT_TAG] = inputs["experimentId"]
    return tags


def fixed_variables(inputs: Properties) -> dict[str, str]:
    """The variables that every agent has, unless it is declared without them."""
    return {} if inputs.get("agentVariables") is False else STATIC_VARIABLES


def variables(inputs: Properties) -> dict[str, str]:
    """All environment variables of our served entity."""
    given = {**(inputs.get("environmentVars") or {}), **fixed_variables(inputs)}
    if inputs.get("experimentId"):
        given[EXPERIMENT_VARIABLE] = inputs["experimentId"]
    return given


def inference_table(inputs: Properties, prefix: str) -> dict[str, Any] | None:
    """The inference table as it would be declared in full; None where none is wanted or known, and none was declared.

    Without a declaration it is on beside a model of Unity Catalog, as agents.deploy() does, and off for the rest:
    no table can be made beside the platform's own models, and an external model is in no schema at all.
    """
    table, model = inputs.get("inferenceTable"), inputs.get("model")
    if table is UNKNOWN:
        return None
    own = model if sort_of(inputs) is not Sort.EXTERNAL and isinstance(model, str) else ""
    if table is None and (not own or own.startswith(FOUNDATION) or sort_of(inputs) is not Sort.CUSTOM):
        return None
    table = table or {}
    if table.get("enabled") is False:
        return {"enabled": False}
    catalog, schema = own.split(".")[:2] if own and not own.startswith(FOUNDATION) else ("", "")
    return {
        "enabled": table.get("enabled", True),
        "catalogName": table.get("catalogName") or catalog,
        "schemaName": table.get("schemaName") or schema,
        "tableNamePrefix": table.get("tableNamePrefix") or prefix,
    }


def effective(inputs: Properties, prefix: str) -> Properties:
    """The declaration with what follows from it: all variables, the whole inference table."""
    full, table = dict(inputs), inputs.get("inferenceTable")
    # While nobody knows whether there is a table, its names say nothing.
    on = table if table in (None, UNKNOWN) else table.get("enabled")
    full["inferenceTable"] = UNKNOWN if on is UNKNOWN else inference_table(inputs, prefix)
    if inputs.get("environmentVars") is not UNKNOWN:
        full["environmentVars"] = variables(inputs) if sort_of(inputs) is Sort.CUSTOM else None
    return full


def entity(inputs: Properties) -> dict[str, Any]:
    """Our served entity, as create and update calls take it."""
    body: dict[str, Any] = {"name": our_name(inputs)}
    full, sort = effective(inputs, ""), sort_of(inputs)
    for place in places(ENTITY):
        value = full.get(place.field)
        if value is not None and sort in place.sorts:
            put(body, place.path, to_wire(place.declared.type, value))
    return body


def shares_of(config: Properties | None) -> dict[str, int]:
    """The traffic split of a config, by the names of served entities."""
    routed = ((config or {}).get("traffic_config") or {}).get("routes") or []
    return {
        str(one.get("served_model_name") or one.get("served_entity_name")): int(one["traffic_percentage"])
        for one in routed
    }


def split(ours: str, traffic: dict[str, int] | None, others: dict[str, int]) -> dict[str, int]:
    """How the questions are shared: what is declared for served entities of others, the rest to ours.

    Args:
        ours: The name of our served entity.
        traffic: What is declared; None keeps what others have.
        others: What the entities of others have now.

    What is kept of others never leaves ours without a question: then it would serve in name only, so it gets all.
    """
    shares = dict(others) if traffic is None else {name: traffic.get(name, 0) for name in others}
    if traffic is None and sum(shares.values()) >= 100:
        shares = dict.fromkeys(others, 0)
    return {**shares, ours: 100 - sum(shares.values())}


def routes(ours: str, traffic: dict[str, int] | None, others: dict[str, int]) -> list[dict[str, Any]]:
    """The split as a request has it."""
    shares = split(ours, traffic, others)
    return [{"served_model_name": name, "traffic_percentage": share} for name, share in shares.items()]


# What a get answers beside what an update takes; the platform ignores some of these and refuses others.
_OUTPUT_ONLY = ("creator", "creation_timestamp", "state", "foundation_model", "instance_profile_arn_state")
# All that the config of an endpoint with model units takes of an entity (databricks-sdk 0.156, PtServedModel).
_OF_UNITS = ("name", "entity_name", "entity_version", "provisioned_model_units", "burst_scaling_enabled")


def carried(live: Properties, ours: set[str], sort: Sort = Sort.CUSTOM) -> list[dict[str, Any]]:
    """The served entities that others made, as an update has to repeat them (its list replaces the whole)."""
    config = live.get("config") or {}
    return [
        {
            key: value
            for key, value in one.items()
            if key not in _OUTPUT_ONLY and (sort is not Sort.UNITS or key in _OF_UNITS)
        }
        for one in config.get("served_entities") or []
        if one.get("name") not in ours
    ]


def config_body(inputs: Properties, live: Properties | None, ours: set[str]) -> dict[str, Any]:
    """The config of a create or an update: our entity, then those of others, then the traffic."""
    wanted, live = entity(inputs), live or {}
    others = carried(live, ours | {wanted["name"]}, sort_of(inputs))
    shares = shares_of(live.get("config"))
    kept = {one["name"]: shares.get(one["name"], 0) for one in others}
    return {
        "served_entities": [wanted, *others],
        "traffic_config": {"routes": routes(wanted["name"], inputs.get("traffic"), kept)},
    }


def part_body(part: Part, inputs: Properties, prefix: str) -> Any:
    """What is declared of a part, as requests have it, or None where nothing is."""
    full, body = effective(inputs, prefix), dict[str, Any]()
    for place in places(part):
        value = full.get(place.field)
        if value is not None and sort_of(inputs) in place.sorts:
            if not place.path:
                return to_wire(place.declared.type, value)
            put(body, place.path, to_wire(place.declared.type, value))
    return body or None


def create_body(inputs: Properties, owner: str, prefix: str) -> dict[str, Any]:
    """The whole create request, with every part that the create call of this sort takes."""
    sort = sort_of(inputs)
    body = {
        "name": inputs["name"],
        "tags": [{"key": k, "value": v} for k, v in sorted(managed_tags(inputs, owner).items())],
        "config": {"name": inputs["name"], **config_body(inputs, None, set())},
    }
    if sort is Sort.UNITS:
        del body["config"]["name"]  # not in PtEndpointCoreConfig
    if sort in DESCRIPTION.created:
        body["description"] = ""
    for part in (*SIDE_CALLS, CREATION):
        value = part_body(part, inputs, prefix) if sort in part.created else None
        if part is CREATION:
            body |= value or {}
        elif value is not None:
            body[part.key] = value
    return body

"""A serving endpoint as the platform words it: names, request bodies, and what a live endpoint says of itself. Pure.

Names, the three static variables, the experiment's variable and tag, and the inference table are what
`databricks.agents.deploy()` 1.13.0 sends (observed), so that an endpoint made here is one that Databricks' own
tools recognise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from agentry.provider.kinds.kind import UNKNOWN, Failure, Properties
from agentry.provider.kinds.ownership import OWNER_TAG

STATIC_VARIABLES = {
    "ENABLE_LANGCHAIN_STREAMING": "true",
    "ENABLE_MLFLOW_TRACING": "true",
    "RETURN_REQUEST_ID_IN_RESPONSE": "true",
}
EXPERIMENT_VARIABLE = "MLFLOW_EXPERIMENT_ID"
EXPERIMENT_TAG = "MONITOR_EXPERIMENT_ID"
SIZES = ("Small", "Medium", "Large")
MAX_NAME = 63
MAX_VARIABLES = 30  # environment variables per served model, "model serving limits" of the platform's documentation
MAX_ENTITIES = 15  # the platform refuses a 16th (observed; the SDK's documentation says 10)

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_MODEL = re.compile(r"[^./\s]+\.[^./\s]+\.[^./\s]+")
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


def served_entity_name(model: str, version: str) -> str:
    """`c-s-m_7`, cut so that it has at most 63 characters, as `agents.deploy()` forms it."""
    suffix = f"_{version}"
    return model.replace(".", "-")[: MAX_NAME - len(suffix)] + suffix


def managed_tags(inputs: Properties, owner: str) -> dict[str, str]:
    """All tags that this endpoint is given: the declared ones, its experiment and its owner."""
    tags = {**(inputs.get("tags") or {}), OWNER_TAG: owner}
    if inputs.get("experimentId"):
        tags[EXPERIMENT_TAG] = str(inputs["experimentId"])
    return tags


def variables(inputs: Properties) -> dict[str, str]:
    """All environment variables of our served entity."""
    given = {**(inputs.get("environmentVars") or {}), **STATIC_VARIABLES}
    if inputs.get("experimentId"):
        given[EXPERIMENT_VARIABLE] = str(inputs["experimentId"])
    return given


def entity(inputs: Properties) -> dict[str, Any]:
    """Our served entity, as create and update calls take it."""
    return {
        "name": served_entity_name(inputs["model"], inputs["version"]),
        "entity_name": inputs["model"],
        "entity_version": str(inputs["version"]),
        "workload_size": inputs["workloadSize"],
        "scale_to_zero_enabled": inputs["scaleToZero"],
        "environment_vars": variables(inputs),
    }


def routes(ours: str, traffic: dict[str, int] | None, others: list[str]) -> list[dict[str, Any]]:
    """The traffic split: what is declared for other entities, the rest to ours."""
    shares = {name: (traffic or {}).get(name, 0) for name in others}
    shares[ours] = 100 - sum(shares.values())
    return [{"served_model_name": name, "traffic_percentage": share} for name, share in shares.items()]


# What a get answers beside what an update takes; the platform ignores some of these and refuses others.
_OUTPUT_ONLY = ("creator", "creation_timestamp", "state", "foundation_model", "instance_profile_arn_state")


def carried(live: Properties, ours: set[str]) -> list[dict[str, Any]]:
    """The served entities that others made, as an update has to repeat them (its list replaces the whole)."""
    config = live.get("config") or {}
    return [
        {key: value for key, value in one.items() if key not in _OUTPUT_ONLY}
        for one in config.get("served_entities") or []
        if one.get("name") not in ours
    ]


def config_body(inputs: Properties, live: Properties | None, ours: set[str]) -> dict[str, Any]:
    """The config of a create or an update: our entity, then those of others, then the traffic."""
    wanted = entity(inputs)
    others = carried(live or {}, ours | {wanted["name"]})
    return {
        "served_entities": [wanted, *others],
        "traffic_config": {"routes": routes(wanted["name"], inputs.get("traffic"), [one["name"] for one in others])},
    }


def inference_table(inputs: Properties, prefix: str) -> dict[str, Any]:
    """The AI gateway's inference table, on by default beside the model."""
    catalog, schema, _ = inputs["model"].split(".")
    table = inputs.get("inferenceTable") or {}
    if table.get("enabled") is False:
        return {"inference_table_config": {"enabled": False}}
    return {
        "inference_table_config": {
            "enabled": True,
            "catalog_name": table.get("catalogName") or catalog,
            "schema_name": table.get("schemaName") or schema,
            "table_name_prefix": table.get("tableNamePrefix") or prefix,
        }
    }


def create_body(inputs: Properties, owner: str, prefix: str) -> dict[str, Any]:
    """The whole create request."""
    return {
        "name": inputs["name"],
        "description": inputs.get("description") or "",
        "tags": [{"key": k, "value": v} for k, v in sorted(managed_tags(inputs, owner).items())],
        "ai_gateway": inference_table(inputs, prefix),
        "config": {"name": inputs["name"], **config_body(inputs, None, set())},
    }


def failures(inputs: Properties) -> list[Failure]:
    """What can be said of the inputs without asking anybody."""
    found = [*_name_failures(inputs), *_variable_failures(inputs), *_traffic_failures(inputs)]
    if inputs.get("workloadSize") not in (UNKNOWN, *SIZES):
        found.append(Failure("workloadSize", f"{inputs['workloadSize']!r} is none of {', '.join(SIZES)}"))
    return found


def _name_failures(inputs: Properties) -> list[Failure]:
    name, found = inputs.get("name"), []
    if isinstance(name, str) and not (_NAME.fullmatch(name) and len(name) <= MAX_NAME):
        found.append(
            Failure(
                "name", f"{name!r} is no endpoint name: letters, digits, dashes and underscores, at most {MAX_NAME}"
            )
        )
    model = inputs.get("model")
    if isinstance(model, str) and not _MODEL.fullmatch(model):
        found.append(Failure("model", f"{model!r} is no three-level name: catalog.schema.model"))
    return found


def _variable_failures(inputs: Properties) -> list[Failure]:
    given = inputs.get("environmentVars") or {}
    if given is UNKNOWN:
        return []
    found = []
    for key, value in given.items():
        path = f"environmentVars.{key}"
        if not _VARIABLE.fullmatch(key):
            found.append(Failure(path, "the name of a variable has capital letters, digits and underscores"))
        elif key == EXPERIMENT_VARIABLE:
            found.append(
                Failure(path, "is set from the experiment, with the endpoint's tag; give the experiment instead")
            )
        elif key in STATIC_VARIABLES and value not in (UNKNOWN, STATIC_VARIABLES[key]):
            found.append(Failure(path, f"is {STATIC_VARIABLES[key]!r} for every agent and can not be changed"))
        elif value is not UNKNOWN and not isinstance(value, str):
            found.append(Failure(path, f"the value of a variable is a string, this is {type(value).__name__}"))
    if len({**given, **STATIC_VARIABLES}) + 1 > MAX_VARIABLES:
        found.append(
            Failure("environmentVars", f"a served model takes at most {MAX_VARIABLES} variables, ours included")
        )
    return found


def _traffic_failures(inputs: Properties) -> list[Failure]:
    traffic = inputs.get("traffic")
    if traffic is UNKNOWN or not traffic:
        return []
    known = [share for share in traffic.values() if share is not UNKNOWN]
    if any(not isinstance(share, (int, float)) or share != int(share) or not 0 <= share <= 100 for share in known):
        return [Failure("traffic", "shares are whole percentages from 0 to 100")]
    if sum(known) > 100:
        return [Failure("traffic", f"the shares of other entities add up to {int(sum(known))}, more than 100")]
    return []

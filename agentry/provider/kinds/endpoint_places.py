"""Where each field of an endpoint goes in a request, by which route it changes, and where it is read back.

One row a field. Bodies, side calls, drift, import, the generated page of the documentation and the test against
databricks-sdk's request classes all come from these rows; nothing else knows the platform's names.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from enum import Enum
from typing import Any

from agentry.provider.fields import Field, Shape, Type
from agentry.provider.kinds.endpoint_fields import BY_NAME


class Sort(str, Enum):
    """What an endpoint serves; some fields are of some sorts only."""

    CUSTOM = "a model of Unity Catalog"
    THROUGHPUT = "a foundation model with provisioned throughput"
    UNITS = "a foundation model with model units"
    EXTERNAL = "an external model"


ALL = frozenset(Sort)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an endpoint that has a call of its own.

    Attributes:
        key: Its field in the create request and in the answer.
        method: How it is changed.
        route: Below the endpoint.
        wrapped: Whether the request holds it under `key`, or is the part itself.
        created: The sorts whose create call takes it; for others its call follows.
        source: Where the call is known from.
    """

    key: str
    method: str
    route: str
    wrapped: bool = True
    created: frozenset[Sort] = ALL
    source: str = "databricks-sdk 0.156"


_NOT_UNITS = ALL - {Sort.UNITS}
_OBSERVED = "not in databricks-sdk 0.156; agents.deploy() 1.13.0 calls it (observed)"

TAGS = Part("tags", "PATCH", "/tags")
DESCRIPTION = Part("description", "PATCH", "/description", created=_NOT_UNITS, source=_OBSERVED)
NOTIFICATIONS = Part("email_notifications", "PATCH", "/notifications")
TELEMETRY = Part("telemetry_config", "PATCH", "/telemetry-config", created=_NOT_UNITS)
GATEWAY = Part("ai_gateway", "PUT", "/ai-gateway", wrapped=False)
ENTITY = Part("config.served_entities", "PUT", "/config")
TRAFFIC = Part("config.traffic_config", "PUT", "/config")
CREATION = Part(
    "", "POST", "", source="at creation only: docs.databricks.com, route-optimization; budget policy: no call"
)

SIDE_CALLS = (DESCRIPTION, NOTIFICATIONS, TELEMETRY, GATEWAY)
"""In this order, after the tags and before the config."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field is.

    Attributes:
        field: Our name.
        part: The part it belongs to.
        path: Its path within the part, `fallback_config.enabled`; empty where it is the part.
        sorts: What has to be served for it to be taken.
        absent: What an answer without it means.
        cleared: What is sent once it is declared no more; None leaves it out of the request.
    """

    field: str
    part: Part
    path: str = ""
    sorts: frozenset[Sort] = ALL
    absent: Any = None
    cleared: Any = None

    @property
    def declared(self) -> Field:
        """The field as the kind's table has it."""
        return BY_NAME[self.field]


_CUSTOM = frozenset({Sort.CUSTOM})
_MODEL = ALL - {Sort.EXTERNAL}
_SCALES = frozenset({Sort.CUSTOM, Sort.THROUGHPUT})
_THROUGHPUT = frozenset({Sort.THROUGHPUT})
_UNITS = frozenset({Sort.UNITS})
_EXTERNAL = frozenset({Sort.EXTERNAL})

PLACES = (
    Place("model", ENTITY, "entity_name", _MODEL),
    Place("version", ENTITY, "entity_version", _MODEL),
    Place("externalModel", ENTITY, "external_model", _EXTERNAL),
    Place("environmentVars", ENTITY, "environment_vars", _CUSTOM),
    Place("workloadSize", ENTITY, "workload_size", _CUSTOM),
    # A workspace without GPUs answers nothing for CPU (observed by others, terraform-provider-databricks).
    Place("workloadType", ENTITY, "workload_type", _CUSTOM, absent="CPU"),
    Place("scaleToZero", ENTITY, "scale_to_zero_enabled", _SCALES),
    Place("minProvisionedConcurrency", ENTITY, "min_provisioned_concurrency", _CUSTOM),
    Place("maxProvisionedConcurrency", ENTITY, "max_provisioned_concurrency", _CUSTOM),
    Place("minProvisionedThroughput", ENTITY, "min_provisioned_throughput", _THROUGHPUT),
    Place("maxProvisionedThroughput", ENTITY, "max_provisioned_throughput", _THROUGHPUT),
    Place("provisionedModelUnits", ENTITY, "provisioned_model_units", _UNITS),
    Place("burstScaling", ENTITY, "burst_scaling_enabled", _UNITS),
    Place("instanceProfileArn", ENTITY, "instance_profile_arn", _CUSTOM),
    Place("traffic", TRAFFIC, "routes"),
    Place("tags", TAGS),
    Place("description", DESCRIPTION, cleared=""),
    Place("emailNotifications", NOTIFICATIONS, cleared={"on_update_failure": [], "on_update_success": []}),
    Place("telemetry", TELEMETRY, sorts=_MODEL),
    Place("inferenceTable", GATEWAY, "inference_table_config", absent={"enabled": False}, cleared={"enabled": False}),
    Place("usageTracking", GATEWAY, "usage_tracking_config.enabled", cleared=False),
    Place("rateLimits", GATEWAY, "rate_limits", cleared=[]),
    Place("guardrails", GATEWAY, "guardrails", ALL - _CUSTOM, cleared={}),
    Place("fallback", GATEWAY, "fallback_config.enabled", _EXTERNAL, cleared=False),
    Place("budgetPolicyId", CREATION, "budget_policy_id"),
    Place("routeOptimized", CREATION, "route_optimized", _NOT_UNITS),
)


def places(*parts: Part) -> list[Place]:
    """The rows of these parts."""
    return [place for place in PLACES if place.part in parts]


def snake(name: str) -> str:
    """The platform's spelling of a field: `awsRegion` is `aws_region`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def to_wire(type_: Type, value: Any) -> Any:
    """A declared value as requests have it: the fields of objects are spelled anew, keys of maps are kept."""
    if type_.shape is Shape.OBJECT and isinstance(value, dict):
        known = {field.name: field for field in type_.fields}
        return {snake(name): to_wire(known[name].type, item) for name, item in value.items()}
    if type_.shape is Shape.LIST and isinstance(value, list) and type_.item:
        return [to_wire(type_.item, item) for item in value]
    return value


def from_wire(type_: Type, value: Any) -> Any:
    """What an answer holds, as a program would declare it; what the table does not know is left out.

    An answer leaves out what is empty or by default, and a declaration has it (but for truth values, whose absence means
    that something is off).
    """
    if type_.shape is Shape.OBJECT and isinstance(value, dict):
        found = {}
        for field in type_.fields:
            item = from_wire(field.type, value.get(snake(field.name)))
            found[field.name] = copy.copy(field.default) if item is None and field.default is not True else item
        return {name: item for name, item in found.items() if item is not None}
    if type_.shape is Shape.LIST and isinstance(value, list) and type_.item:
        return [from_wire(type_.item, item) for item in value]
    return value


def at(value: Any, path: str) -> Any:
    """What is at a dotted path, or None."""
    for step in path.split(".") if path else ():
        value = value.get(step) if isinstance(value, dict) else None
    return value


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a dotted path."""
    *steps, last = path.split(".")
    for step in steps:
        body[step] = dict(body.get(step) or {})
        body = body[step]
    body[last] = value

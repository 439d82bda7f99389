"""What clients send about endpoints, and the platform's rules on it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from pydantic import Field

from agentry.sandbox.errors import BadRequest, InvalidParameter
from agentry.sandbox.serving.config import Config, Route, ServedEntity
from agentry.sandbox.web import Body

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
MOST_ENTITIES = 15
MOST_VARIABLES = 30
SIZES = ("Small", "Medium", "Large")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
SECRET = re.compile(r"\{\{secrets/([^/{}]+)/([^/{}]+)\}\}")
# What an entity may have besides; kept and answered as it came.
_SETTINGS = (
    "workload_size", "workload_type", "scale_to_zero_enabled", "min_provisioned_concurrency",
    "max_provisioned_concurrency", "instance_profile_arn", "burst_scaling_enabled",
)  # fmt: skip
_OTHER_KINDS = (
    "external_model", "foundation_model", "min_provisioned_throughput", "max_provisioned_throughput",
    "provisioned_model_units",
)  # fmt: skip


class EntityForm(Body):
    """One served entity; `served_models` spells three of its fields differently."""

    name: str | None = None
    entity_name: str | None = None
    entity_version: str | None = None
    model_name: str | None = None
    model_version: str | None = None
    environment_vars: dict[str, Any] | None = None
    workload_size: str | None = None
    workload_type: str | None = None
    scale_to_zero_enabled: bool | None = None
    min_provisioned_concurrency: int | None = None
    max_provisioned_concurrency: int | None = None
    instance_profile_arn: str | None = None
    burst_scaling_enabled: bool | None = None
    external_model: Any = None
    foundation_model: Any = None
    min_provisioned_throughput: Any = None
    max_provisioned_throughput: Any = None
    provisioned_model_units: Any = None


class RouteForm(Body):
    """One share of the traffic, by either name of the field."""

    served_entity_name: str | None = None
    served_model_name: str | None = None
    traffic_percentage: int


class TrafficForm(Body):
    """All shares."""

    routes: list[RouteForm] = Field(default_factory=list)


class ConfigForm(Body):
    """A configuration."""

    served_entities: list[EntityForm] | None = None
    served_models: list[EntityForm] | None = None
    traffic_config: TrafficForm | None = None
    auto_capture_config: Any = None


class TagForm(Body):
    """One tag; without a value it is a label."""

    key: str
    value: str = ""


class CreateForm(Body):
    """A new endpoint."""

    name: str
    config: ConfigForm | None = None
    tags: list[TagForm] = Field(default_factory=list)
    description: str | None = None
    ai_gateway: dict[str, Any] | None = None
    rate_limits: Any = None
    route_optimized: bool = False


class TagsForm(Body):
    """A change of tags."""

    add_tags: list[TagForm] = Field(default_factory=list)
    delete_tags: list[str] = Field(default_factory=list)


class DescriptionForm(Body):
    """A new description."""

    description: str = ""


def check_name(name: str, what: str) -> str:
    """A name as endpoints and entities have it.

    Raises:
        InvalidParameter: Too long, or with other characters than letters, digits, `-` and `_`.
    """
    if not NAME.fullmatch(name):
        raise InvalidParameter(
            f"The {what} '{name}' is not valid: at most 63 characters, alphanumeric, dashes and underscores."
        )
    return name


def read_config(form: ConfigForm | None, creator: str, now: int) -> Config:
    """A configuration as the client wants it.

    Args:
        form: What was sent; what GET answers besides (states, creators) is ignored.
        creator: Name of who sent it.
        now: Milliseconds since the epoch.

    Raises:
        BadRequest: Against a rule of the platform, in its words where they are known.
    """
    if form is None or not (form.served_entities or form.served_models):
        raise InvalidParameter("The config must contain at least one served entity.")
    if form.auto_capture_config:
        raise InvalidParameter(
            "auto_capture_config is not supported: since 2026-02-20 inference tables are those of the AI Gateway."
        )
    forms = form.served_entities or form.served_models or []
    if len(forms) > MOST_ENTITIES:
        raise InvalidParameter(f"served_models cannot contain more than {MOST_ENTITIES} elements")
    entities = tuple(_read_entity(entity, creator, now) for entity in forms)
    _refuse_duplicates(entities)
    return Config(entities, _read_routes(form.traffic_config, entities), started=now)


def _read_entity(form: EntityForm, creator: str, now: int) -> ServedEntity:
    for field in _OTHER_KINDS:
        if getattr(form, field) is not None:
            raise InvalidParameter(f"{field} is not supported by the sandbox: it serves registered models only.")
    model, version = form.entity_name or form.model_name, form.entity_version or form.model_version
    if not model or not version:
        raise InvalidParameter("A served entity needs entity_name and entity_version.")
    if model.count(".") != 2 or not all(model.split(".")):
        raise InvalidParameter(f"entity_name '{model}' must have three levels: catalog.schema.model.")
    # Unity Catalog keeps names in lower case.
    model = model.lower()
    name = check_name(form.name or f"{model.replace('.', '-')}-{version}"[-63:].lstrip("-_"), "served entity name")
    _check_size(form, name)
    settings = {key: value for key in _SETTINGS if (value := getattr(form, key)) is not None}
    settings.setdefault("workload_type", "CPU")
    settings.setdefault("scale_to_zero_enabled", False)
    variables = read_variables(form.environment_vars or {}, name)
    return ServedEntity(name, model, version, settings, variables, creator, now)


def _check_size(form: EntityForm, name: str) -> None:
    by_concurrency = form.min_provisioned_concurrency is not None or form.max_provisioned_concurrency is not None
    if by_concurrency and form.workload_size:
        raise InvalidParameter(
            f"Served entity '{name}': workload_size and min/max_provisioned_concurrency exclude one another."
        )
    if not by_concurrency and form.workload_size not in SIZES:
        raise InvalidParameter(
            f"Served entity '{name}': workload_size must be one of {', '.join(SIZES)}, not {form.workload_size!r}."
        )


def read_variables(variables: Mapping[str, Any], entity: str) -> dict[str, str]:
    """Environment variables of a served entity.

    Raises:
        InvalidParameter: Too many, a name or value that is refused, or a reference to a secret that is cut short.
    """
    if len(variables) > MOST_VARIABLES:
        raise InvalidParameter(f"Served entity '{entity}': at most {MOST_VARIABLES} environment variables.")
    for name, value in variables.items():
        if not VARIABLE.fullmatch(name):
            raise InvalidParameter(
                f"Environment variable ({name}) is not a valid identifier: upper-case letters, digits and "
                "underscores, no digit first."
            )
        if not isinstance(value, str):
            raise InvalidParameter(f"Environment variable ({name}) must be a string.")
        # The value itself may be a secret that was written out: it is not repeated here.
        if "{{secrets/" in value and not SECRET.fullmatch(value):
            raise InvalidParameter(f"Environment variable ({name}) must be {{{{secrets/scope/key}}}} and nothing else.")
    return dict(variables)


def _refuse_duplicates(entities: Sequence[ServedEntity]) -> None:
    for what, keys in (("name", [e.name for e in entities]), ("model and version", [e.version for e in entities])):
        for key, count in Counter(keys).items():
            if count > 1:
                said = key if isinstance(key, str) else ", version ".join(key)
                raise BadRequest(f"Cannot create 2+ served entities with the same {what}: {said}")


def _read_routes(form: TrafficForm | None, entities: Sequence[ServedEntity]) -> tuple[Route, ...]:
    names = [entity.name for entity in entities]
    if form is None or not form.routes:
        if len(names) > 1:
            raise InvalidParameter("traffic_config is required when there is more than one served entity.")
        return (Route(names[0], 100),)
    routes = [Route(r.served_entity_name or r.served_model_name or "", r.traffic_percentage) for r in form.routes]
    for route in routes:
        if route.entity not in names:
            raise InvalidParameter(f"Traffic goes to '{route.entity}', which is not one of {', '.join(names)}.")
        if not 0 <= route.percentage <= 100:
            raise InvalidParameter(f"The traffic_percentage of '{route.entity}' must be within 0 and 100.")
    if len({route.entity for route in routes}) < len(routes):
        raise InvalidParameter("Traffic is given to a served entity twice.")
    if sum(route.percentage for route in routes) != 100:
        raise InvalidParameter("The traffic_percentage values must add up to 100.")
    return tuple(routes)

"""What is to be served, as a client wants it: the platform's rules on served entities."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agentry.sandbox.errors import BadRequest, InvalidParameter
from agentry.sandbox.serving.config import Config, ServedEntity
from agentry.sandbox.serving.external import read_external
from agentry.sandbox.serving.forms import SECRET, check_name
from agentry.sandbox.serving.traffic import read_routes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentry.sandbox.serving.forms import ConfigForm, EntityForm

MOST_ENTITIES = 15
MOST_VARIABLES = 30
SIZES = ("Small", "Medium", "Large")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
# What an entity may have besides; kept and answered as it came.
_CONCURRENCY = ("min_provisioned_concurrency", "max_provisioned_concurrency")
_THROUGHPUT = ("min_provisioned_throughput", "max_provisioned_throughput")
_UNITS = ("provisioned_model_units", "burst_scaling_enabled")
_OWN_COMPUTE = ("workload_size", "workload_type", "scale_to_zero_enabled", *_CONCURRENCY)
_SETTINGS = (*_OWN_COMPUTE, *_THROUGHPUT, *_UNITS, "instance_profile_arn")
# "Only one of external_model and (...) can be specified" (ServedEntityInput of databricks-sdk).
_NOT_EXTERNAL = ("entity_name", "entity_version", *_OWN_COMPUTE, *_THROUGHPUT, *_UNITS)


def read_config(form: ConfigForm | None, creator: str, now: int, serving: Config | None = None) -> Config:
    """A configuration as the client wants it.

    Args:
        form: What was sent; what GET answers besides (states, creators) is ignored.
        creator: Name of who sent it.
        now: Milliseconds since the epoch.
        serving: What serves now: an update may leave out what it does not change.

    Raises:
        BadRequest: Against a rule of the platform, in its words where they are known.
    """
    if form is not None and form.auto_capture_config:
        raise InvalidParameter(
            "auto_capture_config is not supported: since 2026-02-20 inference tables are those of the AI Gateway."
        )
    forms = form.entities if form is not None else None
    if form is None or not (forms or (serving and form.traffic_config)):
        raise InvalidParameter("The config must contain at least one served entity.")
    if forms and len(forms) > MOST_ENTITIES:
        raise InvalidParameter(f"served_models cannot contain more than {MOST_ENTITIES} elements")
    if forms:
        entities = tuple(_read_entity(entity, creator, now, serving) for entity in forms)
    else:
        entities = serving.entities if serving else ()
    _refuse_duplicates(entities)
    _refuse_mixture(entities)
    routes = read_routes(form.traffic_config, entities, serving)
    return Config(entities, routes, started=now)


def _read_entity(form: EntityForm, creator: str, now: int, serving: Config | None) -> ServedEntity:
    entity = ServedEntity("", creator=creator, created=now)
    if form.external_model is not None:
        return _read_external(form, entity, serving)
    model, version = form.entity_name, form.entity_version
    if not model or not version:
        raise InvalidParameter("A served entity needs entity_name and entity_version.")
    if model.count(".") != 2 or not all(model.split(".")):
        raise InvalidParameter(f"entity_name '{model}' must have three levels: catalog.schema.model.")
    # Unity Catalog keeps names in lower case.
    model = model.lower()
    name = check_name(form.name or f"{model.replace('.', '-')}-{version}"[-63:].lstrip("-_"), "served entity name")
    _check_size(form, name)
    settings = _settings(form)
    if not _provisioned(form):
        settings.setdefault("workload_type", "CPU")
        settings.setdefault("scale_to_zero_enabled", False)
    variables = read_variables(form.environment_vars or {}, name)
    return replace(
        entity, name=name, entity_name=model, entity_version=version, settings=settings, environment_vars=variables
    )


def _read_external(form: EntityForm, entity: ServedEntity, serving: Config | None) -> ServedEntity:
    mixed = [field for field in (*_NOT_EXTERNAL, "environment_vars") if getattr(form, field) is not None]
    if mixed:
        raise InvalidParameter(f"Only one of external_model and {', '.join(mixed)} can be specified.")
    assert form.external_model is not None
    said = str(form.external_model.get("name") or "")
    name = check_name(form.name or re.sub(r"[.:]", "-", said)[:63], "served entity name")
    before = serving.entity(name) if serving else None
    model = read_external(form.external_model, before.external_model if before else None)
    return replace(entity, name=name, external_model=model, settings=_settings(form))


def _settings(form: EntityForm) -> dict[str, Any]:
    return {key: value for key in _SETTINGS if (value := getattr(form, key)) is not None}


def _provisioned(form: EntityForm) -> bool:
    """Whether it is a foundation model whose throughput is paid for, rather than one that runs on a size."""
    return any(getattr(form, field) is not None for field in (*_THROUGHPUT, "provisioned_model_units"))


def _check_size(form: EntityForm, name: str) -> None:
    where = f"Served entity '{name}'"
    by_concurrency = any(getattr(form, field) is not None for field in _CONCURRENCY)
    if by_concurrency and form.workload_size:
        raise InvalidParameter(f"{where}: workload_size and min/max_provisioned_concurrency exclude one another.")
    for low, high in (_CONCURRENCY, _THROUGHPUT):
        least, most = getattr(form, low), getattr(form, high)
        if least is not None and most is not None and least > most:
            raise InvalidParameter(f"{where}: {low} {least} is more than {high} {most}.")
    if form.burst_scaling_enabled is not None and form.provisioned_model_units is None:
        raise InvalidParameter(f"{where}: burst_scaling_enabled needs provisioned_model_units.")
    if _provisioned(form):
        other = [field for field in ("workload_size", *_CONCURRENCY) if getattr(form, field) is not None]
        if other:
            raise InvalidParameter(f"{where}: provisioned throughput and {', '.join(other)} exclude one another.")
    elif not by_concurrency and form.workload_size not in SIZES:
        raise InvalidParameter(f"{where}: workload_size must be one of {', '.join(SIZES)}, not {form.workload_size!r}.")
    if form.instance_profile_arn is not None and not form.instance_profile_arn.startswith("arn:"):
        raise InvalidParameter(f"{where}: instance_profile_arn must be the ARN of an instance profile.")


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
    versions = [entity.version for entity in entities if not entity.external_model]
    for what, keys in (("name", [e.name for e in entities]), ("model and version", versions)):
        for key, count in Counter(keys).items():
            if count > 1:
                said = key if isinstance(key, str) else ", version ".join(key)
                raise BadRequest(f"Cannot create 2+ served entities with the same {what}: {said}")


def _refuse_mixture(entities: Sequence[ServedEntity]) -> None:
    external = [entity for entity in entities if entity.external_model]
    if external and len(external) < len(entities):
        raise InvalidParameter("External models and registered models can not be served by one endpoint.")
    tasks = sorted({entity.external_model["task"] for entity in external})
    if len(tasks) > 1:
        raise InvalidParameter(f"The task of all external models of an endpoint must be the same: {', '.join(tasks)}.")


def refuse_other_kind(serving: Config | None, wanted: Config) -> None:
    """External stays external, and the other way round (ServedEntityInput.external_model of databricks-sdk).

    Raises:
        InvalidParameter: The update would make it the other.
    """
    if serving is None or serving.is_external == wanted.is_external:
        return
    if serving.is_external:
        raise InvalidParameter("An endpoint of external models can not be updated to one without.")
    raise InvalidParameter("External models can not be added to an endpoint that was created without.")

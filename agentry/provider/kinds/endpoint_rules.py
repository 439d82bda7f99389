"""What can be said of a declared endpoint without asking anybody. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from agentry.provider.inputs import join_path
from agentry.provider.kinds.endpoint_config import (
    EXPERIMENT_VARIABLE,
    MAX_NAME,
    fixed_variables,
    inference_table,
    sort_of,
)
from agentry.provider.kinds.endpoint_external import external_failures
from agentry.provider.kinds.endpoint_fields import SIZES
from agentry.provider.kinds.endpoint_places import PLACES, Sort
from agentry.provider.kinds.kind import UNKNOWN, Failure, Properties

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_VARIABLES = 30  # environment variables per served model, "model serving limits" of the platform's documentation

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_MODEL = re.compile(r"[^./\s]+\.[^./\s]+\.[^./\s]+")


def with_defaults(inputs: Properties) -> Properties:
    """The inputs with what is right where nothing is said; it depends on what is served."""
    full = dict(inputs)
    if sort_of(inputs) is Sort.CUSTOM:
        full.setdefault("scaleToZero", True)
        if not any(f"{end}ProvisionedConcurrency" in inputs for end in ("min", "max")):
            full.setdefault("workloadSize", "Small")
    return full


def failures(inputs: Properties) -> list[Failure]:
    """Everything that is wrong, each at its path."""
    return [
        *_name_failures(inputs),
        *_sort_failures(inputs),
        *_variable_failures(inputs),
        *_traffic_failures(inputs),
        *_size_failures(inputs),
        *_pair_failures(inputs),
        *_telemetry_failures(inputs),
        *_limit_failures(inputs),
        *_table_failures(inputs),
        *external_failures(inputs.get("externalModel")),
    ]


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


def _sort_failures(inputs: Properties) -> list[Failure]:
    """Fields that what is served does not have; an external model and a model exclude one another."""
    sort = sort_of(inputs)
    found = [
        Failure(
            place.field,
            f"is not for {sort.value}; it is for {_listed(one.value for one in Sort if one in place.sorts)}",
        )
        for place in PLACES
        if sort not in place.sorts and inputs.get(place.field) is not None
    ]
    if sort is Sort.EXTERNAL and inputs.get("source") is not None:
        found.append(Failure("source", "give source or externalModel, not both"))
    if sort is not Sort.CUSTOM and inputs.get("experimentId") is not None:
        found.append(Failure("experimentId", f"is not for {sort.value}: only an agent writes traces"))
    if sort is not Sort.CUSTOM and inputs.get("agentVariables") is not None:
        found.append(Failure("agentVariables", f"is not for {sort.value}: it has no variables"))
    if sort is Sort.UNITS and any(inputs.get(f"{end}ProvisionedThroughput") is not None for end in ("min", "max")):
        found.append(Failure("provisionedModelUnits", "give model units or a throughput, not both"))
    return found


def _listed(words: Iterable[str]) -> str:
    return " or ".join(sorted(words))


def _variable_failures(inputs: Properties) -> list[Failure]:
    given = inputs.get("environmentVars") or {}
    if given is UNKNOWN:
        return []
    found, fixed = [], fixed_variables(inputs)
    for key, value in given.items():
        path = join_path("environmentVars", key)
        if not _VARIABLE.fullmatch(key):
            found.append(Failure(path, "the name of a variable has capital letters, digits and underscores"))
        elif key == EXPERIMENT_VARIABLE:
            found.append(
                Failure(path, "is set from the experiment, with the endpoint's tag; give the experiment instead")
            )
        elif key in fixed and value not in (UNKNOWN, fixed[key]):
            reason = f"is {fixed[key]!r} for every agent; agentVariables: false lets you set it"
            found.append(Failure(path, reason))
        elif value is not UNKNOWN and not isinstance(value, str):
            found.append(Failure(path, f"the value of a variable is a string, this is {type(value).__name__}"))
    if len({**given, **fixed}) + 1 > MAX_VARIABLES:
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


def _size_failures(inputs: Properties) -> list[Failure]:
    size = inputs.get("workloadSize")
    by_concurrency = [f"{end}ProvisionedConcurrency" for end in ("min", "max")]
    if size is not None and any(inputs.get(field) is not None for field in by_concurrency):
        return [Failure("workloadSize", "give a size, or minProvisionedConcurrency and maxProvisionedConcurrency")]
    if size not in (None, UNKNOWN, *SIZES):
        return [Failure("workloadSize", f"{size!r} is none of {', '.join(SIZES)}; for more, give {by_concurrency[1]}")]
    return []


def _pair_failures(inputs: Properties) -> list[Failure]:
    """The least and the most of what is provisioned."""
    found = []
    for what in ("ProvisionedConcurrency", "ProvisionedThroughput"):
        least, most = inputs.get(f"min{what}"), inputs.get(f"max{what}")
        if least is not None and most is None:
            found.append(Failure(f"max{what}", f"is required with min{what}"))
        elif isinstance(least, int) and isinstance(most, int) and least > most:
            found.append(Failure(f"min{what}", f"is {least}, more than max{what}, {most}"))
    units = inputs.get("provisionedModelUnits")
    if isinstance(units, int) and units < 1:
        found.append(Failure("provisionedModelUnits", f"is {units}, and has to be at least 1"))
    return found


def _telemetry_failures(inputs: Properties) -> list[Failure]:
    telemetry = inputs.get("telemetry")
    if telemetry in (None, UNKNOWN):
        return []
    given = [name for name in ("tableNames", "telemetryProfileId") if telemetry.get(name) is not None]
    found = [] if len(given) == 1 else [Failure("telemetry", "give tableNames or telemetryProfileId, one of them")]
    table = telemetry.get("inferenceTableConfig")
    fraction = None if table is UNKNOWN else (table or {}).get("samplingFraction")
    if isinstance(fraction, (int, float)) and not 0 <= fraction <= 1:
        path = "telemetry.inferenceTableConfig.samplingFraction"
        found.append(Failure(path, f"is {fraction}, and has to be within 0 and 1"))
    return found


def _limit_failures(inputs: Properties) -> list[Failure]:
    limits = inputs.get("rateLimits")
    return [
        Failure(join_path("rateLimits", index), "give calls, tokens or both")
        for index, limit in enumerate(limits if isinstance(limits, list) else ())
        if limit is not UNKNOWN and limit.get("calls") is None and limit.get("tokens") is None
    ]


def _table_failures(inputs: Properties) -> list[Failure]:
    """A table that is wanted where no model says in which schema."""
    if inputs.get("inferenceTable") is UNKNOWN or inputs.get("model") is UNKNOWN:
        return []
    model: Any = inputs.get("model")
    if model is not None and not (isinstance(model, str) and _MODEL.fullmatch(model)):
        return []
    table = inference_table(inputs, "")
    missing = [name for name in ("catalogName", "schemaName") if table and table["enabled"] and not table[name]]
    return [
        Failure(join_path("inferenceTable", name), "is required: there is no model beside which it is")
        for name in missing
    ]

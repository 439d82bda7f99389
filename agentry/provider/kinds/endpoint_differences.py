"""What a live serving endpoint has that was not declared, or lacks, and the declaration that it would come of. Pure.

A field counts where it is declared now, or was before: what nobody here ever declared is the platform's or another
team's choice and is left alone.
"""

from __future__ import annotations

from typing import Any

from agentry.provider.kinds.endpoint_adopted import as_imported, experiment_of, main_entity
from agentry.provider.kinds.endpoint_agree import agrees, untold
from agentry.provider.kinds.endpoint_config import (
    EXPERIMENT_TAG,
    STATIC_VARIABLES,
    carried,
    effective,
    managed_tags,
    our_name,
    shares_of,
    sort_of,
    split,
)
from agentry.provider.kinds.endpoint_health import entities, find_entity
from agentry.provider.kinds.endpoint_places import (
    CREATION,
    ENTITY,
    GATEWAY,
    PLACES,
    SIDE_CALLS,
    Part,
    Place,
    Sort,
    at,
    from_wire,
    places,
)
from agentry.provider.kinds.kind import UNKNOWN, Properties
from agentry.provider.kinds.ownership import OWNER_TAG, tags_of

_OUR_OWN = ("model", "version")
"""Told by the name of the served entity."""


def there(place: Place, live: Properties, served: Properties | None = None) -> Any:
    """What a live endpoint has at a place, spelled as a program would; `served` is our served entity."""
    source = served if place.part is ENTITY else live if place.part is CREATION else live.get(place.part.key)
    return from_wire(place.declared.type, at(source, place.path))


def counts(place: Place, inputs: Properties, before: Properties) -> bool:
    """Whether a field is ours to look at: declared, or declared before."""
    return sort_of(inputs) in place.sorts and (
        inputs.get(place.field) is not None or before.get(place.field) is not None
    )


def whole(inputs: Properties, live: Properties, prefix: str) -> Properties:
    """The declaration with what follows from it; an inference table that nobody described may be any."""
    full = effective(inputs, prefix)
    table = from_wire(PLACES_BY_FIELD["inferenceTable"].declared.type, at(live, "ai_gateway.inference_table_config"))
    if inputs.get("inferenceTable") is None and full["inferenceTable"] and (table or {}).get("enabled"):
        full["inferenceTable"] = table
    return full


PLACES_BY_FIELD = {place.field: place for place in PLACES}


def untold_changes(part: Part, inputs: Properties, before: Properties) -> list[str]:
    """The fields of a part that may differ without an answer ever telling: keys that were written out, and the like.

    They are sent where the declaration of them changed.
    """
    return [
        place.field
        for place in places(part)
        if untold(place.declared, inputs.get(place.field)) != untold(place.declared, before.get(place.field))
    ]


def part_differences(
    part: Part, live: Properties, inputs: Properties, before: Properties, prefix: str
) -> dict[str, str]:
    """What of one part is not as declared: field -> what is there."""
    full, found = whole(inputs, live, prefix), {}
    for place in places(part):
        if not counts(place, full, before):
            continue
        actual = there(place, live)
        if not agrees(place, full.get(place.field), actual):
            found[place.field] = _shown(actual)
    return found


def config_differences(
    live: Properties, inputs: Properties, ours: set[str], before: Properties | None = None
) -> dict[str, str]:
    """Which of our declared fields the served config does not have: field -> what is there."""
    name = our_name(inputs)
    served = find_entity(live.get("config"), name)
    if served is None:
        names = ", ".join(str(one.get("name")) for one in entities(live.get("config"))) or "nothing"
        return {"version" if inputs.get("externalModel") is None else "externalModel": f"serves {names}"}
    full, found = effective(inputs, ""), {}
    for place in places(ENTITY):
        actual = there(place, live, served)
        if place.field in _OUR_OWN or not counts(place, full, before or {}):
            continue
        if place.field == "environmentVars" and actual is None:
            continue  # a platform that does not tell the variables back says nothing about them
        if not agrees(place, full.get(place.field), actual):
            # Variables and keys may be secrets: what is there is not repeated.
            hidden = place.field in ("environmentVars", "externalModel")
            found[place.field] = "other values than declared" if hidden else _shown(actual)
    return {**found, **_traffic(live, inputs, ours | {name}, name)}


def _traffic(live: Properties, inputs: Properties, ours: set[str], name: str) -> dict[str, str]:
    actual, given = shares_of(live.get("config")), inputs.get("traffic")
    if given is UNKNOWN or UNKNOWN in (given or {}).values():
        return {}
    others = {str(one["name"]): actual.get(str(one["name"]), 0) for one in carried(live, ours)}
    wanted = {key: share for key, share in split(name, given, others).items() if share}
    if not actual or {k: v for k, v in actual.items() if v} == wanted:
        return {}
    return {"traffic": ", ".join(f"{key} {share} %" for key, share in actual.items())}


def tried(state: Properties, inputs: Properties) -> bool:
    """Whether what is to be served was declared at the last run already, whatever became of it."""
    names = [(one.get("externalModel") or {}).get("name") for one in (state, inputs)]
    return names[0] == names[1] and all(state.get(key) == inputs.get(key) for key in _OUR_OWN)


def tag_change(live: Properties, before: Properties, inputs: Properties, owner: str) -> dict[str, Any] | None:
    """The request that makes our tags right and leaves those of others alone; None where they are."""
    wanted, present = managed_tags(inputs, owner), tags_of(live)
    dropped = [key for key in managed_tags(before, owner) if key not in wanted and key in present]
    added = [{"key": k, "value": v} for k, v in sorted(wanted.items()) if present.get(k) != v]
    return {"add_tags": added, "delete_tags": dropped} if added or dropped else None


def differences(
    live: Properties,
    inputs: Properties,
    ours: set[str],
    owner: str,
    prefix: str,
    before: Properties | None = None,
) -> dict[str, str]:
    """Everything of the declaration that the live endpoint does not have: field -> what is there.

    Args:
        live: The endpoint as it is.
        inputs: What is declared.
        ours: The names of our served entities.
        owner: Our owner tag.
        prefix: The prefix of its inference table.
        before: What was declared before and has to be gone where it is declared no more.
    """
    found = config_differences(live, inputs, ours, before)
    wanted, present = managed_tags(inputs, owner), tags_of(live)
    lacked = [key for key in inputs.get("adoptedWithout") or () if key not in present]
    stray = {
        key: present.get(key, "(none)")
        for key, value in wanted.items()
        if _known(value) and present.get(key) != value and key not in lacked
    }
    if stray:
        found["tags"] = ", ".join(f"{k}={v}" for k, v in stray.items())
    for part in SIDE_CALLS:
        found |= part_differences(part, live, inputs, before or {}, prefix)
    return found


def seen(live: Properties, inputs: Properties, name: str) -> Properties:
    """The declaration as the endpoint bears it out, for a refresh: only what was declared, as it is now."""
    found, now = dict(inputs), declared(live, name)
    served = find_entity(live.get("config"), name)
    for place in PLACES:
        key = place.field
        if inputs.get(key) is None or key in ("tags", "traffic"):
            continue
        if key == "environmentVars" and (served is None or served.get("environment_vars") is None):
            continue
        if not agrees(place, inputs[key], now.get(key)):
            found[key] = now.get(key)
    found["tags"] = {k: v for k, v in now["tags"].items() if k in (inputs.get("tags") or {})}
    if inputs.get("traffic") is not None:
        shares = shares_of(live.get("config"))
        found["traffic"] = {key: shares[key] for key in inputs["traffic"] if key in shares}
    if inputs.get("experimentId") is not None:
        found["experimentId"] = now.get("experimentId")
    return found


def declared(live: Properties, name: str) -> Properties:
    """The inputs that would have made this endpoint, for import; `name` is our served entity's or empty."""
    served = find_entity(live.get("config"), name) or main_entity(live)
    found: Properties = {"name": live["name"]}
    for place in PLACES:
        actual = there(place, live, served)
        if actual not in (None, "") and (place.part is GATEWAY or actual not in ([], {})):
            found[place.field] = actual
    found["tags"] = tags_of(live)
    shares = {key: share for key, share in shares_of(live.get("config")).items() if share}
    found["traffic"] = {key: share for key, share in shares.items() if key != served.get("name")} or None
    if "version" in found:
        found["version"] = str(found["version"])
    if found.get("routeOptimized") is False:
        del found["routeOptimized"]
    if "workloadSize" in found:
        # A size is a range of concurrency, and may be told back as both.
        for end in ("min", "max"):
            found.pop(f"{end}ProvisionedConcurrency", None)
    if sort_of(found) in (Sort.EXTERNAL, Sort.UNITS):
        found.pop("scaleToZero", None)
    found = _without_ours(found, served)
    if sort_of(found) is Sort.CUSTOM:
        found |= as_imported(live, served, found)
        if found.get("agentVariables") is False:
            ours = {k: v for k, v in (served.get("environment_vars") or {}).items() if k in STATIC_VARIABLES}
            found["environmentVars"] = {**found.get("environmentVars", {}), **ours} or None
    return {key: value for key, value in found.items() if value is not None}


def _without_ours(found: Properties, served: Properties) -> Properties:
    """Without what we add to a declaration: variables, tags."""
    tags = found["tags"]
    given = {k: v for k, v in (found.pop("environmentVars", None) or {}).items() if k not in STATIC_VARIABLES}
    experiment = experiment_of(served, given, tags)
    if experiment:
        found["experimentId"] = experiment
    if given:
        found["environmentVars"] = given
    found["tags"] = {k: v for k, v in tags.items() if k not in (EXPERIMENT_TAG, OWNER_TAG)}
    if sort_of(found) not in PLACES_BY_FIELD["environmentVars"].sorts:
        found.pop("environmentVars", None)
    return found


def _known(value: Any) -> bool:
    return value is not UNKNOWN


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(item)}" for key, item in value.items()) or "(none)"
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value) or "(none)"
    return str(value) if value not in (None, "") else "(none)"

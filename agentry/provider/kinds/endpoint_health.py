"""What a live serving endpoint says of itself: is it ready, what does it serve, what differs from the declaration. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agentry.provider.kinds.endpoint_config import (
    EXPERIMENT_TAG,
    EXPERIMENT_VARIABLE,
    STATIC_VARIABLES,
    config_body,
    entity,
    managed_tags,
)
from agentry.provider.kinds.kind import UNKNOWN, Properties
from agentry.provider.kinds.ownership import OWNER_TAG, tags_of


def updating(live: Properties) -> bool:
    """Whether an update runs; the platform answers 409 to another one meanwhile."""
    return bool((live.get("state") or {}).get("config_update") == "IN_PROGRESS")


def entities(config: Properties | None) -> list[Properties]:
    """The served entities of a config, which is absent until the first one is ready."""
    return list((config or {}).get("served_entities") or [])


def find_entity(config: Properties | None, name: str) -> Properties | None:
    """The served entity of this name."""
    return next((one for one in entities(config) if one.get("name") == name), None)


def _deployment(one: Properties) -> tuple[str, str]:
    state = one.get("state") or {}
    return str(state.get("deployment") or ""), str(state.get("deployment_state_message") or "")


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint is doing with the entity that we declared.

    Attributes:
        settled: Nothing moves any more: it is well, or it failed.
        problem: What is wrong in a few words, empty when all is well (or may still become so).
        progress: How far an update is.
    """

    settled: bool
    problem: str
    progress: str = ""


def health(live: Properties, wanted: str) -> Health:
    """Ready means: no update runs, the endpoint is READY, and our entity and all others of its config are deployed.

    Both peers wait only for `config_update == NOT_UPDATING` and never look at `ready` (observed).
    """
    state = live.get("state") or {}
    update, ready = state.get("config_update"), state.get("ready")
    pending = find_entity(live.get("pending_config"), wanted)
    ours = find_entity(live.get("config"), wanted)
    _, message = _deployment(pending or ours or {})
    if update == "IN_PROGRESS":
        return Health(settled=False, problem="", progress=message or "update in progress")
    if update not in (None, "NOT_UPDATING"):
        serving = ", ".join(str(one.get("entity_version")) for one in entities(live.get("config")))
        still = f"; version {serving} still serves" if serving and ready == "READY" else ""
        return Health(settled=True, problem=f"{update}: {message or 'the platform gives no reason'}{still}")
    if ours is None:
        served = ", ".join(str(one.get("name")) for one in entities(live.get("config"))) or "nothing"
        return Health(settled=True, problem=f"serves {served} instead of {wanted}")
    failed = [
        f"{one.get('name')}: {_deployment(one)[0]} {_deployment(one)[1]}".strip()
        for one in entities(live.get("config"))
        if _deployment(one)[0] in ("DEPLOYMENT_FAILED", "DEPLOYMENT_ABORTED")
    ]
    if failed:
        return Health(settled=True, problem="; ".join(failed))
    deployed = all(_deployment(one)[0] in ("", "DEPLOYMENT_READY") for one in entities(live.get("config")))
    if ready != "READY" or not deployed:
        return Health(settled=False, problem="", progress=message or "not ready yet")
    return Health(settled=True, problem="")


def config_differences(live: Properties, inputs: Properties, ours: set[str]) -> dict[str, str]:
    """Which of our declared fields the served config does not have: field -> what is there."""
    wanted = entity(inputs)
    there = find_entity(live.get("config"), wanted["name"])
    if there is None:
        served = ", ".join(str(one.get("name")) for one in entities(live.get("config"))) or "nothing"
        return {"version": f"serves {served}"}
    found = {}
    for field, key in (("workloadSize", "workload_size"), ("scaleToZero", "scale_to_zero_enabled")):
        if key in there and there[key] != wanted[key]:
            found[field] = str(there[key])
    # A platform that does not tell the variables back says nothing about them.
    if there.get("environment_vars") is not None and there["environment_vars"] != wanted["environment_vars"]:
        found["environmentVars"] = "other variables than declared"
    body = config_body(inputs, live, ours)
    split = {one["served_model_name"]: one["traffic_percentage"] for one in body["traffic_config"]["routes"]}
    routed = (live["config"].get("traffic_config") or {}).get("routes") or []
    actual = {
        one.get("served_model_name") or one.get("served_entity_name"): one["traffic_percentage"] for one in routed
    }
    if routed and {k: v for k, v in actual.items() if v} != {k: v for k, v in split.items() if v}:
        found["traffic"] = ", ".join(f"{name} {share} %" for name, share in actual.items())
    return found


def tag_change(live: Properties, before: Properties, inputs: Properties, owner: str) -> dict[str, Any] | None:
    """The request that makes our tags right and leaves those of others alone; None where they are."""
    wanted, there = managed_tags(inputs, owner), tags_of(live)
    dropped = [key for key in managed_tags(before, owner) if key not in wanted and key in there]
    added = [{"key": k, "value": v} for k, v in sorted(wanted.items()) if there.get(k) != v]
    return {"add_tags": added, "delete_tags": dropped} if added or dropped else None


def differences(live: Properties, inputs: Properties, ours: set[str], owner: str) -> dict[str, str]:
    """Everything of the declaration that the live endpoint does not have: field -> what is there."""
    found = config_differences(live, inputs, ours)
    wanted = managed_tags(inputs, owner)
    stray = {k: tags_of(live).get(k, "(none)") for k in wanted if tags_of(live).get(k) != wanted[k]}
    if stray:
        found["tags"] = ", ".join(f"{k}={v}" for k, v in stray.items())
    if inputs.get("description") not in (None, UNKNOWN) and (live.get("description") or "") != inputs["description"]:
        found["description"] = live.get("description") or "(none)"
    return found


def declared(live: Properties, name: str) -> Properties:
    """The inputs that would have made this endpoint, for import; `name` is our served entity's or empty."""
    ours = find_entity(live.get("config"), name) or next(
        iter(entities(live.get("config") or live.get("pending_config"))), {}
    )
    given = {k: v for k, v in (ours.get("environment_vars") or {}).items() if k not in STATIC_VARIABLES}
    tags = tags_of(live)
    experiment = given.pop(EXPERIMENT_VARIABLE, None) or tags.get(EXPERIMENT_TAG)
    found: Properties = {
        "name": live["name"],
        "model": ours.get("entity_name"),
        "version": str(ours.get("entity_version") or ""),
        "workloadSize": ours.get("workload_size") or "Small",
        "scaleToZero": bool(ours.get("scale_to_zero_enabled")),
        "tags": {k: v for k, v in tags.items() if k not in (EXPERIMENT_TAG, OWNER_TAG)},
    }
    # A platform that does not tell the variables back says nothing about them.
    if ours.get("environment_vars") is not None:
        found["environmentVars"] = given
    if live.get("description"):
        found["description"] = live["description"]
    if experiment:
        found["experimentId"] = experiment
    return found

"""What a live serving endpoint says of itself: does it answer, and with what. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Properties


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
        versions = ", ".join(
            str(one["entity_version"]) for one in entities(live.get("config")) if one.get("entity_version")
        )
        serving = (
            f"version {versions}" if versions else ", ".join(str(o.get("name")) for o in entities(live.get("config")))
        )
        still = f"; {serving} still serves" if serving and ready == "READY" else ""
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

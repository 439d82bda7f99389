"""Whether an endpoint is an agent's, and one that a stack may take over. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.errors import AlreadyExists, Conflict, InvalidRequest
from agentry.provider.kinds.endpoint_adopted import main_entity
from agentry.provider.kinds.endpoint_config import FOUNDATION
from agentry.provider.kinds.endpoint_health import health
from agentry.provider.kinds.ownership import OWNER_TAG, tags_of

if TYPE_CHECKING:
    from agentry.workspace import Json


def accept(live: Json, owner: str) -> None:
    """Refuse what can not be taken over, with the reason.

    Args:
        live: The endpoint.
        owner: `project/stack` of the stack that wants it.

    Raises:
        InvalidRequest: It serves no version of a model of Unity Catalog.
        AlreadyExists: Another stack has it.
        Conflict: It is not ready, so nobody can say what it is about to be.
    """
    name = str(live["name"])
    other = tags_of(live).get(OWNER_TAG)
    if other and other != owner:
        raise AlreadyExists(
            f"endpoint {name} is managed by {other} already",
            why=f"its tag {OWNER_TAG} says so; two stacks would undo each other's work",
            fix=f"adopt it there; or, where that stack is gone, take the tag {OWNER_TAG} off the endpoint",
        )
    served = main_entity(live)
    reason = _no_agent(served)
    if reason:
        raise InvalidRequest(f"endpoint {name} is no agent's: it serves {reason[0]}", why=reason[1], fix=reason[2])
    now = health(live, str(served.get("name") or ""))
    if not now.settled or now.problem:
        raise Conflict(
            f"endpoint {name} is not ready: {now.problem or now.progress}",
            why="what is taken over has to be what it is about to stay",
            fix="adopt it when it is; `agentry status` and its build logs say more",
        )


def _no_agent(served: dict[str, Any]) -> tuple[str, str, str] | None:
    """What is served instead of a version of a model of Unity Catalog, why that is none, and what can be done."""
    model, external = str(served.get("entity_name") or ""), served.get("external_model")
    if external:
        shown = f"the external model {external.get('provider')}/{external.get('name')}"
        return shown, "an agent is code of its own", "declare it as a ServingEndpoint(external_model=...)"
    if served.get("foundation_model") or model.startswith(FOUNDATION) or not (served or model):
        shown = "a foundation model" if served else "nothing yet"
        return shown, "it is the platform's own, or one of its models", "use it by its name, as a resource of an agent"
    if model.count(".") != 2:
        fix = "register the model in Unity Catalog, and serve that version"
        return f"{model}, a model of the workspace's own registry", "Agentry's models are in Unity Catalog", fix
    if not served.get("entity_version"):
        return f"the function or feature spec {model}", "it has no version of a model", "leave it as it is"
    return None


def others(live: Json) -> list[str]:
    """A line for each served entity that stays with whoever made it."""
    ours = main_entity(live).get("name")
    routed = ((live.get("config") or {}).get("traffic_config") or {}).get("routes") or ()
    shares = {
        str(one.get("served_model_name") or one.get("served_entity_name")): one["traffic_percentage"] for one in routed
    }
    return [
        f"served entity {one['name']} (version {one.get('entity_version', '?')}, {shares.get(one['name'], 0)} %) stays as it is"
        for one in (live.get("config") or {}).get("served_entities") or ()
        if one.get("name") != ours
    ]

"""An endpoint that others made, as it is taken over without a change: what it is called inside, what it lacks. Pure.

Ours name the served entity and set tags and variables as `agents.deploy()` does. Made by hand, by Terraform or by a
bundle, an endpoint has other names, and none of these: to adopt it is no reason to deploy it anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.provider.kinds.endpoint_config import (
    EXPERIMENT_TAG,
    EXPERIMENT_VARIABLE,
    STATIC_VARIABLES,
    inference_table,
    served_entity_name,
    shares_of,
)
from agentry.provider.kinds.endpoint_health import entities, find_entity
from agentry.provider.kinds.kind import UNKNOWN
from agentry.provider.kinds.ownership import OWNER_TAG, tags_of

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Properties


def main_entity(live: Properties) -> Properties:
    """The served entity that counts where nothing is recorded: the one with most of the traffic, the first of several."""
    served = entities(live.get("config") or live.get("pending_config"))
    shares = shares_of(live.get("config"))
    return max(served, key=lambda one: shares.get(str(one.get("name")), 0), default={})


def name_of_others(live: Properties | None, inputs: Properties) -> str:
    """The name under which the declared version is served already, where it is not the one that we would give it."""
    model, version = inputs.get("model"), inputs.get("version")
    if not isinstance(model, str) or not isinstance(version, str) or inputs.get("externalModel") is not None:
        return ""
    config, usual = (live or {}).get("config"), served_entity_name(model, version)
    if find_entity(config, usual) is not None:
        return ""
    same = [
        str(one.get("name"))
        for one in entities(config)
        if one.get("entity_name") == model and str(one.get("entity_version")) == version
    ]
    return same[0] if same else ""


def carried_over(old: Properties, inputs: Properties) -> Properties:
    """What an earlier look at the endpoint found and still holds: the entity's name (of this version), missing tags."""
    same = all(inputs.get(key) is not UNKNOWN and old.get(key) == inputs.get(key) for key in ("model", "version"))
    found = {"entityName": old.get("entityName") if same else None, "adoptedWithout": old.get("adoptedWithout")}
    return {key: value for key, value in found.items() if value}


def as_imported(live: Properties, served: Properties, found: Properties) -> Properties:
    """What an import records beside the declaration: the entity's name, the variables and tags that are not ours."""
    more: Properties = {}
    if found.get("model") and found.get("version"):
        more["entityName"] = name_of_others(live, found) or None
    if found.get("scaleToZero") is None:
        more["scaleToZero"] = False  # what is off may be left out of an answer
    told = served.get("environment_vars")
    if told is not None and not STATIC_VARIABLES.items() <= told.items():
        more["agentVariables"] = False
    if found.get("inferenceTable") is None and inference_table(found, "") is not None:
        more["inferenceTable"] = {"enabled": False}
    wanted = [OWNER_TAG, *([EXPERIMENT_TAG] if found.get("experimentId") else [])]
    more["adoptedWithout"] = [key for key in wanted if key not in tags_of(live)] or None
    return {key: value for key, value in more.items() if value is not None}


def experiment_of(served: Properties, given: dict[str, str], tags: dict[str, str]) -> str | None:
    """The experiment of its traces: of its variable; of its tag where variables are not told."""
    traced = given.pop(EXPERIMENT_VARIABLE, None)
    return traced or (tags.get(EXPERIMENT_TAG) if served.get("environment_vars") is None else None)

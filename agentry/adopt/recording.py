"""What a proof recorded, as records of a stack. Pure: deployments as `pulumi stack export` prints them."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from agentry.adopt.declaration import COMPONENT
from agentry.engine import values
from agentry.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from agentry.workspace import Json

STACK = "pulumi:pulumi:Stack"
_PROVIDERS = "pulumi:providers:"
_LEFT = {"agentry:index:Experiment": ("tags",), "agentry:index:RegisteredModel": ("tags", "description")}
"""What an import finds of these and the call does not declare: it stays with whoever set it."""
_EMPTY: dict[str, Any] = {"tags": {}}


def settled(deployment: Mapping[str, Any], secrets: Collection[str] = ()) -> Json:
    """The deployment of a proof, without what is declared by nobody here, and without what only the import needed.

    Args:
        deployment: Secrets in clear.
        secrets: Variables of the endpoint that are secrets from now on.
    """
    found = copy.deepcopy(dict(deployment))
    for record in _records(found):
        for properties in (record.get("inputs") or {}, record.get("outputs") or {}):
            for field in _LEFT.get(str(record["type"]), ()):
                properties.pop(field, None)
                if field in _EMPTY:
                    properties[field] = copy.copy(_EMPTY[field])
            _hide(properties, secrets)
        # The ids by which they were imported are their ids; the program names none.
        for key in ("importID", "ignoreChanges"):
            record.pop(key, None)
    return found


def _hide(properties: Json, secrets: Collection[str]) -> None:
    """Make variables secrets, in the form in which an import takes them in clear."""
    variables = properties.get("environmentVars") or {}
    for name in secrets:
        if isinstance(variables.get(name), str):
            variables[name] = {values.SIGNATURE: values.SECRET, "plaintext": json.dumps(variables[name])}


def merged(recorded: Mapping[str, Any], proof: Mapping[str, Any]) -> Json:
    """A stack's state with the records of a proof.

    Args:
        recorded: The stack's deployment as it is.
        proof: The deployment of the proof.

    Raises:
        StateError: The stack has one of these resources already.
    """
    whole = copy.deepcopy(dict(recorded))
    mine = copy.deepcopy(list(_records(proof)))
    there = {str(record["urn"]): record for record in _records(whole) if not record.get("delete")}
    providers = _provider_names(there, mine)
    for record in mine:
        urn, type_ = str(record["urn"]), str(record["type"])
        if type_ == STACK:
            _adopt_outputs(there.get(urn), record, whole)
        elif type_.startswith(_PROVIDERS):
            if urn not in there:
                _append(whole, record)
        elif urn in there:
            raise StateError(f"the stack holds {urn} already", why="nothing was recorded", fix="agentry status")
        else:
            record["provider"] = providers.get(str(record.get("provider") or ""), record.get("provider"))
            _append(whole, {key: value for key, value in record.items() if value is not None})
    return whole


def _records(deployment: Mapping[str, Any]) -> list[Json]:
    return (deployment.get("deployment") or {}).get("resources") or []


def _append(deployment: Json, record: Json) -> None:
    inner = deployment.setdefault("deployment", {})
    if not inner.get("resources"):
        inner["resources"] = []
    inner["resources"].append(record)


def _provider_names(there: Mapping[str, Json], mine: list[Json]) -> dict[str, str]:
    """The stack's own provider in the place of that of the proof: one process serves both."""
    found = {}
    for record in mine:
        if str(record["type"]).startswith(_PROVIDERS) and record["urn"] in there:
            found[f"{record['urn']}::{record['id']}"] = f"{record['urn']}::{there[record['urn']]['id']}"
    return found


def _adopt_outputs(own: Json | None, record: Json, deployment: Json) -> None:
    """What the stack exports: its own, and what the call exports beside it."""
    if own is None:
        _append(deployment, record)
    else:
        own["outputs"] = {**(own.get("outputs") or {}), **(record.get("outputs") or {})}


def holding(resources: Any, endpoint: str) -> str:
    """The name under which recorded resources have an endpoint already; empty where they have not."""
    kinds = (one for one in resources if one.type == "agentry:index:ServingEndpoint" and not one.leaving)
    return next((str(one.name) for one in kinds if one.id == endpoint), "")


def named(resources: Any, name: str) -> bool:
    """Whether recorded resources have an agent of this name."""
    return any(one.type == COMPONENT and one.name == name for one in resources)


def models(resources: Any) -> list[str]:
    """The models that recorded resources hold."""
    return [str(one.id) for one in resources if one.type == "agentry:index:RegisteredModel"]

"""Privileges as a declaration writes them: which there are, how two are told apart, what is wrong with one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.provider.kinds.kind import UNKNOWN, Failure
from agentry.workspace.levels import LADDERS
from agentry.workspace.standing import UNITY_CATALOG, WORKSPACE_OBJECTS, Securable

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Context, Properties
    from agentry.workspace import Identity
    from agentry.workspace.standing import Standing

ENDPOINT_TOKEN = "agentry:index:ServingEndpoint"


def securable_of(item: Properties) -> Securable:
    """What a privilege is on."""
    return Securable(str(item["securableType"]), str(item["securable"]))


def key_of(item: Properties) -> tuple[str, str, str]:
    """What tells one privilege from another."""
    return (str(item["securableType"]), str(item["securable"]).casefold(), str(item["privilege"]))


def entry(item: Properties) -> Properties:
    """The three fields that name a privilege."""
    return {name: item[name] for name in ("securableType", "securable", "privilege")}


def words(item: Properties) -> str:
    """A privilege for people: `CAN_QUERY on endpoint sandbox-chat`."""
    return f"{item['privilege']} on {securable_of(item)}"


def privilege_failures(given: Any) -> list[Failure]:
    """What is wrong with the declared privileges."""
    if given is UNKNOWN:
        return []
    if not given:
        return [Failure("privileges", "is empty: a grant grants something")]
    return [failure for index, item in enumerate(given) for failure in _item_failures(f"privileges[{index}]", item)]


def _item_failures(path: str, item: Any) -> list[Failure]:
    if item is UNKNOWN or UNKNOWN in (item["securableType"], item["privilege"]):
        return []
    type_, privilege = item["securableType"], item["privilege"]
    known = (*UNITY_CATALOG, *WORKSPACE_OBJECTS)
    if type_ not in known:
        return [Failure(f"{path}.securableType", f"{type_!r} is none of {', '.join(known)}")]
    if type_ in LADDERS and privilege not in LADDERS[type_]:
        return [Failure(f"{path}.privilege", f"{privilege!r} is none of {', '.join(LADDERS[type_])}")]
    if type_ in UNITY_CATALOG and "_" in privilege:
        return [Failure(f"{path}.privilege", f"write {privilege.replace('_', ' ')!r}, as SQL does")]
    return []


def problem(item: Properties, stands: Standing, identity: Identity) -> str:
    """Why a privilege is neither held nor ours to give; "" where it is, and where we may not see it."""
    if not stands.exists:
        return f"{securable_of(item)} does not exist, or you may not see it"
    if stands.how or stands.may_give or not stands.visible:
        return ""
    return f"{identity.name} lacks {words(item)}, and you may not give it\ncan give it: {stands.givers}"


def made_by_this_run(item: Properties, inputs: Properties, ctx: Context) -> bool:
    """Whether the object may be missing in a preview, since the same run makes it.

    An agent's own use of an endpoint counts as a mistake in its name unless this run has declared that endpoint; who
    is given access to one is given it after it was made.
    """
    if item["securableType"] != "SERVING_ENDPOINT":
        return False
    return inputs.get("principal") is not None or (ENDPOINT_TOKEN, item["securable"]) in ctx.declared

"""`/api/2.0/genie/spaces`: spaces with their definitions and levels. Nobody answers in them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from agentry.sandbox.area import Area, Fact
from agentry.sandbox.errors import InvalidParameter, NotFound, Unsupported
from agentry.sandbox.permissions import Found, ObjectType
from agentry.sandbox.store import Row
from agentry.sandbox.web import AnyEntitled, Body, Caller, Json, Router, Sandbox, State, UserEntitled

router = Router(prefix="/api/2.0/genie/spaces")
OBJECT = "genie"
CAN_VIEW, CAN_RUN, CAN_EDIT, CAN_MANAGE = LEVELS = ("CAN_VIEW", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE")
PAGE = 100


@dataclass(frozen=True)
class Space(Row):
    """A space; `serialized_space` is its definition, a JSON text."""

    TABLE = "genie_spaces"

    space_id: str
    title: str
    warehouse_id: str
    serialized_space: str
    created_at: int
    description: str = ""
    parent_path: str = ""

    @property
    def key(self) -> str:
        """The id."""
        return self.space_id


class NewSpace(Body):
    """A POST body."""

    warehouse_id: str
    serialized_space: str
    title: str = ""
    description: str = ""
    parent_path: str = ""


@router.post("")
async def create_space(body: NewSpace, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """A new space; its maker manages it."""
    if not body.warehouse_id:
        raise InvalidParameter("warehouse_id is required.")
    try:
        definition = json.loads(body.serialized_space)
    except ValueError:
        definition = None
    if not isinstance(definition, dict):
        raise InvalidParameter("serialized_space is not a JSON object.")
    space = Space(
        # Ids of real spaces begin so: they are UUIDs of version 1 without dashes.
        f"01f0{uuid.uuid4().hex[4:]}",
        body.title or "New Space",
        body.warehouse_id,
        body.serialized_space,
        sandbox.milliseconds(),
        body.description,
        body.parent_path or f"/Users/{caller.name}",
    )
    with sandbox.store.transaction():
        sandbox.store.add(space)
        sandbox.permissions.give(OBJECT, space.space_id, [(caller.principal, CAN_MANAGE)])
    return _shown(space) | {"serialized_space": space.serialized_space}


@router.get("")
async def list_spaces(caller: UserEntitled, sandbox: Sandbox, page_size: int = PAGE, page_token: str = "") -> Json:
    """The spaces that the caller can see, without their definitions."""
    found = [s for s in sandbox.store.rows(Space) if sandbox.permissions.level(caller.principal, OBJECT, s.space_id)]
    start = int(page_token) if page_token.isdecimal() else 0
    end = start + (page_size if page_size > 0 else PAGE)
    page: Json = {"spaces": [_shown(space) for space in found[start:end]]}
    return page | {"next_page_token": str(end)} if end < len(found) else page


@router.get("/{space_id}")
async def get_space(
    space_id: str, caller: AnyEntitled, sandbox: Sandbox, *, include_serialized_space: bool = False
) -> Json:
    """One space; its definition is for those who may edit it."""
    space = _seen(sandbox, caller, space_id)
    if not include_serialized_space:
        return _shown(space)
    sandbox.permissions.require(caller, OBJECT, space_id, CAN_EDIT)
    return _shown(space) | {"serialized_space": space.serialized_space}


@router.delete("/{space_id}")
async def trash_space(space_id: str, caller: UserEntitled, sandbox: Sandbox) -> Json:
    """Move a space to the trash, out of which the sandbox brings nothing back."""
    _seen(sandbox, caller, space_id)
    sandbox.permissions.require(caller, OBJECT, space_id, CAN_MANAGE)
    with sandbox.store.transaction():
        sandbox.store.delete(Space, space_id)
        sandbox.permissions.clear(OBJECT, space_id)
    return {}


@router.post("/{space_id}/start-conversation")
async def start_conversation(space_id: str, caller: AnyEntitled, sandbox: Sandbox) -> Json:
    """Refused: there is nobody who would answer."""
    _seen(sandbox, caller, space_id)
    sandbox.permissions.require(caller, OBJECT, space_id, CAN_RUN)
    raise Unsupported(f"Genie space '{space_id}' can not be asked: the sandbox keeps spaces without data.")


def _seen(sandbox: State, caller: Caller, space_id: str) -> Space:
    """The space, for a caller who has any level on it; to others it does not exist."""
    caller.require_scope("genie_space", space_id)
    space = sandbox.store.get(Space, space_id)
    if space is None or sandbox.permissions.level(caller.principal, OBJECT, space_id) is None:
        raise NotFound(
            f"Unable to get space [{space_id}]. Caused by Node with resource name Some(datarooms/{space_id}) "
            "does not exist."
        )
    return space


def _shown(space: Space) -> dict[str, Any]:
    made = datetime.fromtimestamp(space.created_at / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "space_id": space.space_id,
        "title": space.title,
        "description": space.description,
        "warehouse_id": space.warehouse_id,
        "parent_path": space.parent_path,
        "create_time": made,
        "update_time": made,
    }


def prepare(state: State) -> None:
    """Make spaces known to the permissions API, by their ids; an MLmodel file names them by id too."""

    def find(id: str) -> Found | None:
        space = state.store.get(Space, id)
        return Found(space.space_id, space.space_id) if space else None

    state.permissions.register(ObjectType(OBJECT, "genie-space", LEVELS, find, scope="genie_space", scoped_by_id=True))


FACTS = (
    Fact(
        "the routes and fields of a space; its definition is a JSON text that lists leave out",
        "docs.databricks.com, Genie API; databricks-sdk 0.156 service/dashboards.py",
    ),
    Fact(
        "include_serialized_space `requires at least CAN EDIT permission on the space`",
        "docs.databricks.com, Genie API, get a space",
    ),
    Fact(
        "who lacks CAN_EDIT and asks for the definition is refused with 403 PERMISSION_DENIED",
        "the API reference names the level and not the refusal",
        confirmed=False,
    ),
    Fact(
        "to who has no level on a space it does not exist: `Unable to get space [x]. Caused by Node ... does not exist.`",
        "databricks/databricks-sdk-py#1073 quotes it; databricks/appkit#168 takes RESOURCE_DOES_NOT_EXIST for no access",
    ),
    Fact(
        "who makes a space manages it; CAN_MANAGE is needed for the trash",
        "docs.databricks.com, access control lists, Genie space ACLs",
    ),
    Fact(
        "any warehouse and any tables are taken, and the levels of the folder around a space do not count",
        "the sandbox has no warehouses; the platform wants CAN_USE on it and SELECT on the tables",
        confirmed=False,
    ),
    Fact(
        "a space in the trash is gone, and a conversation is refused with 501 NOT_IMPLEMENTED",
        "the sandbox keeps no data",
        confirmed=False,
    ),
)

AREA = Area("Genie", router, FACTS, prepare)

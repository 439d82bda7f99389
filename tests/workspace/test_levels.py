from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentry.errors import NotFound, PermissionDenied
from agentry.workspace.door import Identity
from agentry.workspace.levels import clear_level, set_level, standing
from agentry.workspace.standing import Securable
from tests.workspace.fake import ME, FakeTransport, workspace

if TYPE_CHECKING:
    from collections.abc import Callable

CHAT = Securable("SERVING_ENDPOINT", "chat")
ENDPOINT = ("GET", "/api/2.0/serving-endpoints/chat")
LIST = "/api/2.0/permissions/serving-endpoints/e1"
SCIM = ("GET", "/api/2.0/preview/scim/v2/Groups")
ANN = Identity("7", "ann@company.example", "Ann", groups=frozenset({"analysts"}))


def entry(level: str, *, inherited: bool = False, **who: str) -> dict[str, Any]:
    return {**who, "all_permissions": [{"permission_level": level, "inherited": inherited}]}


def world(*entries: dict[str, Any] | Exception, own: str | None = None) -> FakeTransport:
    told: Any = entries[0] if entries and isinstance(entries[0], Exception) else {"access_control_list": list(entries)}
    found = {"name": "chat", "id": "e1", "creator": "maker@company.example"} | (
        {"permission_level": own} if own else {}
    )
    return FakeTransport({ENDPOINT: found, ("GET", LIST): told, SCIM: {}})


DENIED = PermissionDenied("no")
MANAGER = entry("CAN_MANAGE", user_name=ME.user_name)


@pytest.mark.parametrize(
    ("fake", "who", "how"),
    [
        (world(DENIED, own="CAN_QUERY"), ME, "CAN_QUERY"),
        (world(DENIED, own="CAN_MANAGE"), ME, "CAN_MANAGE"),
        (world(DENIED, own="CAN_VIEW"), ME, ""),
        (world(entry("CAN_QUERY", user_name="Ann@Company.example")), ANN, "granted"),
        (world(entry("CAN_MANAGE", user_name=ANN.user_name)), ANN, "granted (CAN_MANAGE)"),
        (world(entry("CAN_QUERY", group_name="analysts")), ANN, "by group analysts"),
        (world(entry("CAN_VIEW", user_name=ANN.user_name)), ANN, ""),
        (world(entry("CAN_QUERY", service_principal_name=ANN.user_name)), ANN, ""),
        (world(MANAGER), ANN, ""),
    ],
)
async def test_how_a_level_is_held(fake: FakeTransport, who: Identity, how: str) -> None:
    assert (await standing(workspace(fake), CHAT, "CAN_QUERY", who)).how == how


async def test_who_may_set_it_and_who_else_can() -> None:
    ours = await standing(workspace(world(MANAGER, own="CAN_MANAGE")), CHAT, "CAN_QUERY", ANN)
    assert (ours.may_give, ours.givers) == (True, ME.user_name)
    theirs = await standing(workspace(world(DENIED, own="CAN_QUERY")), CHAT, "CAN_QUERY", ANN)
    assert (theirs.may_give, theirs.visible, theirs.givers) == (False, False, "maker@company.example (who made it)")


async def test_an_endpoint_that_we_may_not_even_see_is_one_we_have_no_level_on() -> None:
    fake = FakeTransport({ENDPOINT: DENIED, SCIM: {}, ("GET", "/api/2.0/permissions/serving-endpoints/chat"): DENIED})
    found = await standing(workspace(fake), CHAT, "CAN_QUERY", ME)
    assert (found.exists, found.how, found.visible, found.may_give) == (True, "", True, False)


async def test_an_endpoint_that_is_not_there() -> None:
    assert not (await standing(workspace(FakeTransport({SCIM: {}})), CHAT, "CAN_QUERY", ME)).exists
    with pytest.raises(NotFound, match="endpoint chat does not exist"):
        await set_level(workspace(FakeTransport({SCIM: {}})), CHAT, ANN, "CAN_QUERY", print)


async def test_a_warehouse_is_called_by_its_id() -> None:
    path = "/api/2.0/permissions/sql/warehouses/w1"
    fake = FakeTransport(
        {("GET", path): {"access_control_list": [entry("CAN_USE", user_name=ANN.user_name)]}, SCIM: {}}
    )
    found = await standing(workspace(fake), Securable("SQL_WAREHOUSE", "w1"), "CAN_USE", ANN)
    assert found.how == "granted"


def writes(entries: list[dict[str, Any]]) -> tuple[FakeTransport, list[tuple[str, Any]]]:
    sent: list[tuple[str, Any]] = []
    fake = world(*entries)

    def taking(method: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        def take(body: dict[str, Any]) -> dict[str, Any]:
            sent.append((method, body["access_control_list"]))
            return {}

        return take

    for method in ("PATCH", "PUT"):
        fake.routes[method, LIST] = taking(method)
    return fake, sent


async def test_a_level_is_added_and_taken_back_and_those_of_others_stay() -> None:
    fake, sent = writes([MANAGER, entry("CAN_MANAGE", group_name="admins", inherited=True)])
    before: list[str] = []
    await set_level(workspace(fake), CHAT, ANN, "CAN_QUERY", before.append)
    assert before == [""]
    assert sent == [("PATCH", [{"user_name": ANN.user_name, "permission_level": "CAN_QUERY"}])]
    fake, sent = writes(
        [MANAGER, entry("CAN_QUERY", user_name=ANN.user_name), entry("CAN_MANAGE", group_name="admins", inherited=True)]
    )
    assert await clear_level(workspace(fake), CHAT, ANN, "CAN_QUERY", "")
    assert sent == [("PUT", [{"user_name": ME.user_name, "permission_level": "CAN_MANAGE"}])]


async def test_a_lower_level_that_was_there_comes_back() -> None:
    fake, _ = writes([entry("CAN_VIEW", user_name=ANN.user_name)])
    before: list[str] = []
    await set_level(workspace(fake), CHAT, ANN, "CAN_QUERY", before.append)
    assert before == ["CAN_VIEW"]
    fake, sent = writes([entry("CAN_QUERY", user_name=ANN.user_name)])
    assert await clear_level(workspace(fake), CHAT, ANN, "CAN_QUERY", "CAN_VIEW")
    assert sent == [("PATCH", [{"user_name": ANN.user_name, "permission_level": "CAN_VIEW"}])]


async def test_a_level_that_somebody_changed_since_is_left() -> None:
    fake, sent = writes([entry("CAN_MANAGE", user_name=ANN.user_name)])
    assert not await clear_level(workspace(fake), CHAT, ANN, "CAN_QUERY", "")
    assert sent == []

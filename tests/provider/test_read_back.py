"""What a workspace took is read back; one that goes on showing the old is an error, and nothing is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from agentry.clock import FakeClock
from agentry.errors import AlreadyExists, NotFound, PermissionDenied, Unavailable
from agentry.provider.kinds.grant import Grant
from agentry.provider.kinds.model_alias import ModelAlias
from agentry.provider.kinds.registered_model import RegisteredModel
from agentry.workspace.model_versions import REGISTRY
from tests.provider.lifecycle import Engine, InitFailed, Resource, provider
from tests.workspace.fake import ME, FakeTransport, workspace

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from agentry.clock import Clock
    from agentry.workspace import Workspace

CATALOG = "/api/2.1/unity-catalog"
MODEL = "main.ai.weather"
VERSION = ("GET", f"{CATALOG}/models/{MODEL}/versions/7")
ALIAS = f"{CATALOG}/models/{MODEL}/aliases/champion"
PERMISSIONS = f"{CATALOG}/permissions/FUNCTION/{MODEL}"
ANN = "ann@company.example"
POINTED = {"model": MODEL, "alias": "champion", "version": "7"}
GIVEN = {
    "principal": f"user:{ANN}",
    "privileges": [{"securableType": "FUNCTION", "securable": MODEL, "privilege": "EXECUTE"}],
}


def running(fake: FakeTransport, clock: FakeClock | None = None) -> AbstractAsyncContextManager[Engine]:
    async def connect(_: Any, *, clock: Clock, cancelled: asyncio.Event | None = None) -> Workspace:
        return workspace(fake, clock=clock, cancelled=cancelled)

    kinds = {ModelAlias.token: ModelAlias(), Grant.token: Grant(), RegisteredModel.token: RegisteredModel()}
    return provider(kinds, connect, clock=clock or FakeClock())


@pytest.fixture
def aliased() -> FakeTransport:
    return FakeTransport({VERSION: {"version": 7}, ("PUT", ALIAS): {}, ("GET", ALIAS): [NotFound("none")]})


async def test_an_alias_that_shows_late_is_waited_for(aliased: FakeTransport) -> None:
    aliased.routes["GET", ALIAS] = [NotFound("none"), NotFound("none"), {"version": 6}, {"version": 7}]
    async with running(aliased) as engine:
        alias = Resource(engine, ModelAlias.token, "champion")
        await alias.up(POINTED)
        assert (await alias.preview(POINTED)).op == "same"


async def test_an_alias_that_never_shows_is_recorded_and_an_error(aliased: FakeTransport) -> None:
    clock = FakeClock()
    async with running(aliased, clock) as engine:
        alias = Resource(engine, ModelAlias.token, "champion")
        with pytest.raises(InitFailed, match=f"alias {MODEL}@champion at version 7 does not show") as failed:
            await alias.up(POINTED)
        assert "the workspace took it, and 30 s later it points at nothing" in str(failed.value)
        assert alias.id == f"{MODEL}@champion"
        assert sum(clock.slept) == pytest.approx(30, abs=0.1)
        aliased.routes["GET", ALIAS] = {"version": 7}
        assert (await alias.up(POINTED)).op == "update"
        assert (await alias.preview(POINTED)).op == "same"


async def test_an_alias_that_pointed_elsewhere_before_is_said(aliased: FakeTransport) -> None:
    aliased.routes["GET", ALIAS] = [{"version": 3}, {"version": 7}]
    async with running(aliased) as engine:
        await Resource(engine, ModelAlias.token, "champion").up({**POINTED, "version": "007"})
        assert engine.warnings == [f"alias {MODEL}@champion was there already, and pointed at version 3"]


SEEN = ("GET", f"{REGISTRY}/registered-models/get")
DETAILS = ("GET", f"{CATALOG}/models/{MODEL}")
CREATE = ("POST", f"{REGISTRY}/registered-models/create")


async def test_a_model_that_shows_late_is_waited_for() -> None:
    late = [NotFound("none"), NotFound("none"), {"owner": "ann"}]
    fake = FakeTransport({CREATE: {}, DETAILS: late})
    async with running(fake) as engine:
        model = Resource(engine, RegisteredModel.token, "weather")
        await model._create({"name": MODEL, "tags": {}})
        assert model.outputs["owner"] == "ann"
        assert fake.writes == [CREATE]


@pytest.mark.parametrize(("owner", "ours"), [("agents/dev", True), ("agents/prod", False)])
async def test_whose_a_model_is_that_shows_late_is_looked_at(owner: str, ours: bool) -> None:
    there = {"registered_model": {"name": MODEL, "tags": [{"key": "agentry_owner", "value": owner}]}}
    routes = {
        CREATE: AlreadyExists("taken"),
        SEEN: [NotFound("none"), NotFound("none"), there],
        DETAILS: {"owner": "a"},
    }
    async with running(FakeTransport(routes)) as engine:
        model = Resource(engine, RegisteredModel.token, "weather")
        if ours:
            await model._create({"name": MODEL, "tags": {}})
            assert model.id == MODEL
        else:
            with pytest.raises(grpc.aio.AioRpcError, match="it belongs to agents/prod"):
                await model._create({"name": MODEL, "tags": {}})
            assert not model.id


class Granting(FakeTransport):
    """One function that we own, and what ann holds on it.

    Attributes:
        held: Her privileges.
        name: What she is called.
        deaf: Whether a revoke is answered well and does nothing.
        lost: Whether the next grant takes effect and its answer is lost, the repetitions too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.held: set[str] = set()
        self.name = ANN
        self.deaf = self.lost = False
        scim = "/api/2.0/preview/scim/v2"
        users = [{"id": "7", "userName": ANN}]
        self.routes = {
            ("GET", f"{scim}/Users"): lambda query: {"Resources": users if ANN in query["filter"] else []},
            ("GET", f"{CATALOG}/effective-permissions/FUNCTION/{MODEL}"): self.shown,
            ("GET", PERMISSIONS): self.shown_plainly,
            ("PATCH", PERMISSIONS): self.change,
            ("GET", f"{CATALOG}/functions/{MODEL}"): {"owner": ME.user_name},
            ("GET", "/api/2.0/serving-endpoints"): {},
        }

    def shown(self, _: Any) -> dict[str, Any]:
        rows = [{"principal": self.name, "privileges": [{"privilege": held} for held in sorted(self.held)]}]
        return {"privilege_assignments": rows if self.held else []}

    def shown_plainly(self, query: dict[str, Any]) -> dict[str, Any]:
        assert query == {"principal": ANN}
        return {"privilege_assignments": [{"principal": ANN, "privileges": sorted(self.held)}] if self.held else []}

    def change(self, body: dict[str, Any]) -> dict[str, Any]:
        for change in body["changes"]:
            self.held |= set(change["add"])
            self.held -= set() if self.deaf else set(change["remove"])
        if self.lost:
            raise Unavailable("connection lost")
        return {}


@pytest.fixture
def granting() -> Granting:
    return Granting()


@pytest.fixture
async def engine(granting: Granting) -> AsyncIterator[Engine]:
    async with running(granting) as found:
        yield found


async def test_a_revoke_that_does_nothing_is_an_error_and_stays_in_the_state(
    engine: Engine, granting: Granting
) -> None:
    grant = Resource(engine, Grant.token, "ann")
    await grant.up(GIVEN)
    granting.deaf = True
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await grant.delete()
    text = str(failed.value.details())
    assert f"the revoke of EXECUTE on function {MODEL} from {ANN} does not show" in text
    assert f"30 s later {ANN} still holds it" in text
    assert grant.outputs["added"], "the next run takes it back"
    granting.deaf = False
    await grant.delete()
    assert granting.held == set()


async def test_a_revoke_that_may_not_be_seen_is_said(engine: Engine, granting: Granting) -> None:
    grant = Resource(engine, Grant.token, "ann")
    await grant.up(GIVEN)
    granting.routes["GET", PERMISSIONS] = PermissionDenied("no")
    await grant.delete()
    assert engine.warnings == [f"whether {ANN} still holds EXECUTE on function {MODEL} is not yours to see"]


async def test_a_privilege_whose_answer_was_lost_is_ours_to_take_back(engine: Engine, granting: Granting) -> None:
    grant = Resource(engine, Grant.token, "ann")
    granting.lost = True
    with pytest.raises(InitFailed, match="connection lost"):
        await grant.up(GIVEN)
    granting.lost = False
    await grant.up(GIVEN)
    assert [item["privilege"] for item in grant.outputs["added"]] == ["EXECUTE"]
    assert (await grant.preview(GIVEN)).op == "same"
    await grant.delete()
    assert granting.held == set()


async def test_a_privilege_that_was_refused_is_not_ours(engine: Engine, granting: Granting) -> None:
    grant = Resource(engine, Grant.token, "ann")
    granting.routes["PATCH", PERMISSIONS] = PermissionDenied("no")
    with pytest.raises(grpc.aio.AioRpcError, match="no"):
        await grant.up(GIVEN)
    assert not grant.id


async def test_somebody_who_was_renamed_is_the_same_and_another_of_the_name_is_not(
    engine: Engine, granting: Granting
) -> None:
    grant = Resource(engine, Grant.token, "ann")
    await grant.up(GIVEN)
    scim = "/api/2.0/preview/scim/v2/Users"
    new = {"id": "7", "userName": "ann.new@company.example"}
    granting.name = new["userName"]
    granting.routes["GET", scim] = lambda query: {
        "Resources": [new if "ann.new" in query["filter"] else {"id": "8", "userName": ANN}]
    }
    granting.routes["GET", f"{scim}/7"] = new
    engine.servicer.session._connection = None
    assert (await grant.preview({**GIVEN, "principal": "user:ann.new@company.example"})).op == "same"
    assert (await grant.preview(GIVEN)).op == "replace", "it is another person now"
    sent: list[str] = []

    def taken(body: dict[str, Any]) -> dict[str, Any]:
        sent.append(body["changes"][0]["principal"])
        return {}

    granting.routes["PATCH", PERMISSIONS] = taken
    granting.routes["GET", PERMISSIONS] = {}
    await grant.delete()
    assert sent == ["ann.new@company.example"]


async def test_of_somebody_who_is_gone_nothing_is_taken_back(engine: Engine, granting: Granting) -> None:
    grant = Resource(engine, Grant.token, "ann")
    await grant.up(GIVEN)
    granting.routes["GET", "/api/2.0/preview/scim/v2/Users"] = {}
    engine.servicer.session._connection = None
    await grant.delete()
    assert (
        engine.infos[-1] == f"nothing is taken back: user '{ANN}' (id 7) is not in https://workspace.example any more"
    )

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc.aio
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from agentry.clock import RealClock
from agentry.errors import Unavailable
from agentry.provider.kinds.kind import UNKNOWN
from agentry.provider.wire import Secret
from tests.provider.lifecycle import CheckFailed, Engine, InitFailed, Resource, provider
from tests.provider.thing import TOKEN, Thing, Things
from tests.workspace.fake import workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agentry.workspace import Workspace

KINDS = {TOKEN: Thing()}


def connecting(things: Things, **options: str):  # type: ignore[no-untyped-def]
    async def connect(settings, *, clock, cancelled=None) -> Workspace:  # type: ignore[no-untyped-def]
        return workspace(things, clock=clock, cancelled=cancelled, **options)  # type: ignore[arg-type]

    return connect


@pytest.fixture
def things() -> Things:
    return Things()


@pytest.fixture
async def engine(things: Things) -> AsyncIterator[Engine]:
    async with provider(KINDS, connecting(things)) as found:
        yield found


@pytest.fixture
def box(engine: Engine) -> Resource:
    return Resource(engine, TOKEN, "box")


async def test_a_life(box: Resource, things: Things) -> None:
    await box.lives(
        {"name": "box", "tags": {"a": "1"}},
        {"name": "box", "size": 3, "tags": {"a": "2", "b.c": "d"}},
        {"name": "chest", "size": 3},
        {"name": "chest", "color": "red", "members": ["b", "a"], "parts": [{"id": "x"}]},
    )
    assert list(things.things) == ["chest"]
    await box.delete()
    assert things.things == {}


async def test_defaults_and_computed_inputs_are_recorded(box: Resource) -> None:
    await box.up({"name": "box", "parts": [{"id": "x"}]})
    assert box.inputs == {
        "name": "box",
        "size": 1,
        "flag": False,
        "parts": [{"id": "x", "count": 1}],
        "digest": "digest of box",
        "workspaceId": "100",
        "metastoreId": "m-1",
        "__version": 1,
    }
    assert box.outputs == {**box.inputs, "thingId": "1"}


async def test_preview_leaves_outputs_unknown_and_writes_nothing(box: Resource, things: Things) -> None:
    planned = await box.preview({"name": "box"})
    assert planned.outputs["thingId"] is UNKNOWN
    assert planned.outputs["name"] == "box"
    assert things.writes == []


async def test_a_preview_takes_unknowns(box: Resource) -> None:
    planned = await box.preview({"name": UNKNOWN, "tags": {"a": UNKNOWN}})
    assert planned.inputs["digest"] is UNKNOWN
    await box.up({"name": "box", "tags": {"a": "1"}})
    assert (await box.preview({"name": "box", "tags": {"a": UNKNOWN}})).changes == {"tags.a": "UPDATE"}
    assert (await box.preview({"name": UNKNOWN})).op == "replace"


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        ({}, "name", "is required: Its name."),
        ({"name": "box", "sise": 2}, "sise", "is no field that is supported here; do you mean size?"),
        ({"name": "box", "thingId": "7"}, "thingId", "can not be given: known once it exists"),
        ({"name": "box", "digest": "7"}, "digest", "can not be given: Check computes it"),
        ({"name": "box", "size": "2"}, "size", "is a whole number, this is a text"),
        ({"name": "box", "size": 2.5}, "size", "is a whole number, this is a number"),
        ({"name": "box", "size": True}, "size", "is a whole number, this is a truth value"),
        ({"name": "box", "tags": {"a.b": 1}}, 'tags["a.b"]', "is a text, this is a number"),
        ({"name": "box", "parts": [{"id": "x"}, {"count": 2}]}, "parts[1].id", "is required: Which."),
        ({"name": "box", "parts": [{"id": "x", "color": "red"}]}, "parts[0].color", "is no field that is supported"),
        ({"name": "box", "color": "invisible"}, "color", "nobody could see it"),
        ({"name": "box", "color": "wrong"}, "", "agent.py:3: the color is wrong\n→ take another"),
    ],
)
async def test_a_wrong_input_is_refused_at_its_path(
    box: Resource, given: dict[str, object], path: str, reason: str
) -> None:
    with pytest.raises(CheckFailed) as failed:
        await box.preview(given)
    assert failed.value.paths == [path]
    assert reason in str(failed.value)


async def test_differences_follow_the_table(box: Resource) -> None:
    given = {
        "name": "box",
        "tags": {"a": "1", "b": "2"},
        "members": ["a", "b"],
        "parts": [{"id": "x", "count": 1}, {"id": "y", "count": 2}],
        "note": "hello",
        "color": "red",
    }
    await box.up(given)

    async def changes(**new: object) -> dict[str, str]:
        return (await box.preview({**given, **new})).changes

    assert await changes(note="goodbye") == {}, "silent"
    assert await changes(members=["b", "a"]) == {}, "a set"
    assert await changes(parts=[{"id": "y", "count": 2}, {"id": "x"}]) == {}, "told apart by id"
    assert await changes(parts=[{"id": "y", "count": 3}, {"id": "x"}]) == {"parts[1].count": "UPDATE"}
    assert await changes(color=None) == {}, "the workspace chooses"
    assert await changes(tags={"a": "2", "c": "3"}) == {"tags.a": "UPDATE", "tags.b": "DELETE", "tags.c": "ADD"}
    assert await changes(name="chest") == {"name": "UPDATE_REPLACE", "digest": "UPDATE_REPLACE"}
    assert await changes(flag=True) == {"flag": "UPDATE"}


async def test_ignored_changes_are_no_difference(box: Resource) -> None:
    await box.up({"name": "box", "tags": {"a": "1"}})
    assert (await box.preview({"name": "box", "tags": {"a": "2"}}, ignore=("tags.a",))).op == "same"


async def test_secrets_stay_secret_at_the_same_paths(box: Resource, engine: Engine) -> None:
    await box.up({"name": "box", "password": "open sesame", "tags": {"a": Secret("canary"), "b": "2"}})
    assert box.inputs["tags"] == {"a": Secret("canary"), "b": "2"}
    assert box.outputs["tags"] == {"a": Secret("canary"), "b": "2"}
    assert box.outputs["password"] == Secret("open sesame"), "the table says so"
    assert engine.infos == ["making box with [secret]"]
    await box.refresh()
    assert box.outputs["tags"] == {"a": Secret("canary"), "b": "2"}
    assert box.inputs["password"] == Secret("open sesame"), "input only: kept"
    assert (
        await box.preview({"name": "box", "password": "x" * 8, "tags": {"a": Secret("other"), "b": "2"}})
    ).changes == {
        "password": "UPDATE",
        "tags.a": "UPDATE",
    }


async def test_a_partial_creation_is_recorded_and_repaired(box: Resource) -> None:
    with pytest.raises(InitFailed, match="only half of it came, with \\[secret\\]"):
        await box.up({"name": "box", "color": "half", "password": "sesame"})
    assert box.id == "box"
    assert box.outputs["thingId"] == "1"
    assert box.outputs["password"] == Secret("sesame")
    assert box.init_errors == ["only half of it came, with [secret]"]
    planned = await box.up({"name": "box", "color": "red"})
    assert planned.op == "update"
    assert box.init_errors == []


async def test_a_partial_update_is_recorded(box: Resource) -> None:
    await box.up({"name": "box"})
    with pytest.raises(InitFailed, match="only half of it changed"):
        await box.up({"name": "box", "color": "half"})
    assert box.inputs["color"] == "half"


async def test_what_is_gone_is_created_again(box: Resource, things: Things) -> None:
    await box.up({"name": "box"})
    things.things.clear()
    assert not await box.refresh()
    assert (await box.up({"name": "box"})).op == "create"


async def test_import_reads_inputs_as_they_would_be_declared(box: Resource, things: Things) -> None:
    things.things["box"] = {"name": "box", "size": 1, "color": "blue", "digest": "digest of box"}
    assert await box.take_over("box")
    assert box.inputs["color"] == "blue"
    box.inputs["flag"] = False
    assert (await box.preview({"name": "box", "color": "blue"})).op == "same"
    assert not await Resource(box.engine, TOKEN, "none").take_over("none")
    assert (await box.check(box.inputs))["digest"] == "digest of box", "an engine checks what Read found"


async def test_drift_previews_as_an_update_and_is_said(box: Resource, engine: Engine, things: Things) -> None:
    await box.up({"name": "box"})
    things.things["box"]["ill"] = True
    assert (await box.preview({"name": "box"})).changes == {"thingId": "UPDATE"}
    assert "box is ill" in engine.warnings


async def test_another_workspace_is_refused(box: Resource, things: Things) -> None:
    await box.up({"name": "box"})
    async with provider(KINDS, connecting(things, workspace_id="200")) as elsewhere:
        box.engine = elsewhere
        with pytest.raises(CheckFailed, match="stack dev belongs to workspace 100, and this is workspace 200"):
            await box.preview({"name": "box"})
        with pytest.raises(grpc.aio.AioRpcError, match="belongs to workspace 100"):
            await box.delete()
        with pytest.raises(grpc.aio.AioRpcError, match="belongs to workspace 100"):
            await box.refresh()
    assert "box" in things.things


async def test_a_bug_is_shown_as_one(box: Resource) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await box.preview({"name": "box", "color": "bug"})
    assert failed.value.code() == grpc.StatusCode.INTERNAL
    assert str(failed.value.details()).startswith(
        "this is a bug of Agentry; please report it with these lines\nTraceback"
    )


async def test_an_error_of_the_workspace_has_no_traceback(box: Resource) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await Resource(box.engine, TOKEN, "x", id="x").delete()
    assert failed.value.details() == "no thing x"


async def test_cancel_ends_a_wait_at_once_and_begins_no_write(things: Things) -> None:
    async with provider(KINDS, connecting(things), clock=RealClock()) as engine:
        slow = asyncio.ensure_future(Resource(engine, TOKEN, "slow").up({"name": "slow", "color": "slow"}))
        await things.looked_at.wait()
        await engine.stub.Cancel(empty_pb2.Empty())
        with pytest.raises(grpc.aio.AioRpcError, match="stopped waiting for thing slow"):
            await asyncio.wait_for(slow, 2)
        before = list(things.writes)
        with pytest.raises(grpc.aio.AioRpcError, match="nothing more is begun"):
            await Resource(engine, TOKEN, "next").up({"name": "next"})
        assert things.writes == before


async def test_a_timeout_is_said_with_what_and_how_long(things: Things) -> None:
    async with provider(KINDS, connecting(things)) as engine:
        with pytest.raises(grpc.aio.AioRpcError, match=r"waited 20 s for thing slow \(not ready\)"):
            await Resource(engine, TOKEN, "slow", timeout=20).up({"name": "slow", "color": "slow"})
        assert "waiting for thing slow (not ready), at most 20 s" in engine.infos


async def test_an_unreachable_workspace_is_an_error_that_names_the_host() -> None:
    async def connect(settings, *, clock, cancelled=None) -> Workspace:  # type: ignore[no-untyped-def]
        raise Unavailable("no answer from https://workspace.example within 4 s", fix="check the network")

    async with provider(KINDS, connect) as engine:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await Resource(engine, TOKEN, "box").preview({"name": "box"})
        assert failed.value.details() == "no answer from https://workspace.example within 4 s\n→ check the network"


async def test_offline_uses_what_is_recorded_and_lists_what_it_did_not_check(things: Things) -> None:
    async with provider(KINDS, connecting(things)) as online:
        box = Resource(online, TOKEN, "box")
        await box.up({"name": "box", "color": "blue"})
    asked = len(things.requests)
    async with provider(KINDS, connecting(things), settings={"offline": "true"}) as offline:
        box.engine = offline
        assert (await box.preview({"name": "box", "color": "ask"})).op == "update"
        assert (await box.preview({"name": "box"})).op == "same"
        assert len(things.requests) == asked
        assert "not checked (agentry:offline): the color" in offline.warnings
        with pytest.raises(grpc.aio.AioRpcError, match="agentry:offline is set"):
            await box.up({"name": "box", "size": 2})


@pytest.mark.parametrize(
    ("settings", "path", "reason"),
    [
        ({"hots": "x"}, "hots", "unknown setting agentry:hots"),
        ({"offline": "maybe"}, "", "agentry:offline is true or false, not 'maybe'"),
        (
            {"host": "https://a.example", "profile": "dev"},
            "",
            "agentry:host and agentry:profile both say which workspace",
        ),
    ],
)
async def test_wrong_settings_are_refused(engine: Engine, settings: dict[str, str], path: str, reason: str) -> None:
    with pytest.raises(CheckFailed) as failed:
        await engine.configure(**settings)
    assert failed.value.paths == [path]
    assert reason in str(failed.value)


async def test_what_the_engine_adds_to_settings_is_no_setting(engine: Engine) -> None:
    await engine.configure(version="0.1.0", profile="dev")
    assert engine.servicer.session.settings.profile == "dev"


async def test_an_unknown_kind_is_refused_by_name(engine: Engine) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match="there is no kind of resource agentry:index:Ting"):
        await Resource(engine, "agentry:index:Ting", "x").preview({})


async def test_handshake_and_information(engine: Engine) -> None:
    hands = await engine.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
    assert hands.accept_secrets
    assert not hands.accept_resources
    assert (await engine.stub.GetPluginInfo(empty_pb2.Empty())).version == "0.1.0"
    configured = await engine.stub.Configure(provider_pb2.ConfigureRequest())
    assert configured.supportsPreview
    assert '"agentry:index:Thing"' in (await engine.stub.GetSchema(provider_pb2.GetSchemaRequest())).schema

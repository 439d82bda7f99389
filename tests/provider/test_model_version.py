"""A model version in a registry in memory: found by content, registered, retired; every odd end of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from agentry.errors import Unavailable
from agentry.provider.kinds.kind import UNKNOWN
from agentry.provider.kinds.model_version import ModelVersion
from agentry.provider.kinds.retirement import beyond, needed_by
from agentry.workspace import registration
from agentry.workspace.model_versions import REGISTRY, Version
from tests.package.agents import PYTHON_MODEL, RESPONSES_AGENT, write_agent
from tests.provider.fake_registry import MODEL, FakeRegistry
from tests.provider.lifecycle import CheckFailed, Engine, InitFailed, Resource, provider
from tests.workspace.fake import workspace

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.workspace import Workspace

GIVEN = {"model": MODEL, "code": "agents/x"}
USES = "from databricks_langchain import ChatDatabricks\nLLM = ChatDatabricks(model='llm')\n"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    async def uploaded(*_: Any) -> None:
        """The files have gone to the workspace."""

    monkeypatch.setattr(registration, "upload", uploaded)
    return FakeRegistry()


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    return write_agent(tmp_path, {"agent.py": RESPONSES_AGENT, "requirements.txt": "mlflow==3.17.2\n"})


def started(registry: FakeRegistry, root: Path) -> Any:
    """A provider process: the kind with a memory of its own."""

    async def connect(_: Any, *, clock: Clock, cancelled: asyncio.Event | None = None) -> Workspace:
        return workspace(registry, clock=clock, cancelled=cancelled)

    return provider({ModelVersion.token: ModelVersion()}, connect, root=root)


@pytest.fixture
async def engine(registry: FakeRegistry, agent: Path, tmp_path: Path) -> AsyncIterator[Engine]:
    async with started(registry, tmp_path) as running:
        yield running


def of(engine: Engine, stack: str = "dev", name: str = "weather") -> Resource:
    return Resource(engine, ModelVersion.token, name, stack)


def edit(agent: Path, text: str) -> None:
    (agent / "agent.py").write_text(RESPONSES_AGENT + text)


async def test_a_life(engine: Engine, registry: FakeRegistry) -> None:
    version = of(engine)
    await version.lives(
        {**GIVEN, "description": "An agent", "tags": {"team": "a"}},
        {**GIVEN, "description": "Another", "tags": {"team": "b"}},
        GIVEN,
        writes=registry.writes,
    )
    assert version.id == f"{MODEL}/1"
    assert version.outputs["uri"] == f"models:/{MODEL}/1"
    assert (version.outputs["version"], version.outputs["status"]) == ("1", "READY")
    assert registry.versions[1]["description"] == ""
    assert set(registry.tags(1)) == {"agentry_digest", "agentry_owner"}


async def test_uploads_are_prepared_for_once_a_write_says_that_it_is_no_preview(
    engine: Engine, registry: FakeRegistry, agent: Path
) -> None:
    prepared: list[list[Any]] = []
    engine.servicer.session.prepare_uploads = lambda: prepared.append(list(registry.writes))
    version = of(engine)
    await version.preview(GIVEN)
    assert prepared == []
    await version.up(GIVEN)
    edit(agent, "# edited\n")
    await version.up(GIVEN)
    assert prepared == [[]], "once a process, before the first write"


async def test_nothing_is_prepared_where_no_content_is_new(
    engine: Engine, registry: FakeRegistry, agent: Path, tmp_path: Path
) -> None:
    version = of(engine)
    await version.up(GIVEN)
    async with started(registry, tmp_path) as another:
        another.servicer.session.prepare_uploads = lambda: pytest.fail("there is nothing to upload")
        version.engine = another
        await version.up({**GIVEN, "description": "Another"})
    assert registry.versions[1]["description"] == "Another"


async def test_an_edit_makes_one_version_and_its_revert_none(
    engine: Engine, registry: FakeRegistry, agent: Path
) -> None:
    version = of(engine)
    await version.up(GIVEN)
    edit(agent, "# edited\n")
    planned = await version.up(GIVEN)
    assert (planned.op, planned.replaces) == ("replace", ["digest"])
    assert not planned.delete_before_replace
    assert version.id == f"{MODEL}/2"
    assert "agent.py changed" in engine.infos
    edit(agent, "")
    assert (await version.up(GIVEN)).op == "replace"
    assert version.id == f"{MODEL}/1"
    assert sorted(registry.versions) == [1, 2]
    assert "version 1 holds this content already: it is used" in engine.infos


@pytest.mark.parametrize(
    "same",
    [
        {"experimentId": "7"},
        {"keep": 3},
        {"check": False},
        {"python": "3.11"},
        {"interface": "ResponsesAgent"},
        {"requirements": ["mlflow==3.17.2"]},
    ],
)
async def test_what_is_no_content_makes_no_version(engine: Engine, same: dict[str, Any]) -> None:
    version = of(engine)
    await version.up(GIVEN)
    assert (await version.up({**GIVEN, **same})).op == "same"
    assert (await version.up(GIVEN)).op == "same"


async def test_one_of_another_stack_is_used_and_left_as_it_is(engine: Engine, registry: FakeRegistry) -> None:
    await of(engine, "prod").up({**GIVEN, "description": "theirs"})
    ours = of(engine)
    await ours.up({**GIVEN, "description": "ours", "keep": 0})
    assert ours.id == f"{MODEL}/1"
    assert registry.versions[1]["description"] == "theirs"
    assert "version 1 holds this content already, made by agents/prod: it is used" in engine.infos
    assert "description and tags of version 1 are left: it is not this stack's" in engine.infos
    assert await ours.refresh()
    assert (await ours.preview({**GIVEN, "description": "ours", "keep": 0})).op == "same"
    await ours.delete()
    assert sorted(registry.versions) == [1]


async def test_what_changed_after_the_preview_is_refused(engine: Engine, registry: FakeRegistry, agent: Path) -> None:
    version = of(engine)
    planned = await version.preview(GIVEN)
    edit(agent, "# not reviewed\n")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await version._create(planned.inputs)
    assert "the agent changed after it was previewed" in str(refused.value.details())
    assert "agents/x/agent.py" in str(refused.value.details())
    assert registry.writes == []


async def test_leftovers_with_our_content_are_removed(engine: Engine, registry: FakeRegistry) -> None:
    digest = (await of(engine).preview(GIVEN)).inputs["digest"]
    registry.made(1, "PENDING_REGISTRATION", digest=digest)
    registry.made(2, "FAILED_REGISTRATION", digest=digest)
    registry.made(3, "PENDING_REGISTRATION", "agents/prod", digest=digest)
    registry.made(4, "FAILED_REGISTRATION")
    version = of(engine)
    await version.up(GIVEN)
    assert version.id == f"{MODEL}/5"
    assert sorted(registry.versions) == [3, 4, 5]
    assert "removing version 1 (PENDING_REGISTRATION), left by an interrupted run" in engine.infos


async def test_a_leftover_that_becomes_ready_is_finished(engine: Engine, registry: FakeRegistry) -> None:
    digest = (await of(engine).preview(GIVEN)).inputs["digest"]
    registry.made(1, "PENDING_REGISTRATION", digest=digest, finalized=True)
    registry.then = ["PENDING_REGISTRATION", "PENDING_REGISTRATION", "READY"]
    version = of(engine)
    await version.up(GIVEN)
    assert version.id == f"{MODEL}/1"
    assert sorted(registry.versions) == [1]


async def test_a_version_that_takes_too_long_is_recorded_and_waited_for_again(
    engine: Engine, registry: FakeRegistry
) -> None:
    registry.then = ["PENDING_REGISTRATION"]
    version = of(engine)
    version.timeout = 30
    with pytest.raises(InitFailed, match="waited 30 s for version 1"):
        await version.up(GIVEN)
    assert (version.id, version.outputs["status"]) == (f"{MODEL}/1", "PENDING_REGISTRATION")
    registry.then = ["PENDING_REGISTRATION", "READY"]
    assert (await version.up(GIVEN)).op == "update"
    assert version.outputs["status"] == "READY"
    assert sorted(registry.versions) == [1]


async def test_a_version_that_fails_says_why_and_is_not_used_again(engine: Engine, registry: FakeRegistry) -> None:
    registry.then = ["FAILED_REGISTRATION"]
    with pytest.raises(grpc.aio.AioRpcError, match=r"version 1 of main\.ai\.weather can not be used"):
        await of(engine).up(GIVEN)
    registry.then = ["READY"]
    registry.versions[1].update(status="FAILED_REGISTRATION", finalized=False)
    version = of(engine)
    await version.up(GIVEN)
    assert version.id == f"{MODEL}/2"
    assert sorted(registry.versions) == [2]


async def test_a_lost_connection_while_waiting_does_not_lose_it(engine: Engine, registry: FakeRegistry) -> None:
    found = registry.routes["GET", f"{REGISTRY}/model-versions/get"]
    registry.routes["GET", f"{REGISTRY}/model-versions/get"] = Unavailable("no answer")
    version = of(engine)
    with pytest.raises(InitFailed, match="no answer"):
        await version.up(GIVEN)
    assert version.id == f"{MODEL}/1"
    registry.routes["GET", f"{REGISTRY}/model-versions/get"] = found
    await version.up(GIVEN)
    assert version.outputs["status"] == "READY"


async def test_one_that_is_gone_is_never_unchanged(engine: Engine, registry: FakeRegistry) -> None:
    version = of(engine)
    await version.up(GIVEN)
    registry.versions.clear()
    assert not await dataclasses.replace(version).refresh()
    assert (await version.preview(GIVEN)).op == "replace"
    await version.up(GIVEN)
    assert version.id == f"{MODEL}/2"


async def test_import(engine: Engine, registry: FakeRegistry) -> None:
    await of(engine).up({**GIVEN, "description": "An agent"})
    imported = of(engine, name="again")
    assert await imported.take_over(f"{MODEL}/1")
    assert imported.inputs["digest"] == registry.tags(1)["agentry_digest"]
    assert (await imported.preview({**GIVEN, "description": "An agent"})).op == "same"
    assert not await of(engine, name="missing").take_over(f"{MODEL}/9")


async def test_another_signature_is_another_version(engine: Engine, agent: Path) -> None:
    (agent / "agent.py").write_text(PYTHON_MODEL)
    outputs = [{"type": "double"}]
    version = of(engine)
    signature = {"inputs": [{"name": "amount", "type": "double", "required": True}], "outputs": outputs}
    await version.up({**GIVEN, "signature": signature, "inputExample": {"inputs": [{"amount": 1.0}]}})
    written = {"inputs": '[{"type": "double", "name": "amount"}]', "outputs": outputs, "params": None}
    same = {**GIVEN, "signature": written, "inputExample": {"inputs": [{"amount": 1}]}}
    assert (await version.preview(same)).op == "same"
    other = {**same, "signature": {**written, "params": [{"name": "top", "type": "long", "default": 3}]}}
    assert (await version.preview(other)).op == "replace"


@pytest.mark.parametrize(
    ("given", "files", "path", "reason"),
    [
        ({"model": "weather"}, {}, "model", "no three-level name"),
        ({"code": "agents/y"}, {}, "code", "there is no such directory"),
        ({"modelConfig": {"llm": "x"}}, {"config.yaml": "llm_endpoint: y"}, "code", "llm is not a key"),
        ({"requirements": ["mlflow"]}, {}, "code", "mlflow is not pinned"),
        ({"signature": {}}, {}, "code", "can not be given a signature"),
        ({}, {"agent.py": PYTHON_MODEL}, "code", "a PythonModel needs a signature"),
        ({"resources": [{"type": "llm", "name": "x"}]}, {}, "resources[0]", "unknown resource type"),
        ({"resources": [{"type": "table"}]}, {}, "resources[0].name", "is required"),
        ({"keep": -1}, {}, "keep", "0 or more"),
        ({"tags": {"a.b": "c"}}, {}, "tags.a.b", "takes no"),
        ({"digest": "0"}, {}, "digest", "can not be given"),
        ({"colour": "red"}, {}, "colour", "is no field"),
        ({}, {"agent.py": USES + RESPONSES_AGENT}, "resources", "agents/x/agent.py:2: "),
    ],
)
async def test_bad_input(
    engine: Engine, agent: Path, given: dict[str, Any], files: dict[str, str], path: str, reason: str
) -> None:
    for name, text in files.items():
        (agent / name).write_text(text)
    with pytest.raises(CheckFailed, match=reason) as failed:
        await of(engine).preview({**GIVEN, **given})
    assert [found.replace('["', ".").replace('"]', "") for found in failed.value.paths] == [path]


async def test_the_code_is_compared_with_the_resources_unless_told_not_to(
    engine: Engine, agent: Path, registry: FakeRegistry
) -> None:
    (agent / "agent.py").write_text(USES + RESPONSES_AGENT)
    await of(engine).up({**GIVEN, "check": False})
    resources = [{"type": "serving_endpoint", "name": "llm"}, {"type": "table", "name": "c.s.t"}]
    await of(engine, name="declared").up({**GIVEN, "resources": resources})
    assert registry.versions[1]["model_version_dependencies"] == []
    assert [d["name"] for d in registry.versions[2]["model_version_dependencies"]] == ["llm", "c.s.t"]
    (warning,) = engine.warnings
    assert warning.startswith("table c.s.t is declared, and nothing in the code was seen to use it")


async def test_content_that_is_not_known_yet_has_no_digest_yet(engine: Engine) -> None:
    planned = await of(engine).preview({**GIVEN, "modelConfig": {"a": [UNKNOWN]}})
    assert planned.inputs["digest"] is UNKNOWN
    planned = await of(engine).preview({**GIVEN, "experimentId": UNKNOWN, "description": UNKNOWN})
    assert len(planned.inputs["digest"]) == 64
    assert planned.outputs["version"] is UNKNOWN


async def test_keep_retires_what_nobody_needs(engine: Engine, registry: FakeRegistry, agent: Path) -> None:
    registry.made(1, aliases=[{"alias": "champion", "version": "1"}])
    registry.made(2)
    registry.made(3, owner="agents/prod")
    registry.made(4)
    registry.made(5)
    served = {"served_entities": [{"entity_name": MODEL, "entity_version": "4"}]}
    registry.endpoints = [{"name": "e", "state": {"config_update": "NOT_UPDATING"}, "config": served}]
    version = of(engine)
    await version.up({**GIVEN, "keep": 1})
    assert version.id == f"{MODEL}/6"
    edit(agent, "# edited\n")
    await version.up({**GIVEN, "keep": 1})
    assert sorted(registry.versions) == [1, 3, 4, 7]
    assert f"version 1 of {MODEL} stays: alias champion points to it" in engine.infos
    assert f"version 4 of {MODEL} stays: an endpoint serves it" in engine.infos


async def test_a_revert_does_not_lose_the_version_that_it_uses(
    engine: Engine, registry: FakeRegistry, agent: Path
) -> None:
    """It is older than the one that is retired, and neither an endpoint nor an alias names it."""
    version = of(engine)
    await version.up(GIVEN)
    edit(agent, "# edited\n")
    await version.up({**GIVEN, "keep": 1})
    edit(agent, "")
    await version.up({**GIVEN, "keep": 1})
    assert version.id == f"{MODEL}/1"
    assert sorted(registry.versions) == [1, 2]


async def test_nor_does_the_run_after_one_that_died_before_it_retired(
    registry: FakeRegistry, agent: Path, tmp_path: Path
) -> None:
    async with started(registry, tmp_path) as engine:
        version = of(engine)
        await version.up(GIVEN)
        edit(agent, "# edited\n")
        retiring = of(engine)
        await retiring.up({**GIVEN, "keep": 0})
        edit(agent, "")
    async with started(registry, tmp_path) as engine:
        retiring.engine = version.engine = engine
        assert (await version.preview(GIVEN)).op == "same"
        await retiring.delete()
    assert sorted(registry.versions) == [1]


async def test_without_keep_nothing_is_removed(engine: Engine, registry: FakeRegistry) -> None:
    version = of(engine)
    await version.up(GIVEN)
    await version.delete()
    assert sorted(registry.versions) == [1]
    await of(engine).up(GIVEN)
    assert sorted(registry.versions) == [1]


async def test_keep_0_on_destroy_and_a_second_destroy(engine: Engine, registry: FakeRegistry) -> None:
    version = of(engine)
    await version.up({**GIVEN, "keep": 0})
    again = Resource(**vars(version))
    await version.delete()
    assert registry.versions == {}
    await again.delete()


async def test_a_cancel_begins_no_write(engine: Engine, registry: FakeRegistry) -> None:
    version = of(engine)
    planned = await version.preview(GIVEN)
    engine.servicer.session.cancelled.set()
    with pytest.raises(grpc.aio.AioRpcError):
        await version._create(planned.inputs)
    assert registry.writes == []


def test_the_newest_stay() -> None:
    versions = [Version(MODEL, number, "READY") for number in (2, 10, 9, 1)]
    assert [version.number for version in beyond(versions, 2)] == [2, 1]
    assert beyond(versions, 9) == []


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        (Version(MODEL, 1, "READY"), ""),
        (Version(MODEL, 1, "READY", aliases=("b", "a")), "alias a, b points to it"),
        (Version(MODEL, 2, "READY"), "an endpoint serves it"),
        (Version(MODEL, 3, "READY"), "this stack uses it"),
    ],
)
def test_who_needs_a_version(version: Version, reason: str) -> None:
    assert needed_by(version, {2}, {3}) == reason

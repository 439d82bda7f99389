"""The door itself: real requests to a sandbox, and every way in which a workspace can be away."""

from __future__ import annotations

import asyncio
import configparser
import contextlib
import socket
import time
from typing import TYPE_CHECKING

import pytest

from agentry.clock import RealClock
from agentry.errors import AlreadyExists, ConfigError, NotFound, PermissionDenied, Unauthenticated, Unavailable
from agentry.stacks import Settings
from agentry.workspace import Workspace, connect
from agentry.workspace.transport import SdkTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from tests.sandbox.workspace import RunningSandbox

SAID_WITHIN = 6.0
"""Seconds; 5 are promised, and the machine of the tests may be busy."""


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CONFIG_PROFILE", "DATABRICKS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def profile(path: Path, name: str, **values: str) -> None:
    parser = configparser.ConfigParser(default_section="\0")
    parser.read(path)
    parser[name] = values
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)


@pytest.mark.process
class TestASandbox:
    async def test_it_is_found_by_its_name_whatever_the_environment_says(
        self, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABRICKS_HOST", "https://elsewhere.example")
        monkeypatch.setenv("DATABRICKS_TOKEN", "of-elsewhere")
        monkeypatch.setenv("DATABRICKS_CLIENT_ID", "of-elsewhere")
        found = await connect(Settings(root=sandbox.root, sandbox="local"), clock=RealClock())
        assert found.host == sandbox.address
        assert found.me.user_name == "deployer@sandbox.example"
        assert found.workspace_id.isdecimal()
        assert found.metastore_id
        bearer = found.token()
        assert (bearer.host, bearer.token) == (sandbox.address, sandbox.tokens["deployer"])
        assert bearer.token not in repr(bearer) + repr(found)

    async def test_a_profile_means_its_own_address(
        self, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        profile(tmp_path / ".databrickscfg", "dev", host=sandbox.address, token=sandbox.tokens["admin"])
        monkeypatch.setenv("DATABRICKS_HOST", "https://elsewhere.example")
        found = await connect(Settings(profile="dev"), clock=RealClock())
        assert (found.host, found.me.admin) == (sandbox.address, True)

    async def test_default_credentials_are_those_of_every_tool(
        self, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABRICKS_HOST", sandbox.address)
        monkeypatch.setenv("DATABRICKS_TOKEN", sandbox.tokens["asker"])
        assert (await connect(Settings(), clock=RealClock())).me.user_name == "asker@sandbox.example"

    async def test_a_bad_token_is_said_at_once(self, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABRICKS_TOKEN", "wrong")
        with pytest.raises(Unauthenticated, match=f"{sandbox.address} refuses the credentials") as failed:
            await within(connect(Settings(host=sandbox.address), clock=RealClock()))
        assert "wrong" not in str(failed.value)

    async def test_requests_and_the_errors_that_they_end_in(self, sandbox: RunningSandbox) -> None:
        door = await connect(Settings(root=sandbox.root, sandbox="local"), clock=RealClock())
        name = f"{sandbox.schema}.{sandbox.unique('door')}"
        registry = "/api/2.0/mlflow/unity-catalog/registered-models"
        with pytest.raises(NotFound):
            await door.get(f"{registry}/get", {"name": name})
        await door.post(f"{registry}/create", {"name": name})
        with pytest.raises(AlreadyExists):
            await door.post(f"{registry}/create", {"name": name})
        await door.patch(f"{registry}/update", {"name": name, "description": "x"})
        assert (await door.get(f"{registry}/get", {"name": name}))["registered_model"]["description"] == "x"
        await door.delete(f"{registry}/delete", {"name": name})
        with pytest.raises(PermissionDenied, match=r"deployer@sandbox\.example"):
            await door.post("/api/2.1/unity-catalog/catalogs", {"name": "another"})

    async def test_several_requests_run_at_once(self, sandbox: RunningSandbox) -> None:
        door = await connect(Settings(root=sandbox.root, sandbox="local"), clock=RealClock())
        answers = await asyncio.gather(*(door.get("/api/2.1/unity-catalog/metastore_summary") for _ in range(40)))
        assert {answer["metastore_id"] for answer in answers} == {door.metastore_id}

    async def test_the_agent_of_the_requests_is_named(self, sandbox: RunningSandbox) -> None:
        door = await connect(Settings(root=sandbox.root, sandbox="local"), clock=RealClock())
        assert isinstance(door.transport, SdkTransport)
        assert door.transport.user_agent.startswith("agentry/0.1.0 databricks-sdk-py/")


async def within(coroutine: Awaitable[Workspace]) -> Workspace:
    started = time.monotonic()
    try:
        return await coroutine
    finally:
        assert time.monotonic() - started < SAID_WITHIN


@contextlib.asynccontextmanager
async def mute() -> AsyncIterator[str]:
    """A host that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextlib.asynccontextmanager
async def closed() -> AsyncIterator[str]:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    yield address


@pytest.mark.parametrize("away", [mute, closed])
async def test_a_host_that_does_not_answer_is_named_in_time(
    away: Callable[[], contextlib.AbstractAsyncContextManager[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", "a-token")
    async with away() as address:
        with pytest.raises(Unavailable, match=address):
            await within(connect(Settings(host=address), clock=RealClock()))


async def test_a_sandbox_that_ended_is_cured_by_a_command(tmp_path: Path) -> None:
    (tmp_path / ".agentry").mkdir()
    async with closed() as address:
        profile(tmp_path / ".agentry" / "databrickscfg", "local", host=address, token="t")
        with pytest.raises(ConfigError, match=r"sandbox 'local' is not running\n.*\n→ type: agentry sandbox start$"):
            await within(connect(Settings(root=tmp_path, sandbox="local"), clock=RealClock()))


async def test_a_sandbox_that_never_ran_is_cured_by_the_same_command(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sandbox 'local' is not running\n.*\n→ type: agentry sandbox start$"):
        await connect(Settings(root=tmp_path, sandbox="local"), clock=RealClock())


async def test_an_unknown_profile_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    profile(tmp_path / ".databrickscfg", "dev", host="https://dev.example")
    with pytest.raises(ConfigError, match=r"no profile 'prod' in .databrickscfg\nprofiles there: dev\n"):
        await connect(Settings(profile="prod"), clock=RealClock())


async def test_no_credentials_say_what_to_type() -> None:
    with pytest.raises(Unauthenticated, match=r"no credentials for the workspace of the default credentials") as failed:
        await within(connect(Settings(), clock=RealClock()))
    assert "databricks auth login" in failed.value.fix

"""Proxies, certificates and our name, for every client of ours: as every tool on databricks-sdk has them."""

from __future__ import annotations

import gc
import warnings
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from agentry.cli.ask import Asker
from agentry.cli.questions import Form
from agentry.clock import RealClock
from agentry.errors import Unavailable, WorkspaceError
from agentry.stacks import Settings
from agentry.workspace import connect, uploads
from agentry.workspace.registration import register
from tests.workspace.roads import HOST, Authority, Road, proxy, tls
from tests.workspace.test_client import nothing_of_this_machine, within
from tests.workspace.test_registration import models, place_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sandbox.workspace import RunningSandbox

__all__ = ["models", "nothing_of_this_machine"]
pytestmark = pytest.mark.process
ADDRESS = f"https://{HOST}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def roads() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack
    # databricks-sdk never closes its sessions, and Python complains of sockets with TLS that are collected open.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def front(sandbox: RunningSandbox, authority: Authority, roads: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Road:
    """TLS before the sandbox, with the token in the environment."""
    monkeypatch.setenv("DATABRICKS_TOKEN", sandbox.tokens["deployer"])
    return roads.enter_context(tls(authority, urlsplit(sandbox.address).port or 0))


@pytest.fixture
def own_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker that starts here: it keeps the proxies and certificates that it was started with."""
    monkeypatch.setattr(uploads, "_running", None)
    yield
    if uploads._running is not None:
        uploads._running.stop()


def through(monkeypatch: pytest.MonkeyPatch, road: Road) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{road.port}")


@pytest.mark.usefixtures("own_worker")
async def test_a_proxy_and_an_authority_of_the_house_lead_to_the_workspace(
    sandbox: RunningSandbox,
    authority: Authority,
    front: Road,
    roads: ExitStack,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """databricks-sdk, the worker with MLflow's client, and questions."""
    way = roads.enter_context(proxy(front.port))
    through(monkeypatch, way)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
    found = await connect(Settings(host=ADDRESS), clock=RealClock())
    assert found.me.user_name == "deployer@sandbox.example"
    place = await place_in(sandbox, tmp_path)
    place.there = found
    made = await register(found, place.request())
    assert made.version == "1"
    asker = Asker("nobody", f"{ADDRESS}/serving-endpoints/nobody/invocations", found.token(), Form("messages"))
    with pytest.raises(WorkspaceError) as refused:
        asker.ask("hello")
    assert not isinstance(refused.value, Unavailable)
    assert {head.split()[1] for head in way.heads} == {f"{HOST}:443"}
    assert all("agentry/0.1.0" in agent for agent in front.agents), front.agents
    assert len(front.agents) >= 3


async def test_no_proxy_is_honoured(
    front: Road, authority: Authority, roads: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = roads.enter_context(proxy(front.port))
    through(monkeypatch, way)
    monkeypatch.setenv("NO_PROXY", HOST)
    monkeypatch.setenv("no_proxy", HOST)
    with pytest.raises(Unavailable):
        await within(connect(Settings(host=ADDRESS), clock=RealClock()))
    assert way.heads == []


async def test_a_workspace_on_this_machine_is_asked_directly(
    sandbox: RunningSandbox, roads: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = roads.enter_context(proxy(None))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{way.port}")
    monkeypatch.setenv("NO_PROXY", "elsewhere.example")
    monkeypatch.setenv("no_proxy", "elsewhere.example")
    assert (await connect(Settings(root=sandbox.root, sandbox="local"), clock=RealClock())).host == sandbox.address
    assert way.heads == []


async def test_a_certificate_that_nobody_knows_is_said(
    front: Road, roads: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    through(monkeypatch, roads.enter_context(proxy(front.port)))
    with pytest.raises(Unavailable, match="its certificate is not trusted") as failed:
        await within(connect(Settings(host=ADDRESS), clock=RealClock()))
    assert "REQUESTS_CA_BUNDLE" in failed.value.fix


async def test_a_proxy_that_refuses_is_said(front: Road, roads: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    through(monkeypatch, roads.enter_context(proxy(None)))
    with pytest.raises(Unavailable, match="the proxy refuses, or can not be reached") as failed:
        await within(connect(Settings(host=ADDRESS), clock=RealClock()))
    assert failed.value.unsent
    assert "HTTPS_PROXY" in failed.value.fix


async def test_a_host_that_speaks_no_tls_is_said(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", "a-token")
    with pytest.raises(Unavailable, match="TLS: "):
        await within(connect(Settings(host=sandbox.address.replace("http:", "https:")), clock=RealClock()))


async def test_a_login_that_asks_a_host_which_is_away_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would say that there are no credentials."""
    monkeypatch.setenv("DATABRICKS_CLIENT_ID", "an-id")
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", "a-secret")
    with pytest.raises(Unavailable, match=r"can not be reached|no answer"):
        await within(connect(Settings(host="https://workspace.invalid"), clock=RealClock()))

"""A sandbox in this process, and model versions in it, for the tests of serving."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import uvicorn

from agentry.clock import FakeClock
from agentry.sandbox.app import create_app
from agentry.sandbox.identity import Caller
from agentry.sandbox.mode import Mode
from agentry.sandbox.places import Places
from agentry.sandbox.registry.models import create_model
from agentry.sandbox.registry.rows import RegisteredModel
from agentry.sandbox.registry.versions import NewVersion, create_version, finalize_version
from agentry.sandbox.seed import seed_people, token_of, user_name
from agentry.sandbox.serving import service
from agentry.sandbox.serving.deployment import Deployment
from agentry.sandbox.serving.endpoints import Endpoints
from agentry.sandbox.state import Settings, State, open_state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from agentry.clock import Clock
    from agentry.sandbox.serving.process import ServedProcess
    from agentry.sandbox.web import Json

ROOT = Path(__file__).parents[2]
# Shared with the demo, and between test runs.
CACHE = Places(ROOT, "local").cache
ECHO_REQUIREMENTS = ROOT / "agents" / "echo" / "requirements.txt"
MODEL = "local.agents.sample"
# As `mlflow.pyfunc.save_model(python_model="agent.py")` writes it, without what serving does not read.
MLMODEL = """\
flavors:
  python_function:
    config: {{}}
    env: {{conda: conda.yaml, virtualenv: python_env.yaml}}
    loader_module: {loader}
    model_code_path: agent.py
    python_version: {python}
    streamable: true
metadata: {{task: {task}}}
mlflow_version: 3.17.2
{uses}
"""


def write_model(
    directory: Path,
    code: str,
    *,
    resources: dict[str, list[dict[str, Any]]] | None = None,
    uses: str = "",
    loader: str = "mlflow.pyfunc.loaders.code_model",
    task: str = "null",
    requirements: str | None = None,
    python: str = "3.11.7",
) -> Path:
    """A model directory as MLflow lays it out."""
    directory.mkdir(parents=True, exist_ok=True)
    if resources is not None:
        uses = "resources: " + json.dumps({"databricks": resources, "api_version": "1"})
    text = MLMODEL.format(loader=loader, task=task, uses=uses, python=python)
    (directory / "MLmodel").write_text(text)
    (directory / "agent.py").write_text(code)
    (directory / "requirements.txt").write_text(ECHO_REQUIREMENTS.read_text() if requirements is None else requirements)
    return directory


@dataclass
class Workspace:
    """A sandbox, and clients of its three people."""

    state: State
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    @property
    def deployer(self) -> httpx.AsyncClient:
        return self.clients["deployer"]

    @property
    def asker(self) -> httpx.AsyncClient:
        return self.clients["asker"]

    @property
    def endpoints(self) -> Endpoints:
        return service.endpoints_of(self.state)

    def caller(self, person: str = "deployer") -> Caller:
        principal = self.state.principals.named(user_name(person), "User")
        assert principal is not None
        return Caller(principal)

    def version(self, code: str = "", *, model: str = MODEL, **said: Any) -> str:
        """Register another version of a model; its number."""
        caller = self.caller()
        if self.state.store.get(RegisteredModel, model) is None:
            create_model(self.state, caller, model)
        version = create_version(self.state, caller, model, NewVersion())
        write_model(self.state.tree.locate(version.path), code, **said)
        return str(finalize_version(self.state, caller, model, version.version).version)

    def stopped(self) -> None:
        shutil.rmtree(self.state.settings.directory, ignore_errors=True)


class FakeProcess:
    """Stands for the process of a served version."""


class FakeDeployment(Deployment):
    """A deployment without a process: the test says what becomes of it."""

    made: ClassVar[list[FakeDeployment]]

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.retired: list[bool] = []
        self.answers: FakeProcess | None = FakeProcess()
        self.made.append(self)

    def begin(self) -> None:
        self.begun = True

    def becomes(self, deployment: str, message: str = "") -> None:
        self._report(deployment, message)

    @property
    def process(self) -> ServedProcess | None:
        return self.answers  # type: ignore[return-value]

    async def retire(self, *, drain: bool) -> None:
        self.retired.append(drain)

    @property
    def entity(self) -> str:
        return self._entity.name

    @property
    def run(self) -> str:
        return self._entity.run


def open_workspace(
    directory: Path, *, clock: Clock | None = None, address: str = "http://127.0.0.1:1", mode: Mode | None = None
) -> Workspace:
    """A new sandbox below the directory, with its people and what areas prepare."""
    # In a directory of its own: beside it is the metastore.
    state = open_state(Settings("local", directory / "local", CACHE, address, mode or Mode()), clock)
    seed_people(state)
    return Workspace(state)


@asynccontextmanager
async def pretending(
    directory: Path, deploy: type[Deployment] | None = None
) -> AsyncIterator[tuple[Workspace, list[FakeDeployment]]]:
    """A sandbox whose deployments are fakes (or others that start nothing), and whose time stands still."""
    workspace = open_workspace(directory, clock=FakeClock())
    app = create_app(workspace.state)

    class Fake(FakeDeployment):
        made: ClassVar[list[FakeDeployment]] = []

    workspace.state.running[service.NAME] = Endpoints(
        workspace.state, service.means_of(workspace.state), deploy or Fake
    )
    transport = httpx.ASGITransport(app)
    try:
        async with _clients(workspace, lambda token: _client("http://sandbox", token, transport)):
            yield workspace, Fake.made
    finally:
        workspace.state.store.close()


@asynccontextmanager
async def running(directory: Path, mode: Mode | None = None) -> AsyncIterator[Workspace]:
    """A sandbox that listens on loopback and runs what it serves."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(100)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    workspace = open_workspace(directory, address=address, mode=mode)
    config = uvicorn.Config(create_app(workspace.state), log_config=None, access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        await until(lambda: server.started)
        async with _clients(workspace, lambda token: _client(address, token, None)):
            yield workspace
    finally:
        server.should_exit = True
        await serving
        listener.close()
        workspace.state.store.close()


def _client(address: str, token: str, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=address, headers=headers, timeout=120, transport=transport, trust_env=False)


@asynccontextmanager
async def _clients(workspace: Workspace, client: Callable[[str], httpx.AsyncClient]) -> AsyncIterator[None]:
    people = ("deployer", "asker", "admin")
    workspace.clients = {person: client(token_of(workspace.state, person)) for person in people}
    try:
        yield
    finally:
        for one in workspace.clients.values():
            await one.aclose()


async def until(condition: Callable[[], bool], *, polls: int = 6000) -> None:
    """Wait for a process to start, at most a minute."""
    for _ in range(polls):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("what was waited for did not come about")


def entity(version: str = "1", *, model: str = MODEL, **said: Any) -> Json:
    """A served entity of a request."""
    return {"entity_name": model, "entity_version": version, "workload_size": "Small", **said}


def config(*entities: Json, **shares: int) -> Json:
    """A configuration of a request."""
    routes = [{"served_model_name": name, "traffic_percentage": share} for name, share in shares.items()]
    return {"served_entities": list(entities), **({"traffic_config": {"routes": routes}} if routes else {})}


async def settled(client: httpx.AsyncClient, name: str) -> Json:
    """The endpoint when its update is over."""
    for _ in range(6000):
        endpoint: Json = (await client.get(f"/api/2.0/serving-endpoints/{name}")).json()
        if endpoint["state"]["config_update"] != "IN_PROGRESS":
            return endpoint
        await asyncio.sleep(0.02)
    raise AssertionError(f"{name} is still being updated: {endpoint}")

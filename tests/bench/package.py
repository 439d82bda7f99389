"""How long an agent's digest and a registration take, beside what MLflow takes that logs and registers the same agent."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from agentry.clock import RealClock
from agentry.package import AgentSpec, read_package
from agentry.provider.kinds.kind import Context
from agentry.provider.kinds.model_version import ModelVersion
from agentry.report import Reporter
from agentry.sandbox import process
from agentry.stacks import Settings
from agentry.workspace import connect, model_versions
from agentry.workspace.model_versions import REGISTRY
from tests.bench.row import Row, measure
from tests.package.environment import ROOT, environment_with
from tests.sandbox.workspace import running_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentry.provider.kinds.kind import Properties
    from agentry.workspace import Workspace
    from tests.sandbox.workspace import RunningSandbox

MLFLOW = Path(__file__).with_name("log_and_register.py")
CODE = "agents/echo"


def rows() -> Iterator[Row]:
    """The rows of packaging and registration."""
    for agent in ("echo", "weather"):
        spec = AgentSpec(f"agents/{agent}")
        yield measure(f"digest of {agent}", lambda spec=spec: read_package(spec, ROOT), target=0.05)  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as scratch:
        sandbox = running_sandbox(Path(scratch))
        try:
            yield from _registration(sandbox)
            yield from _mlflow(sandbox)
        finally:
            process.stop(Path(scratch))


def _registration(sandbox: RunningSandbox) -> Iterator[Row]:
    """The whole of a create, digest and wait for READY included, at the first version and when there are 200."""
    root = sandbox.root / "project"
    shutil.copytree(ROOT / CODE, root / CODE)
    loop = asyncio.new_event_loop()
    run = loop.run_until_complete
    there = run(connect(Settings(root=sandbox.root, sandbox=sandbox.name), clock=RealClock()))
    inputs = run(_prepare(there, f"{sandbox.schema}.bench"))
    model = inputs["model"]
    context = Context(there, Reporter(), RealClock(), root, "agents", "bench", "urn")
    counter = itertools.count()

    def register() -> None:
        changed = {**inputs, "modelConfig": {"n": next(counter)}}
        checked = run(ModelVersion().check(changed, {}, context))
        run(ModelVersion().create(checked.inputs, context))

    yield measure("register a version, logged model included", register, target=0.4)
    run(_fill(there, model, 200))
    yield measure("find the oldest of 200 versions by its content", lambda: run(_oldest(there, model)))
    loop.close()


async def _prepare(there: Workspace, model: str) -> Properties:
    await there.post(f"{REGISTRY}/registered-models/create", {"name": model})
    await there.post("/api/2.0/workspace/mkdirs", {"path": "/Shared"})
    made = await there.post("/api/2.0/mlflow/experiments/create", {"name": "/Shared/bench"})
    resources = [{"type": "serving_endpoint", "name": "sandbox-chat"}]
    given = {"model": model, "code": CODE, "experimentId": made["experiment_id"], "tags": {}, "check": False}
    return {**given, "resources": resources}


async def _fill(there: Workspace, model: str, count: int) -> None:
    have = len(await model_versions.numbers(there, model))
    tags = [{"key": model_versions.DIGEST_TAG, "value": "another"}]
    for _ in range(count - have):
        await there.post(f"{REGISTRY}/model-versions/create", {"name": model, "tags": tags})


async def _oldest(there: Workspace, model: str) -> None:
    first = await model_versions.get(there, model, 1)
    assert first is not None
    held = await model_versions.holding(there, model, first.digest, first.owner)
    assert held.ready == first


def _mlflow(sandbox: RunningSandbox) -> Iterator[Row]:
    """What somebody runs who logs and registers by hand, in a process that has imported MLflow already."""
    command = [str(environment_with("3.17.2")), str(MLFLOW), str(ROOT / CODE), f"{sandbox.schema}.by_hand"]
    done = subprocess.run(command, env=sandbox.environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    for what, seconds in json.loads(done.stdout.splitlines()[-1]).items():
        yield Row(f"MLflow 3.17.2: {what}", tuple(seconds))

"""The canary where files leave for real: MLflow's client, in a process of its own, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime.proto import resource_pb2

from agentry.clock import RealClock
from agentry.provider.wire import Secret
from agentry.sandbox.places import Places
from agentry.stacks import Settings
from agentry.workspace import connect, uploads
from tests.matrix.kinds.model_version import CASE, REQUIREMENTS
from tests.matrix.stage import Stage
from tests.matrix.test_canary import CANARY, silent
from tests.package.agents import RESPONSES_AGENT, write_agent
from tests.provider.sandboxed import api
from tests.sandbox.workspace import instant_sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.workspace import RunningSandbox

__all__ = ["instant_sandbox"]
pytestmark = pytest.mark.process
FILES = "/api/2.0/fs/files/Models/.*"


async def test_a_secret_is_in_no_log_of_an_upload_that_fails_or_goes_well(
    instant_sandbox: RunningSandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    model = f"{instant_sandbox.schema}.{instant_sandbox.unique('uploaded')}"
    api(
        instant_sandbox,
        "POST",
        "/api/2.0/mlflow/unity-catalog/registered-models/create",
        "deployer",
        json={"name": model},
    )
    write_agent(tmp_path, {"agent.py": RESPONSES_AGENT, "requirements.txt": REQUIREMENTS}, "agents/weather")
    settings = Settings(root=instant_sandbox.root, sandbox=instant_sandbox.name)

    async def real(_: Any, *, clock: Any, cancelled: Any = None) -> Any:
        return await connect(settings, clock=clock, cancelled=cancelled)

    stage = Stage.set(tmp_path, real, RealClock())
    limit = resource_pb2.RegisterResourceRequest.CustomTimeouts(create="120s")
    declared = CASE.declared(**{**CASE.canaries(Secret(CANARY)), "model": model})
    program = replace(declared, options={"customTimeouts": limit})
    token = instant_sandbox.tokens["deployer"]
    # After the whole body was read: an answer before that may be lost, and MLflow's client would try for minutes.
    refusing = {
        "path": FILES,
        "method": "PUT",
        "status": 403,
        "after": True,
        "times": None,
        "message": f"{token} sent {CANARY}",
    }
    api(instant_sandbox, "PUT", "/sandbox/faults", json={"faults": [refusing]})
    try:
        told = await stage.up(program)
    finally:
        api(instant_sandbox, "PUT", "/sandbox/faults", json={"faults": []})
    assert "sent [secret]" in told.failed["it"], "what the workspace says is told"
    done = (await stage.up(program)).well()
    assert done.changes == {"create it": 1}

    worker = uploads.running_worker()
    log = Places(instant_sandbox.root, instant_sandbox.name).log_file
    for outcome in (told, done):
        silent(outcome, stage)
        assert token not in repr(outcome.events) + outcome.text + stage.written()
    for kept in ("\n".join(worker.complaints), caplog.text, log.read_text()):
        assert CANARY not in kept
        assert token not in kept

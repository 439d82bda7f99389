"""An agent of this repository, packaged as it is deployed, asked in its own environment."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from agentry.clock import RealClock
from agentry.package import AgentSpec, read_package
from agentry.sandbox.serving.environments import Environments, Requirements

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("AGENTRY_CACHE") or ROOT / ".agentry/cache")


async def interpreter(model: Path, version: str) -> Path:
    """The Python of the environment that a packaged model is served in."""
    log: list[str] = []
    return await Environments(CACHE, RealClock()).ready(Requirements(model, version), log.append)


async def ask(name: str, config: dict[str, Any], steps: list[dict[str, Any]], scratch: Path, host: str = "") -> Any:
    """The results of the steps; see ask.py for what they are."""
    model, results, credentials = scratch / "model", scratch / "results.json", scratch / "credentials"
    credentials.mkdir()
    package = read_package(AgentSpec(code=f"agents/{name}", model_config=config), ROOT)
    package.write(model)
    python = await interpreter(model, package.python)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "IS_IN_DB_MODEL_SERVING_ENV": "true",
        "DATABRICKS_MODEL_SERVING_HOST_URL": host,
        "SERVING_CREDENTIALS_DIR": str(credentials),
        "DATABRICKS_CONFIG_FILE": str(scratch / "none"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_TRACKING_URI": str(scratch / "traces"),
    }
    command = [str(python), str(Path(__file__).with_name("ask.py")), str(model), str(results)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=scratch, stdin=pipe, stderr=pipe)
    _, said = await process.communicate(json.dumps(steps).encode())
    assert process.returncode == 0, said.decode()[-3000:]
    return json.loads(results.read_text())

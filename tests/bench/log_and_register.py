"""Run in an environment of its own: times MLflow's `log_model` and `register_model` of one agent, five times each."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import mlflow
from mlflow.models.resources import DatabricksServingEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable

agent, name = sys.argv[1:3]
mlflow.set_experiment("/Shared/by-hand")
logged: list[Any] = []


def log(**more: Any) -> None:
    resources = [DatabricksServingEndpoint("sandbox-chat")]
    logged.append(mlflow.pyfunc.log_model(name="agent", python_model=f"{agent}/agent.py", resources=resources, **more))


def timed(run: Callable[[], object], runs: int) -> list[float]:
    run()
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return seconds


pinned = {"pip_requirements": f"{agent}/requirements.txt"}
figures = {
    "log_model, requirements given": timed(lambda: log(**pinned), 5),
    "log_model, requirements inferred": timed(log, 2),
    "register_model of what was logged": timed(lambda: mlflow.register_model(logged[0].model_uri, name), 5),
}
print(json.dumps(figures))

"""Whether an endpoint was asked lately: what the platform counts in a minute, and the traces of its agent before that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentry.errors import WorkspaceError
from agentry.provider.kinds.endpoint_config import EXPERIMENT_VARIABLE
from agentry.provider.kinds.endpoint_health import entities
from agentry.workspace.serving import ENDPOINTS

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Context
    from agentry.workspace import Json, Workspace

TRACES = "/api/3.0/mlflow/traces/search"
# Prometheus' text form: a name, labels, the value, and perhaps a time (docs.databricks.com,
# model-serving/metrics-export-serving-endpoint; its request metrics count the past minute).
_COUNT = re.compile(r"^request_count(?:_total)?(?:\{[^}]*\})?\s+(?P<value>[0-9.eE+]+)", re.MULTILINE)


def counted(metrics: str) -> int:
    """How many requests an endpoint's metrics tell of, over all its served entities; 0 where they tell of none."""
    return round(sum(float(found["value"]) for found in _COUNT.finditer(metrics)))


async def lately(workspace: Workspace, live: Json, minutes: int, ctx: Context) -> str:
    """Who asked an endpoint lately, in a few words; empty when nobody did.

    Args:
        workspace: Where.
        live: The endpoint, as GET answers it.
        minutes: How far back.
        ctx: What was not allowed to be read is told there, and counts as traffic: nobody knows that there is none.
    """
    name = str(live["name"])
    try:
        now = counted(await workspace.text(f"{ENDPOINTS}/{name}/metrics"))
        if now:
            return f"it got {_requests(now)} in the past minute"
        for experiment in _experiments(live):
            if await _traced(workspace, experiment, minutes, ctx):
                return f"its agent wrote a trace in the past {minutes} minutes"
    except WorkspaceError as error:
        ctx.report.warning(f"nobody knows whether endpoint {name} is in use: {error}")
        return "its metrics or traces can not be read"
    return ""


async def _traced(workspace: Workspace, experiment: str, minutes: int, ctx: Context) -> bool:
    since = int((ctx.clock.now() - minutes * 60) * 1000)
    body = {
        "locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}],
        "filter": f"attributes.timestamp_ms > {since}",
        "max_results": 1,
    }
    return bool((await workspace.search(TRACES, body)).get("traces"))


def _experiments(live: Json) -> list[str]:
    """Where the agents of an endpoint trace to."""
    served = [one.get("environment_vars") or {} for one in entities(live.get("config"))]
    return sorted({str(variables[EXPERIMENT_VARIABLE]) for variables in served if variables.get(EXPERIMENT_VARIABLE)})


def _requests(number: int) -> str:
    return "1 request" if number == 1 else f"{number} requests"

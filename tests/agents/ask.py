"""Run in the environment of an agent: loads a packaged model as a server does, and does what stdin says.

Reads a list of steps as JSON; writes one result for each to the file that is named.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import mlflow

real_time = time.time


def step(model: Any, job: dict[str, Any]) -> Any:
    if "forward" in job:  # databricks-sdk keeps a token for five minutes
        time.time = lambda: real_time() + job["forward"]
        return None
    try:
        if job.get("stream"):
            return list(model.predict_stream(job["question"]))
        return model.predict(job["question"])
    except Exception as error:  # noqa: BLE001 - what it raises is what is asked for
        return {"error": f"{type(error).__name__}: {error}"}


def token(job: dict[str, Any]) -> None:
    """What the platform mounts: put there, or taken away."""
    file = Path(os.environ["SERVING_CREDENTIALS_DIR"], "model-dependencies-oauth-token")
    if job["token"] is None:
        file.unlink(missing_ok=True)
    elif "token" in job:
        file.write_text(json.dumps({"OAUTH_TOKEN": [{"oauthTokenValue": job["token"]}]}))


def main() -> None:
    steps = json.load(sys.stdin)
    model = mlflow.pyfunc.load_model(sys.argv[1])
    results = []
    for job in steps:
        if "token" in job:
            token(job)
        results.append(step(model, job))
    Path(sys.argv[2]).write_text(json.dumps(results))


if __name__ == "__main__":
    main()

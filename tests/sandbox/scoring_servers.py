"""Run in an environment of its own: asks MLflow's scoring server and the sandbox's runner the same, about one model.

Reads `{"runner": path, "models": [[directory, [request, ...]], ...]}` as JSON from stdin, where a request is JSON or, as
a text, the bytes to send; writes to the named file, for each request, what each of the two said: `[status, body]`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from mlflow.pyfunc import load_model, scoring_server


async def of_mlflow(app: Any, body: bytes) -> tuple[int, Any]:
    """What `mlflow models serve` says: its application, without a socket."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/invocations",
        "raw_path": b"/invocations",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "client": None,
        "server": None,
        "scheme": "http",
        "root_path": "",
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(content)


def of_runner(port: int, body: bytes) -> tuple[int, Any]:
    """What the runner says."""
    headers = {"X-Sandbox-Key": "k", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/invocations", body, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            text = answer.read().decode()
            stream = answer.headers["Content-Type"] == "text/event-stream"
            return answer.status, text if stream else json.loads(text)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def both(runner: Any, directory: str, requests: list[Any]) -> list[Any]:
    """The answers about one model."""
    answers = runner.load(directory, "e")
    app = scoring_server.init(load_model(directory))
    server = runner.Server(answers, "k")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    said = []
    for request in requests:
        body = request.encode() if isinstance(request, str) else json.dumps(request).encode()
        stream = isinstance(request, dict) and request.get("stream")
        mlflows = None if stream else asyncio.run(of_mlflow(app, body))
        said.append([mlflows, of_runner(server.server_address[1], body)])
    server.shutdown()
    server.server_close()
    return said


told = json.load(sys.stdin)
spec = importlib.util.spec_from_file_location("runner", told["runner"])
assert spec
assert spec.loader
module = importlib.util.module_from_spec(spec)
sys.modules["runner"] = module
spec.loader.exec_module(module)
Path(sys.argv[1]).write_text(json.dumps([both(module, directory, requests) for directory, requests in told["models"]]))

"""A workflow logs in with what GitHub gives its job: its own step makes the profile, databricks-sdk does the rest.

The exchange is databricks-sdk's (`github-oidc`); GitHub and the workspace are played here.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from databricks.sdk.core import Config

from agentry.new import Names, contents
from agentry.stacks import Settings
from agentry.workspace.credentials import arguments_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process
CONTENTS = contents(Names("shop"), "agentry==0.1.0")
WORKFLOWS = sorted(path for path in CONTENTS if path.startswith(".github/workflows/"))


class Both(BaseHTTPRequestHandler):
    """GitHub's issuer of tokens, and the workspace that trusts it."""

    exchanged: list[dict[str, list[str]]]

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        root = f"http://{self.headers['Host']}"
        if asked.path == "/.well-known/databricks-config":
            # As a workspace says it: the account is the audience (token_federation_default_oidc_audiences).
            audiences = {"token_federation_default_oidc_audiences": ["the-account"]}
            self._say({"oidc_endpoint": f"{root}/oidc", "account_id": "the-account", "workspace_id": "1", **audiences})
        elif asked.path == "/oidc/.well-known/oauth-authorization-server":
            self._say({"authorization_endpoint": f"{root}/oidc/a", "token_endpoint": f"{root}/oidc/v1/token"})
        elif asked.path == "/github" and self.headers["Authorization"] == "Bearer of-the-job":
            self._say({"value": f"signed for {parse_qs(asked.query)['audience'][0]}"})
        else:
            self._say({}, 404)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.exchanged.append(form)
        self._say({"access_token": "of-the-principal", "token_type": "Bearer", "expires_in": 3600})

    def _say(self, content: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def served() -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    exchanged: list[dict[str, list[str]]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Both,), {"exchanged": exchanged}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", exchanged
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def profile_step(workflow: str) -> str:
    """The command of the workflow that writes the profile."""
    read = yaml.safe_load(CONTENTS[workflow])
    (found,) = (
        step["run"]
        for job in read["jobs"].values()
        for step in job["steps"]
        if "DATABRICKS_CONFIG_FILE" in step.get("run", "")
    )
    return str(found)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_the_token_of_the_job_becomes_one_of_the_workspace(
    workflow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("DATABRICKS_")]:
        monkeypatch.delenv(name)
    file = tmp_path / ".agentry/ci-databrickscfg"
    with served() as (root, exchanged):
        variables = {"HOST": root, "CLIENT_ID": "the-application", "DATABRICKS_CONFIG_FILE": str(file)}
        run = ["bash", "-euo", "pipefail", "-c", profile_step(workflow)]
        subprocess.run(run, cwd=tmp_path, env={**os.environ, **variables}, timeout=60, check=True)
        monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(file))
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{root}/github?api-version=2.0")
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-the-job")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        config = Config(**arguments_for(Settings(root=tmp_path, profile="dev")))
        assert config.auth_type == "github-oidc"
        assert config.authenticate() == {"Authorization": "Bearer of-the-principal"}
    assert exchanged[0]["subject_token"] == ["signed for the-account"]
    assert exchanged[0]["client_id"] == ["the-application"]
    assert "of-the-job" not in file.read_text()

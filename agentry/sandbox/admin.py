"""What an admin asks of a sandbox that runs, over HTTP: what its own routes are for."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any

from agentry.errors import SandboxError
from agentry.sandbox.places import read_profiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.sandbox.process import Running

ANSWER_SECONDS = 30.0


def ask(running: Running, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Ask as the sandbox's admin.

    Args:
        running: The sandbox.
        method: Of the request.
        path: Of the request, such as `/sandbox/faults`.
        body: Is sent as JSON.

    Raises:
        SandboxError: It refuses, or does not answer.
    """
    profile = f"{running.name}-admin"
    token = read_profiles(running.config_file).get(profile, {}).get("token", "")
    host, _, port = running.address.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=ANSWER_SECONDS)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        answer: dict[str, Any] = json.load(response)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SandboxError(
            f"the sandbox {running.name} does not answer",
            where=f"{running.address}{path}",
            why=str(error) or type(error).__name__,
            fix=f"look into {running.log_file}",
        ) from error
    finally:
        connection.close()
    if response.status >= 300:
        raise SandboxError(
            f"the sandbox {running.name} refuses that",
            where=f"{method} {path}",
            why=str(answer.get("message", answer)),
            fix="agentry sandbox fault add --help",
        )
    return answer

"""A credential that runs out in the middle: asked for anew once, then an error; and a workspace that goes away."""

from __future__ import annotations

import configparser
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from agentry.clock import RealClock
from agentry.errors import PermissionDenied, Unauthenticated
from agentry.stacks import Settings
from agentry.workspace import Workspace, connect
from tests.workspace.test_client import nothing_of_this_machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["nothing_of_this_machine"]
REFUSALS = [
    (401, {"error_code": "UNAUTHENTICATED", "message": "expired"}),
    (403, {"error_code": "403", "message": "Invalid access token."}),
]


class Place:
    """A workspace that takes one token, and refuses all others in one way."""

    def __init__(self) -> None:
        self.token = "first"
        self.refusal = REFUSALS[0]
        self.denied: set[str] = set()
        self.requests: list[tuple[str, str]] = []
        self.address = ""

    def answer(self, path: str, token: str) -> tuple[int, dict[str, Any]]:
        if path.startswith("/.well-known"):
            return 404, {}
        self.requests.append((path.partition("?")[0], token))
        if token != self.token:
            return self.refusal
        if path in self.denied:
            return 403, {"error_code": "PERMISSION_DENIED", "message": "no"}
        return 200, {"userName": "deployer@company.example", "id": "1", "metastore_id": "m"}


@pytest.fixture
def place() -> Iterator[Place]:
    with serving(Place()) as found:
        yield found


@contextmanager
def serving(place: Place) -> Iterator[Place]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = place.answer(self.path, self.headers.get("Authorization", "").partition(" ")[2])
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        place.address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield place
        finally:
            server.shutdown()
            thread.join()


def write_profile(tmp_path: Path, place: Place, token: str) -> None:
    parser = configparser.ConfigParser()
    parser["dev"] = {"host": place.address, "token": token}
    with (tmp_path / ".databrickscfg").open("w") as file:
        parser.write(file)


async def connected(tmp_path: Path, place: Place) -> Workspace:
    write_profile(tmp_path, place, "first")
    return await connect(Settings(profile="dev"), clock=RealClock())


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("method", ["get", "post"])
async def test_a_token_that_ran_out_is_asked_for_anew(place: Place, tmp_path: Path, refusal: Any, method: str) -> None:
    """It was refused, so it did nothing, and a create may be sent again."""
    there = await connected(tmp_path, place)
    place.refusal, place.token = refusal, "second"
    write_profile(tmp_path, place, "second")
    await getattr(there, method)("/x")
    assert there.token().token == "second"
    assert [token for path, token in place.requests if path == "/x"] == ["first", "second"]


async def test_a_token_that_is_refused_as_well_is_the_end(place: Place, tmp_path: Path) -> None:
    there = await connected(tmp_path, place)
    place.token = "another"
    for _ in range(3):
        with pytest.raises(Unauthenticated, match="refuses the credentials"):
            await there.get("/x")
    # Asked for once, and not with each request.
    assert [path for path, _ in place.requests if path == "/x"] == ["/x"] * 4


async def test_a_request_that_is_not_allowed_asks_for_no_credential(place: Place, tmp_path: Path) -> None:
    there = await connected(tmp_path, place)
    place.denied.add("/x")
    before = len(place.requests)
    with pytest.raises(PermissionDenied):
        await there.get("/x")
    assert len(place.requests) == before + 1


async def test_who_we_are_is_asked_once(place: Place, tmp_path: Path) -> None:
    there = await connected(tmp_path, place)
    for _ in range(3):
        await there.get("/x")
    assert [path for path, _ in place.requests].count("/api/2.0/preview/scim/v2/Me") == 1

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from agentry.clock import FakeClock
from agentry.sandbox.errors import PermissionDenied, Unauthenticated
from agentry.sandbox.identity import Scope, Tokens
from agentry.sandbox.principals import Principals
from agentry.sandbox.serving.credentials import FILE, Mount, Rotation, scopes_of
from agentry.sandbox.store import Store

if TYPE_CHECKING:
    from pathlib import Path

LLM = Scope("serving_endpoint", "llm")
ROTATION = Rotation(interval=600, overlap=301)


class Bench:
    def __init__(self, directory: Path, scopes: frozenset[Scope] = frozenset({LLM})) -> None:
        self.clock = FakeClock()
        store = Store(":memory:")
        creator = Principals(store).create("User", "deployer@sandbox.example")
        self.tokens = Tokens(store, self.clock)
        self.mount = Mount(directory / "credentials", "weather/a/1", creator, scopes)

    @property
    def file(self) -> Path:
        return self.mount.directory / FILE

    def token(self) -> str:
        return str(json.loads(self.file.read_text())["OAUTH_TOKEN"][0]["oauthTokenValue"])


def test_the_file_holds_a_token_for_what_is_declared(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.mount.write(bench.tokens, ROTATION)
    caller = bench.tokens.caller(f"Bearer {bench.token()}")
    assert caller.name == "deployer@sandbox.example"
    assert caller.may_use(*LLM)
    with pytest.raises(PermissionDenied, match="other"):
        caller.require_scope("serving_endpoint", "other")


def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.mount.write(bench.tokens, ROTATION)
    assert stat.S_IMODE(bench.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(bench.file.parent.stat().st_mode) == 0o700


def test_nothing_declared_no_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path, frozenset())
    bench.mount.write(bench.tokens, ROTATION)
    assert not bench.mount.directory.exists()


def test_an_old_token_outlives_what_clients_keep(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.mount.write(bench.tokens, ROTATION)
    old = bench.token()
    bench.clock.advance(600)
    bench.mount.write(bench.tokens, ROTATION)
    assert bench.token() != old
    bench.clock.advance(300)
    assert bench.tokens.caller(f"Bearer {old}").may_use(*LLM)
    bench.clock.advance(1)
    with pytest.raises(Unauthenticated):
        bench.tokens.caller(f"Bearer {old}")
    assert bench.tokens.caller(f"Bearer {bench.token()}").may_use(*LLM)


async def test_it_is_rotated_by_the_clock(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.mount.write(bench.tokens, ROTATION)
    seen = {bench.token()}

    class Enough(Exception):
        pass

    class Watched(FakeClock):
        async def sleep(self, seconds: float) -> None:
            bench.clock.advance(seconds)
            self.advance(seconds)
            seen.add(bench.token())
            if len(seen) == 4:
                raise Enough

    clock = Watched()
    began = clock.now()
    with pytest.raises(Enough):
        await bench.mount.keep(bench.tokens, ROTATION, clock)
    assert clock.now() - began == pytest.approx(3 * ROTATION.interval, abs=60)


def test_they_are_taken_back_together(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.mount.write(bench.tokens, ROTATION)
    first = bench.token()
    bench.mount.write(bench.tokens, ROTATION)
    second = bench.token()
    bench.mount.remove(bench.tokens)
    assert not bench.file.exists()
    for token in (first, second):
        with pytest.raises(Unauthenticated):
            bench.tokens.caller(f"Bearer {token}")


def test_an_overlap_that_clients_would_notice_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 300"):
        Rotation(overlap=300)


def test_the_experiment_is_reached_with_what_is_declared() -> None:
    variables = {"MLFLOW_EXPERIMENT_ID": "7"}
    assert scopes_of((LLM,), variables) == {LLM, Scope("experiment", "7")}
    assert scopes_of((LLM,), {}) == {LLM}
    assert scopes_of((), variables) == frozenset()


def test_both_spellings_of_the_host(tmp_path: Path) -> None:
    variables = Bench(tmp_path).mount.variables("http://127.0.0.1:1")
    assert variables["DATABRICKS_MODEL_SERVING_HOST_URL"] == variables["DB_MODEL_SERVING_HOST_URL"]
    # databricks-sdk takes exactly this spelling.
    assert variables["IS_IN_DB_MODEL_SERVING_ENV"] == "true"

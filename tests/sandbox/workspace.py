"""A running sandbox for the tests of every room: the fixture `sandbox`.

    def test_me(sandbox: RunningSandbox) -> None:
        assert sandbox.client("deployer").get("/api/2.0/preview/scim/v2/Me").json()["userName"] == ...

It is started once per test session (and xdist worker) in a directory of its own and serves real requests on loopback.
Tests share it, so they use names of their own: `sandbox.unique("agent")`.
"""

from __future__ import annotations

import itertools
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from agentry.sandbox import process
from agentry.sandbox.mode import PRESIGNED, Choice
from agentry.sandbox.places import read_profiles
from agentry.sandbox.seed import PEOPLE, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]
# Environments of served agents are slow to make; tests and demo share them.
CACHE = PROJECT / ".agentry" / "cache"


@dataclass
class RunningSandbox:
    """A sandbox that runs.

    Attributes:
        root: The project directory that it was started in.
        name: Its name, which is its catalog's too.
        address: `http://127.0.0.1:PORT`.
        tokens: Token by person: "deployer", "admin", "asker".
        config_file: A databrickscfg with a profile for each of them.
        profile: The deployer's profile.
    """

    root: Path
    name: str
    address: str
    tokens: dict[str, str] = field(repr=False)
    config_file: Path
    profile: str

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    @property
    def schema(self) -> str:
        """`local.agents`."""
        return f"{self.name}.{SCHEMA}"

    def client(self, person: str = "deployer") -> httpx.Client:
        """A plain HTTP client that speaks for a person; close it, or use it in a `with`."""
        headers = {"authorization": f"Bearer {self.tokens[person]}"}
        return httpx.Client(base_url=self.address, headers=headers, trust_env=False, timeout=30)

    def environment(self, person: str = "deployer") -> dict[str, str]:
        """A clean environment in which databricks-sdk and mlflow find the sandbox, and nothing else."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "DATABRICKS_HOST": self.address,
            "DATABRICKS_TOKEN": self.tokens[person],
            "DATABRICKS_CONFIG_FILE": os.devnull,
            "MLFLOW_TRACKING_URI": "databricks",
            "MLFLOW_REGISTRY_URI": "databricks-uc",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "NO_PROXY": "127.0.0.1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    @contextmanager
    def passing(self, *paths: str) -> Iterator[None]:
        """Check that a request for each of these paths (regular expressions) is answered inside."""
        faults = "/sandbox/faults"
        with self.client("admin") as admin:
            # A fault that changes nothing that anybody reads, and is gone when it was met.
            wanted = [{"path": path, "merge": {"passed": True}} for path in paths]
            admin.put(faults, json={"faults": wanted}).raise_for_status()
            try:
                yield
                assert [fault["path"] for fault in admin.get(faults).json()["faults"]] == []
            finally:
                admin.put(faults, json={"faults": []}).raise_for_status()

    def unique(self, name: str) -> str:
        """A name that no other test of this session has."""
        return f"{name}_{next(self._numbers)}"


def running_sandbox(root: Path, name: str = "local", choice: Choice | None = None) -> RunningSandbox:
    """Start a sandbox below a directory; the caller stops it with `process.stop(root, name)`."""
    before = os.environ.get("AGENTRY_CACHE")
    os.environ["AGENTRY_CACHE"] = before or str(CACHE)
    try:
        running = process.start(root, name, choice=choice)
    finally:
        if before is None:
            del os.environ["AGENTRY_CACHE"]
    profiles = read_profiles(running.config_file)
    tokens = {person: profiles[name if person == "deployer" else f"{name}-{person}"]["token"] for person in PEOPLE}
    return RunningSandbox(root, name, running.address, tokens, running.config_file, name)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A running sandbox, shared by the tests of this session."""
    root = tmp_path_factory.mktemp("sandbox")
    try:
        yield running_sandbox(root)
    finally:
        process.stop(root)


@pytest.fixture(scope="session")
def instant_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """Another one, whose endpoints of registered models are ready at once and repeat what they are asked."""
    root = tmp_path_factory.mktemp("instant")
    try:
        yield running_sandbox(root, choice=Choice(instant=True))
    finally:
        process.stop(root)


@pytest.fixture(scope="session")
def presigned_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """Another one, whose files move by presigned addresses."""
    root = tmp_path_factory.mktemp("presigned")
    try:
        yield running_sandbox(root, choice=Choice(storage=PRESIGNED))
    finally:
        process.stop(root)

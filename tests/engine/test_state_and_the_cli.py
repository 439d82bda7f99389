"""The Pulumi CLI reads what the embedded engine writes, and both respect each other's locks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentry.clock import RealClock
from agentry.engine import state
from agentry.engine.backend import FileBackend, Update
from agentry.engine.passphrase import Secrets
from agentry.engine.state import Checkpoint
from agentry.errors import StackLocked
from tests.engine.records import record

pytestmark = [
    pytest.mark.cli,
    pytest.mark.process,
    pytest.mark.skipif(not shutil.which("pulumi"), reason="no pulumi on PATH"),
]

FIXTURE = Path(__file__).parent / "fixtures" / "checkpoint-of-the-cli.json"
PASSPHRASE = "correct-horse"
SALT = str(state.salt_of(FIXTURE.read_bytes(), "fixture"))


@dataclass
class Shop:
    """A project with the fixture's stack, and the CLI to look at it."""

    root: Path
    backend: FileBackend

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        variables = {
            "PULUMI_HOME": str(self.root / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.root}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        return subprocess.Popen(
            ["pulumi", *arguments, "--stack", "dev", "--non-interactive"],
            cwd=self.root,
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments) as cli:
            stdout, stderr = cli.communicate()
        return subprocess.CompletedProcess(arguments, cli.returncode, stdout, stderr)

    def json(self, *arguments: str) -> Any:
        done = self.pulumi(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nmain: program\n")
    (tmp_path / "program").mkdir()
    (tmp_path / "Pulumi.dev.yaml").write_text(f"encryptionsalt: {SALT}\n")
    return Shop(tmp_path, FileBackend(f"file://{tmp_path}", "shop", base=tmp_path, clock=RealClock()))


def rewritten(secrets: Secrets) -> bytes:
    checkpoint = state.read(FIXTURE.read_bytes(), secrets, "fixture")
    return state.write(checkpoint, secrets, time=state.timestamp(RealClock().now()))


def test_the_cli_reads_the_state_back_with_its_secrets(shop: Shop) -> None:
    shop.backend.save("dev", rewritten(Secrets.open(PASSPHRASE, SALT)))
    shown = shop.json("stack", "export", "--show-secrets")["deployment"]["resources"]
    second = next(resource for resource in shown if resource["urn"].endswith("::shelf-second"))
    assert json.loads(second["inputs"]["token"]["plaintext"]) == "hunter2-canary"
    original = json.loads(FIXTURE.read_text())["checkpoint"]["latest"]["resources"]
    assert [resource["urn"] for resource in shown] == [resource["urn"] for resource in original]


def test_what_the_cli_imports_is_read(shop: Shop) -> None:
    shop.backend.save("dev", rewritten(Secrets.open(PASSPHRASE, SALT)))
    exported = shop.root / "export.json"
    exported.write_text(shop.pulumi("stack", "export", "--show-secrets").stdout)
    assert shop.pulumi("stack", "import", "--file", str(exported)).returncode == 0
    data = shop.backend.load("dev")
    assert data
    secrets = Secrets.open(PASSPHRASE, str(state.salt_of(data, "x")))
    again, before = state.read(data, secrets, "x"), state.read(FIXTURE.read_bytes(), secrets, "fixture")
    assert len(again.resources) == len(before.resources)
    assert all(map(state.equal, again.resources, before.resources))


def test_features_and_pending_operations_are_read_by_the_cli(shop: Shop) -> None:
    first = record("a")
    checkpoint = Checkpoint(
        stack="organization/shop/dev",
        resources=(first, record("b", replace_with=(first.urn,))),
        pending=(state.Pending("creating", record("c", id="")),),
    )
    secrets = Secrets.open(PASSPHRASE, SALT)
    shop.backend.save("dev", state.write(checkpoint, secrets, time=state.timestamp(0)))
    deployment = shop.json("stack", "export")["deployment"]
    assert deployment["resources"][1]["replaceWith"] == [first.urn]
    assert deployment["pending_operations"][0]["type"] == "creating"


def test_the_cli_shows_our_history(shop: Shop) -> None:
    shop.backend.save("dev", rewritten(Secrets.open(PASSPHRASE, SALT)))
    update = Update(
        kind="update",
        start=1.0,
        end=2.0,
        succeeded=True,
        changes={"create": 2},
        message="by the embedded engine",
        config={"shop:color": "red", "shop:tree": {"a": [1]}},
    )
    shop.backend.record("dev", update)
    (entry,) = shop.json("stack", "history", "--json")
    assert (entry["kind"], entry["result"], entry["message"]) == ("update", "succeeded", "by the embedded engine")
    assert entry["resourceChanges"] == {"create": 2}
    assert entry["config"]["shop:color"]["value"] == "red"


def test_the_cli_respects_our_lock_and_takes_a_stale_one_away(shop: Shop) -> None:
    shop.backend.save(
        "dev",
        state.write(Checkpoint(stack="organization/shop/dev"), Secrets.open(PASSPHRASE, SALT), time=state.timestamp(0)),
    )
    with shop.backend.lock("dev", report=pytest.fail):
        refused = shop.pulumi("refresh", "--yes", "--skip-preview")
        assert refused.returncode != 0
        assert f"pid {os.getpid()}" in refused.stderr + refused.stdout
        assert shop.pulumi("cancel", "--yes").returncode == 0
    with shop.backend.lock("dev", report=pytest.fail):
        pass


def test_we_respect_the_lock_of_a_cli_that_lives_and_break_that_of_one_that_was_killed(shop: Shop) -> None:
    # The program tells when it runs, the CLI has its lock by then, and goes on when it is told to.
    ready, go = shop.root / "ready", shop.root / "go"
    os.mkfifo(ready)
    os.mkfifo(go)
    (shop.root / "program" / "__main__.py").write_text(
        f"open({str(ready)!r}, 'w').close()\nopen({str(go)!r}).close()\n"
    )
    runtime = f"runtime:\n  name: python\n  options:\n    virtualenv: {sys.prefix}\n"
    (shop.root / "Pulumi.yaml").write_text(f"name: shop\nmain: program\n{runtime}")
    empty = state.write(
        Checkpoint(stack="organization/shop/dev"), Secrets.open(PASSPHRASE, SALT), time="1970-01-01T00:00:00Z"
    )
    shop.backend.save("dev", empty)
    said: list[str] = []
    with shop.start("up", "--yes", "--skip-preview") as cli:
        ready.open().close()
        with pytest.raises(StackLocked, match=f"process {cli.pid}"):
            shop.backend.lock("dev", said.append)
        cli.kill()
        with suppress(OSError):  # the program may have ended with the CLI
            os.close(os.open(go, os.O_WRONLY | os.O_NONBLOCK))
    assert said == []
    with shop.backend.lock("dev", said.append):
        assert len(said) == 1

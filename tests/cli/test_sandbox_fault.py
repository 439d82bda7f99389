"""`agentry sandbox fault`: what it asks the sandbox for, and what it says."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agentry.cli import sandbox_fault
from agentry.cli.app import main
from agentry.sandbox.faults.faults import Faults
from agentry.sandbox.faults.routes import WantedFault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Golden
    from tests.sandbox.workspace import RunningSandbox

Captured = pytest.CaptureFixture[str]
CREATE = "/api/2.0/mlflow/unity-catalog/registered-models/create"


def fault(*arguments: str) -> int:
    """`agentry sandbox fault ARGUMENTS`; its exit code."""
    with pytest.raises(SystemExit) as left:
        main(["sandbox", "fault", *arguments])
    return int(left.value.code or 0)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Those of a sandbox that runs nowhere."""
    known = Faults()

    def ask(_name: str, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        if method == "POST":
            return asdict(known.add(WantedFault(**(body or {})).to_fault()))
        if method == "GET":
            return {"faults": [asdict(one) for one in known.to_come], "done": [asdict(one) for one in known.done]}
        known.clear() if path == sandbox_fault.PATH else known.remove(int(path.rpartition("/")[2]))
        return {}

    monkeypatch.setattr(sandbox_fault, "_ask", ask)
    return known


def add_examples() -> None:
    for line in (
        "--path .*/serving-endpoints --method post --status 429 --retry-after 2 --times 3",
        "--path .*/create --cut --after",
        "--path .* --delay 20 --always",
        "--path .* --stale 3",
        "--path /api/.* --skip 20 --expire",
        "--endpoint weather --start fails-to-load",
        "--endpoint weather --start slow --seconds 60 --times 2",
        "--endpoint weather --busy 5",
        '--path .*/get --merge {"state":"PENDING"}',
    ):
        assert fault("add", *line.split(" ")) == 0


def test_what_was_asked_for_is_said_and_listed(faults: Faults, golden: Golden, capsys: Captured) -> None:
    add_examples()
    golden("sandbox_fault.add.txt", capsys.readouterr().out)
    faults.outcome("POST", "/api/2.0/serving-endpoints")
    faults.outcome("POST", CREATE)
    assert fault("list") == 0
    golden("sandbox_fault.list.txt", capsys.readouterr().out)


def test_as_json(faults: Faults, capsys: Captured) -> None:
    assert fault("add", "--path", CREATE, "--status", "503", "--times", "2", "--json") == 0
    added = json.loads(capsys.readouterr().out)
    assert (added["id"], added["path"], added["status"], added["times"]) == (1, CREATE, 503, 2)
    faults.outcome("POST", CREATE)
    assert fault("list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert ([(one["times"], one["taken"]) for one in listed["faults"]], listed["done"]) == ([(1, 1)], [])


def test_cleared_one_by_one_and_all(faults: Faults, capsys: Captured) -> None:
    for _ in range(3):
        fault("add", "--path", ".*", "--cut")
    assert fault("clear", "2") == 0
    assert [one.id for one in faults.to_come] == [1, 3]
    capsys.readouterr()
    assert fault("clear") == 0
    assert (faults.to_come, capsys.readouterr().out) == ([], "sandbox local: no faults\n")
    assert fault("list") == 0
    assert capsys.readouterr().out == "no faults in sandbox local\n"


@pytest.mark.usefixtures("faults")
def test_what_is_merged_is_json(capsys: Captured) -> None:
    assert fault("add", "--path", ".*", "--merge", "{") == 1
    assert "what to merge is no JSON" in capsys.readouterr().err


@pytest.mark.parametrize("command", [("list",), ("clear",), ("add", "--path", ".*", "--cut")])
def test_a_sandbox_that_does_not_run(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: agents\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    assert fault(*command, "--name", "prod-eu") == 1
    said = capsys.readouterr().err
    assert "the sandbox prod_eu does not run" in said
    assert "agentry sandbox start --name prod_eu" in said


@pytest.mark.parametrize("command", ["", "add", "list", "clear"])
def test_help(command: str, golden: Golden, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERMINAL_WIDTH", "100")
    assert fault(*([command] if command else []), "--help") == 0
    golden(f"help.sandbox.fault{'.' if command else ''}{command}.txt", capsys.readouterr().out)


@pytest.mark.process
def test_a_real_connection_is_cut(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    (sandbox.root / "Pulumi.yaml").write_text("name: agents\nruntime: python\n")
    monkeypatch.chdir(sandbox.root)
    name = f"{sandbox.schema}.{sandbox.unique('cut')}"
    for more in ([], ["--after"]):
        assert fault("add", "--path", CREATE, "--cut", *more) == 0
    with sandbox.client() as client:
        for found in (404, 200):
            with pytest.raises((httpx.NetworkError, httpx.RemoteProtocolError)):
                client.post(CREATE, json={"name": name})
            assert client.get(CREATE.replace("create", "get"), params={"name": name}).status_code == found
    capsys.readouterr()
    assert fault("list", "--json") == 0
    assert [one["taken"] for one in json.loads(capsys.readouterr().out)["done"]] == [1, 1]
    assert fault("add", "--path", "(", "--cut") == 1
    assert "is not a regular expression" in capsys.readouterr().err
    assert fault("clear", "--quiet") == 0

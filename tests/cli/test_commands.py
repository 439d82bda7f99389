"""Commands in a project where nothing runs: their words, their JSON and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentry.cli.app import main


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: agents\nruntime: {name: python, options: {virtualenv: .venv}}\nstackConfigDir: stacks\n"
    )
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/Pulumi.local.yaml").write_text("config:\n  agentry:sandbox: local\n")
    (tmp_path / "stacks/Pulumi.dev.yaml").write_text("config:\n  agentry:profile: dev\n")
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


Captured = pytest.CaptureFixture[str]


def test_status_of_nothing(capsys: Captured) -> None:
    assert run("status") == 0
    assert capsys.readouterr().out == "nothing is deployed in stack local; `agentry up` deploys it\n"


def test_status_of_nothing_for_machines(capsys: Captured) -> None:
    assert run("status", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "stack": "local",
        "workspace": "sandbox local",
        "agents": [],
        "pending": [],
        "workspace_error": "",
    }


def test_asking_nobody(capsys: Captured) -> None:
    assert run("ask", "weather", "hi") == 1
    assert "→ agentry up" in capsys.readouterr().err


def test_logs_of_nobody(capsys: Captured) -> None:
    assert run("logs", "weather") == 1
    assert "no agent 'weather'" in capsys.readouterr().err


def test_an_unknown_stack_names_the_known_ones(capsys: Captured) -> None:
    assert run("preview", "--stack", "prod-mars") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "prod-mars" in said.err
    assert "dev, local" in said.err


def test_an_unknown_stack_for_machines(capsys: Captured) -> None:
    assert run("up", "--stack", "prod-mars", "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["operation"], document["stack"], document["succeeded"]) == ("up", "prod-mars", False)
    assert "prod-mars" in document["diagnostics"][0]["text"]


def test_a_stack_without_a_backend(capsys: Captured) -> None:
    assert run("preview", "--stack", "dev", "--json") == 1
    said = capsys.readouterr()
    assert "PULUMI_BACKEND_URL" in said.err
    assert json.loads(said.out)["succeeded"] is False


def test_a_project_without_its_environment(capsys: Captured) -> None:
    assert run("preview") == 1
    assert "make setup" in capsys.readouterr().err


def test_destroying_another_stack_is_asked_for_twice(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert run("destroy", "--stack", "dev") == 1
    assert "--yes" in capsys.readouterr().err


def test_a_sandbox_that_does_not_run(capsys: Captured) -> None:
    assert run("sandbox", "status", "--name", "prod-eu") == 1
    assert "agentry sandbox start --name prod_eu" in capsys.readouterr().out
    assert run("sandbox", "status", "--name", "local", "--json") == 1
    assert json.loads(capsys.readouterr().out) == {"name": "local", "running": False, "answers": False}


def test_all_sandboxes_of_a_project_are_listed(capsys: Captured) -> None:
    assert run("sandbox", "status") == 1
    assert "no sandbox here yet" in capsys.readouterr().out
    for name in ("prod_eu", "local", "_metastore"):
        (Path(".agentry/sandbox") / name).mkdir(parents=True)
    assert run("sandbox", "status", "--json") == 1
    assert [each["name"] for each in json.loads(capsys.readouterr().out)] == ["local", "prod_eu"]
    assert run("sandbox", "stop", "--all") == 0
    assert capsys.readouterr().out == "sandbox local: did not run\nsandbox prod_eu: did not run\n"
    assert run("sandbox", "reset", "--all") == 0
    assert capsys.readouterr().out == "all sandboxes and their metastore: empty\n"
    assert run("sandbox", "reset", "--name", "prod-eu") == 0
    assert capsys.readouterr().out == "sandbox prod_eu: empty, and catalog prod_eu with it\n"


def test_stopping_what_does_not_run_is_no_error(capsys: Captured) -> None:
    assert run("sandbox", "stop", "--quiet") == 0
    assert capsys.readouterr().out == ""


def test_a_name_that_no_sandbox_can_have(capsys: Captured) -> None:
    assert run("sandbox", "start", "--name", "../x") == 1
    assert "can not name a sandbox" in capsys.readouterr().err


def test_versions_for_machines(capsys: Captured) -> None:
    assert run("version", "--json") == 0
    assert set(json.loads(capsys.readouterr().out)) == {
        "agentry",
        "python",
        "pulumi",
        "databricks-sdk",
        "mlflow-skinny",
        "uv",
    }


def test_facts_say_what_could_not_be_confirmed(capsys: Captured) -> None:
    assert run("sandbox", "facts", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert {"area", "behaviour", "source", "confirmed"} == set(facts[0])
    assert run("sandbox", "facts") == 0
    unsure = sum(not fact["confirmed"] for fact in facts)
    assert f"? {unsure} could not be confirmed" in capsys.readouterr().out


def test_outside_of_a_project(
    capsys: Captured, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert run("status") == 1
    assert "no Pulumi.yaml" in capsys.readouterr().err

from __future__ import annotations

from pathlib import Path

import pytest

from agentry.sandbox.serving.process import process_environment

PYTHON = Path("/cache/abc/bin/python")
HOME = Path("/home/of/it")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_of_who_started_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = ("DATABRICKS_HOST", "DATABRICKS_TOKEN", "MLFLOW_TRACKING_URI", "PULUMI_HOME", "PYTHONPATH", "AWS_PROFILE")
    for name in foreign:
        monkeypatch.setenv(name, "foreign")
    got = process_environment({"A": "1"}, HOME, PYTHON)
    assert "foreign" not in got.values()
    assert got["A"] == "1"
    assert (got["HOME"], got["VIRTUAL_ENV"]) == ("/home/of/it/home", "/cache/abc")
    assert got["PATH"].startswith("/cache/abc/bin:")
    assert not Path(got["DATABRICKS_CONFIG_FILE"]).exists()


def test_bytecode_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert not [name for name in process_environment({}, HOME, PYTHON) if name.startswith("PYTHON")]


def test_a_proxy_is_passed_on_but_not_for_the_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "NO_PROXY" not in process_environment({}, HOME, PYTHON)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    got = process_environment({}, HOME, PYTHON)
    assert got["HTTPS_PROXY"] == "http://proxy.example"
    assert "127.0.0.1" in got["NO_PROXY"]

"""The package: what is code, what the digest is over, and what can not be declared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentry.errors import AgentCodeError, ConfigError
from agentry.package import AgentSpec, Package, read_package
from agentry.resources import Resource
from tests.package.agents import CHAT_AGENT, RESPONSES_AGENT, small_agent, write_agent

if TYPE_CHECKING:
    from pathlib import Path

SPEC = AgentSpec("agents/x")
LLM = Resource("serving_endpoint", "llm")

TWO: dict[str, str | bytes] = {"agent.py": f"{RESPONSES_AGENT}\n{CHAT_AGENT.replace('Greeter', 'Other')}"}


def mlmodel(package: Package) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(package.model_files["MLmodel"])
    return document


def test_other_files_are_packaged_as_code_and_what_is_said_elsewhere_is_not(tmp_path: Path) -> None:
    small_agent(
        tmp_path, **{"lib/tool.py": "x\r\n", "prompt.txt": "y", "config.yaml": "a: 1", ".python-version": "3.12"}
    )
    write_agent(
        tmp_path, {"requirements.txt": "-r pins.txt", "pins.txt": "mlflow==3.17.2", "requirements.in": "mlflow"}
    )
    package = read_package(SPEC, tmp_path)
    assert sorted(package.model_files) == [
        *("MLmodel", "agent.py", "code/lib/tool.py", "code/prompt.txt", "conda.yaml", "input_example.json"),
        *("python_env.yaml", "requirements.txt", "serving_input_example.json"),
    ]
    assert package.model_files["code/lib/tool.py"] == b"x\n"
    assert mlmodel(package)["flavors"]["python_function"]["code"] == "code"
    assert list(package.files) == ["agent.py", "config.yaml", "lib/tool.py", "prompt.txt", "requirements.txt"]


@pytest.mark.parametrize(
    ("files", "spec", "reason"),
    [
        ({"agent.py": RESPONSES_AGENT + "#"}, SPEC, "code"),
        ({"agent.py": CHAT_AGENT}, SPEC, "interface"),
        ({"lib.py": ""}, SPEC, "another file"),
        ({"requirements.txt": "mlflow==3.17.2\nhttpx"}, SPEC, "requirements"),
        ({"requirements.txt": "mlflow==3.17.1"}, SPEC, "MLflow"),
        ({"config.yaml": "a: 1"}, SPEC, "config.yaml"),
        ({".python-version": "3.12"}, SPEC, ".python-version"),
        ({}, replace(SPEC, model_config={"a": 1}), "model config"),
        ({}, replace(SPEC, resources=(LLM,)), "resources"),
        ({}, replace(SPEC, resources=(replace(LLM, on_behalf_of_user=True),)), "whose identity"),
        ({}, replace(SPEC, auth_policy={"user_auth_policy": {"api_scopes": ["s"]}}), "auth policy"),
        ({}, replace(SPEC, python="3.12"), "Python"),
        ({}, replace(SPEC, requirements=["mlflow==3.17.2", "-c c.txt"]), "constraints"),
        (TWO, replace(SPEC, interface="ChatAgent"), "the interface that is said"),
        ({}, replace(SPEC, input_example={"input": [{"role": "user", "content": "Hi"}]}), "input example"),
    ],
)
def test_content_decides_the_digest(
    tmp_path: Path, files: dict[str, str | bytes], spec: AgentSpec, reason: str
) -> None:
    small_agent(tmp_path, **{".agentryignore": "c.txt"})
    before = read_package(SPEC, tmp_path).digest
    write_agent(tmp_path, {".agentryignore": "", **files})
    if "-c c.txt" in (spec.requirements or ()):
        write_agent(tmp_path, {"c.txt": "numpy<3"})
    assert read_package(spec, tmp_path).digest != before, reason


@pytest.mark.parametrize(
    ("files", "spec", "reason"),
    [
        ({"agent.py": RESPONSES_AGENT.replace("\n", "\r\n")}, SPEC, "a CRLF checkout"),
        ({"__pycache__/agent.pyc": "", ".DS_Store": "", "mlflow.db": ""}, SPEC, "leftovers"),
        ({"requirements.txt": "# why\n\nmlflow == 3.17.2   # pinned\n"}, SPEC, "comments and space of requirements"),
        ({"requirements.in": "mlflow"}, SPEC, "what requirements.txt is made from"),
        ({}, replace(SPEC, python="3.11"), "the default, said"),
        ({}, replace(SPEC, interface="ResponsesAgent"), "what is found, said"),
        ({}, replace(SPEC, requirements=["mlflow==3.17.2"]), "the same lines as a list"),
        ({"config.yaml": "# nothing"}, SPEC, "an empty config"),
        ({}, replace(SPEC, input_example={"input": [{"content": "Hello!", "role": "user"}]}), "MLflow's example, said"),
    ],
)
def test_what_is_not_content_does_not(
    tmp_path: Path, files: dict[str, str | bytes], spec: AgentSpec, reason: str
) -> None:
    small_agent(tmp_path)
    before = read_package(SPEC, tmp_path)
    write_agent(tmp_path, files)
    after = read_package(spec, tmp_path)
    assert after.digest == before.digest, reason
    assert after.files == before.files, reason


def test_a_digest_stays_the_same_from_release_to_release(tmp_path: Path) -> None:
    """Whoever changes this number makes every version of every agent anew: then FORMAT goes up, and CHANGELOG says it."""
    small_agent(tmp_path, **{"lib/tool.py": "x = 1\n", "config.yaml": "a: 0.5\nb: {c: é}\n"})
    spec = replace(SPEC, resources=(LLM,), model_config={"a": 1})
    assert read_package(spec, tmp_path).digest == "63c57abfb5ffeba8c337a28c9a95d21d13afffcd900bd202bb20aaae280c7c88"


def test_resources_are_a_set(tmp_path: Path) -> None:
    small_agent(tmp_path)
    table = Resource("table", "c.s.t")
    one = read_package(replace(SPEC, resources=[table, LLM, table]), tmp_path)
    assert one.digest == read_package(replace(SPEC, resources=[LLM, table]), tmp_path).digest
    assert mlmodel(one)["resources"] == {
        "databricks": {"serving_endpoint": [{"name": "llm"}], "table": [{"name": "c.s.t"}]},
        "api_version": "1",
    }


def test_an_auth_policy_takes_the_place_of_resources_as_in_mlflow(tmp_path: Path) -> None:
    small_agent(tmp_path)
    policy = {"user_auth_policy": {"api_scopes": ["b", "a"]}}
    document = mlmodel(read_package(replace(SPEC, resources=[LLM], auth_policy=policy), tmp_path))
    assert "resources" not in document
    assert document["auth_policy"]["user_auth_policy"] == {"api_scopes": ["a", "b"]}
    assert document["auth_policy"]["system_auth_policy"]["resources"]["databricks"] == {
        "serving_endpoint": [{"name": "llm"}]
    }


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        (replace(SPEC, signature={"inputs": "[]"}), "a ResponsesAgent can not be given a signature"),
        (replace(SPEC, python="3.9"), "Python '3.9' is not supported"),
        (replace(SPEC, python="3.14"), "Python '3.14' is not supported"),
        (replace(SPEC, python="latest"), "Python 'latest' is not supported"),
        (replace(SPEC, auth_policy={}), "this auth policy is not understood"),
        (replace(SPEC, auth_policy={"system_auth_policy": {}}), "this auth policy is not understood"),
        (replace(SPEC, auth_policy={"user_auth_policy": {"api_scopes": "x"}}), "this auth policy is not understood"),
        (replace(SPEC, input_example={"messages": []}), "a request to a ResponsesAgent has input, a list of messages"),
        (replace(SPEC, code="agents/y"), "there is no such directory"),
    ],
)
def test_what_can_not_be_declared(tmp_path: Path, spec: AgentSpec, what: str) -> None:
    small_agent(tmp_path)
    with pytest.raises(AgentCodeError) as refused:
        read_package(spec, tmp_path)
    assert refused.value.what == what
    assert refused.value.where


def test_a_resource_that_the_agents_mlflow_does_not_know(tmp_path: Path) -> None:
    small_agent(tmp_path)
    spec = replace(SPEC, resources=[Resource("uc_model_service", "c.s.m")])
    assert read_package(spec, tmp_path).mlflow == "3.17.2"
    with pytest.raises(AgentCodeError, match=r"mlflow 3\.16\.1 knows no model service"):
        read_package(replace(spec, requirements=["mlflow==3.16.1"]), tmp_path)


@pytest.mark.parametrize("code", ["../elsewhere", "/etc"])
def test_code_outside_of_the_project(tmp_path: Path, code: str) -> None:
    with pytest.raises(ConfigError, match="leads out of the project"):
        read_package(AgentSpec(code), tmp_path)


@pytest.mark.parametrize(
    ("text", "python"),
    [("3.12\n", "3.12"), ("# pyenv\n\n3.12.4\n3.11.1\n", "3.12.4"), ("3.10\r\n", "3.10")],
)
def test_the_python_version_of_the_directory(tmp_path: Path, text: str, python: str) -> None:
    small_agent(tmp_path, **{".python-version": text})
    package = read_package(SPEC, tmp_path)
    assert package.python == python
    assert mlmodel(package)["flavors"]["python_function"]["python_version"] == python
    assert yaml.safe_load(package.model_files["python_env.yaml"])["python"] == python


def test_a_python_version_that_is_not_known_names_its_line(tmp_path: Path) -> None:
    small_agent(tmp_path, **{".python-version": "# x\npypy3.10\n"})
    with pytest.raises(AgentCodeError) as refused:
        read_package(SPEC, tmp_path)
    assert refused.value.where == "agents/x/.python-version:2"


def test_a_package_is_written_with_plain_modes_into_an_empty_directory(tmp_path: Path) -> None:
    directory = small_agent(tmp_path, **{"run.sh": "#!/bin/sh\n"})
    (directory / "run.sh").chmod(0o755)
    package = read_package(SPEC, tmp_path)
    package.write(tmp_path / "out")
    written = {p.relative_to(tmp_path / "out").as_posix(): p for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert {name: path.read_bytes() for name, path in written.items()} == package.model_files
    assert not any(path.stat().st_mode & 0o111 for path in written.values())
    with pytest.raises(ConfigError, match="empty directory"):
        package.write(tmp_path / "out")


def test_libyaml_and_pyyaml_write_the_same_bytes(tmp_path: Path) -> None:
    """A lock file with hashes has lines that the emitter folds."""
    lines = [
        f"package-{n}=={n}.0 ; python_full_version < '3.1{n}' "
        + " ".join(f"--hash=sha256:{n}{h:063x}" for h in range(n))
        for n in range(1, 9)
    ]
    small_agent(tmp_path, **{"config.yaml": "é: 'x: y'\nlong: " + "word " * 60})
    package = read_package(replace(SPEC, requirements=["mlflow==3.17.2 --hash=sha256:" + "0" * 64, *lines]), tmp_path)
    for file, sort_keys in (("MLmodel", True), ("conda.yaml", True), ("python_env.yaml", False)):
        text = package.model_files[file].decode()
        assert yaml.safe_dump(yaml.safe_load(text), default_flow_style=False, sort_keys=sort_keys) == text

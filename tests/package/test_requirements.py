"""Requirements: what is passed on, what is refused, and where it is said to be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from agentry import source
from agentry.errors import AgentCodeError
from agentry.package.requirements import Requirements, read_requirements
from tests.package.agents import write_agent

if TYPE_CHECKING:
    from pathlib import Path

HASH = "--hash=sha256:" + "0" * 64
OTHER_HASH = "--hash=sha256:" + "f" * 64


def read(
    root: Path, files: dict[str, str | bytes], declared: list[str] | None = None, python: str = "3.11"
) -> Requirements:
    return read_requirements(source.read(write_agent(root, files), "agents/x"), declared, python)


def refusal(root: Path, text: str) -> AgentCodeError:
    with pytest.raises(AgentCodeError) as refused:
        read(root, {"requirements.txt": f"# head\nmlflow==3.17.2\n{text}\n"})
    return refused.value


@pytest.mark.parametrize(
    ("line", "written", "reason"),
    [
        ("langgraph==1.0.3", "langgraph==1.0.3", "a pin"),
        ("langgraph", "langgraph", "no pin is the author's choice"),
        ("LangGraph >=1, <2", "LangGraph<2,>=1", "normalised as MLflow does"),
        ("uvicorn[standard,http] == 0.30", "uvicorn[http,standard]==0.30", "extras"),
        ("a==1 ; python_version < '3.11'", 'a==1; python_version < "3.11"', "a marker"),
        ("a==1  # why", "a==1", "a comment goes"),
        (
            f"a==1 \\\n    {HASH} \\\n    {OTHER_HASH}",
            f"a==1 {HASH} {OTHER_HASH}",
            "hashes stay, continued lines are joined",
        ),
        (
            "a @ https://packages.example/a-1.whl",
            "a @ https://packages.example/a-1.whl",
            "an address without credentials",
        ),
        ("https://packages.example/a-1.whl", "https://packages.example/a-1.whl", "also without a name"),
        ("--prefer-binary", "--prefer-binary", "an option that changes nothing of where packages come from"),
    ],
)
def test_what_is_passed_on(tmp_path: Path, line: str, written: str, reason: str) -> None:
    mlflow = f"mlflow==3.17.2 {HASH}" if "--hash" in line else "mlflow==3.17.2"
    found = read(tmp_path, {"requirements.txt": f"{mlflow}\n{line}\n"})
    assert found.lines == (mlflow, written), reason
    assert found.mlflow == "3.17.2"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("-e .", "editable"),
        ("-e ../lib", "editable"),
        ("--editable=../lib", "editable"),
        ("./lib", "local path"),
        ("../lib", "local path"),
        ("/srv/lib-1.0.whl", "local path"),
        ("~/lib", "local path"),
        ("lib-1.0-py3-none-any.whl", "local path"),
        ("file:///srv/lib", "local path"),
        ("lib @ file:///srv/lib", "local path"),
        ("--index-url https://packages.example/simple", "--index-url is not passed on"),
        ("--extra-index-url=https://packages.example/simple", "--extra-index-url is not passed on"),
        ("-i https://packages.example/simple", "-i is not passed on"),
        ("--find-links wheels", "--find-links is not passed on"),
        ("--trusted-host packages.example", "--trusted-host is not passed on"),
        ("--use-feature=fast-deps", "--use-feature is not known"),
        ("lib==1 --config-settings=x=y", "--config-settings is not passed on"),
        ("lib==", "not a requirement"),
        ("lib = 1", "not a requirement"),
        ("my lib", "not a requirement"),
    ],
)
def test_what_is_refused_with_file_line_and_advice(tmp_path: Path, line: str, what: str) -> None:
    error = refusal(tmp_path, line)
    assert error.where == "agents/x/requirements.txt:3"
    assert what in error.what
    assert error.fix


@pytest.mark.parametrize(
    "line",
    [
        "lib @ https://user:s3cret@packages.example/lib-1.whl",
        "lib @ git+https://s3cret@git.example/lib",
        "https://user:s3cret@packages.example/lib-1.whl",
        "lib @ https://packages.example/lib-1.whl?access_token=s3cret",
        "lib @ https://${S3CRET}@packages.example/lib-1.whl",
        "lib@@https://user:s3cret@packages.example/lib-1.whl",
    ],
)
def test_addresses_with_credentials_are_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    error = refusal(tmp_path, line)
    assert "credentials" in error.what
    assert "s3cret" not in str(error).lower()


def test_files_include_others_of_the_directory(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "requirements.txt": "-r pins/base.txt\n--requirement=pins/more.txt\na==1\n",
            "pins/base.txt": "mlflow==3.17.2\n-r more.txt\n",
            "pins/more.txt": "b==2\n",
        },
    )
    assert found.lines == ("mlflow==3.17.2", "b==2", "a==1")
    assert found.files == ("requirements.txt", "pins/base.txt", "pins/more.txt")


def test_constraints_are_packaged_as_mlflow_does(tmp_path: Path) -> None:
    found = read(tmp_path, {"requirements.txt": "mlflow==3.17.2\n-c limits.txt\n", "limits.txt": "numpy<3\n"})
    assert found.lines == ("mlflow==3.17.2", "-c constraints.txt")
    assert found.constraints == ("numpy<3",)


@pytest.mark.parametrize(
    ("include", "what"),
    [
        ("-r ../shared.txt", "../shared.txt can not be included"),
        ("-r /srv/shared.txt", "/srv/shared.txt can not be included"),
        ("-r missing.txt", "missing.txt can not be included"),
        ("-r requirements.txt", "requirements.txt includes itself"),
        ("-c hidden.txt", "hidden.txt can not be included"),
    ],
)
def test_includes_that_can_not_be_followed(tmp_path: Path, include: str, what: str) -> None:
    write_agent(tmp_path, {"../shared.txt": "", ".agentryignore": "hidden.txt", "hidden.txt": ""})
    error = refusal(tmp_path, include)
    assert error.what == what
    assert error.where == "agents/x/requirements.txt:3"
    assert ("hidden" in what) == (".agentryignore:1 takes it out" in error.why)


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("langgraph==1.0\n", "mlflow is not required", ""),
        ("mlflow\n", "mlflow is not pinned: mlflow", ":1"),
        ("a\n\nmlflow>=3.11\n", "mlflow is not pinned: mlflow>=3.11", ":3"),
        ("mlflow==3.17.*\n", "mlflow is not pinned: mlflow==3.17.*", ":1"),
        ("mlflow==3.11.0\n", "mlflow 3.11.0 is not supported", ":1"),
        ("mlflow==2.22.4\n", "mlflow 2.22.4 is not supported", ":1"),
        ("mlflow==3.18.0\n", "mlflow 3.18.0 is not supported", ":1"),
        ("mlflow==3.17.0rc1\n", "mlflow 3.17.0rc1 is not supported", ":1"),
    ],
)
def test_mlflow_is_pinned_to_a_version_that_is_known(tmp_path: Path, text: str, what: str, where: str) -> None:
    with pytest.raises(AgentCodeError) as refused:
        read(tmp_path, {"requirements.txt": text})
    assert refused.value.what == what
    assert refused.value.where == f"agents/x/requirements.txt{where}"
    assert refused.value.fix == "mlflow==3.17.2"


@pytest.mark.parametrize("version", ["3.11.1", "3.12.0", "3.16.1", "3.17.2"])
def test_versions_that_are_known(tmp_path: Path, version: str) -> None:
    assert read(tmp_path, {"requirements.txt": f"mlflow=={version}"}).mlflow == version
    assert read(tmp_path, {}, [f"mlflow-skinny=={version}", "pandas"]).mlflow == version


def test_markers_are_decided_by_the_agents_python_not_by_this_one(tmp_path: Path) -> None:
    text = 'mlflow==3.11.1 ; python_version < "3.12"\nmlflow==3.17.2 ; python_version >= "3.12"\n'
    files: dict[str, str | bytes] = {"requirements.txt": text}
    assert [read(tmp_path, files, python=p).mlflow for p in ("3.10", "3.11.7", "3.12", "3.13")] == [
        *("3.11.1", "3.11.1", "3.17.2", "3.17.2")
    ]


def test_cloudpickle_is_noted_where_it_is_pinned(tmp_path: Path) -> None:
    assert read(tmp_path, {}, ["mlflow==3.17.2", "cloudpickle==3.1.2"]).cloudpickle == "3.1.2"
    assert read(tmp_path, {}, ["mlflow==3.17.2"]).cloudpickle is None


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["a==1", "a==2"], "a is required twice"),
        (["a>1", "A<2"], "A is required twice"),
        (["pyspark", "databricks-connect"], "pyspark and databricks-connect can not be installed together"),
        ([f"a==1 {HASH}"], "mlflow==3.17.2 has no hash"),
    ],
)
def test_what_would_fail_or_vanish_later_is_refused(tmp_path: Path, lines: list[str], what: str) -> None:
    with pytest.raises(AgentCodeError, match=re.escape(what)) as refused:
        read(tmp_path, {}, ["mlflow==3.17.2", *lines])
    assert refused.value.where.startswith("requirements[")


def test_the_same_requirement_twice_is_one(tmp_path: Path) -> None:
    assert read(tmp_path, {}, ["mlflow==3.17.2", "a == 1", "a==1"]).lines == ("mlflow==3.17.2", "a==1")


@pytest.mark.parametrize(
    ("files", "fix"),
    [
        ({}, "echo mlflow==3.17.2 > agents/x/requirements.txt"),
        (
            {"requirements.in": "mlflow"},
            "cd agents/x && uv pip compile --universal requirements.in -o requirements.txt",
        ),
        ({"requirements.txt": "", ".gitignore": "*.txt"}, "add !requirements.txt to .agentryignore"),
    ],
)
def test_no_requirements(tmp_path: Path, files: dict[str, str | bytes], fix: str) -> None:
    with pytest.raises(AgentCodeError, match=r"there is no requirements\.txt") as refused:
        read(tmp_path, {"agent.py": "", **files})
    assert refused.value.fix == fix


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(AgentCodeError, match="not UTF-8"):
        read(tmp_path, {"requirements.txt": b"# caf\xe9\nmlflow==3.17.2"})


def test_a_byte_order_mark_and_crlf_do_not_matter(tmp_path: Path) -> None:
    found = read(tmp_path, {"requirements.txt": "\ufeffmlflow==3.17.2 \\\r\n  ; python_version > '3'\r\n".encode()})
    assert found.lines == ('mlflow==3.17.2; python_version > "3"',)

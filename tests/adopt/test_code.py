"""The code of a version as an agent's directory."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from agentry.adopt import code
from agentry.adopt.code import arranged, download, main_file
from agentry.errors import InvalidRequest
from tests.workspace.fake import FakeTransport, workspace


def mlmodel(**flavor: Any) -> dict[str, Any]:
    return {"flavors": {"python_function": {"model_code_path": "agent.py", "python_version": "3.11.4", **flavor}}}


def test_agent_requirements_config_python_and_what_was_on_its_path() -> None:
    files = {
        "agent.py": b"A",
        "requirements.txt": b"mlflow==3.4.0",
        "code/tools/search.py": b"S",
        "code/tools/search.pyc": b"bytecode",
    }
    found = arranged(files, mlmodel(code="code", config={"llm": "claude"}))
    assert set(found.files) == {"agent.py", "requirements.txt", "tools/search.py", "config.yaml", ".python-version"}
    assert yaml.safe_load(found.files["config.yaml"]) == {"llm": "claude"}
    assert found.files[".python-version"] == b"3.11\n"
    assert found.notes == ()


def test_a_file_of_another_name_is_agent_py_here_and_said() -> None:
    found = arranged({"chain.py": b"C"}, mlmodel(model_code_path="/Workspace/Users/me/chain.py"))
    assert found.files["agent.py"] == b"C"
    assert found.notes == ("chain.py is called agent.py here",)


def test_a_file_that_is_there_twice_with_other_content_is_said() -> None:
    found = arranged({"agent.py": b"A", "code/agent.py": b"B"}, mlmodel(code="code"))
    assert found.files["agent.py"] == b"A"
    assert found.notes == ("code/agent.py is left out: agent.py is there already",)


def test_the_scopes_of_the_caller_are_an_argument() -> None:
    policy = {"user_auth_policy": {"api_scopes": ["genie"]}, "system_auth_policy": {}}
    found = arranged({"agent.py": b"A"}, {**mlmodel(), "auth_policy": policy})
    assert found.more == {"auth_policy": {"user_auth_policy": {"api_scopes": ["genie"]}}}


def test_the_file_of_a_flavor_of_langchain() -> None:
    document = {"flavors": {"langchain": {"model_code_path": "chain.py"}, "python_function": {"code": None}}}
    assert main_file(document, "models:/a.b.c/1") == "chain.py"


@pytest.mark.parametrize(
    ("document", "what"), [({}, "can not be read"), (mlmodel(model_code_path=None), "holds no code")]
)
def test_a_version_without_code(document: dict[str, Any], what: str) -> None:
    with pytest.raises(InvalidRequest, match=what) as caught:
        main_file(document, "models:/a.b.c/1")
    assert "without --code" in caught.value.fix


async def test_of_too_many_files_none_is_left_out_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    root = "/Models/main/ai/weather/7"
    listed = {"contents": [{"path": f"{root}/{name}"} for name in ("agent.py", "requirements.txt")]}
    files = {f"/api/2.0/fs/files{root}/{name}": b"x" for name in ("agent.py", "requirements.txt")}
    there = workspace(FakeTransport({("GET", f"/api/2.0/fs/directories{root}"): listed}, files))
    assert set((await download(there, "main.ai.weather", "7", mlmodel())).files) >= {"agent.py", "requirements.txt"}
    monkeypatch.setattr(code, "MOST_FILES", 1)
    with pytest.raises(InvalidRequest, match="more than 1 files"):
        await download(there, "main.ai.weather", "7", mlmodel())


@pytest.mark.parametrize("path", ["code/../../__main__.py", "/etc/passwd", "code/a/../b.py"])
def test_a_path_that_leads_out_of_its_directory_is_refused(path: str) -> None:
    with pytest.raises(InvalidRequest, match="the version holds a file at"):
        arranged({"agent.py": b"A", path: b"X"}, mlmodel(code="code"))

"""Finding the agents of a repository: which files are read, what is an agent, what a bad file does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentry.errors import AgentCodeError
from agentry.inspector.repository import checkout, find_agents, inspect_repository, views

if TYPE_CHECKING:
    from agentry.inspector.repository import Repository

LLM = "import mlflow\nfrom databricks_langchain import ChatDatabricks\n"


def agent(endpoint: str = "chat") -> str:
    return f"{LLM}mlflow.models.set_model(ChatDatabricks(endpoint={endpoint!r}))\n"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def inspected(root: Path, files: dict[str, str], **options: object) -> Repository:
    return inspect_repository(write(root, files), shown="", **options)  # type: ignore[arg-type]


def entries(repository: Repository) -> list[str]:
    return [each.entry for each in repository.agents]


def names(repository: Repository) -> list[str]:
    return [use.resource.name for each in repository.agents for use in each.inspection.uses]


# which files are read


@pytest.mark.parametrize(
    "skipped",
    [
        ".git/hooks/agent.py",
        ".venv/agent.py",
        "node_modules/agent.py",
        "lib/python3.11/site-packages/agent.py",
        "__pycache__/agent.py",
        "ignored/agent.py",
        "agent.txt",
    ],
)
def test_what_is_not_of_the_repository(tmp_path: Path, skipped: str) -> None:
    found = inspected(tmp_path, {skipped: agent(), ".gitignore": "ignored/\n", "good/agent.py": agent()})
    assert (entries(found), found.notes) == (["good/agent.py"], ())


def test_a_virtual_environment_of_any_name(tmp_path: Path) -> None:
    assert entries(inspected(tmp_path, {"tools/pyvenv.cfg": "", "tools/agent.py": agent()})) == []


def test_a_link_out_of_the_directory_is_told_and_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", {"agent.py": agent()})
    root = write(tmp_path / "here", {"good/agent.py": agent()})
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / "link.py").symlink_to(tmp_path / "elsewhere" / "agent.py")
    (root / "gone.py").symlink_to(tmp_path / "nowhere.py")
    found = inspect_repository(root, shown="here")
    assert entries(found) == ["good/agent.py"]
    assert list(found.notes) == [
        "here/link: a link out of the directory is not followed",
        "here/link.py: a link out of the directory is not followed",
    ]


def test_a_link_in_a_circle_ends(tmp_path: Path) -> None:
    root = write(tmp_path, {"good/agent.py": agent()})
    (root / "good" / "again").symlink_to(root / "good")
    assert entries(inspect_repository(root, shown="")) == ["good/agent.py"]


def test_a_large_file_is_told_and_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "MAX_FILE", 1_000)
    found = inspected(tmp_path, {"large.py": "#" * 1_001, "agent.py": agent()})
    assert (entries(found), len(found.notes)) == (["agent.py"], 1)
    assert found.notes[0].startswith("large.py: ")


@pytest.mark.parametrize(("limit", "value"), [("MAX_FILES", 2), ("MAX_BYTES", 250)])
def test_code_is_read_before_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(checkout, limit, value)
    data = {f"{number}.json": " " * 100 for number in range(9)}
    found = inspected(tmp_path, {**data, "z/agent.py": agent()})
    assert entries(found) == ["z/agent.py"]
    assert [" files are left out: " in note for note in found.notes] == [True]


def test_an_endless_directory_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "MAX_ENTRIES", 5)
    found = inspected(tmp_path, {f"{number}.txt": "" for number in range(9)})
    assert found.notes == ("4.txt: it and what follows is left out",)


def test_files_of_secrets_are_not_read(tmp_path: Path) -> None:
    files = write(tmp_path, {"credentials.json": "{}", "config.json": "{}"})
    assert list(find_agents(files).checkout.files) == ["config.json"]


def test_there_is_no_such_directory(tmp_path: Path) -> None:
    with pytest.raises(AgentCodeError, match="there is no such directory"):
        inspect_repository(tmp_path / "gone")


# what is an agent


def test_a_directory_whose_agent_calls_nothing(tmp_path: Path) -> None:
    found = inspected(tmp_path, {"agent.py": f"{LLM}ChatDatabricks(endpoint='chat')\n", "other.py": "x = 1\n"})
    assert (entries(found), names(found)) == (["agent.py"], ["chat"])


def test_one_file_is_read_with_the_repository_around_it(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "",
        "shared/names.py": "LLM = 'chat'\n",
        "agents/one.py": f"{LLM}from shared.names import LLM\nChatDatabricks(endpoint=LLM)\n",
        "agents/agent.py": agent("other"),
    }
    found = inspect_repository(write(tmp_path, files) / "agents" / "one.py", shown="")
    assert (entries(found), names(found)) == (["agents/one.py"], ["chat"])


def test_one_file_that_logs_is_its_agents(tmp_path: Path) -> None:
    call = "import mlflow\nmlflow.pyfunc.log_model(python_model='{}.py')\n"
    files = {"a.py": agent("a"), "b.py": agent("b"), "log_a.py": call.format("a"), "log_b.py": call.format("b")}
    write(tmp_path, files)
    assert names(inspect_repository(tmp_path / "log_b.py", shown="")) == ["b"]
    assert [each.driver for each in inspect_repository(tmp_path / "a.py", shown="").agents] == ["log_a.py:2"]


def test_nothing_is_run(tmp_path: Path) -> None:
    files = {"agent.py": f"raise SystemExit('it ran')\n{agent()}", "log.py": "raise SystemExit\n# log_model\n"}
    assert names(inspected(tmp_path, files)) == ["chat"]


# notebooks


def notebook(*cells: str) -> str:
    kinds = [{"cell_type": "code", "metadata": {}, "source": cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"cells": kinds, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


LOG = "import mlflow\nmlflow.pyfunc.log_model(python_model='agent.py')\n"


def test_each_notebook_logs_the_agent_that_it_writes(tmp_path: Path) -> None:
    one, two = (notebook(f"%%writefile agent.py\n{agent(name)}", LOG) for name in ("a", "b"))
    found = inspected(tmp_path, {"one.ipynb": one, "two.ipynb": two, "agent.py": agent("committed")})
    assert [(each.entry, each.shown) for each in found.agents] == [("agent.py", "one.ipynb"), ("agent.py", "two.ipynb")]
    assert names(found) == ["a", "b"]


def test_an_agent_that_another_notebook_writes(tmp_path: Path) -> None:
    found = inspected(
        tmp_path, {"write.ipynb": notebook(f"%%writefile agent.py\n{agent()}"), "log.ipynb": notebook(LOG)}
    )
    assert ([each.shown for each in found.agents], names(found)) == (["write.ipynb"], ["chat"])


def test_an_agent_that_two_other_notebooks_write_is_none_of_them(tmp_path: Path) -> None:
    one, two = (notebook(f"%%writefile agent.py\n{agent(name)}") for name in ("a", "b"))
    found = inspected(tmp_path, {"one.ipynb": one, "two.ipynb": two, "log.ipynb": notebook(LOG)})
    (logged,) = [each for each in found.agents if each.driver]
    assert logged.failed
    assert logged.failed.why == "one.ipynb and two.ipynb write it, and differ"


# config and environment


CONFIGURED = f"{LLM}import os\nfrom mlflow.models import ModelConfig\nC = ModelConfig()\nE = os.environ\n"


def test_a_config_goes_over_what_is_found(tmp_path: Path) -> None:
    code = f"{CONFIGURED}ChatDatabricks(endpoint=C.get('a'))\nChatDatabricks(endpoint=C.get('b'))\n"
    given = write(tmp_path / "given", {"prod.yaml": "a: given\n"}) / "prod.yaml"
    found = inspected(tmp_path / "here", {"agent.py": code, "config.yaml": "a: own\nb: own\n"}, config=given)
    (use, other) = found.agents[0].inspection.uses
    assert (use.resource.name, use.origin) == ("given", f"{given}: a")
    assert (other.resource.name, other.origin) == ("own", "config.yaml: b")


@pytest.mark.parametrize("text", ["a: [", "- a\n", ""])
def test_a_config_that_is_none(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"config.yaml": text})
    with pytest.raises(AgentCodeError, match="the model config"):
        inspect_repository(tmp_path, config=tmp_path / "config.yaml")


def test_a_config_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AgentCodeError, match="the model config can not be read"):
        inspect_repository(tmp_path, config=tmp_path / "gone.yaml")


def test_variables_that_are_given(tmp_path: Path) -> None:
    code = f"{CONFIGURED}ChatDatabricks(endpoint=E['LLM'])\n"
    assert names(inspected(tmp_path, {"agent.py": code}, environment={"LLM": "given"})) == ["given"]


# what is told


def test_how_the_directory_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"project/agent.py": agent()})
    monkeypatch.chdir(tmp_path)
    assert [each.shown for each in inspect_repository(Path("project")).agents] == ["project/agent.py"]
    monkeypatch.chdir(tmp_path / "project")
    assert [each.shown for each in inspect_repository(Path()).agents] == ["agent.py"]


@pytest.mark.parametrize(
    "text", ["(" * 300, "\0", "\ufeffx = = 1", "def f(:\n log_model", "# -*- coding: nonsense -*-\nlog_model()\n"]
)
def test_a_file_that_is_no_python_is_a_note(tmp_path: Path, text: str) -> None:
    found = inspected(tmp_path, {"bad.py": f"{text}\n# log_model set_model\n", "good/agent.py": agent()})
    assert (entries(found), names(found)) == (["good/agent.py"], ["chat"])
    assert [note.startswith("bad.py:") for note in found.notes] == [True]


def test_wherever_a_driver_is_cut_off_nothing_breaks(tmp_path: Path) -> None:
    driver = "import mlflow\nR = [*'ab']\nmlflow.pyfunc.log_model(python_model=f'{R[0]}.py', resources=R + [None])\n"
    write(tmp_path, {"a.py": agent()})
    for end in range(0, len(driver), 3):
        found = inspected(tmp_path, {"driver.py": driver[:end]})
        assert entries(found) == ["a.py"]


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("a/b.py", "a/b.py"),
        ("\0/a/b.py", "a/b.py"),
        ("\0.py", ""),
        ("x/\0_1/b.py", "b.py"),
        ("\0", ""),
        ("/a.py", "/a.py"),
    ],
)
def test_the_end_of_a_path_that_is_known(path: str, end: str) -> None:
    assert views.known_end(path) == end

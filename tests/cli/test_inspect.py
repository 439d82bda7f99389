"""`agentry inspect`: which agents it looks at, what it says of them, and when it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentry.cli import subjects
from agentry.cli.app import main
from agentry.cli.display.inspected import lines
from agentry.cli.display.layout import text_of
from agentry.cli.inspect import variables
from agentry.deploy import RecordedResource
from agentry.errors import ConfigError
from agentry.inspector import Inspection, Undecided, Use
from agentry.inspector.verdict import Declaration, looked_at
from agentry.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Golden

LLM = "from databricks_langchain import ChatDatabricks\nfrom mlflow.models import ModelConfig, set_model\n"
AGENT = f"""{LLM}import os
CONFIG = ModelConfig(development_config="config.yaml")
LLM = ChatDatabricks(model=CONFIG.get("llm"))
TABLE = spark.table("main.crm.customers")
OPEN = ChatDatabricks(model=input())
set_model(LLM)
"""
DRIVER = """import mlflow
from mlflow.models.resources import DatabricksServingEndpoint, DatabricksTable, DatabricksGenieSpace

mlflow.pyfunc.log_model(
    name="agent",
    python_model="agent.py",
    model_config="config.yaml",
    resources=[
        DatabricksTable(table_name="main.crm.customers"),
    ],
)
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Type `agentry inspect ...`: its exit code, stdout, stderr."""

    def typed(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["inspect", *arguments])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return typed


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of somebody else, and the current directory."""
    (tmp_path / ".git").mkdir()
    helper = tmp_path / "helper"
    helper.mkdir()
    (helper / "agent.py").write_text(AGENT)
    (helper / "config.yaml").write_text("llm: chat\n")
    (helper / "driver.py").write_text(DRIVER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of Agentry with two agents, of which `first` (in agents/a) is deployed."""
    (tmp_path / "Pulumi.yaml").write_text("name: agents\nruntime: python\nstackConfigDir: stacks\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.local.yaml").write_text("config:\n  agentry:sandbox: local\n")
    for name in ("a", "b"):
        (tmp_path / "agents" / name).mkdir(parents=True)
        (tmp_path / "agents" / name / "agent.py").write_text(
            AGENT.replace("OPEN = ChatDatabricks(model=input())\n", "")
        )
        (tmp_path / "agents" / name / "config.yaml").write_text("llm: chat\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def deployed(monkeypatch: pytest.MonkeyPatch, *resources: tuple[str, str], **more: Any) -> None:
    """What the stack holds of `first`."""
    named = [{"type": kind, "name": name} for kind, name in resources]
    inputs = {"code": "agents/a", "model": "c.s.a", "modelConfig": {}, "resources": named, **more}
    version = RecordedResource(
        urn="", type="agentry:index:ModelVersion", name="first", parent="", id="c.s.a/1", custom=True, inputs=inputs
    )
    monkeypatch.setattr(subjects, "recorded_resources", lambda _: (version,))


def test_a_repository_of_others(elsewhere: Path, run: Any, golden: Golden) -> None:
    code, out, _ = run()
    assert code == 1
    golden("inspect.elsewhere.txt", out)


def test_the_same_for_machines(elsewhere: Path, run: Any) -> None:
    code, out, _ = run("helper", "--json")
    found = json.loads(out)
    assert code == 1
    assert [
        (one["type"], one["name"], one["file"], one["line"], one["via"], one["declared"]) for one in found["used"]
    ] == [
        ("serving_endpoint", "chat", "helper/agent.py", 5, "ChatDatabricks(model=)", False),
        ("table", "main.crm.customers", "helper/agent.py", 6, "table()", True),
    ]
    assert [(one["type"], one["name"], one["file"], one["line"]) for one in found["declared"]] == [
        ("table", "main.crm.customers", "helper/driver.py", 9)
    ]
    ((open_call),) = found["undecided"]
    assert (open_call["expression"], open_call["file"], open_call["line"]) == ("input()", "helper/agent.py", 7)
    assert open_call["why"] == "input() is known only when it runs"
    assert [(one["verdict"], one["loggedBy"]) for one in found["agents"]] == [("fails", "helper/driver.py:4")]
    assert found["agents"][0]["privileges"][0] == {
        "securableType": "CATALOG",
        "securable": "main",
        "privilege": "USE CATALOG",
    }
    assert [one["rule"] for one in found["findings"]] == ["undeclared", "undecided"]


def test_annotations_for_code_reviews(elsewhere: Path, run: Any) -> None:
    code, out, _ = run("--sarif")
    document = json.loads(out)
    (found,) = document["runs"]
    assert (code, document["version"], found["tool"]["driver"]["name"]) == (1, "2.1.0", "agentry inspect")
    first, *_ = found["results"]
    assert (first["ruleId"], first["level"]) == ("undeclared", "error")
    place = first["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("helper/agent.py", 5)
    assert 'add DatabricksServingEndpoint(endpoint_name="chat")' in first["message"]["text"]
    assert found["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == "undeclared"


def test_declared_it_does_not_fail(elsewhere: Path, run: Any) -> None:
    line = '        DatabricksServingEndpoint(endpoint_name="chat"),\n    ],'
    (elsewhere / "helper" / "driver.py").write_text(DRIVER.replace("    ],", line))
    code, out, _ = run()
    assert code == 0
    assert out.splitlines()[-1] == "1 agent: 1 not decided"
    assert run("--strict")[0] == 1


def test_config_and_variables_decide(elsewhere: Path, run: Any) -> None:
    (elsewhere / "helper" / "agent.py").write_text(
        f"{LLM}import os\nC = ModelConfig()\nChatDatabricks(model=C.get('llm'))\n"
        "ChatDatabricks(model=os.environ['SECOND'])\n"
    )
    (elsewhere / "other.yaml").write_text("llm: other\n")
    _, out, _ = run("--json", "--config", "other.yaml", "--env", "SECOND=second", "helper/agent.py")
    assert [one["name"] for one in json.loads(out)["used"]] == ["other", "second"]


def test_agents_of_this_project_are_held_against_the_stack(
    project: Path, run: Any, monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    deployed(monkeypatch, ("serving_endpoint", "chat"), ("genie_space", "01ef"))
    code, out, _ = run()
    assert code == 1
    golden("inspect.project.txt", out)


@pytest.mark.parametrize(
    ("wanted", "shown"), [("first", "agents/a"), ("b", "agents/b"), ("agents/b/agent.py", "agents/b")]
)
def test_one_agent_by_its_name_directory_or_file(
    project: Path, run: Any, monkeypatch: pytest.MonkeyPatch, wanted: str, shown: str
) -> None:
    deployed(monkeypatch, ("serving_endpoint", "chat"), ("table", "main.crm.customers"))
    code, out, _ = run("--json", wanted)
    assert (code, [one["agent"] for one in json.loads(out)["agents"]]) == (0, [shown])


def test_the_config_of_the_stack_counts(project: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed(monkeypatch, modelConfig={"llm": "of-the-stack"})
    _, out, _ = run("--json", "first")
    assert json.loads(out)["used"][0]["name"] == "of-the-stack"


def test_an_unknown_agent_names_the_known_ones(project: Path, run: Any) -> None:
    code, _, err = run("c")
    assert (code, err.splitlines()) == (
        1,
        ["error: no agent and no path 'c'", "  agents here: a, b", "  → give one of these, or a path"],
    )


def test_on_a_narrow_terminal(golden: Golden) -> None:
    """Everything that can stand in the table, for both widths."""
    space = Resource("genie_space", "01ef8a3c2b9d1e7f", on_behalf_of_user=True)
    index = Resource("vector_search_index", "main.support.articles")
    uses = (
        Use(
            index, "agents/support/tools.py", 12, "VectorSearchRetrieverTool(index_name=)", "", "its embedding endpoint"
        ),
        Use(space, "agents/support/agent.py", 40, "GenieAgent()", "environment variable SPACE"),
    )
    call = Undecided(
        "connect(http_path=)", "path", "agents/support/agent.py", 51, "the path is known only when it runs"
    )
    inspection = Inspection(uses, (call,), None)
    declaration = Declaration({index: "driver.py:7"}, ("sql",))
    one = looked_at(inspection, declaration, agent="agents/support", entry="agents/support/agent.py", mlflow=True)
    certain = looked_at(Inspection(uses, (), None), declaration, agent="the same, decided", entry="x.py", mlflow=True)
    golden("inspect.wide.txt", text_of([*lines(one), *lines(certain)]))
    golden("inspect.narrow.txt", text_of([*lines(one, 80), *lines(certain, 80)]))
    assert all(len(line) <= 80 for line in text_of(lines(one, 80)).splitlines() if not line.startswith("  →"))


def test_code_that_can_not_be_read(elsewhere: Path, run: Any) -> None:
    (elsewhere / "helper" / "agent.py").write_text("x = 1\ny = = 2\n")
    code, out, _ = run()
    assert code == 1
    assert "helper/agent.py:2: can not be read: invalid syntax" in out
    assert out.splitlines()[-1] == "1 agent: 1 can not be read"


def test_a_directory_without_an_agent(elsewhere: Path, run: Any) -> None:
    (elsewhere / "empty").mkdir()
    code, out, _ = run("empty")
    assert (code, out) == (0, "no agent here: nothing logs one, and no module calls mlflow.models.set_model\n")


@pytest.mark.parametrize("given", ["A", "=x", "1=x"])
def test_a_variable_that_is_none(given: str) -> None:
    with pytest.raises(ConfigError, match="is no variable"):
        variables([given])


def test_a_variable_may_hold_anything() -> None:
    assert variables(["A=b=c", "B="]) == {"A": "b=c", "B": ""}


def test_the_hook_for_pre_commit_calls_this_command() -> None:
    (hook,) = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text())
    assert (hook["entry"], hook["language"], hook["pass_filenames"]) == ("agentry inspect", "python", False)

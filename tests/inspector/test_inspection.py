from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentry.errors import AgentCodeError
from agentry.inspector import inspect_agent, inspect_source
from agentry.source import Source

if TYPE_CHECKING:
    from agentry.inspector.inspection import Inspection

LLM = "from databricks_langchain import ChatDatabricks\n"


def inspected(code: str, **files: str) -> Inspection:
    named = {name.replace("__", "."): text for name, text in files.items()}
    source = Source("agents/x", {"agent.py": code.encode(), **{name: text.encode() for name, text in named.items()}})
    return inspect_source(source, {}, {})


def refused(code: str, **files: str) -> AgentCodeError:
    with pytest.raises(AgentCodeError) as caught:
        inspected(code, **files)
    return caught.value


def test_a_line_that_is_no_python() -> None:
    error = refused("x = 1\ny = = 2\n")
    assert (error.where, error.what) == ("agents/x/agent.py:2", "can not be read: invalid syntax")
    assert error.fix


def test_a_module_that_is_no_python_counts_only_where_it_is_imported() -> None:
    assert inspected("import json\n", broken__py="= 1\n").uses == ()
    assert refused("import broken\n", broken__py="= 1\n").where == "agents/x/broken.py:1"


def test_no_agent() -> None:
    with pytest.raises(AgentCodeError, match=r"agents/x: there is no agent\.py"):
        inspect_source(Source("agents/x", {"main.py": b""}), {}, {})


@pytest.mark.parametrize(
    "comment", ["# agentry: use table a.b.c", "# agentry: uses tables a.b.c", "# agentry: uses table", "# agentry: x y"]
)
def test_a_marker_that_is_none_is_never_ignored(comment: str) -> None:
    error = refused(f"x = 1\n{comment}\n")
    assert (error.where, error.what) == ("agents/x/agent.py:2", f"the comment `{comment}` is not understood")


def test_a_marker_in_a_string_is_none() -> None:
    assert inspected('X = """\n# agentry: uses table a.b.c\n"""\n').uses == ()


def test_a_marker_says_what_a_line_uses() -> None:
    found = inspected(f"{LLM}ChatDatabricks(model=input())  # agentry: uses serving_endpoint chat\n")
    assert [(use.where, str(use.resource), use.construct) for use in found.uses] == [
        ("agents/x/agent.py:2", "serving endpoint chat", "marker comment")
    ]
    assert found.undecided == ()


def test_where_a_name_comes_from() -> None:
    code = f"{LLM}from mlflow.models import ModelConfig\nChatDatabricks(model=ModelConfig().get('llm'))\n"
    source = Source("agents/x", {"agent.py": code.encode(), "config.yaml": b"llm: a\n"})
    (file,) = inspect_source(source, {}, {}).uses
    (stack,) = inspect_source(source, {"llm": "b"}, {}).uses
    assert (file.resource.name, file.origin) == ("a", "config.yaml: llm")
    assert (stack.resource.name, stack.origin) == ("b", "model_config: llm")


def test_the_keys_that_are_read() -> None:
    config = "from mlflow.models import ModelConfig\nC = ModelConfig()\n"
    assert inspected(f"{config}C.get('a')\nC.get('b')\n").config_keys == frozenset({"a", "b"})
    assert inspected("x = 1\n").config_keys == frozenset()
    assert inspected(f"{config}C.to_dict()\n").config_keys is None
    assert inspected(f"{config}C.get(input())\n").config_keys is None
    assert inspected("def load(context):\n    return context.model_config['a']\n").config_keys is None


def test_without_an_environment_no_default_decides() -> None:
    code = f"{LLM}import os\nChatDatabricks(model=os.getenv('A', 'default'))\n"
    source = Source("agents/x", {"agent.py": code.encode()})
    assert [use.resource.name for use in inspect_source(source, {}, {}).uses] == ["default"]
    blind = inspect_source(source, {}, None)
    assert (blind.uses, [each.why for each in blind.undecided]) == (
        (),
        ["the environment variable A is known only with the endpoint"],
    )


def test_a_directory_is_said_relative_to_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "agent.py").write_text(f"{LLM}ChatDatabricks(model='a')\n")
    monkeypatch.chdir(tmp_path)
    assert inspect_agent(tmp_path / "agents", {}, {}).uses[0].where == "agents/agent.py:2"
    assert inspect_agent(tmp_path / "agents", {}, {}, shown="there").uses[0].where == "there/agent.py:2"


def test_the_agent_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text("raise SystemExit('it ran')\n")
    assert inspect_agent(tmp_path, {}, {}).uses == ()


@pytest.mark.parametrize("module", [ast, Path])
def test_code_that_uses_nothing_of_a_workspace_has_nothing_undecided(module: object) -> None:
    """Large modules of the standard library: whatever Python can be written, nothing breaks and nothing is claimed."""
    import inspect

    source = Source("x", {"agent.py": inspect.getsource(inspect.getmodule(module) or ast).encode()})
    found = inspect_source(source, {}, {})
    assert (found.uses, found.undecided) == ((), ())


def test_the_sample_agents() -> None:
    agents = Path(__file__).parents[2] / "agents"
    weather = inspect_agent(agents / "weather", {"llm_endpoint": "chat"}, {})
    assert [str(use.resource) for use in weather.uses] == ["serving endpoint chat"]
    assert (weather.undecided, weather.config_keys) == ((), frozenset({"llm_endpoint"}))
    echo = inspect_agent(agents / "echo", {}, {})
    assert (echo.uses, echo.undecided) == ((), ())

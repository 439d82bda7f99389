"""What a call of `log_model` says: of the agent, its resources, its config and its endpoint's environment."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from agentry.inspector.repository import LoggedAgent, inspect_repository
from agentry.resources import MLFLOW_CLASSES

if TYPE_CHECKING:
    from pathlib import Path

LLM = "import mlflow\nfrom databricks_langchain import ChatDatabricks\n"
AGENT = f"{LLM}mlflow.models.set_model(ChatDatabricks(endpoint='chat'))\n"
CONFIGURED = f"""{LLM}from mlflow.models import ModelConfig
config = ModelConfig(development_config={{"llm": "development"}})
mlflow.models.set_model(ChatDatabricks(endpoint=config.get("llm")))
"""
DRIVER = """import mlflow
from mlflow.models.auth_policy import AuthPolicy, SystemAuthPolicy, UserAuthPolicy
from mlflow.models.resources import *
def endpoint(name):
    return DatabricksServingEndpoint(endpoint_name=name)
"""


def agents(root: Path, driver: str, **files: str) -> list[LoggedAgent]:
    (root / "driver.py").write_text(DRIVER + dedent(driver))
    for name, text in (files or {"agent__py": AGENT}).items():
        (root / name.replace("__", ".")).write_text(text)
    return list(inspect_repository(root, shown="").agents)


def only(root: Path, driver: str, **files: str) -> LoggedAgent:
    (agent,) = agents(root, driver, **files)
    return agent


def declared(agent: LoggedAgent) -> list[str]:
    return [f"{each.resource.type} {each.resource.name}" for each in agent.declared or ()]


def endpoints(agent: LoggedAgent) -> str:
    return " ".join(sorted(each.resource.name for each in agent.declared or ()))


@pytest.mark.parametrize(
    ("lines", "resources", "names"),
    [
        ("", "[endpoint('a'), endpoint('b')]", "a b"),
        ("", "(endpoint('a'),)", "a"),
        ("", "[endpoint('a')] + [endpoint('b')]", "a b"),
        ("more = [endpoint('b')]", "[endpoint('a'), *more]", "a b"),
        ("more = [endpoint('a')]", "list(more)", "a"),
        ("NAMES = ('a', 'b')", "[endpoint(name) for name in NAMES]", "a b"),
        ("NAMES = {'x': 'a', 'y': 'b'}", "[*[endpoint(name) for name in NAMES.values()]]", "a b"),
        ("found = []\nfor name in ['a', 'b']:\n    found.append(endpoint(name))", "found", "a b"),
        ("found = [endpoint('a')]\nfound += [endpoint('b')]", "found", "a b"),
        ("found = [endpoint('a')]\nfound = found + [endpoint('b')]", "found", "a b"),
        ("found = []\nfound.extend([endpoint('a')])", "found", "a"),
        ("def found():\n    return [endpoint('a'), endpoint('b')]", "found()", "a b"),
        (
            "def found(name):\n    kept = [endpoint(name)]\n    kept.append(endpoint('b'))\n    return kept",
            "found('a')",
            "a b",
        ),
        (
            "import os\nfound = [endpoint('a')]\nif os.path.exists('x'):\n    found.append(endpoint('b'))",
            "found",
            "a b",
        ),
        ("import os", "[endpoint('a')] if os.path.exists('x') else [endpoint('b')]", "a b"),
        ("import os", "[endpoint('a' if os.path.exists('x') else 'b')]", "a b"),
        ("", "[endpoint('a'), None]", "a"),
        ("", "[]", ""),
        ("", "None", ""),
        ("", "{'api_version': '1', 'databricks': {'serving_endpoint': [{'name': 'a'}]}}", "a"),
    ],
)
def test_a_list_of_resources(tmp_path: Path, lines: str, resources: str, names: str) -> None:
    call = f"mlflow.pyfunc.log_model(name='x', python_model='agent.py', resources={resources})"
    agent = only(tmp_path, f"{lines}\n{call}\n")
    assert endpoints(agent) == names
    assert agent.undecided_declaration == ()


@pytest.mark.parametrize("cls", sorted(MLFLOW_CLASSES))
def test_every_class_of_resources(tmp_path: Path, cls: str) -> None:
    about = MLFLOW_CLASSES[cls]
    agent = only(
        tmp_path,
        f"""
        resources = [{cls}({about.mlflow[1]}="a.b.c"), {cls}("d.e.f", True), {cls}("g.h.i", on_behalf_of_user=False)]
        mlflow.pyfunc.log_model(python_model="agent.py", resources=resources)
        """,
    )
    assert declared(agent) == [f"{about.key} {name}" for name in ("a.b.c", "d.e.f", "g.h.i")]
    assert [each.resource.on_behalf_of_user for each in agent.declared or ()] == [False, True, False]


def test_the_place_of_each(tmp_path: Path) -> None:
    agent = only(
        tmp_path,
        """
        found = [DatabricksServingEndpoint("a")]
        found.append(
            DatabricksServingEndpoint("b"))
        mlflow.pyfunc.log_model(python_model="agent.py", resources=found)
        """,
    )
    assert [each.where for each in agent.declared or ()] == ["driver.py:7", "driver.py:9"]


def test_a_list_that_is_made_anew_for_the_next_call(tmp_path: Path) -> None:
    first, second = agents(
        tmp_path,
        """
        resources = [endpoint("a")]
        mlflow.pyfunc.log_model(python_model="agent.py", resources=resources)
        resources = [endpoint("b")]
        resources.append(endpoint("c"))
        mlflow.pyfunc.log_model(python_model="agent.py", resources=resources)
        """,
    )
    assert (endpoints(first), endpoints(second)) == ("a", "b c")


def test_a_list_that_a_function_is_given_later(tmp_path: Path) -> None:
    """The lines of a module say nothing of when a function is called."""
    agent = only(
        tmp_path,
        """
        found = [endpoint("a")]
        def log():
            mlflow.pyfunc.log_model(python_model="agent.py", resources=found)
        found.append(endpoint("b"))
        log()
        """,
    )
    assert endpoints(agent) == "a b"


def test_a_function_that_logs_once_for_each_of_its_calls(tmp_path: Path) -> None:
    found = agents(
        tmp_path,
        """
        def log(name, *, llm="c"):
            mlflow.pyfunc.log_model(python_model=name + ".py", resources=[endpoint(llm)])
        log("agent", llm="a")
        log("other", llm="b")
        log("agent")
        log("agent")
        """,
        agent__py=AGENT,
        other__py=AGENT,
    )
    assert [(agent.entry, endpoints(agent)) for agent in found] == [
        ("agent.py", "a"),
        ("agent.py", "c"),
        ("other.py", "b"),
    ]


@pytest.mark.parametrize(
    ("resources", "kind", "pattern"),
    [
        ("[endpoint(input())]", "serving_endpoint", ""),
        ("[DatabricksTable(f'{input()}.sales.orders')]", "table", "\0.sales.orders"),
        ("[DatabricksTable()]", "table", ""),
        ("[endpoint('')]", "serving_endpoint", ""),
        ("input()", "", ""),
        ("'gone.yaml'", "", ""),
        ("[*input()]", "", ""),
    ],
)
def test_what_can_not_be_known_of_a_declaration(tmp_path: Path, resources: str, kind: str, pattern: str) -> None:
    agent = only(tmp_path, f"mlflow.pyfunc.log_model(python_model='agent.py', resources={resources})\n")
    (part,) = agent.undecided_declaration
    assert (agent.declared, part.type, part.pattern) == ((), kind, pattern)
    assert part.why
    assert part.file == "driver.py"
    assert part.expression


@pytest.mark.parametrize(
    ("policy", "names", "scopes"),
    [
        ("AuthPolicy(system_auth_policy=SystemAuthPolicy(resources=[endpoint('a')]))", "a", ()),
        ("AuthPolicy(UserAuthPolicy(['sql', 'genie']), SystemAuthPolicy([endpoint('a')]))", "a", ("sql", "genie")),
        ("AuthPolicy(user_auth_policy=UserAuthPolicy(api_scopes=['sql']))", "", ("sql",)),
        ("{'system_auth_policy': {'resources': {'databricks': {'serving_endpoint': [{'name': 'a'}]}}}}", "a", ()),
        ("{'system_auth_policy': {}, 'user_auth_policy': {'api_scopes': ['sql']}}", "", ("sql",)),
    ],
)
def test_an_auth_policy(tmp_path: Path, policy: str, names: str, scopes: tuple[str, ...]) -> None:
    agent = only(tmp_path, f"mlflow.pyfunc.log_model(python_model='agent.py', auth_policy={policy})\n")
    assert (endpoints(agent), agent.api_scopes, agent.undecided_declaration) == (names, scopes, ())


def test_an_auth_policy_that_is_not_known(tmp_path: Path) -> None:
    agent = only(tmp_path, "mlflow.pyfunc.log_model(python_model='agent.py', auth_policy=input())\n")
    assert [part.construct for part in agent.undecided_declaration] == ["auth_policy"]
    assert (agent.missing, len(agent.uncertain)) == ((), 1)


def test_without_an_auth_policy_there_are_no_scopes(tmp_path: Path) -> None:
    assert only(tmp_path, "mlflow.pyfunc.log_model(python_model='agent.py', auth_policy=None)\n").api_scopes is None


@pytest.mark.parametrize(
    "call",
    [
        "mlflow.pyfunc.log_model(artifact_path='x', python_model='agent.py')",
        "mlflow.pyfunc.save_model('out', python_model='agent.py')",
        "mlflow.langchain.log_model('agent.py', 'x')",
        "mlflow.langchain.log_model(lc_model='agent')",
        "mlflow.dspy.log_model('agent.py')",
        "mlflow.dspy.save_model(model='agent.py', path='out')",
        "mlflow.llama_index.log_model(llama_index_model='./agent.py')",
        "mlflow.pyfunc.log_model(python_model=str(Path('agent.py').resolve()))",
        "mlflow.pyfunc.log_model(python_model=os.path.join(os.getcwd(), 'agent.py'))",
        "mlflow.pyfunc.log_model(python_model=Path(__file__).parent / 'agent.py')",
        "mlflow.pyfunc.log_model(python_model='/Workspace/Users/someone@example.com/project/agent.py')",
        "log(python_model='agent.py')",
        "pyfunc.log_model(**{'python_model': 'agent.py'})",
    ],
)
def test_ways_to_log_a_file(tmp_path: Path, call: str) -> None:
    imports = (
        "import os\nfrom pathlib import Path\nfrom mlflow import pyfunc\nfrom mlflow.pyfunc import log_model as log\n"
    )
    agent = only(tmp_path, f"{imports}{call}\n")
    assert (agent.entry, agent.driver, agent.failed) == ("agent.py", "driver.py:10", None)


@pytest.mark.parametrize(
    "call",
    [
        "mlflow.sklearn.log_model(model, name='x')",
        "mlflow.pyfunc.log_model(loader_module='loader', data_path='x')",
        "mlflow.log_model('agent.py')",
        "other.pyfunc.log_model(python_model='agent.py')",
        "mlflow.pyfunc.load_model('agent.py')",
    ],
)
def test_what_logs_no_agent(tmp_path: Path, call: str) -> None:
    agent = only(tmp_path, f"import other\nmodel = object()\n{call}\n")
    assert (agent.entry, agent.driver, agent.declared) == ("agent.py", "", None)


def test_only_the_langchain_flavour_looks_for_resources_itself(tmp_path: Path) -> None:
    chain, explicit, pyfunc = agents(
        tmp_path,
        """
        mlflow.langchain.log_model("agent.py")
        mlflow.langchain.log_model("agent.py", resources=[])
        mlflow.pyfunc.log_model(python_model="agent.py")
        """,
    )
    assert (chain.inferred, explicit.inferred, pyfunc.inferred) == (True, False, False)
    assert (len(chain.notes), len(explicit.notes), len(pyfunc.notes)) == (1, 0, 0)


@pytest.mark.parametrize(
    ("lines", "given", "name", "origin"),
    [
        ("", "{'llm': 'a'}", "a", "driver.py:8 model_config: llm"),
        ("CONFIG = dict(llm='a')", "CONFIG", "a", "driver.py:8 model_config: llm"),
        ("", "'prod.yaml'", "prod", "prod.yaml: llm"),
        ("import os", "os.path.join(os.getcwd(), 'prod.yaml')", "prod", "prod.yaml: llm"),
        ("import yaml", "yaml.safe_load(open('prod.yaml'))", "prod", "driver.py:8 model_config: llm"),
        (
            "c = mlflow.models.ModelConfig(development_config='prod.yaml')",
            "c.to_dict()",
            "prod",
            "driver.py:8 model_config: llm",
        ),
    ],
)
def test_a_model_config(tmp_path: Path, lines: str, given: str, name: str, origin: str) -> None:
    agent = only(
        tmp_path,
        f"{lines}\n\nmlflow.pyfunc.log_model(python_model='configured.py', model_config={given})\n",
        configured__py=CONFIGURED,
        prod__yaml="llm: prod\n",
    )
    (use,) = agent.inspection.uses
    assert (use.resource.name, use.origin, agent.notes) == (name, origin, ())


@pytest.mark.parametrize(
    ("given", "reason"),
    [("input()", "input"), ("'gone.yaml'", "there is no file gone.yaml")],
)
def test_a_model_config_that_is_not_known(tmp_path: Path, given: str, reason: str) -> None:
    """The config for development decides nothing then."""
    agent = only(
        tmp_path,
        f"mlflow.pyfunc.log_model(python_model='configured.py', model_config={given})\n",
        configured__py=CONFIGURED,
    )
    assert (agent.inspection.uses, len(agent.undecided)) == ((), 1)
    assert [reason in note for note in agent.notes] == [True]


def test_a_key_with_two_values_for_development_is_not_known(tmp_path: Path) -> None:
    other = 'mlflow.models.ModelConfig(development_config={"llm": "other"})\n'
    agent = only(
        tmp_path,
        "mlflow.pyfunc.log_model(python_model='configured.py')\n",
        configured__py=CONFIGURED + other,
    )
    assert (agent.inspection.uses, len(agent.undecided)) == ((), 1)


@pytest.mark.parametrize(
    ("variables", "used", "undecided"),
    [
        ("{'LLM': 'a'}", ["a"], 0),
        ("None", ["default"], 0),
        ("{'OTHER': 'a'}", ["default"], 0),
        ("{'LLM': '{{secrets/a/b}}'}", [], 1),
        ("{'LLM': input()}", [], 1),
        ("input()", [], 1),
        ("{**input()}", [], 1),
    ],
)
def test_the_environment_of_the_endpoint(tmp_path: Path, variables: str, used: list[str], undecided: int) -> None:
    agent = only(
        tmp_path,
        f"""
        from databricks import agents
        mlflow.pyfunc.log_model(python_model='reads.py')
        agents.deploy("a.b.c", 1, environment_vars={variables})
        """,
        reads__py=f"{LLM}import os\nmlflow.models.set_model(ChatDatabricks(endpoint=os.environ.get('LLM', 'default')))\n",
    )
    assert [use.resource.name for use in agent.inspection.uses] == used
    assert len(agent.undecided) == undecided


def test_code_paths_say_where_imports_start(tmp_path: Path) -> None:
    (tmp_path / "lib" / "deep" / "shared").mkdir(parents=True)
    (tmp_path / "lib" / "deep" / "shared" / "names.py").write_text("LLM = 'a'\n")
    agent = only(
        tmp_path,
        "mlflow.pyfunc.log_model(python_model='uses.py', code_paths=['lib/deep/shared'])\n",
        uses__py=f"{LLM}from shared.names import LLM\nmlflow.models.set_model(ChatDatabricks(endpoint=LLM))\n",
    )
    assert [use.resource.name for use in agent.inspection.uses] == ["a"]


def test_no_default_decides_where_the_config_is_not_known(tmp_path: Path) -> None:
    code = f"{LLM}from mlflow.models import ModelConfig\nC = ModelConfig().to_dict()\n"
    agent = only(
        tmp_path,
        "mlflow.pyfunc.log_model(python_model='configured.py', model_config=input())\n",
        configured__py=f"{code}mlflow.models.set_model(ChatDatabricks(endpoint=C.get('llm', 'default')))\n",
    )
    assert ([use.resource.name for use in agent.uncertain], len(agent.undecided)) == (["default"], 1)
    assert agent.missing == ()

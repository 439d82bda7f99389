from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from agentry.components import Agent, Endpoint, Resource
from agentry.errors import AgentCodeError, AgentryError, ProgramError, UndeclaredResource
from agentry.inspector import NOT_KNOWN
from tests.components.program import Recorded, run

CODE = """\
from databricks_langchain import ChatDatabricks, VectorSearchRetrieverTool
from mlflow.models import ModelConfig, set_model

config = ModelConfig(development_config="config.yaml")
LLM = ChatDatabricks(model=config.get("llm"))
DOCS = VectorSearchRetrieverTool(index_name="main.docs.index")
"""
CHAT = Resource("serving_endpoint", "chat")
INDEX = Resource("vector_search_index", "main.docs.index")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: agents\n")
    directory = tmp_path / "agents" / "helper"
    directory.mkdir(parents=True)
    (directory / "agent.py").write_text(CODE)
    (directory / "config.yaml").write_text("llm: chat\n")
    return tmp_path


def helper(**arguments: Any) -> Agent:
    return Agent("helper", **{"code": "agents/helper", "model": "main.agents.helper", **arguments})


def declared(project: Path, **arguments: Any) -> Recorded:
    return run(lambda: helper(**arguments), project)


def refused(project: Path, **arguments: Any) -> AgentryError:
    """The error of a declaration that can not be; nothing of it may have been registered."""
    recorded: list[Any] = []
    with pytest.raises(AgentryError) as caught:
        recorded.append(run(lambda: helper(**arguments), project))
    assert recorded == []
    return caught.value


def test_the_nodes_and_what_waits_for_what(project: Path) -> None:
    recorded = declared(project, access={"group:analysts": "CAN_QUERY"})
    assert set(recorded.nodes) == {
        "Stack/agents-dev",
        "Agent/helper",
        "Experiment/helper",
        "RegisteredModel/helper",
        "Grant/helper-uses-serving_endpoint-chat",
        "Grant/helper-uses-vector_search_index-main.docs.index",
        "Grant/helper-uses-parents",
        "ModelVersion/helper",
        "ServingEndpoint/helper",
        "ModelAlias/helper-champion",
        "Grant/helper-access-group:analysts",
    }
    own_use = {name for name in recorded.nodes if "-uses-" in name}
    assert recorded.waits_for("ModelVersion/helper") == {"Experiment/helper", "RegisteredModel/helper", *own_use}
    assert recorded.waits_for("ServingEndpoint/helper") == {"Experiment/helper", "ModelVersion/helper", *own_use}
    assert recorded.waits_for("ModelAlias/helper-champion") == {"ServingEndpoint/helper"}
    assert recorded.waits_for("Grant/helper-access-group:analysts") == {"ServingEndpoint/helper"}


def test_every_node_is_a_child_of_the_component(project: Path) -> None:
    recorded = declared(project)
    component = recorded["Agent/helper"].urn
    children = {name for name, node in recorded.nodes.items() if node.parent == component}
    assert children == set(recorded.nodes) - {"Stack/agents-dev", "Agent/helper"}


def test_what_it_uses_is_found_and_granted(project: Path) -> None:
    recorded = declared(project)
    assert recorded["ModelVersion/helper"].inputs["resources"] == [
        {"type": "serving_endpoint", "name": "chat"},
        {"type": "vector_search_index", "name": "main.docs.index"},
    ]
    grant = recorded["Grant/helper-uses-vector_search_index-main.docs.index"].inputs
    assert grant["privileges"] == [{"securableType": "TABLE", "securable": "main.docs.index", "privilege": "SELECT"}]
    assert (grant["forEndpoint"], grant["ensure"], "principal" in grant) == ("agents_main-agents-helper", False, False)
    assert grant["reason"] == "agents/helper/agent.py:6: VectorSearchRetrieverTool(index_name=)"
    parents = recorded["Grant/helper-uses-parents"].inputs
    assert parents["ensure"] is True
    assert parents["privileges"] == [
        {"securableType": "CATALOG", "securable": "main", "privilege": "USE CATALOG"},
        {"securableType": "SCHEMA", "securable": "main.docs", "privilege": "USE SCHEMA"},
    ]


def test_what_is_done_as_the_caller_is_not_granted(project: Path) -> None:
    caller = [CHAT, Resource("vector_search_index", "main.docs.index", on_behalf_of_user=True)]
    scopes = {"user_auth_policy": {"api_scopes": ["vector-search"]}}
    recorded = declared(project, resources=caller, auth_policy=scopes)
    assert [name for name in recorded.nodes if "-uses-" in name] == ["Grant/helper-uses-serving_endpoint-chat"]
    assert recorded["ModelVersion/helper"].inputs["resources"][1]["onBehalfOfUser"] is True


def test_what_is_done_as_the_caller_needs_an_api_scope(project: Path) -> None:
    caller = [CHAT, Resource("vector_search_index", "main.docs.index", on_behalf_of_user=True)]
    error = refused(project, resources=caller, auth_policy={"user_auth_policy": {"api_scopes": ["genie"]}})
    assert isinstance(error, UndeclaredResource)
    assert "index main.docs.index is used as the caller, and the auth policy lacks an API scope" in error.what
    assert "'vectorsearch.vector-search-indexes'" in error.fix


def test_the_stack_says_what_goes_over_the_config(project: Path) -> None:
    recorded = declared(project, model_config={"llm": "other"})
    assert "Grant/helper-uses-serving_endpoint-other" in recorded.nodes
    assert recorded["ModelVersion/helper"].inputs["modelConfig"] == {"llm": "other"}


def test_defaults(project: Path) -> None:
    recorded = run(helper, project, project="shop", stack="prod")
    endpoint = recorded["ServingEndpoint/helper"]
    assert recorded["Experiment/helper"].inputs["name"] == "/Shared/agentry/shop/prod/helper"
    assert endpoint.inputs["scaleToZero"] is True
    assert "workloadSize" not in endpoint.inputs, "the provider knows when Small is right"
    assert endpoint.timeouts == ("30m", "30m", "30m")
    assert recorded["ModelAlias/helper-champion"].inputs == {
        "model": "main.agents.helper",
        "alias": "champion",
        "version": "7",
    }


def test_every_option_of_the_endpoint_reaches_it(project: Path) -> None:
    options = Endpoint(
        min_concurrency=4,
        max_concurrency=16,
        workload_type="GPU_SMALL",
        instance_profile_arn="arn:aws:iam::1:instance-profile/agent",
        inference_table={"enabled": False},
        budget_policy_id="policy-1",
        email_notifications={"on_update_failure": ["ops@company.example"]},
        telemetry={"telemetry_profile_id": "profile-1"},
        route_optimized=True,
    )
    inputs = declared(project, endpoint=options)["ServingEndpoint/helper"].inputs
    expected = {
        "minProvisionedConcurrency": 4,
        "maxProvisionedConcurrency": 16,
        "workloadType": "GPU_SMALL",
        "instanceProfileArn": "arn:aws:iam::1:instance-profile/agent",
        "inferenceTable": {"enabled": False},
        "budgetPolicyId": "policy-1",
        "emailNotifications": {"onUpdateFailure": ["ops@company.example"]},
        "telemetry": {"telemetryProfileId": "profile-1"},
        "routeOptimized": True,
    }
    assert {key: inputs.get(key) for key in expected} == expected


def test_options_reach_their_nodes(project: Path) -> None:
    recorded = declared(
        project,
        endpoint=Endpoint(size="Large", scale_to_zero=False, name="asks", traffic={"old": 10}, tags={"team": "a"}),
        environment_vars={"LEVEL": "debug", "KEY": "{{secrets/scope/key}}"},
        aliases=("champion", "canary"),
        owner="sp:1234",
        tags={"team": "b", "cost": "c"},
        keep=3,
        force_destroy=True,
        description="Helps",
        experiment="/Shared/helper",
        requirements=["mlflow==3.17.2"],
        python="3.12",
    )
    endpoint, version = recorded["ServingEndpoint/helper"].inputs, recorded["ModelVersion/helper"].inputs
    assert (endpoint["name"], endpoint["workloadSize"], endpoint["scaleToZero"]) == ("asks", "Large", False)
    assert endpoint["traffic"] == {"old": 10}
    assert endpoint["tags"] == {"team": "a", "cost": "c"}
    assert endpoint["environmentVars"] == {"LEVEL": "debug", "KEY": "{{secrets/scope/key}}"}
    assert (version["keep"], version["python"], version["requirements"]) == (3, "3.12", ["mlflow==3.17.2"])
    assert {
        endpoint["description"],
        version["description"],
        recorded["RegisteredModel/helper"].inputs["description"],
    } == {"Helps"}
    assert recorded["RegisteredModel/helper"].inputs["forceDestroy"] is True
    assert recorded["Grant/helper-uses-serving_endpoint-chat"].inputs["principal"] == "sp:1234"
    assert {name for name in recorded.nodes if name.startswith("ModelAlias")} == {
        "ModelAlias/helper-champion",
        "ModelAlias/helper-canary",
    }


def test_an_existing_version_needs_no_code(tmp_path: Path) -> None:
    source = "models:/main.agents.helper@champion"
    recorded = run(lambda: Agent("helper", source=source, aliases=()), tmp_path)
    assert set(recorded.nodes) == {"Stack/agents-dev", "Agent/helper", "Experiment/helper", "ServingEndpoint/helper"}
    endpoint = recorded["ServingEndpoint/helper"].inputs
    assert (endpoint["source"], endpoint["name"]) == (source, "agents_main-agents-helper")
    assert not {"model", "version"} & set(endpoint)


def test_outputs(project: Path) -> None:
    values: dict[str, Any] = {}

    def read() -> None:
        agent = helper()
        for output in ("url", "version", "digest", "endpoint_name", "playground_url"):
            getattr(agent, output).apply(lambda value, output=output: values.setdefault(output, value))

    run(read, project)
    assert values["url"] == "https://w.example/serving-endpoints/e/invocations"
    assert (values["version"], values["digest"]) == ("7", "d" * 64)
    assert values["endpoint_name"] == "agents_main-agents-helper"


def test_a_list_that_lacks_something_is_an_error_with_its_line(project: Path) -> None:
    error = refused(project, resources=[INDEX])
    assert isinstance(error, UndeclaredResource)
    assert error.where == "agents/helper/agent.py:5"
    assert error.what == "ChatDatabricks(model=) uses serving endpoint chat, which `resources` lacks"
    assert 'Resource("serving_endpoint", "chat")' in error.fix


def test_an_empty_list_is_no_missing_list(project: Path) -> None:
    assert isinstance(refused(project, resources=[]), UndeclaredResource)


def test_check_false_takes_the_list_as_it_is(project: Path) -> None:
    recorded = declared(project, resources=[], check=False)
    assert recorded["ModelVersion/helper"].inputs["resources"] == []
    assert recorded["ModelVersion/helper"].inputs["check"] is False


def test_what_can_not_be_decided_is_an_error_only_without_a_list(project: Path) -> None:
    path = project / "agents" / "helper" / "agent.py"
    path.write_text(CODE.replace('config.get("llm")', "input()"))
    error = refused(project)
    assert isinstance(error, UndeclaredResource)
    assert error.where == "agents/helper/agent.py:5"
    assert "can not be decided" in error.what
    assert declared(project, resources=[CHAT, INDEX]).nodes


def test_a_secret_variable_decides_nothing(project: Path) -> None:
    path = project / "agents" / "helper" / "agent.py"
    path.write_text("import os\n" + CODE.replace('config.get("llm")', 'os.environ["LLM"]'))
    assert "Grant/helper-uses-serving_endpoint-x" in declared(project, environment_vars={"LLM": "x"}).nodes
    with pytest.raises(UndeclaredResource, match="LLM is a secret"):
        run(lambda: helper(environment_vars={"LLM": pulumi.Output.secret("x")}), project)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"model": "helper"}, "model='helper' is not a name of three levels"),
        ({"model": "a.b.c.d"}, "model='a.b.c.d' is not a name of three levels"),
        ({"model": None}, "model= is no plain string"),
        ({"source": "models:/a.b.c/1"}, "give code= and model=, or source="),
        ({"code": None}, "give code= and model=, or source="),
        (
            {"code": None, "source": "models:/a.b.c/1"},
            "model='main.agents.helper' is another model than that of source=",
        ),
        ({"code": None, "model": None, "source": "a.b.c/1"}, "source='a.b.c/1' is not the address of a version"),
        ({"check": False}, "check=False needs resources=[...]"),
        ({"resources": "chat"}, "resources= is no list"),
        ({"resources": ["chat"]}, "resources= holds 'chat', which is no Resource"),
        ({"model_config": {"llm": {1: 2}}}, "model_config['llm'] has the key 1, which is no string"),
        ({"model_config": {"llm": object}}, "model_config['llm'] is type, which is no plain value"),
        ({"signature": ["amount"]}, "signature is list, which is no mapping"),
        ({"signature": {"inputs": object}}, "signature['inputs'] is type, which is no plain value"),
        ({"input_example": "hello"}, "input_example is str, which is no mapping"),
        ({"access": {"analysts": "CAN_QUERY"}}, "'analysts' is no principal"),
        ({"access": {"group:analysts": "USE"}}, "'USE' is no level of access to an endpoint"),
        ({"owner": "me"}, "'me' is no principal"),
        ({"aliases": "champion"}, "aliases='champion' is one string"),
        ({"aliases": ["v1"]}, "'v1' can not be an alias of a model"),
        ({"aliases": ["a", "a"]}, "an alias is there twice"),
        ({"experiment": "weather"}, "experiment='weather' is no path of a workspace"),
        ({"endpoint": Endpoint(name="a.b")}, "'a.b' can not be the name of an endpoint"),
        ({"endpoint": Endpoint(name="a" * 64)}, f"{'a' * 64!r} can not be the name of an endpoint"),
        ({"endpoint": Endpoint(size="Huge")}, "'Huge' is no size of an endpoint"),
    ],
)
def test_an_argument_that_can_not_be(project: Path, arguments: dict[str, Any], what: str) -> None:
    error = refused(project, **arguments)
    assert isinstance(error, ProgramError)
    assert error.what == what
    assert error.fix


def test_an_error_names_the_line_of_the_program(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    error = refused(project, model="helper")
    line = next(n for n, text in enumerate(Path(__file__).read_text().splitlines(), 1) if "return Agent(" in text)
    assert error.where == f"test_agent.py:{line}"


def test_an_error_is_one_that_pulumi_shows_without_a_traceback(project: Path) -> None:
    error = refused(project, model="helper")
    assert isinstance(error, pulumi.RunError)
    assert str(error).splitlines()[0].endswith("model='helper' is not a name of three levels")


@pytest.mark.parametrize("wrap", [pulumi.Output.secret, pulumi.Output.from_input], ids=["secret", "output"])
def test_the_model_config_holds_no_outputs(project: Path, wrap: Any) -> None:
    with pytest.raises(ProgramError, match=r"model_config\['llm'\] is an Output"):
        run(lambda: helper(model_config={"llm": wrap("x")}), project)


def test_what_it_is_asked_with_holds_no_outputs(project: Path) -> None:
    with pytest.raises(ProgramError, match=r"input_example\['inputs'\] is an Output"):
        run(lambda: helper(input_example={"inputs": pulumi.Output.from_input("x")}), project)


def test_a_key_that_the_config_lacks(project: Path) -> None:
    error = refused(project, model_config={"lm": "chat"})
    assert isinstance(error, AgentCodeError)
    assert error.what == "lm is not a key of the agent's config"


def test_a_key_that_the_code_never_reads(project: Path) -> None:
    (project / "agents" / "helper" / "config.yaml").unlink()
    error = refused(project, model_config={"llm": "chat", "temprature": 1})
    assert error.what == "model_config has a key 'temprature', which the agent never reads"
    assert error.why == "agents/helper reads from its model config: llm"


def test_no_directory_and_no_agent(project: Path) -> None:
    assert refused(project, code="agents/none").where == "agents/none"
    (project / "agents" / "empty").mkdir()
    assert refused(project, code="agents/empty").what == "there is no agent.py"


def test_two_agents_with_one_endpoint(project: Path) -> None:
    long = "main.agents." + "a" * 60

    def program() -> None:
        Agent("one", code="agents/helper", model=f"{long}1")
        Agent("two", code="agents/helper", model=f"{long}2")

    with pytest.raises(
        ProgramError, match="the agents 'one' and 'two' would have one endpoint, agents_main-agents-aaa"
    ):
        run(program, project)


def test_two_programs_in_one_process_do_not_collide(project: Path) -> None:
    assert set(declared(project).nodes) == set(declared(project).nodes)


def test_the_version_knows_the_variables_but_no_secret(project: Path) -> None:
    def program() -> None:
        helper(environment_vars={"PLAIN": "x", "KEY": pulumi.Output.secret("s3cret")})

    recorded = run(program, project)
    assert recorded["ModelVersion/helper"].inputs["environmentVars"] == {"PLAIN": "x", "KEY": NOT_KNOWN}


def test_an_existing_version_of_a_model_of_its_own(tmp_path: Path) -> None:
    """What is adopted is so first: the version is as it was found, and the model is this stack's."""
    named = Endpoint(description="")
    source = "models:/main.agents.helper/7"
    recorded = run(
        lambda: Agent(
            "helper",
            source=source,
            model="main.agents.helper",
            experiment=False,
            description="Helps",
            endpoint=named,
            aliases=(),
        ),
        tmp_path,
    )
    assert set(recorded.nodes) == {
        "Stack/agents-dev",
        "Agent/helper",
        "RegisteredModel/helper",
        "ServingEndpoint/helper",
    }
    assert recorded["RegisteredModel/helper"].inputs["description"] == "Helps"
    inputs = recorded["ServingEndpoint/helper"].inputs
    assert inputs["source"] == source
    assert not {"description", "experimentId", "agentVariables"} & inputs.keys()


def test_an_endpoint_without_the_variables_of_agents(project: Path) -> None:
    recorded = declared(project, endpoint=Endpoint(agent_variables=False, description="of the endpoint"))
    inputs = recorded["ServingEndpoint/helper"].inputs
    assert (inputs["agentVariables"], inputs["description"]) == (False, "of the endpoint")

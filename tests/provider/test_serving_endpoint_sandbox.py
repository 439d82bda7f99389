"""Endpoints with all fields in the sandbox, which keeps, checks and answers them by the documented routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from agentry.clock import RealClock
from agentry.provider.kinds.registry import KINDS
from agentry.workspace import connect
from tests.provider.lifecycle import CheckFailed, Engine, Resource, provider
from tests.provider.sandboxed import api, of
from tests.sandbox.workspace import instant_sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.sandbox.workspace import RunningSandbox

__all__ = ["instant_sandbox"]
pytestmark = pytest.mark.process
REGISTRY = "/api/2.0/mlflow/unity-catalog"
SECRETS = "/api/2.0/secrets"


@pytest.fixture
async def deployer(instant_sandbox: RunningSandbox) -> AsyncIterator[Engine]:
    settings = {"sandbox": "local"}
    async with provider(KINDS, connect, clock=RealClock(), root=instant_sandbox.root, settings=settings) as engine:
        yield engine


def version(sandbox: RunningSandbox, model: str, owner: str = "") -> str:
    """A version that can be served."""
    tags = [{"key": "agentry_owner", "value": owner}] if owner else []
    body = {"name": model, "source": "dbfs:/x", "tags": tags}
    made = api(sandbox, "POST", f"{REGISTRY}/model-versions/create", "deployer", json=body)["model_version"]
    number = str(made["version"])
    path = f"/api/2.0/fs/files/Models/{model.replace('.', '/')}/{number}/MLmodel"
    api(sandbox, "PUT", path, "deployer", content=b"flavors: {python_function: {python_version: '3.11'}}\n")
    done = {"name": model, "version": number}
    api(sandbox, "POST", f"{REGISTRY}/model-versions/finalize", "deployer", json=done)
    return number


@pytest.fixture
def model(instant_sandbox: RunningSandbox) -> str:
    """A model with two versions that can be served."""
    name = f"{instant_sandbox.schema}.{instant_sandbox.unique('served')}"
    api(instant_sandbox, "POST", f"{REGISTRY}/registered-models/create", "deployer", json={"name": name})
    for _ in range(2):
        version(instant_sandbox, name)
    return name


@pytest.fixture
def scope(instant_sandbox: RunningSandbox) -> str:
    name = instant_sandbox.unique("scope")
    api(instant_sandbox, "POST", f"{SECRETS}/scopes/create", "deployer", json={"scope": name})
    body = {"scope": name, "key": "openai", "string_value": "canary-31fe"}
    api(instant_sandbox, "POST", f"{SECRETS}/put", "deployer", json=body)
    return name


@pytest.fixture
def name(instant_sandbox: RunningSandbox) -> str:
    return instant_sandbox.unique("endpoint")


def live(sandbox: RunningSandbox, name: str) -> dict[str, Any]:
    return dict(api(sandbox, "GET", f"/api/2.0/serving-endpoints/{name}"))


def agent(name: str, model: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "model": model, "version": "1", **more}


def external(name: str, scope: str, **more: Any) -> dict[str, Any]:
    openai = {"openaiApiKey": f"{{{{secrets/{scope}/openai}}}}"}
    model = {"provider": "openai", "name": "gpt-4o", "task": "llm/v1/chat", "openaiConfig": openai}
    return {"name": name, "externalModel": model, **more}


async def imported(resource: Resource, wanted: dict[str, Any]) -> None:
    """An import of it gives no difference."""
    other = Resource(resource.engine, resource.token, resource.name, resource.stack)
    assert await other.take_over(resource.id)
    planned = await other.preview(wanted)
    assert planned.op == "same", planned.changes


async def test_an_agents_endpoint_with_all_fields(
    deployer: Engine, instant_sandbox: RunningSandbox, name: str, model: str, scope: str
) -> None:
    endpoint = of(deployer, "ServingEndpoint", name)
    table = {"enabled": True, "tableNamePrefix": instant_sandbox.unique("table")}
    first = agent(
        name,
        model,
        description="asks the sky",
        tags={"team": "sky"},
        environmentVars={"UNITS": "metric", "API_KEY": f"{{{{secrets/{scope}/openai}}}}"},
        workloadType="GPU_SMALL",
        minProvisionedConcurrency=4,
        maxProvisionedConcurrency=16,
        scaleToZero=False,
        instanceProfileArn="arn:aws:iam::1:instance-profile/agent",
        budgetPolicyId="policy-1",
        routeOptimized=True,
        emailNotifications={"onUpdateFailure": ["ops@company.example"]},
        telemetry={"tableNames": {"logsTable": "main.ai.logs"}, "inferenceTableConfig": {"samplingFraction": 0.5}},
        inferenceTable=table,
        usageTracking=True,
        rateLimits=[{"calls": 10}, {"key": "user_group", "principal": "analysts", "tokens": 500}],
    )
    second = {
        **first,
        "version": "2",
        "description": "asks the sea",
        "tags": {"team": "sea"},
        "environmentVars": {"UNITS": "imperial"},
        "workloadType": "CPU",
        "maxProvisionedConcurrency": 32,
        "emailNotifications": {"onUpdateSuccess": ["ops@company.example"]},
        "telemetry": {"telemetryProfileId": "profile-1"},
        "inferenceTable": {"enabled": False},
        "usageTracking": False,
        "rateLimits": [{"calls": 5}],
    }
    bare = {**agent(name, model, budgetPolicyId="policy-1", routeOptimized=True), "version": "2"}
    await endpoint.lives(first, second)
    await imported(endpoint, second)
    assert live(instant_sandbox, name)["telemetry_config"] == {"telemetry_profile_id": "profile-1"}
    bare["inferenceTable"] = {"enabled": False}
    await endpoint.up(bare)
    assert (await endpoint.preview(bare)).op == "same"
    now = live(instant_sandbox, name)
    assert not now.get("telemetry_config")
    assert not now["ai_gateway"].get("rate_limits")
    assert now.get("email_notifications") in (None, {}, {"on_update_failure": [], "on_update_success": []})
    await endpoint.delete()


async def test_an_endpoint_of_an_external_model_with_all_fields(
    deployer: Engine, instant_sandbox: RunningSandbox, name: str, scope: str
) -> None:
    endpoint = of(deployer, "ServingEndpoint", name)
    catalog, schema = instant_sandbox.schema.split(".")
    first = external(
        name,
        scope,
        description="a model of others",
        usageTracking=True,
        fallback=True,
        rateLimits=[{"calls": 10}],
        guardrails={"input": {"safety": True, "pii": {"behavior": "BLOCK"}, "invalidKeywords": ["a", "b"]}},
        inferenceTable={
            "enabled": True,
            "catalogName": catalog,
            "schemaName": schema,
            "tableNamePrefix": instant_sandbox.unique("gpt"),
        },
    )
    second = {
        **first,
        "usageTracking": False,
        "fallback": False,
        "rateLimits": [],
        "guardrails": {"output": {"pii": {"behavior": "MASK"}}},
        "inferenceTable": {"enabled": False},
    }
    await endpoint.lives(first, second)
    await imported(endpoint, second)
    gateway = live(instant_sandbox, name)["ai_gateway"]
    assert gateway["inference_table_config"]["enabled"] is False
    assert gateway["usage_tracking_config"]["enabled"] is False
    with instant_sandbox.client("deployer") as client:
        question = {"messages": [{"role": "user", "content": "hello"}]}
        answer = client.post(f"/serving-endpoints/{name}/invocations", json=question)
    assert answer.status_code == 200, answer.text
    await endpoint.delete()


async def test_an_endpoint_with_model_units(
    deployer: Engine, instant_sandbox: RunningSandbox, name: str, model: str
) -> None:
    endpoint = of(deployer, "ServingEndpoint", name)
    first = agent(
        name,
        model,
        provisionedModelUnits=50,
        description="many",
        telemetry={"telemetryProfileId": "p"},
        burstScaling=True,
    )
    await endpoint.lives(first, {**first, "provisionedModelUnits": 100, "burstScaling": False})
    assert live(instant_sandbox, name)["config"]["served_entities"][0]["provisioned_model_units"] == 100
    await endpoint.delete()


async def test_an_endpoint_with_provisioned_throughput(
    deployer: Engine, instant_sandbox: RunningSandbox, name: str, model: str
) -> None:
    endpoint = of(deployer, "ServingEndpoint", name)
    first = agent(name, model, maxProvisionedThroughput=2000)
    second = {**first, "minProvisionedThroughput": 500, "maxProvisionedThroughput": 3000}
    await endpoint.lives(first, second)
    await imported(endpoint, second)
    await endpoint.delete()


async def test_drift_by_hand_is_seen_and_repaired(
    deployer: Engine, instant_sandbox: RunningSandbox, name: str, model: str
) -> None:
    endpoint = of(deployer, "ServingEndpoint", name)
    wanted = agent(
        name,
        model,
        description="ours",
        emailNotifications={"onUpdateFailure": ["a@company.example"]},
        usageTracking=True,
    )
    await endpoint.up(wanted)
    path = f"/api/2.0/serving-endpoints/{name}"
    gateway = {**live(instant_sandbox, name)["ai_gateway"], "usage_tracking_config": {"enabled": False}}
    api(instant_sandbox, "PATCH", f"{path}/description", json={"description": "theirs"})
    api(instant_sandbox, "PATCH", f"{path}/notifications", json={})
    api(instant_sandbox, "PUT", f"{path}/ai-gateway", json=gateway)
    planned = await endpoint.preview(wanted)
    assert (planned.op, sorted(planned.changes)) == ("update", ["description", "emailNotifications", "usageTracking"])
    assert "description is not as declared: the workspace has: theirs" in deployer.warnings
    assert "usageTracking is not as declared: the workspace has: off" in deployer.warnings
    await endpoint.up(wanted)
    assert (await endpoint.preview(wanted)).op == "same"
    await endpoint.delete()


async def test_a_change_of_the_program_is_no_drift(deployer: Engine, name: str, model: str) -> None:
    endpoint = of(deployer, "ServingEndpoint", name)
    await endpoint.up(agent(name, model, tags={"team": "a"}))
    planned = await endpoint.preview(agent(name, model, tags={"team": "b", "cost": "c"}))
    assert sorted(planned.changes) == ["tags.cost", "tags.team"]
    assert not [line for line in deployer.warnings if "not as declared" in line]
    await endpoint.delete()


async def test_secret_references_are_checked_at_preview(
    deployer: Engine, instant_sandbox: RunningSandbox, name: str, model: str, scope: str
) -> None:
    endpoint = of(deployer, "ServingEndpoint", name)
    with pytest.raises(CheckFailed, match="there is no secret scope nowhere"):
        await endpoint.preview(agent(name, model, environmentVars={"KEY": "{{secrets/nowhere/openai}}"}))
    with pytest.raises(CheckFailed, match="has no key opneai"):
        await endpoint.preview(agent(name, model, environmentVars={"KEY": f"{{{{secrets/{scope}/opneai}}}}"}))
    theirs = instant_sandbox.unique("theirs")
    api(instant_sandbox, "POST", f"{SECRETS}/scopes/create", "admin", json={"scope": theirs})
    planned = await endpoint.preview(agent(name, model, environmentVars={"KEY": f"{{{{secrets/{theirs}/key}}}}"}))
    assert planned.op == "create"
    assert any(f"the secrets of scope {theirs} may not be listed" in line for line in deployer.warnings)


async def test_what_only_a_new_endpoint_can_have_replaces_it_and_the_name_is_free_in_between(
    deployer: Engine, instant_sandbox: RunningSandbox, name: str, model: str
) -> None:
    endpoint = of(deployer, "ServingEndpoint", name)
    await endpoint.up(agent(name, model, inferenceTable={"enabled": False}))
    wanted = agent(name, model, inferenceTable={"enabled": False}, routeOptimized=True)
    planned = await endpoint.preview(wanted)
    assert (planned.op, planned.delete_before_replace) == ("replace", True)
    await endpoint.delete()
    await endpoint.up(wanted)
    assert live(instant_sandbox, name)["route_optimized"] is True
    await endpoint.delete()


async def test_a_model_that_an_endpoint_serves_is_not_destroyed(
    deployer: Engine, instant_sandbox: RunningSandbox, name: str
) -> None:
    served = f"{instant_sandbox.schema}.{instant_sandbox.unique('kept')}"
    model = of(deployer, "RegisteredModel", name)
    await model.up({"name": served})
    done = {"name": served, "version": version(instant_sandbox, served, "agents/dev")}
    endpoint = of(deployer, "ServingEndpoint", name)
    await endpoint.up(agent(name, served, inferenceTable={"enabled": False}))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await model.delete()
    said = str(refused.value.details())
    assert f"model {served} stays" in said
    assert f"served by endpoint {name}" in said
    assert "force_destroy=True" in said
    assert live(instant_sandbox, name)["state"]["ready"] == "READY"
    found = api(instant_sandbox, "GET", f"{REGISTRY}/model-versions/get", params=done)["model_version"]
    assert found["status"] == "READY", "a refused destroy takes nothing away"
    await endpoint.delete()
    await model.delete()
    assert not await of(deployer, "RegisteredModel", name).take_over(served)

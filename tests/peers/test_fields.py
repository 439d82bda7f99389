"""Rows 5, 6 and 10: every field is sent or refused; the AI gateway; secrets among the variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from agentry.provider.kinds.endpoint_places import PLACES, snake
from tests.package.agents import RESPONSES_AGENT
from tests.peers.peer import ENDPOINTS

if TYPE_CHECKING:
    from tests.peers.row import Row

pytestmark = pytest.mark.process
CANARY = "canary-91d2c7"
SECRETS = "/api/2.0/secrets"


class Change(NamedTuple):
    """A field of a live endpoint that changes alone.

    Attributes:
        first: What it is first.
        then: What it becomes.
        kind: What is served.
        more: What else has to be declared.
        fresh: Whether only a new endpoint can have it.
    """

    first: Any
    then: Any
    kind: str = "agent"
    more: str = ""
    fresh: bool = False


def gpt(name: str) -> dict[str, Any]:
    key = {"openai_api_key_plaintext": "sk-of-nobody"}
    return {"provider": "openai", "name": name, "task": "llm/v1/chat", "openai_config": key}


CHANGES = {
    "model": Change("{model}", "{model}_other"),
    "version": Change("1", "2"),
    "externalModel": Change(gpt("gpt-4o"), gpt("gpt-4o-mini"), "external"),
    "environmentVars": Change({"UNITS": "metric"}, {"UNITS": "imperial"}),
    "workloadSize": Change("Small", "Medium"),
    "workloadType": Change("GPU_SMALL", "GPU_MEDIUM"),
    "scaleToZero": Change(True, False),
    "minProvisionedConcurrency": Change(4, 8, more="max_provisioned_concurrency=16"),
    "maxProvisionedConcurrency": Change(16, 32, more="min_provisioned_concurrency=4"),
    "minProvisionedThroughput": Change(100, 200, more="max_provisioned_throughput=1000"),
    "maxProvisionedThroughput": Change(1000, 2000),
    "provisionedModelUnits": Change(50, 100),
    "burstScaling": Change(True, False, more="provisioned_model_units=50"),
    "instanceProfileArn": Change("arn:aws:iam::1:instance-profile/a", "arn:aws:iam::1:instance-profile/b"),
    "tags": Change({"team": "sky"}, {"team": "sea"}),
    "description": Change("asks the sky", "asks the sea"),
    "emailNotifications": Change({"on_update_failure": ["a@ops.example"]}, {"on_update_failure": ["b@ops.example"]}),
    "telemetry": Change({"telemetry_profile_id": "a"}, {"telemetry_profile_id": "b"}),
    "inferenceTable": Change({"enabled": False}, {"enabled": True, "table_name_prefix": "{name}"}),
    "usageTracking": Change(True, False),
    "rateLimits": Change([{"calls": 10}], [{"calls": 20}]),
    "guardrails": Change({"input": {"safety": True}}, {"input": {"safety": False}}, "external"),
    "fallback": Change(True, False, "external"),
    "budgetPolicyId": Change("policy-a", "policy-b", fresh=True),
    "routeOptimized": Change(False, True, fresh=True),
}
ELSEWHERE = {"traffic": "names entities of others: row 7"}


def endpoint(row: Row, number: int, field: str, change: Change, value: Any) -> str:
    """One endpoint of a program; only `field` of it differs from run to run."""
    given: dict[str, Any] = {"name": f"{row.name}-{number}"}
    if change.kind == "agent":
        given |= {"model": row.model, "version": "1", "inference_table": {"enabled": False}}
    else:
        given |= {"external_model": gpt("gpt-4o")}
    given[snake(field)] = value
    more = f", {change.more}" if change.more else ""
    text = f"ServingEndpoint({field!r}, {', '.join(f'{k}={v!r}' for k, v in given.items())}{more})"
    return text.replace("{model}", row.model).replace("{name}", row.name)


def test_row_05_no_field_of_an_endpoint_is_left_out() -> None:
    assert CHANGES.keys() | ELSEWHERE.keys() == {place.field for place in PLACES}


async def test_row_05_each_field_that_changes_alone_is_sent(row: Row) -> None:
    for model in (row.model, f"{row.model}_other"):
        row.workspace.register(model)
        for _ in range(2):
            row.workspace.version(model)
    each = list(enumerate(CHANGES.items()))
    row.program("\n".join(endpoint(row, n, field, one, one.first) for n, (field, one) in each))
    (await row.up()).went_well()
    before = {n: row.workspace.endpoint(f"{row.name}-{n}") for n, _ in each}

    row.program("\n".join(endpoint(row, n, field, one, one.then) for n, (field, one) in each))
    seen = await row.preview()
    lives = {field for field, one in CHANGES.items() if not one.fresh}
    fresh = CHANGES.keys() - lives
    assert {f"update {field}" for field in lives} <= seen.steps
    assert {f"replace {field}" for field in fresh} <= seen.steps
    for field in fresh:
        assert f"is replaced, because of {field}: " in seen.said

    mark = row.workspace.mark()
    (await row.up()).went_well()
    for n, (field, one) in each:
        name = f"{row.name}-{n}"
        asked = [request for request in row.workspace.writes(mark) if request.endswith(name) or f"{name}/" in request]
        if one.fresh:
            assert asked == [f"DELETE {ENDPOINTS}/{name}"], field
        else:
            assert len(asked) == 1, f"{field}: {asked}"
        if field != "burstScaling":  # which the platform does not tell
            now = row.workspace.endpoint(name)
            assert now != {**before[n], "last_updated_timestamp": now["last_updated_timestamp"]}, field
    assert (await row.preview()).steps == set()


async def test_row_05_what_is_not_sent_is_refused_with_its_reason(row: Row) -> None:
    row.workspace.register(row.model)
    row.workspace.version(row.model)
    cases = {
        'autoCaptureConfig={"enabled": True}': "autoCaptureConfig: can not be given: legacy inference tables can not be",
        "servedModels=[]": "servedModels: can not be given: deprecated; give model and version",
        'speed="fast"': "speed",
        'guardrails={"input": {"safety": True}}': "guardrails: is not for a model of Unity Catalog",
    }
    for group in row.told_at_once(cases):
        lines = []
        for n, field in enumerate(group):
            given = f'dict(name="{row.name}-{n}", model="{row.model}", version="1", {field})'
            lines.append(f'pulumi.CustomResource("agentry:index:ServingEndpoint", "e{n}", {given})')
        row.program("\n".join(lines))
        seen = await row.preview()
        assert seen.error is not None
        assert [reason for reason in group.values() if reason not in seen.said] == []


def gateway(row: Row) -> dict[str, Any]:
    return dict(row.workspace.endpoint(row.name).get("ai_gateway") or {})


async def test_row_06_a_gateway_that_is_declared_no_more_is_taken_away(row: Row) -> None:
    row.workspace.register(row.model)
    row.workspace.version(row.model)
    bare = f'ServingEndpoint("e", name="{row.name}", model="{row.model}", version="1"'
    table = f'inference_table={{"enabled": True, "table_name_prefix": "{row.name}"}}'
    row.program(f'{bare}, {table}, usage_tracking=True, rate_limits=[{{"calls": 10}}])')
    (await row.up()).went_well()
    assert gateway(row)["usage_tracking_config"] == {"enabled": True}
    assert gateway(row)["rate_limits"]

    row.program(f'{bare}, inference_table={{"enabled": False}})')
    seen = await row.preview()
    assert seen.steps == {"update e"}
    assert set(seen.changes) >= {"usageTracking", "rateLimits", "inferenceTable.enabled"}
    mark = row.workspace.mark()
    (await row.up()).went_well()
    assert row.workspace.writes(mark) == [f"PUT {ENDPOINTS}/{row.name}/ai-gateway"]
    assert gateway(row)["inference_table_config"]["enabled"] is False
    assert not gateway(row).get("rate_limits")
    assert gateway(row)["usage_tracking_config"]["enabled"] is False
    assert (await row.preview()).steps == set()


async def test_row_06_what_was_sent_and_did_not_come_about_is_said(row: Row) -> None:
    row.workspace.register(row.model)
    row.workspace.version(row.model)
    limit = 'opts=ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(update="1s"))'
    bare = f'ServingEndpoint("e", name="{row.name}", model="{row.model}", version="1", {limit}'
    row.program(f"{bare})")
    (await row.up()).went_well()
    row.program(f'{bare}, inference_table={{"enabled": False}})')
    on = gateway(row)["inference_table_config"]
    row.fault({"method": "GET", "path": f"{ENDPOINTS}/{row.name}", "times": None,
               "merge": {"ai_gateway": {"inference_table_config": on}}})  # fmt: skip
    seen = (await row.up()).went_well()
    assert any(line.startswith("inferenceTable was sent, and the workspace still says") for line in seen.lines)
    assert (await row.preview()).steps == {"update e"}, "what is not so is never unchanged"
    row.fault()
    assert (await row.preview()).steps == set()


async def test_row_10_a_secret_that_is_written_out_is_shown_nowhere(row: Row) -> None:
    row.workspace.register(row.model)
    row.workspace.version(row.model)
    serving = f'ServingEndpoint("e", name="{row.name}", model="{row.model}", version="1", environment_vars={{}})'

    def program(ending: str) -> None:
        variables = (
            f'{{"API_KEY": "{CANARY}-{ending}", "GREETING": Output.secret("{CANARY}-{ending}-2"), "UNITS": "metric"}}'
        )
        row.program(serving.format(variables))

    program("one")
    made = (await row.up()).went_well()
    program("two")
    changing = await row.preview()
    assert changing.changes["environmentVars.API_KEY"].new == "[secret]"
    assert changing.changes["environmentVars.API_KEY"].old == "[secret]"
    # What the platform refuses it may repeat in its answer.
    row.fault({"method": "PUT", "path": f"{ENDPOINTS}/{row.name}/config", "status": 400, "error_code": "INVALID_PARAMETER_VALUE",
               "message": f"bad value {CANARY}-two for API_KEY"})  # fmt: skip
    refused = await row.up()
    assert "bad value" in refused.said
    changed, refreshed = await row.up(), await row.refresh()
    shown = (made, changing, refused, changed, refreshed)
    assert [number for number, seen in enumerate(shown) if CANARY in seen.text] == []
    assert row.files_with(CANARY) == []
    variables = row.workspace.endpoint(row.name)["config"]["served_entities"][0]["environment_vars"]
    assert (variables["API_KEY"], variables["GREETING"]) == (f"{CANARY}-two", f"{CANARY}-two-2")
    assert (await row.destroy()).error is None
    assert row.files_with(CANARY) == []


async def test_row_10_a_reference_goes_through_as_it_is_and_is_looked_for(row: Row) -> None:
    row.workspace.register(row.model)
    row.workspace.version(row.model)
    row.workspace.send("POST", f"{SECRETS}/scopes/create", {"scope": row.name}, person="deployer")
    secret = {"scope": row.name, "key": "openai", "string_value": CANARY}
    row.workspace.send("POST", f"{SECRETS}/put", secret, person="deployer")

    def program(reference: str) -> None:
        variables = f'{{"API_KEY": "{{{{secrets/{reference}}}}}"}}'
        row.program(
            f'ServingEndpoint("e", name="{row.name}", model="{row.model}", version="1", environment_vars={variables})'
        )

    program("nowhere/openai")
    assert "there is no secret scope nowhere" in (await row.preview()).said
    program(f"{row.name}/opneai")
    assert f"secret scope {row.name} has no key opneai (it has openai)" in (await row.preview()).said
    program(f"{row.name}/openai")
    (await row.up()).went_well()
    variables = row.workspace.endpoint(row.name)["config"]["served_entities"][0]["environment_vars"]
    assert variables["API_KEY"] == f"{{{{secrets/{row.name}/openai}}}}"
    assert (await row.state())["e"]["inputs"]["environmentVars"]["API_KEY"] == variables["API_KEY"]
    assert row.files_with(CANARY) == []


async def test_row_10_nor_is_it_where_an_agents_code_is_checked_with_its_variables(row: Row) -> None:
    code = row.agent(RESPONSES_AGENT)
    row.program(f"""
        Agent("a", code={code!r}, model={row.model!r}, resources=[],
              environment_vars={{"API_KEY": "{CANARY}"}}, endpoint=Endpoint(name={row.name!r}))
    """)
    seen = (await row.up()).went_well()
    assert CANARY not in seen.text
    assert row.files_with(CANARY) == []
    assert row.workspace.endpoint(row.name)["config"]["served_entities"][0]["environment_vars"]["API_KEY"] == CANARY
    (await row.destroy()).went_well()

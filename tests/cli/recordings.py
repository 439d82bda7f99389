"""Deployments as lists of events with their times in seconds, as an engine tells them."""

from __future__ import annotations

from typing import Any

from agentry.engine.events import (
    Difference,
    Event,
    Finished,
    Message,
    Op,
    Operation,
    StepDone,
    StepFailed,
    StepPlanned,
)

STACK = "agents/local"
Recording = list[tuple[float, Event]]

ROOT = "urn:pulumi:local::agents::pulumi:pulumi:Stack::agents-local"
PROVIDER = "urn:pulumi:local::agents::pulumi:providers:agentry::default"


def component(name: str) -> str:
    return f"urn:pulumi:local::agents::agentry:components:Agent::{name}"


def node(kind: str, name: str) -> str:
    return f"urn:pulumi:local::agents::agentry:components:Agent$agentry:index:{kind}::{name}"


def nodes(agent: str) -> list[str]:
    return [
        node("Experiment", agent),
        node("RegisteredModel", agent),
        node("Grant", f"{agent}-uses-serving_endpoint-sandbox-chat"),
        node("ModelVersion", agent),
        node("ServingEndpoint", agent),
        node("ModelAlias", f"{agent}-champion"),
    ]


def step(urn: str, op: Op, begun: float, seconds: float, parent: str, **more: Any) -> Recording:
    custom = ("pulumi:pulumi" not in urn and ":components:" not in urn.partition("$")[0]) or "$" in urn
    planned = StepPlanned(urn, op, parent, custom=custom, **more)
    return [(begun, planned), (begun + seconds, StepDone(urn, op, seconds))]


def whole_agent(agent: str, op: Op, begun: float = 0.0) -> Recording:
    recording = step(component(agent), op, begun, 0.0, ROOT)
    for number, urn in enumerate(nodes(agent)):
        inputs = {"name": f"local.agents.{agent}", "tags": {}} if "RegisteredModel" in urn else {}
        recording += step(urn, op, begun + number, 0.04 if op is Op.SAME else 0.4, component(agent), inputs=inputs)
    return recording


def ended(operation: Operation, seconds: float, counted: dict[str, int], *, succeeded: bool = True) -> Recording:
    url = "http://127.0.0.1:40000/serving-endpoints/agents_local-agents-weather/invocations"
    unknown = {"later": "[unknown]"} if operation is Operation.PREVIEW else {}
    outputs = {"weather": url, "key": "[secret]", **unknown} if succeeded else {}
    return [(seconds, Finished(operation, counted, outputs, seconds, succeeded))]


def first_up() -> Recording:
    """Everything is made; the endpoint takes its time and says what it does."""
    endpoint = node("ServingEndpoint", "weather")
    recording = [*step(ROOT, Op.CREATE, 0, 0, ""), *step(PROVIDER, Op.CREATE, 0, 0, ROOT)]
    recording += whole_agent("weather", Op.CREATE)
    for number, text in enumerate(("starting", "installing 42 packages", "installing 42 packages")):
        recording.append((4.1 + number / 10, Message("info", text, endpoint, ephemeral=True)))
    recording.sort(key=lambda one: one[0])
    return recording + ended(Operation.UP, 12.34, {"create": 9})


def nothing_to_do(operation: Operation = Operation.UP) -> Recording:
    recording = [*step(ROOT, Op.SAME, 0, 0, ""), *step(PROVIDER, Op.SAME, 0, 0, ROOT)]
    recording += whole_agent("weather", Op.SAME) + whole_agent("echo", Op.SAME)
    return recording + ended(operation, 1.04, {"same": 16})


CONTENT = (
    Difference('files["agent.py"]', "update", "0f3cd1a2b4e5f607", "9a8b7c6d5e4f3a2b"),
    Difference("digest", "update-replace", "1" * 64, "2" * 64),
)
SERVING = (
    Difference("version", "update", "6", "[unknown]"),
    Difference("environmentVars.API_KEY", "update", "[secret]", "[secret]"),
    Difference("environmentVars.REGION", "add", None, "eu"),
    Difference("description", "delete", "old words"),
)


def one_line_edited(operation: Operation) -> Recording:
    """A new version in place of the old one, and the endpoint and the alias move to it."""
    parent, version = component("weather"), node("ModelVersion", "weather")
    preview = operation is Operation.PREVIEW
    recording = [*step(ROOT, Op.SAME, 0, 0, ""), *step(component("weather"), Op.SAME, 0, 0, ROOT)]
    recording += step(node("Experiment", "weather"), Op.SAME, 0, 0, parent)
    recording += step(version, Op.CREATE_REPLACEMENT, 0.1, 1.4, parent, differences=CONTENT)
    recording += step(version, Op.REPLACE, 1.5, 0.0, parent, differences=CONTENT)
    recording += step(node("ServingEndpoint", "weather"), Op.UPDATE, 1.5, 8.2, parent, differences=SERVING)
    alias = (Difference("version", "update", "6", "7"),)
    recording += step(node("ModelAlias", "weather-champion"), Op.UPDATE, 9.7, 0.2, parent, differences=alias)
    recording += step(version, Op.DELETE_REPLACED, 9.9, 0.1, parent)
    recording += step(component("echo"), Op.SAME, 0, 0, ROOT)
    recording += step(node("Experiment", "echo"), Op.SAME, 0, 0, component("echo"))
    seconds = 0.9 if preview else 10.2
    if preview:  # which plans steps and does none
        recording = [(now, event) for now, event in recording if not isinstance(event, StepDone)]
    counts = {"create-replacement": 1, "delete-replaced": 1, "replace": 1, "update": 2, "same": 5}
    return recording + ended(operation, seconds, counts)


REASON = "the endpoint did not become ready\nUPDATE_FAILED: ModuleNotFoundError: No module named 'langgraph'"


def endpoint_fails(operation: Operation = Operation.UP) -> Recording:
    """Steps fail: one half made, one refused; a warning beside them, and what a failed step said is not said twice."""
    parent, endpoint = component("weather"), node("ServingEndpoint", "weather")
    grant = node("Grant", "weather-access-user:nobody@sandbox.example")
    recording = [*step(ROOT, Op.SAME, 0, 0, ""), *step(component("weather"), Op.CREATE, 0, 0, ROOT)]
    recording += step(node("RegisteredModel", "weather"), Op.CREATE, 0.1, 0.2, parent)
    recording += [
        (0.4, Message("warning", "creator differs from who runs", endpoint)),
        (0.5, StepPlanned(endpoint, Op.CREATE, parent)),
        (0.5, StepPlanned(grant, Op.CREATE, parent)),
        (0.6, StepFailed(grant, Op.CREATE, ("no user nobody@sandbox.example",))),
        (0.6, Message("error", "no user nobody@sandbox.example", grant)),
        (
            0.7,
            StepFailed(
                node("Grant", "echo-access-user:nobody@sandbox.example"),
                Op.CREATE,
                ("no user nobody@sandbox.example",),
                parent=parent,
            ),
        ),
        (95.0, StepFailed(endpoint, Op.CREATE, (REASON,), partial=True)),
        (95.1, Message("info", "printed by the program\nin two lines", ROOT)),
    ]
    return recording + ended(operation, 125.3, {"create": 2, "same": 1}, succeeded=False)


def destroyed() -> Recording:
    """Children before their parents, as an engine deletes."""
    recording: Recording = []
    for number, urn in enumerate(reversed(nodes("weather"))):
        recording += step(urn, Op.DELETE, number, 0.3, component("weather"))
    recording += step(component("weather"), Op.DELETE, 7, 0, ROOT)
    recording += [(7.0, Message("info", "inference tables stay: local.agents.weather_payload", nodes("weather")[4]))]
    return recording + ended(Operation.DESTROY, 7.5, {"delete": 7})


RECORDINGS: dict[str, tuple[Operation, Recording]] = {
    "first_up": (Operation.UP, first_up()),
    "nothing_to_do": (Operation.UP, nothing_to_do()),
    "preview_of_an_edit": (Operation.PREVIEW, one_line_edited(Operation.PREVIEW)),
    "edit": (Operation.UP, one_line_edited(Operation.UP)),
    "endpoint_fails": (Operation.UP, endpoint_fails()),
    "destroyed": (Operation.DESTROY, destroyed()),
}

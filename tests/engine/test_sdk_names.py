"""Every name of Pulumi's SDK that the engine rests on beside its documented ones. The pin moves only with this test."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import metadata
from typing import Any

import grpc
import pulumi
import pulumi.runtime
import pulumi.runtime.resource
import pulumi.runtime.settings
import pulumi.runtime.stack
import pytest
from pulumi.runtime.proto import engine_pb2, provider_pb2, resource_pb2

from agentry import protocol

PINNED = "3.272.0"


def test_the_sdk_is_the_pinned_one() -> None:
    assert metadata.version("pulumi") == PINNED


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        # Stable: Pulumi's own runner (pulumi-language-python-exec) uses them.
        (pulumi.runtime, "Settings"),
        (pulumi.runtime, "configure"),
        (pulumi.runtime, "run_in_stack"),
        (pulumi.runtime, "set_all_config"),
        (pulumi, "RunError"),
        # The three speed-ups; without these names the runner does without them.
        (pulumi.runtime.resource, "_get_stack_trace"),
        (pulumi.runtime.stack, "wait_for_rpcs"),
        (pulumi.runtime.settings, "SETTINGS"),
    ],
)
def test_the_runner_finds_what_it_uses(owner: object, name: str) -> None:
    assert hasattr(owner, name)


def test_the_settings_keep_the_outputs_that_are_waited_for_and_take_another_engine() -> None:
    assert isinstance(pulumi.runtime.settings.SETTINGS.outputs, set)
    settings = pulumi.runtime.Settings("project", "stack", engine="127.0.0.1:1")
    settings.engine = quiet = object()
    assert settings.engine is quiet


def test_the_sdk_calls_its_wait_by_the_name_that_is_replaced() -> None:
    assert "await wait_for_rpcs()" in inspect.getsource(pulumi.runtime.stack.run_pulumi_func)
    assert inspect.iscoroutinefunction(pulumi.runtime.stack.wait_for_rpcs)


async def test_debug_lines_are_calls_that_block() -> None:
    """Why the runner's engine stub drops them; once this is not so any more the stub can go."""
    sent: list[int] = []

    class Engine:
        def Log(self, request: engine_pb2.LogRequest) -> None:
            sent.append(request.severity)

    pulumi.runtime.configure(pulumi.runtime.Settings("project", "stack", engine=Engine()))
    pulumi.log.debug("a line")
    assert sent == [engine_pb2.DEBUG]


def test_unavailable_is_how_the_engine_ends_a_program() -> None:
    class Ended:
        def code(self) -> grpc.StatusCode:
            return grpc.StatusCode.UNAVAILABLE

    ended: Any = Ended()
    assert isinstance(pulumi.runtime.settings.grpc_error_to_exception(ended), pulumi.RunError)


def test_the_generated_messages_are_where_they_are_loaded_from_and_the_same() -> None:
    assert protocol.generated() is not None
    assert protocol.resource_pb2.RegisterResourceRequest is resource_pb2.RegisterResourceRequest


@pytest.mark.process
def test_the_engine_starts_without_the_sdk() -> None:
    code = (
        "import sys, agentry.engine.run; print([name for name in ('pulumi', 'opentelemetry') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def test_the_protocol_has_the_messages_that_are_spoken() -> None:
    monitor = resource_pb2.DESCRIPTOR.services_by_name["ResourceMonitor"]
    assert {
        "GetDeploymentInfo",
        "SupportsFeature",
        "RegisterResource",
        "RegisterResourceOutputs",
        "Invoke",
        "SignalAndWaitForShutdown",
    } <= {method.name for method in monitor.methods}
    assert {"id", "properties", "reasons", "inputs"} <= {
        field.name for field in provider_pb2.ErrorResourceInitFailed.DESCRIPTOR.fields
    }

"""Runs a Pulumi program in this process against a monitor that records what is registered, and how."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime import settings as sdk_settings
from pulumi.runtime.stack import run_pulumi_func

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

settings_of_sdk: Any = sdk_settings
OUTPUTS = {
    "Experiment": {"experimentId": "900"},
    "ModelVersion": {"version": "7", "digest": "d" * 64},
    "ServingEndpoint": {"url": "https://w.example/serving-endpoints/e/invocations", "servedVersion": "7"},
}


@dataclass(frozen=True)
class Node:
    """One registration."""

    kind: str
    name: str
    urn: str
    parent: str
    inputs: dict[str, Any]
    dependencies: frozenset[str]
    timeouts: tuple[str, str, str]


@dataclass
class Recorded:
    """What a program registered, in order, by `Kind/name`."""

    nodes: dict[str, Node] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Node:
        return self.nodes[key]

    def waits_for(self, key: str) -> set[str]:
        """The nodes that a node depends on."""
        return {other for other, node in self.nodes.items() if node.urn in self.nodes[key].dependencies}


class Engine(mocks.Mocks):
    """Gives every resource an id and the outputs of its kind."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        return {}, None

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", {**args.inputs, **OUTPUTS.get(args.typ.rpartition(":")[2], {})}


class Monitor(mocks.MockMonitor):
    def __init__(self, recorded: Recorded) -> None:
        super().__init__(Engine())
        self.recorded = recorded

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        kind = request.type.rpartition(":")[2]
        timeouts = request.customTimeouts
        self.recorded.nodes[f"{kind}/{request.name}"] = Node(
            kind,
            request.name,
            response.urn,
            request.parent,
            rpc.deserialize_properties(request.object),
            frozenset(request.dependencies),
            (timeouts.create, timeouts.update, timeouts.delete),
        )
        return response


def run(program: Callable[[], Any], root: Path, *, project: str = "agents", stack: str = "dev") -> Recorded:
    """Run a program whose Pulumi.yaml would be in `root`."""
    recorded = Recorded()
    loops = [asyncio.new_event_loop()]

    def own_loop() -> None:
        # The SDK gives each thread that registers a loop, and closes none of them.
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    try:
        asyncio.set_event_loop(loops[0])
        executor = ThreadPoolExecutor(max_workers=8, initializer=own_loop)
        loops[0].set_default_executor(executor)
        settings_of_sdk.set_root_resource(None)  # of the program before
        pulumi.runtime.set_mocks(Engine(), project=project, stack=stack, monitor=Monitor(recorded))
        settings_of_sdk.SETTINGS.root_directory = str(root)
        loops[0].run_until_complete(run_pulumi_func(program))
    finally:
        executor.shutdown()
        asyncio.set_event_loop(None)
        for loop in loops:
            loop.close()
    return recorded

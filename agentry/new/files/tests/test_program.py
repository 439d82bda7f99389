"""The program by itself, stack by stack, without a workspace: an agent that uses what it does not declare fails here."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
in_pulumi: Any = pulumi.runtime.test  # the SDK gives it no types
STACKS = sorted(path.stem.removeprefix("Pulumi.") for path in (ROOT / "stacks").glob("Pulumi.*.yaml"))


class Recorder(pulumi.runtime.Mocks):
    """Remembers what the program declares, in place of an engine."""

    def __init__(self) -> None:
        self.made: list[pulumi.runtime.MockResourceArgs] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made.append(args)
        return f"{args.name}-id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return dict(args.args), None

    def inputs(self, kind: str, name: str) -> dict[Any, Any]:
        return next(one.inputs for one in self.made if one.typ == f"agentry:index:{kind}" and one.name == name)


def settings(stack: str) -> dict[str, str]:
    """The settings of a stack as a program gets them: what is no text is JSON."""
    read = yaml.safe_load((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in read["config"].items()}


def declared(stack: str, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """What the program declares in a stack."""
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    recorder = Recorder()
    pulumi.runtime.set_mocks(recorder, project="@PROJECT@", stack=stack)
    pulumi.runtime.set_all_config(settings(stack))
    in_pulumi(run_program)()
    return recorder


def run_program() -> None:
    runpy.run_path("__main__.py")


@pytest.mark.parametrize("stack", STACKS)
def test_the_agent_declares_the_llm_of_its_stack(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    version = declared(stack, monkeypatch).inputs("ModelVersion", "@AGENT@")
    llm = settings(stack)["@PROJECT@:llm_endpoint"]
    assert llm in [resource["name"] for resource in version["resources"]]


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_keeps_to_its_catalog(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = declared(stack, monkeypatch).inputs("ServingEndpoint", "@AGENT@")
    assert endpoint["model"].partition(".")[0] == settings(stack)["@PROJECT@:catalog"]


def test_no_two_stacks_share_a_catalog() -> None:
    catalogs = [settings(stack)["@PROJECT@:catalog"] for stack in STACKS]
    assert len(set(catalogs)) == len(STACKS)

"""What is recorded, asked of the CLI: on a state in a directory, where the embedded engine can say whether it is so."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

import pytest

from agentry.deploy import EmbeddedEngine, Stack
from agentry.deploy.command import Command
from agentry.deploy.preparation import environment, prepare_elsewhere
from agentry.deploy.records import CliRecords
from agentry.engine.events import Operation
from agentry.errors import ConfigError, PulumiError, StackLocked, StateError

if TYPE_CHECKING:
    from pathlib import Path

    from agentry.deploy.pulumi import PulumiEngine
    from tests.engine.playground import Playground

pytestmark = [pytest.mark.process, pytest.mark.cli]

PROGRAM = 'g = Group("g")\nThing("a", value=Output.secret("hunter22"), opts=ResourceOptions(parent=g))\n'


@pytest.fixture
def command(pulumi: PulumiEngine, playground: Playground) -> Command:
    return Command(environment(playground.stack, playground.stack.backend, os.environ))


async def up(playground: Playground) -> None:
    playground.program(PROGRAM + 'export("token", Output.secret("hunter22"))\nexport("one", [1])')
    await EmbeddedEngine().run(Operation.UP, playground.stack, listen=lambda _: None)


async def test_the_cli_says_what_the_embedded_engine_says(playground: Playground, command: Command) -> None:
    await up(playground)
    records, embedded = CliRecords(playground.stack, command), EmbeddedEngine()
    assert records.resources() == await embedded.resources(playground.stack)
    assert records.outputs(show_secrets=False) == {"token": "[secret]", "one": [1]}
    assert records.outputs(show_secrets=True) == await embedded.outputs(playground.stack, show_secrets=True)
    assert records.history() == await embedded.history(playground.stack)
    (summary,) = records.stacks()
    (theirs,) = await embedded.stacks(playground.stack)
    assert (summary.name, summary.resources) == ("dev", theirs.resources)
    exported = records.export(show_secrets=False, version=None)["deployment"]["resources"]
    assert [one["urn"] for one in exported] == [one.urn for one in records.resources()]
    assert "hunter22" not in str(exported)


async def test_a_state_is_made_moved_and_forgotten(playground: Playground, command: Command) -> None:
    records = CliRecords(playground.stack, command)
    assert records.resources() == ()
    assert records.outputs(show_secrets=False) == {}
    assert records.history() == ()
    with pytest.raises(ConfigError, match="no state"):
        records.export(show_secrets=False, version=None)
    assert records.create()
    assert not records.create()
    await up(playground)
    exported = records.export(show_secrets=True, version=None)
    with pytest.raises(StateError, match="still holds 4 resources"):
        records.remove(force=False)
    assert records.remove(force=True) == 4
    assert (playground.root / "Pulumi.dev.yaml").exists()
    records.create()
    assert records.replace(exported, force=False) == ()
    assert {one.name for one in records.resources()} == {"shop-dev", "default", "g", "a"}


def test_a_lock_that_nobody_can_judge_is_taken_away_only_by_force(playground: Playground, command: Command) -> None:
    records = CliRecords(playground.stack, command)
    with pytest.raises(StackLocked):
        records.cancel(force=False)
    records.create()
    lock = playground.state / ".pulumi/locks/organization/shop/dev/x.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text("{}")
    records.cancel(force=True)
    assert not lock.exists()


def test_what_the_cli_refuses_is_one_error_in_its_words(playground: Playground, command: Command) -> None:
    records = CliRecords(dataclasses.replace(playground.stack, name="no/such/stack/at/all"), command)
    with pytest.raises(PulumiError) as raised:
        records.create()
    assert raised.value.what
    assert not raised.value.what.startswith("error:")


async def test_a_stack_elsewhere_is_made_known_and_its_secrets_learned(
    playground: Playground, command: Command, tmp_path: Path
) -> None:
    stack: Stack = dataclasses.replace(playground.stack, config_overrides={"shop:kind": "narrow"})
    playground.configure(**{"shop:kind": "wide", "shop:size": "3"})
    first = prepare_elsewhere(stack, tmp_path, command)
    assert playground.checkpoint_file.exists()
    assert first.parents == {}
    await up(playground)
    second = prepare_elsewhere(stack, tmp_path, command)
    assert second.redactor.redact("it is hunter22") == "it is [secret]"
    assert len(second.parents) == 4
    assert second.config_file
    assert '"shop:kind": "narrow"' in second.config_file.read_text()
    assert '"shop:size": 3' in second.config_file.read_text()


async def test_what_only_the_cli_reads_deploys_all_the_same(pulumi: PulumiEngine, playground: Playground) -> None:
    """A project with `options`, which the embedded engine refuses."""
    file = playground.root / "Pulumi.yaml"
    file.write_text(file.read_text() + "options:\n  refresh: always\n")
    playground.program(PROGRAM)
    finished = await pulumi.run(Operation.UP, playground.stack, listen=lambda _: None)
    assert finished.succeeded
    assert set(playground.things) == {"a-1"}

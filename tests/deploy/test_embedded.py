from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from agentry.deploy import EmbeddedEngine
from agentry.engine.events import Event, Finished, Operation, StepDone, StepPlanned
from agentry.engine.passphrase import Secrets
from agentry.errors import ConfigError, WrongPassphrase
from tests.engine.playground import PASSPHRASE, SALT, Playground

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


@pytest.fixture
def playground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Playground:
    made = Playground(tmp_path)
    monkeypatch.setenv("WORLD_FILE", str(made.world_file))
    return made


async def run(playground: Playground, operation: Operation = Operation.UP, **stack: Any) -> list[Event]:
    events: list[Event] = []
    changed = dataclasses.replace(playground.stack, **stack)
    finished = await EmbeddedEngine().run(operation, changed, listen=events.append)
    assert events[-1] == finished
    return events


async def test_what_a_stack_holds_is_read_without_running_anything(playground: Playground) -> None:
    engine = EmbeddedEngine()
    assert await engine.outputs(playground.stack) == {}
    assert await engine.resources(playground.stack) == ()
    playground.program('a = Thing("a", value=Output.secret("hunter22"))\nexport("value", a.value)\nexport("one", 1)')
    await run(playground)
    playground.calls()
    assert await engine.outputs(playground.stack) == {"value": "[secret]", "one": 1}
    resources = {resource.name: resource for resource in await engine.resources(playground.stack)}
    assert resources["a"].id == "a-1"
    assert resources["a"].inputs == {"value": "[secret]", "size": 1}
    assert resources["a"].parent == resources["shop-dev"].urn
    assert not playground.calls("check", "read", "diff")


async def test_a_preview_only_plans_and_an_update_says_how_each_step_ended(playground: Playground) -> None:
    playground.program('Thing("a", value="x")')
    preview = await run(playground, Operation.PREVIEW)
    assert [type(event) for event in preview if isinstance(event, (StepPlanned, StepDone))] == [StepPlanned] * 2
    assert not playground.checkpoint_file.exists()
    playground.program('Thing("a", value="x")')
    up = await run(playground)
    done = next(event for event in up if isinstance(event, StepDone) and event.urn.endswith("::a"))
    assert done.outputs == {"value": "x", "size": 1, "length": 1, "serial": 1}
    assert isinstance(up[-1], Finished)
    assert (up[-1].changes, up[-1].succeeded) == ({"create": 2}, True)


async def test_differences_name_paths_with_old_and_new_values(playground: Playground) -> None:
    text = 'Thing("a", value="{value}", secret=Output.secret("{secret}"))'
    playground.program(text.format(value="x", secret="hunter22"))
    await run(playground)
    playground.program(text.format(value="y", secret="swordfish"))
    planned = [event for event in await run(playground, Operation.PREVIEW) if isinstance(event, StepPlanned)]
    shown = {one.path: (one.kind, one.old, one.new) for event in planned for one in event.differences}
    assert shown == {"value": ("update", "x", "y"), "secret": ("update", "[secret]", "[secret]")}


async def test_settings_can_be_others_for_one_run(playground: Playground) -> None:
    playground.configure(**{"world:region": "north", "shop:kind": "wide"})
    playground.program('export("kind", pulumi.Config().get("kind"))\nThing("a")')
    before = (playground.root / "Pulumi.dev.yaml").read_text()
    events = await run(playground, config_overrides={"shop:kind": "narrow", "world:region": None})
    assert isinstance(events[-1], Finished)
    assert events[-1].outputs == {"kind": "narrow"}
    providers = [one for one in playground.checkpoint().resources if one.type == "pulumi:providers:world"]
    assert providers[0].inputs == {}
    assert (playground.root / "Pulumi.dev.yaml").read_text() == before


async def test_a_run_against_the_sandbox_writes_no_stack_file_and_opens_its_secrets(playground: Playground) -> None:
    secret = Secrets.open(PASSPHRASE, SALT).encrypt("swordfish")
    playground.configure(**{"shop:token": f"{{secure: '{secret}'}}"})
    playground.program('export("token", pulumi.Config().require_secret("token"))')
    before = (playground.root / "Pulumi.dev.yaml").read_text()
    apart: dict[str, Any] = {"apart": True, "passphrase": "", "backend": f"file://{playground.state}/apart"}
    await run(playground, config_passphrase=PASSPHRASE, **apart)
    stack = dataclasses.replace(playground.stack, **apart)
    assert await EmbeddedEngine().outputs(stack) == {"token": "[secret]"}
    assert (playground.root / "Pulumi.dev.yaml").read_text() == before
    assert not playground.checkpoint_file.exists()
    await run(playground, config_passphrase=PASSPHRASE, **apart)
    with pytest.raises(WrongPassphrase):
        await run(playground, **apart)


async def test_a_stack_file_gets_its_salt_at_the_first_update(playground: Playground) -> None:
    file = playground.root / "Pulumi.dev.yaml"
    file.write_text("# settings\nconfig:\n  shop:kind: wide\n")
    await run(playground, Operation.PREVIEW)
    assert "encryptionsalt" not in file.read_text()
    await run(playground)
    lines = file.read_text().splitlines()
    assert lines[0] == "# settings"
    assert lines[1].startswith("encryptionsalt: v1:")


async def test_an_unknown_stack_is_said_with_those_there_are(playground: Playground) -> None:
    with pytest.raises(ConfigError, match="there is no stack 'nowhere'") as raised:
        await run(playground, name="nowhere")
    assert "dev" in raised.value.why

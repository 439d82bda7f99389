"""Resource options, providers and imports, with a real program and a real plugin; each body holds for the Pulumi CLI too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.engine.events import Operation
from tests.engine.test_lifecycle import steps

if TYPE_CHECKING:
    from tests.engine.playground import Engine, Playground

pytestmark = pytest.mark.process

UP, DESTROY = Operation.UP, Operation.DESTROY


async def test_protected_resources_stay(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", fixed="one", opts=ResourceOptions(protect=True))\nThing("b")')
    await engine.run(playground, UP)
    playground.program('Thing("a", fixed="two", opts=ResourceOptions(protect=True))\nThing("b")')
    refused = await engine.run(playground, UP)
    assert not refused.succeeded
    assert "protect" in refused.failed["a"]
    assert set(playground.things) == {"a-1", "b-1"}

    playground.program('Thing("b")')
    refused = await engine.run(playground, UP)
    assert not refused.succeeded
    assert "protect" in refused.failed["a"]
    assert set(playground.things) == {"a-1", "b-1"}

    playground.program('Thing("a", fixed="one")\nThing("b")')
    assert (await engine.run(playground, UP)).succeeded
    destroyed = await engine.run(playground, DESTROY)
    assert destroyed.succeeded
    assert playground.things == {}


async def test_ignored_changes_stay_as_they_were(engine: Engine, playground: Playground) -> None:
    text = 'Thing("a", value="{value}", label="{label}", opts=ResourceOptions(ignore_changes=["value"]))'
    playground.program(text.format(value="x", label="1"))
    await engine.run(playground, UP)
    playground.program(text.format(value="y", label="1"))
    assert (await engine.run(playground, UP)).changes() == steps()
    playground.program(text.format(value="y", label="2"))
    assert (await engine.run(playground, UP)).changes() == steps("update a")
    assert playground.things["a-1"] == {"value": "x", "label": "2", "size": 1}


async def test_replace_on_changes(engine: Engine, playground: Playground) -> None:
    text = 'Thing("a", value="{value}", opts=ResourceOptions(replace_on_changes=["value"]))'
    playground.program(text.format(value="x"))
    await engine.run(playground, UP)
    playground.program(text.format(value="y"))
    replaced = await engine.run(playground, UP)
    assert replaced.changes() == steps("create-replacement a", "replace a", "delete-replaced a")
    assert playground.things == {"a-2": {"value": "y", "size": 1}}


async def test_aliases_carry_a_resource_to_its_new_name(engine: Engine, playground: Playground) -> None:
    playground.program('a = Thing("a", value="x")\nThing("user", value=a.serial)')
    await engine.run(playground, UP)
    playground.program(
        """
        group = Group("g")
        options = ResourceOptions(parent=group, aliases=[pulumi.Alias(name="a", parent=pulumi.ROOT_STACK_RESOURCE)])
        a = Thing("renamed", value="x", opts=options)
        Thing("user", value=a.serial)
        """
    )
    renamed = await engine.run(playground, UP)
    assert renamed.succeeded, renamed.text
    assert renamed.changes() == steps("create g")
    assert set(playground.things) == {"a-1", "user-1"}
    assert playground.records()["renamed"].id == "a-1"
    assert playground.records()["user"].dependencies == (playground.records()["renamed"].urn,)


async def test_import_adopts_what_exists(engine: Engine, playground: Playground) -> None:
    with playground.world() as world:
        world["things"] = {"there-7": {"value": "x", "size": 1}}
    playground.program('Thing("a", value="x", opts=ResourceOptions(import_="there-7"))')
    imported = await engine.run(playground, UP)
    assert imported.succeeded, imported.text
    assert imported.changes() - steps("create shop-dev") == steps("import a")
    assert playground.records()["a"].id == "there-7"
    assert (await engine.run(playground, UP)).changes() == steps()
    assert set(playground.things) == {"there-7"}


async def test_import_of_what_is_not_there_fails(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", value="x", opts=ResourceOptions(import_="nowhere"))')
    failed = await engine.run(playground, UP)
    assert not failed.succeeded
    assert "nowhere" in failed.failed["a"]
    assert "a" not in playground.records()


async def test_retained_resources_leave_only_the_state(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", value="x", opts=ResourceOptions(retain_on_delete=True))')
    await engine.run(playground, UP)
    playground.program("")
    assert (await engine.run(playground, UP)).changes() == steps("delete a")
    assert set(playground.things) == {"a-1"}
    assert "a" not in playground.records()


async def test_explicit_providers_and_their_configuration(engine: Engine, playground: Playground) -> None:
    text = """
    world = World("w", region="{region}")
    a = Thing("a", value="x", opts=ResourceOptions(provider=world))
    """
    playground.program(text.format(region="north"))
    created = await engine.run(playground, UP)
    assert created.steps == steps("create shop-dev", "create w", "create a")
    assert playground.records()["a"].provider.startswith(playground.records()["w"].urn)
    assert (await engine.run(playground, UP)).changes() == steps()
    playground.program(text.format(region="south"))
    replaced = await engine.run(playground, UP)
    assert replaced.succeeded, replaced.text
    assert replaced.changes() == steps(
        "create-replacement w",
        "replace w",
        "create-replacement a",
        "replace a",
        "delete-replaced a",
        "delete-replaced w",
    )
    assert playground.records()["a"].id == "a-2"


async def test_the_default_provider_has_the_stacks_configuration(engine: Engine, playground: Playground) -> None:
    playground.configure(**{"world:region": "north"})
    playground.program('Thing("a")')
    assert (await engine.run(playground, UP)).succeeded
    providers = [one for one in playground.checkpoint().resources if one.type == "pulumi:providers:world"]
    assert [one.inputs for one in providers] == [{"region": "north"}]
    playground.configure(**{"world:colour": "blue"})
    refused = await engine.run(playground, UP)
    assert not refused.succeeded
    assert "unknown setting world:colour" in refused.text


async def test_the_program_says_how_long_a_create_may_take(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", opts=ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="1h30m")))')
    assert (await engine.run(playground, UP)).succeeded
    with playground.world() as world:
        assert world["timeout"] == 5400

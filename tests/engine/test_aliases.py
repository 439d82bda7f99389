"""Resources under new names, with a real program and a real plugin; each body holds for the Pulumi CLI too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.engine.events import Operation
from tests.engine.test_lifecycle import steps

if TYPE_CHECKING:
    from tests.engine.playground import Engine, Playground

pytestmark = pytest.mark.process

UP = Operation.UP

COMPONENT = """
opts = ResourceOptions(aliases=[{alias}])
group = Group("{name}", opts)
within = ResourceOptions(parent=group)
inner = Group("{name}-in", within)
world = World("{name}-world", within, region="north")
a = Thing("{name}-a", value="x", opts=within)
b = Thing("{name}-in-b", value=a.serial, opts=ResourceOptions(parent=inner, provider=world, deleted_with=a))
Thing("user", value=b.serial)
"""


async def test_children_move_with_a_component_that_is_renamed(engine: Engine, playground: Playground) -> None:
    playground.program(COMPONENT.format(name="old", alias=""))
    created = await engine.run(playground, UP)
    assert created.succeeded, created.text
    things = playground.things
    playground.program(COMPONENT.format(name="new", alias='pulumi.Alias(name="old")'))
    renamed = await engine.run(playground, UP)
    assert renamed.succeeded, renamed.text
    assert renamed.changes() == steps()
    assert playground.things == things
    records = playground.records()
    assert set(records) == {"shop-dev", "new", "new-in", "new-world", "new-a", "new-in-b", "user"}
    assert records["new-in-b"].urn.endswith("test:groups:Group$test:groups:Group$world:index:Thing::new-in-b")
    assert records["new-in-b"].provider.startswith(records["new-world"].urn)
    assert (records["new-in-b"].deleted_with, records["new-in-b"].dependencies) == (
        records["new-a"].urn,
        (records["new-a"].urn,),
    )
    # The next name is the third: whoever skipped one of the others comes along too.
    playground.program(COMPONENT.format(name="newest", alias='pulumi.Alias(name="old"), pulumi.Alias(name="new")'))
    assert (await engine.run(playground, UP)).changes() == steps()
    assert playground.things == things


async def test_what_of_a_name_was_different_is_said_in_parts(engine: Engine, playground: Playground) -> None:
    playground.program(
        """
        group = Group("g")
        Thing("type")
        Thing("name")
        Thing("parent", opts=ResourceOptions(parent=group))
        Thing("free")
        Thing("urn")
        """
    )
    assert (await engine.run(playground, UP)).succeeded
    things = playground.things
    playground.program(
        """
        def was(**options):
            return [pulumi.Alias(**options)]

        moved = Group("moved", ResourceOptions(aliases=was(name="g")))
        Thing("type", type="Gadget", opts=ResourceOptions(aliases=was(type_="world:index:Thing")))
        Thing("named", opts=ResourceOptions(aliases=was(name="name")))
        Thing("parent", opts=ResourceOptions(aliases=was(parent=moved)))
        Thing("free", opts=ResourceOptions(parent=moved, aliases=was(parent=pulumi.ROOT_STACK_RESOURCE)))
        Thing("whole", opts=ResourceOptions(aliases=["urn:pulumi:dev::shop::world:index:Thing::urn"]))
        """
    )
    renamed = await engine.run(playground, UP)
    assert renamed.succeeded, renamed.text
    assert renamed.changes() == steps()
    assert playground.things == things
    assert playground.records()["type"].type == "world:index:Gadget"


async def test_two_resources_can_not_be_one_record(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a")')
    assert (await engine.run(playground, UP)).succeeded
    alias = 'opts=ResourceOptions(aliases=[pulumi.Alias(name="a")], depends_on=[first])'
    for program in (f'first = Thing("a")\nThing("b", {alias})', f'first = Group("g")\nb = Thing("b", {alias})'):
        also = '\nThing("a", opts=ResourceOptions(depends_on=[b]))' if "b = " in program else ""
        playground.program(program + also)
        failed = await engine.run(playground, Operation.PREVIEW)
        assert not failed.succeeded
        assert set(failed.failed) == {"a" if also else "b"}
    assert set(playground.things) == {"a-1"}

"""Resources that a program only looks at, and what becomes of them; each body holds for the Pulumi CLI too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.engine.events import Operation
from tests.engine.playground import plain
from tests.engine.test_lifecycle import steps

if TYPE_CHECKING:
    from tests.engine.playground import Engine, Playground

pytestmark = pytest.mark.process

PREVIEW, UP, REFRESH, DESTROY = Operation.PREVIEW, Operation.UP, Operation.REFRESH, Operation.DESTROY

GET = 'a = Thing("a", opts=ResourceOptions(id="{id}"))\nThing("user", value=a.value)\nexport("length", a.length)'


def there(playground: Playground, **things: str) -> None:
    """Put things into the world that nobody here has made."""
    with playground.world() as world:
        world["things"].update({name.replace("_", "-"): {"value": value} for name, value in things.items()})


async def test_what_is_read_is_recorded_and_let_go_of_untouched(engine: Engine, playground: Playground) -> None:
    there(playground, there_7="four")
    playground.program(GET.format(id="there-7"))
    preview = await engine.run(playground, PREVIEW)
    assert preview.steps == steps("create shop-dev", "read a", "create user")
    read = await engine.run(playground, UP)
    assert read.succeeded, read.text
    assert read.steps == preview.steps
    assert read.outputs == {"length": 4}
    record = playground.records()["a"]
    assert (record.external, record.id, record.outputs["value"]) == (True, "there-7", "four")
    assert playground.records()["user"].dependencies == (record.urn,)

    there(playground, there_7="three")
    playground.calls()
    again = await engine.run(playground, UP)
    assert again.changes() == steps("read a", "update user")
    assert playground.calls("read", "create", "update", "delete") == steps("read a", "update user")
    assert playground.things["user-1"]["value"] == "three"

    playground.program("")
    assert (await engine.run(playground, UP)).changes() == steps("discard a", "delete user")
    assert set(playground.things) == {"there-7"}
    assert set(playground.records()) == {"shop-dev"}


async def test_what_is_not_there_can_not_be_read(engine: Engine, playground: Playground) -> None:
    playground.program(GET.format(id="nowhere-1"))
    failed = await engine.run(playground, PREVIEW)
    assert not failed.succeeded
    assert "nowhere-1" in failed.failed["a"]


async def test_what_was_managed_here_is_given_away_and_taken_back(engine: Engine, playground: Playground) -> None:
    managed = 'a = Thing("a", value="x")\nThing("user", value=a.value)\nexport("length", a.length)'
    playground.program(managed)
    assert (await engine.run(playground, UP)).succeeded
    playground.program(GET.format(id="a-1"))
    given = await engine.run(playground, UP)
    assert given.changes() == steps("read a")
    assert playground.records()["a"].external
    assert set(playground.things) == {"a-1", "user-1"}

    playground.program(managed)
    playground.calls()
    taken = await engine.run(playground, UP)
    assert taken.succeeded, taken.text
    assert taken.changes() == steps("create-replacement a", "replace a", "discard-replaced a")
    assert playground.calls("create", "update", "delete", "diff") == steps("create a", "diff user")
    assert not playground.records()["a"].external
    assert set(playground.things) == {"a-1", "a-2", "user-1"}


async def test_another_one_is_read_where_one_was_managed(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", value="x")')
    assert (await engine.run(playground, UP)).succeeded
    there(playground, there_7="x")
    playground.program('Thing("a", opts=ResourceOptions(id="there-7"))')
    replaced = await engine.run(playground, UP)
    assert replaced.succeeded, replaced.text
    assert replaced.changes() == steps("read-replacement a", "replace a", "delete-replaced a")
    assert set(playground.things) == {"there-7"}
    assert (playground.records()["a"].external, playground.records()["a"].id) == (True, "there-7")


async def test_a_refresh_looks_at_what_is_read_and_a_destroy_leaves_it(engine: Engine, playground: Playground) -> None:
    there(playground, there_7="four")
    playground.program(GET.format(id="there-7"))
    assert (await engine.run(playground, UP)).succeeded
    there(playground, there_7="three")
    refreshed = await engine.run(playground, REFRESH)
    assert refreshed.succeeded, refreshed.text
    assert refreshed.steps["update a"] == 1
    assert playground.records()["a"].outputs["value"] == "three"
    destroyed = await engine.run(playground, DESTROY)
    assert destroyed.changes() == steps("discard a", "delete user", "delete shop-dev")
    assert set(playground.things) == {"there-7"}


async def test_what_is_read_may_have_secrets_a_parent_and_another_provider(
    engine: Engine, playground: Playground
) -> None:
    there(playground, there_7="hunter22")
    playground.program(
        """
        world = World("w", region="north")
        group = Group("g", ResourceOptions(providers=[world]))
        a = Thing("a", opts=ResourceOptions(id="there-7", parent=group, additional_secret_outputs=["value"]))
        Thing("user", value=a.value)
        """
    )
    read = await engine.run(playground, UP)
    assert read.succeeded, read.text
    records = playground.records()
    assert records["a"].parent == records["g"].urn
    assert records["a"].provider.startswith(records["w"].urn)
    assert plain(records["a"].outputs)["value"] == "hunter22"
    assert "hunter22" not in playground.checkpoint_file.read_text()
    assert (await engine.run(playground, UP)).changes() == steps("read a")


async def test_what_is_imported_may_replace_what_was_made(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", value="x")')
    assert (await engine.run(playground, UP)).succeeded
    there(playground, there_7="y", there_8="z")
    playground.program('Thing("a", value="y", size=1, opts=ResourceOptions(import_="there-7"))')
    playground.calls()
    imported = await engine.run(playground, UP)
    assert imported.succeeded, imported.text
    assert imported.changes() == steps("import-replacement a", "replace a", "update a", "delete-replaced a")
    assert playground.calls("read", "create", "delete") == steps("read a", "delete a")
    assert playground.records()["a"].id == "there-7"
    assert set(playground.things) == {"there-7", "there-8"}
    assert (await engine.run(playground, UP)).changes() == steps()


async def test_what_was_read_may_be_imported(engine: Engine, playground: Playground) -> None:
    with playground.world() as world:
        world["things"] = {"there-7": {"value": "x", "size": 1}}
    playground.program('Thing("a", opts=ResourceOptions(id="there-7"))')
    assert (await engine.run(playground, UP)).succeeded
    playground.program('Thing("a", value="x", opts=ResourceOptions(import_="there-7"))')
    imported = await engine.run(playground, UP)
    assert imported.succeeded, imported.text
    assert imported.changes() == steps("import-replacement a", "replace a", "discard-replaced a")
    assert not playground.records()["a"].external
    assert set(playground.things) == {"there-7"}

"""What becomes of resources, with a real program and a real plugin; each body holds for the Pulumi CLI too."""

from __future__ import annotations

from collections import Counter

import pytest

from agentry.engine.events import Operation
from tests.engine.playground import Embedded, Engine, Playground, plain

pytestmark = pytest.mark.process

PREVIEW, UP, REFRESH, DESTROY = Operation.PREVIEW, Operation.UP, Operation.REFRESH, Operation.DESTROY


def steps(*said: str) -> Counter[str]:
    return Counter(said)


async def test_create_then_nothing_then_destroy(engine: Engine, playground: Playground) -> None:
    playground.program(
        """
        a = Thing("a", value="four")
        b = Thing("b", value=a.length)
        export("length", a.length)
        """
    )
    preview = await engine.run(playground, PREVIEW)
    assert preview.steps == steps("create shop-dev", "create a", "create b")
    assert playground.things == {}
    assert not playground.calls("create")

    created = await engine.run(playground, UP)
    assert created.succeeded
    assert created.steps == preview.steps
    assert created.outputs == {"length": 4}
    assert playground.things == {"a-1": {"value": "four", "size": 1}, "b-1": {"value": 4, "size": 1}}
    assert playground.records()["b"].dependencies == (playground.records()["a"].urn,)
    assert playground.records()["b"].property_dependencies["value"] == (playground.records()["a"].urn,)

    playground.calls()
    again = await engine.run(playground, UP)
    assert again.steps == steps("same shop-dev", "same a", "same b")
    assert not playground.calls("create", "update", "delete")

    destroyed = await engine.run(playground, DESTROY)
    assert destroyed.steps == steps("delete b", "delete a", "delete shop-dev")
    assert playground.things == {}
    assert playground.checkpoint().resources == ()


async def test_update_in_place(engine: Engine, playground: Playground) -> None:
    playground.program('a = Thing("a", value="x")\nexport("length", a.length)')
    await engine.run(playground, UP)
    playground.program('a = Thing("a", value="longer")\nexport("length", a.length)')
    preview = await engine.run(playground, PREVIEW)
    assert preview.changes() == steps("update a")
    assert playground.things["a-1"]["value"] == "x"
    updated = await engine.run(playground, UP)
    assert updated.changes() == steps("update a")
    assert updated.outputs == {"length": 6}
    assert playground.things == {"a-1": {"value": "longer", "size": 1}}


REPLACED = """
a = Thing("a", fixed="{fixed}"{options})
b = Thing("b", value=a.serial)
"""


async def test_replacement_is_made_before_the_old_one_goes(engine: Engine, playground: Playground) -> None:
    playground.program(REPLACED.format(fixed="one", options=""))
    await engine.run(playground, UP)
    playground.program(REPLACED.format(fixed="two", options=""))
    expected = steps("create-replacement a", "replace a", "update b", "delete-replaced a")
    assert (await engine.run(playground, PREVIEW)).changes() - steps("update b") == expected - steps("update b")
    playground.calls()
    assert (await engine.run(playground, UP)).changes() == expected
    with playground.world() as world:
        assert [method for method, name in world["calls"] if name == "a" and method in {"create", "delete"}] == [
            "create",
            "delete",
        ]
    assert playground.things == {"a-2": {"fixed": "two", "size": 1}, "b-1": {"value": 2, "size": 1}}
    assert playground.records()["a"].id == "a-2"


@pytest.mark.parametrize(
    "options", [", first=True", ", opts=ResourceOptions(delete_before_replace=True)"], ids=["provider", "option"]
)
async def test_replacement_after_the_old_one_is_gone(engine: Engine, playground: Playground, options: str) -> None:
    playground.program(REPLACED.format(fixed="one", options=options))
    await engine.run(playground, UP)
    playground.program(REPLACED.format(fixed="two", options=options))
    playground.calls()
    replaced = await engine.run(playground, UP)
    assert replaced.changes() == steps("delete-replaced a", "replace a", "create-replacement a", "update b")
    with playground.world() as world:
        assert [method for method, name in world["calls"] if name == "a" and method in {"create", "delete"}] == [
            "delete",
            "create",
        ]
    assert set(playground.things) == {"a-2", "b-1"}


async def test_dependents_are_deleted_first_and_made_again(engine: Engine, playground: Playground) -> None:
    text = """
    a = Thing("a", fixed="{fixed}", first=True)
    b = Thing("b", fixed=a.serial)
    c = Thing("c", value="apart")
    """
    playground.program(text.format(fixed="one"))
    await engine.run(playground, UP)
    playground.program(text.format(fixed="two"))
    playground.calls()
    replaced = await engine.run(playground, UP)
    assert replaced.succeeded, replaced.text
    assert replaced.changes() == steps(
        "delete-replaced b",
        "delete-replaced a",
        "replace a",
        "create-replacement a",
        "replace b",
        "create-replacement b",
    )
    with playground.world() as world:
        made = [f"{method} {name}" for method, name in world["calls"] if method in {"create", "delete"}]
    assert made == ["delete b", "delete a", "create a", "create b"]
    assert set(playground.things) == {"a-2", "b-2", "c-1"}
    assert not any(record.pending_replacement for record in playground.checkpoint().resources)


async def test_what_the_program_drops_is_deleted_users_first(engine: Engine, playground: Playground) -> None:
    playground.program(
        """
        a = Thing("a", value="x")
        b = Thing("b", value=a.length)
        c = Thing("c", opts=ResourceOptions(depends_on=[b]))
        d = Thing("d")
        """
    )
    await engine.run(playground, UP)
    playground.program('Thing("d")')
    assert (await engine.run(playground, PREVIEW)).changes() == steps("delete a", "delete b", "delete c")
    playground.calls()
    deleted = await engine.run(playground, UP)
    assert deleted.changes() == steps("delete a", "delete b", "delete c")
    with playground.world() as world:
        assert [name for method, name in world["calls"] if method == "delete"] == ["c", "b", "a"]
    assert set(playground.things) == {"d-1"}


async def test_components_hold_children_and_have_outputs(engine: Engine, playground: Playground) -> None:
    playground.program(
        """
        group = Group("g")
        child = Thing("child", value="x", opts=ResourceOptions(parent=group))
        group.register_outputs({"length": child.length, "child": child})
        export("group", group.urn)
        """
    )
    created = await engine.run(playground, UP)
    assert created.succeeded, created.text
    records = playground.records()
    assert records["child"].parent == records["g"].urn
    assert records["child"].urn.endswith("test:groups:Group$world:index:Thing::child")
    assert records["g"].outputs["length"] == 1
    assert created.outputs == {"group": records["g"].urn}
    assert (await engine.run(playground, UP)).changes() == steps()


async def test_secrets_are_nowhere_in_clear(engine: Engine, playground: Playground) -> None:
    playground.program(
        """
        a = Thing("a", value=Output.secret("hunter22"))
        b = Thing("b", value="open-sesame", opts=ResourceOptions(additional_secret_outputs=["value"]))
        export("password", a.value)
        """
    )
    created = await engine.run(playground, UP)
    assert created.succeeded, created.text
    written = playground.checkpoint_file.read_text()
    assert "hunter22" not in written
    assert plain(playground.records()["a"].outputs)["value"] == "hunter22"
    assert playground.records()["b"].outputs["value"] != "open-sesame"
    assert created.outputs["password"] == "[secret]"
    assert playground.things["a-1"]["value"] == "hunter22"
    before = playground.normalised()
    assert (await engine.run(playground, UP)).changes() == steps()
    assert playground.normalised() == before


async def test_an_output_is_secret_as_a_whole_when_something_in_its_input_is(playground: Playground) -> None:
    """Pulumi's own engine leaves that to the provider."""
    playground.program('Thing("a", nested={"deep": Output.secret("swordfish"), "open": 1})')
    assert (await Embedded().run(playground, UP)).succeeded
    assert "swordfish" not in playground.checkpoint_file.read_text()
    assert plain(playground.records()["a"].outputs)["nested"] == {"deep": "swordfish", "open": 1}


async def test_what_is_not_known_yet_is_unknown_in_a_preview(engine: Engine, playground: Playground) -> None:
    playground.program(
        """
        a = Thing("a", value="x")
        seen = []
        a.serial.apply(lambda serial: seen.append(serial))
        Thing("b", value=a.serial, label=Output.concat("n-", a.serial))
        a.value_known = Output.from_input("x").apply(lambda x: print(f"known {x}"))
        """
    )
    preview = await engine.run(playground, PREVIEW)
    assert preview.succeeded, preview.text
    assert preview.steps == steps("create shop-dev", "create a", "create b")
    assert "known x" in preview.text


async def test_refresh_finds_what_changed_and_what_is_gone(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", value="x")\nThing("b", value="y")\nThing("c", value="z")')
    await engine.run(playground, UP)
    with playground.world() as world:
        world["things"]["a-1"]["value"] = "drifted"
        del world["things"]["b-1"]
    refreshed = await engine.run(playground, REFRESH)
    assert refreshed.succeeded, refreshed.text
    found = {step for step in refreshed.steps if not step.startswith("refresh ")}
    assert {"update a", "delete b", "same c"} <= found
    assert playground.records()["a"].outputs["value"] == "drifted"
    assert "b" not in playground.records()
    repaired = await engine.run(playground, UP)
    assert repaired.changes() == steps("update a", "create b")
    assert {thing["value"] for thing in playground.things.values()} == {"x", "y", "z"}


async def test_up_with_refresh_repairs_drift_at_once(engine: Engine, playground: Playground) -> None:
    playground.program('Thing("a", value="x")')
    await engine.run(playground, UP)
    with playground.world() as world:
        world["things"]["a-1"]["value"] = "drifted"
    assert (await engine.run(playground, UP)).changes() == steps()
    repaired = await engine.run(playground, UP, refresh=True)
    assert repaired.steps["update a"] >= 1
    assert playground.things["a-1"]["value"] == "x"


async def test_nothing_waits_for_a_slot(playground: Playground) -> None:
    playground.program('for i in range(100):\n    Thing(f"t{i}", together=100)')
    assert (await Embedded().run(playground, UP)).succeeded
    assert len(playground.things) == 100


async def test_side_by_side_can_be_limited(playground: Playground) -> None:
    playground.program('for i in range(6):\n    Thing(f"t{i}", together=2)')
    assert (await Embedded().run(playground, UP, parallel=2)).succeeded
    with playground.world() as world:
        assert world["most"] == 2


async def test_functions_of_a_provider(engine: Engine, playground: Playground) -> None:
    playground.program(
        'export("answer", pulumi.runtime.invoke_output("world:index:ask", {"question": "why"})["answer"])'
    )
    asked = await engine.run(playground, UP)
    assert asked.succeeded, asked.text
    assert asked.outputs == {"answer": "why!"}

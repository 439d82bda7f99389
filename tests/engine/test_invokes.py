"""Functions of providers, and what other stacks export; each body holds for the Pulumi CLI too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentry.engine.events import Operation
from tests.engine.playground import plain
from tests.engine.test_lifecycle import steps

if TYPE_CHECKING:
    from tests.engine.playground import Engine, Playground

pytestmark = pytest.mark.process

PREVIEW, UP, DESTROY = Operation.PREVIEW, Operation.UP, Operation.DESTROY


async def test_functions_wait_for_what_they_depend_on_and_keep_secrets(engine: Engine, playground: Playground) -> None:
    playground.program(
        """
        def ask(question, **options):
            asked = pulumi.runtime.invoke_output(
                "world:index:ask", {"question": question}, pulumi.InvokeOutputOptions(**options))
            return asked["answer"]

        world = World("w", region="north")
        a = Thing("a", value="x")
        Thing("from-a", value=ask(a.value))
        Thing("after-a", value=ask("after", depends_on=[a]))
        Thing("hidden", value=ask(Output.secret("hunter22")))
        Thing("elsewhere", value=ask("where", provider=world))
        """
    )
    preview = await engine.run(playground, PREVIEW)
    assert preview.succeeded, preview.text
    # What depends on something that is still to be made is not asked yet.
    assert playground.calls("invoke") == steps("invoke hunter22", "invoke where")
    created = await engine.run(playground, UP)
    assert created.succeeded, created.text
    assert playground.calls("invoke") == steps("invoke x", "invoke after", "invoke hunter22", "invoke where")
    values = {name: thing["value"] for name, thing in playground.things.items()}
    assert values == {
        "a-1": "x",
        "from-a-1": "x!",
        "after-a-1": "after!",
        "hidden-1": "hunter22!",
        "elsewhere-1": "where!",
    }
    records = playground.records()
    assert records["from-a"].dependencies == (records["a"].urn,)
    assert records["after-a"].dependencies == (records["a"].urn,)
    assert "hunter22" not in playground.checkpoint_file.read_text()
    assert plain(records["hidden"].inputs)["value"] == "hunter22!"


async def test_a_function_that_fails_is_the_programs_to_deal_with(engine: Engine, playground: Playground) -> None:
    playground.program(
        """
        for question in ("refuse", "bad"):
            try:
                pulumi.runtime.invoke("world:index:ask", {"question": question})
            except Exception as error:
                print("told:", error)
        Thing("a")
        """
    )
    created = await engine.run(playground, UP)
    assert created.succeeded, created.text
    assert "invocation of world:index:ask returned an error: the world does not answer" in created.text
    assert "bad is no question" in created.text
    playground.program('pulumi.runtime.invoke("world:index:ask", {"question": "refuse"})\nThing("b")')
    failed = await engine.run(playground, UP)
    assert not failed.succeeded
    assert "the world does not answer" in failed.text
    assert set(playground.things) == {"a-1"}


async def test_what_another_stack_exports(engine: Engine, playground: Playground) -> None:
    playground.program('export("plain", [1, {"deep": "x"}])\nexport("hidden", Output.secret("hunter22"))')
    assert (await engine.run(playground, UP)).succeeded
    other = playground.other("shelf")
    other.program(
        """
        shop = pulumi.StackReference("organization/shop/dev")
        Thing("plain", value=shop.get_output("plain"))
        Thing("hidden", value=shop.require_output("hidden"))
        Thing("missing", value=shop.get_output("missing"))
        """
    )
    created = await engine.run(other, UP)
    assert created.succeeded, created.text
    assert created.changes() == steps(
        "create shelf-dev",
        "read organization/shop/dev",
        "create plain",
        "create hidden",
        "create missing",
    )
    records = other.records()
    reference = records["organization/shop/dev"]
    assert (reference.type, reference.external) == ("pulumi:pulumi:StackReference", True)
    assert plain(reference.outputs) == {
        "name": "organization/shop/dev",
        "outputs": {"plain": [1, {"deep": "x"}], "hidden": "hunter22"},
        "secretOutputNames": ["hidden"],
    }
    assert records["plain"].inputs["value"] == [1, {"deep": "x"}]
    assert records["hidden"].inputs["value"] != "hunter22"
    assert other.things["hidden-1"]["value"] == "hunter22"
    assert "hunter22" not in other.checkpoint_file.read_text()
    assert [one.id for one in other.checkpoint().resources if one.type == "pulumi:providers:pulumi"] != []

    playground.program('export("plain", 2)\nexport("hidden", Output.secret("hunter22"))')
    assert (await engine.run(playground, UP)).succeeded
    assert (await engine.run(other, PREVIEW)).changes() == steps("read organization/shop/dev", "update plain")
    assert (await engine.run(other, DESTROY)).changes() == steps(
        "discard organization/shop/dev", "delete plain", "delete hidden", "delete missing", "delete shelf-dev"
    )


@pytest.mark.parametrize("name", ["nowhere", "organization/nowhere", "organization/shop/nowhere"])
async def test_a_stack_that_does_not_exist(engine: Engine, playground: Playground, name: str) -> None:
    playground.program(f'pulumi.StackReference("{name}")\nThing("a")')
    failed = await engine.run(playground, PREVIEW)
    assert not failed.succeeded
    assert "nowhere" in failed.text


async def test_a_value_that_is_put_by_stays(engine: Engine, playground: Playground) -> None:
    playground.program('export("kept", pulumi.Stash("s", input="first").output)')
    assert (await engine.run(playground, UP)).outputs == {"kept": "first"}
    playground.program('export("kept", pulumi.Stash("s", input=Output.secret("second")).output)')
    again = await engine.run(playground, UP)
    assert again.changes() == steps("update s")
    assert plain(playground.records()["s"].inputs) == {"input": "second"}
    assert plain(playground.records()["s"].outputs) == {"input": "second", "output": "first"}

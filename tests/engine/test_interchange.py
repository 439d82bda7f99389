"""A stack moves between the embedded engine and the Pulumi CLI freely: same steps, same state, nothing to do after a move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentry.engine.events import Operation
from tests.engine.playground import Cli, Embedded, Engine, Playground
from tests.engine.test_lifecycle import steps

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.cli]

PREVIEW, UP, REFRESH, DESTROY = Operation.PREVIEW, Operation.UP, Operation.REFRESH, Operation.DESTROY

THERE = {"things": {"there-7": {"value": "four"}}}
"""A thing that nobody here made."""

FIRST = """
group = Group("g")
below = ResourceOptions(parent=group)
a = Thing("a", value="x", fixed="one", opts=below)
b = Thing("b", value=a.length, secret=Output.secret("hunter22"), opts=ResourceOptions(parent=group, protect=False))
world = World("w", region="north")
c = Thing("c", value="timed", opts=ResourceOptions(
    provider=world, depends_on=[b], custom_timeouts=pulumi.CustomTimeouts(create="5m", delete="1h30m")))
d = Thing("d", first=True, fixed="one", items=[1, 2.5, None, {"deep": True}])
e = Thing("e", fixed=d.serial, opts=ResourceOptions(additional_secret_outputs=["length"], ignore_changes=["size"]))
f = Thing("f", value="x", opts=ResourceOptions(
    replacement_trigger=[1, {"a": 2.5}], hide_diffs=["value", 'tags["a key"]']))
g = Thing("g", fixed="one", opts=ResourceOptions(replace_with=[a], parent=Group("h", ResourceOptions(provider=world))))
i = Thing("i", opts=ResourceOptions(id="there-7", additional_secret_outputs=["value"], depends_on=[f]))
j = Thing("j", value=i.value, opts=ResourceOptions(replace_on_changes=["value"], retain_on_delete=False))
k = pulumi.Stash("k", input={"x": [1, b.length]})
group.register_outputs({"length": b.length, "b": b})
export("length", a.length)
export("hidden", Output.secret("swordfish"))
"""

SECOND = (
    FIRST.replace('"a", value="x", fixed="one"', '"a", value="longer", fixed="two"')
    .replace('first=True, fixed="one"', 'first=True, fixed="two"')
    .replace('value="timed"', 'value="later"')
    .replace('export("length", a.length)', 'export("size", a.length)\nThing("new", opts=ResourceOptions(parent=group))')
)

THIRD = "\n".join(line for line in SECOND.splitlines() if not line.startswith("e = "))


async def test_the_same_programs_give_the_same_steps_and_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    told = {}
    for engine in (Embedded(), cli):
        directory = tmp_path / engine.name
        directory.mkdir()
        playground = Playground(directory)
        monkeypatch.setenv("WORLD_FILE", str(playground.world_file))
        playground.set_world(THERE)
        told[engine.name] = [await _tell(engine, playground, program) for program in (FIRST, FIRST, SECOND, THIRD)]
        assert (await engine.run(playground, DESTROY)).succeeded
        assert playground.things == THERE["things"]
    for ours, theirs in zip(told["embedded"], told["pulumi"], strict=True):
        assert {
            key: (ours.get(key), theirs.get(key)) for key in ours | theirs if ours.get(key) != theirs.get(key)
        } == {}


async def _tell(engine: Engine, playground: Playground, program: str) -> dict[str, Any]:
    """What a preview and an update did, and the state then, field by field."""
    playground.program(program)
    preview = await engine.run(playground, PREVIEW)
    up = await engine.run(playground, UP)
    assert up.succeeded, up.text
    records = {
        f"{record['urn']} {record['id']}: {field}": value
        for record in playground.normalised()
        for field, value in record.items()
    }
    return {"preview": preview.steps, "up": up.steps, "things": playground.things, **records}


async def test_after_each_move_there_is_nothing_to_do(playground: Playground, cli: Cli) -> None:
    embedded = Embedded()
    playground.set_world(THERE)
    playground.program(FIRST)
    assert (await embedded.run(playground, UP)).succeeded
    before = playground.normalised()
    assert (await cli.run(playground, PREVIEW)).changes() == steps("read i")
    assert (await cli.run(playground, UP)).changes() == steps("read i")
    assert playground.normalised() == before
    assert (await embedded.run(playground, PREVIEW)).changes() == steps("read i")

    playground.program(SECOND)
    assert (await cli.run(playground, UP)).succeeded
    assert (await embedded.run(playground, PREVIEW)).changes() == steps("read i")
    assert (await embedded.run(playground, UP)).changes() == steps("read i")
    assert (await cli.run(playground, REFRESH)).succeeded
    assert (await embedded.run(playground, REFRESH)).succeeded
    assert (await cli.run(playground, PREVIEW)).changes() == steps("read i")
    status, shown = await cli.command(playground, "stack", "export", "--show-secrets", "--stack", "dev")
    assert status == 0
    assert "hunter22" in shown

    assert (await embedded.run(playground, DESTROY)).succeeded
    assert playground.things == THERE["things"]
    assert (await cli.run(playground, UP)).succeeded
    assert (await embedded.run(playground, PREVIEW)).changes() == steps("read i")
    assert (await cli.run(playground, DESTROY)).succeeded
    assert playground.things == THERE["things"]


async def test_what_one_engine_left_half_done_the_other_finishes(playground: Playground, cli: Cli) -> None:
    playground.program('Thing("a", value="x")')
    playground.fault(create_a="unready")
    assert not (await Embedded().run(playground, UP)).succeeded
    playground.fault()
    assert (await cli.run(playground, UP)).changes() == steps("update a")
    playground.program('Thing("a", value="y")')
    playground.fault(update_a="unready")
    assert not (await cli.run(playground, UP)).succeeded
    playground.fault()
    assert (await Embedded().run(playground, UP)).changes() == steps("update a")
    assert (await cli.run(playground, PREVIEW)).changes() == steps()

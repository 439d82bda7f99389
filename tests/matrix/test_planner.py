"""The engine's planner on random graphs and random edits: a preview says what an `up` does, and a second up is nothing.

No provider and no process: the engine's own parts around a provider that is a few lines of Python.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.engine.fakes import Bench, FakeClient, provider_record

if TYPE_CHECKING:
    from agentry.engine.state import Resource

NAMES = "abcdef"


@dataclass(frozen=True)
class Node:
    """A resource of a random program: `fixed` can not change in place."""

    name: str
    value: int
    fixed: int
    after: tuple[str, ...]
    delete_first: bool | None
    hide: bool


@st.composite
def programs(draw: st.DrawFn) -> tuple[Node, ...]:
    """Up to six resources, in an order in which each comes after what it depends on."""
    nodes: list[Node] = []
    for name in draw(st.permutations(NAMES)):
        if not draw(st.booleans()):
            continue
        there = [node.name for node in nodes]
        nodes.append(
            Node(
                name,
                draw(st.integers(0, 1)),
                draw(st.integers(0, 1)),
                tuple(draw(st.lists(st.sampled_from(there), unique=True, max_size=2))) if there else (),
                draw(st.sampled_from([None, True, False])),
                draw(st.booleans()),
            )
        )
    return tuple(nodes)


async def carried_out(program: tuple[Node, ...], before: tuple[Resource, ...], *, preview: bool) -> Bench:
    """The program over a state: as a preview, or for real."""
    bench = Bench(*before, preview=preview, client=FakeClient())
    made: dict[str, Resource] = {}
    for node in program:
        made[node.name] = await bench.register(
            node.name,
            inputs={"value": node.value, "fixed": node.fixed},
            dependencies=tuple(made[name].urn for name in node.after),
            delete_before_replace=node.delete_first,
            hide_diffs=("value",) if node.hide else (),
        )
    bench.deployment.completed = True
    await bench.update.finish()
    return bench


def changing(bench: Bench) -> Counter[str]:
    return Counter({step: count for step, count in bench.named().items() if not step.startswith("same ")})


@given(edits=st.lists(programs(), min_size=1, max_size=4))
@settings(derandomize=True, max_examples=60)
async def test_a_preview_of_any_edit_says_what_an_up_does(edits: list[tuple[Node, ...]]) -> None:
    state: tuple[Resource, ...] = (provider_record(),)
    for program in edits:
        planned = await carried_out(program, state, preview=True)
        assert planned.writes == [], "a preview wrote a state"
        calls = {call.partition(" ")[0] for call in planned.client.calls}
        assert calls <= {"check", "diff"}, "a preview asked a provider to do something"
        done = await carried_out(program, state, preview=False)
        assert changing(planned) == changing(done)
        for step in changing(done):
            event(step.partition(" ")[0])
        state = done.snapshot.checkpoint.resources
        assert set(done.items()) == {node.name for node in program}
        again = await carried_out(program, state, preview=False)
        assert not changing(again), "a second up does something"
        assert not [call for call in again.client.calls if call.partition(" ")[0] not in ("check", "diff")]
    empty = await carried_out((), state, preview=False)
    assert empty.items() == {}

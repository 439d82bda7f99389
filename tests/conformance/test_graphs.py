"""Random graphs of resources and random edits of them: two engines make the same world and the same state of it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentry.engine.events import Operation
from tests.conformance.observation import observe_edit
from tests.conformance.scenario import Edit
from tests.engine.playground import Playground

if TYPE_CHECKING:
    from tests.engine.playground import Cli, Engine

pytestmark = pytest.mark.process

NAMES = "abcde"


@dataclass(frozen=True)
class Node:
    """A resource: what it is made of, which ones before it it uses, and how."""

    name: str
    value: str
    fixed: str
    first: bool
    parent: str
    depends_on: tuple[str, ...]

    def line(self) -> str:
        options = [f"parent={self.parent}"] if self.parent else []
        options += [f"depends_on=[{', '.join(self.depends_on)}]"] if self.depends_on else []
        inputs = f"value={self.value}, fixed={self.fixed}" + (", first=True" if self.first else "")
        return f'{self.name} = Thing("{self.name}", {inputs}, opts=ResourceOptions({", ".join(options)}))'


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A program of up to five resources."""
    lines: list[str] = []
    there: list[str] = []
    for name in NAMES:
        if not draw(st.booleans()):
            continue
        plain = st.sampled_from(['"x"', '"longer"', "None"])
        used = st.sampled_from(there).map(lambda one: f"{one}.serial") if there else plain
        node = Node(
            name=name,
            value=draw(plain | used),
            fixed=draw(plain | used),
            first=draw(st.booleans()),
            parent=draw(st.sampled_from(["", *there[:1]])),
            depends_on=tuple(draw(st.lists(st.sampled_from(there), unique=True, max_size=2))) if there else (),
        )
        lines.append(node.line())
        there.append(name)
    return "\n".join(lines)


edits = st.lists(programs(), min_size=2, max_size=3)
few = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@given(texts=edits)
@settings(few, max_examples=6)
async def test_the_second_up_does_nothing_and_a_destroy_leaves_nothing(
    texts: list[str], embedded: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        playground = Playground(Path(directory))
        monkeypatch.setenv("WORLD_FILE", str(playground.world_file))
        for text in texts:
            made = await observe_edit(embedded, playground, Edit(program=text))
            wanted = {line.partition(" ")[0] for line in text.splitlines()}
            assert {name.partition("-")[0] for name in made["world"]} == wanted
        again = await embedded.run(playground, Operation.UP)
        assert not again.changes(), texts
        assert (await embedded.run(playground, Operation.DESTROY)).succeeded
        assert playground.things == {}
        assert playground.checkpoint().resources == ()


@pytest.mark.cli
@given(texts=edits)
@settings(few, max_examples=5)
async def test_both_engines_do_the_same(
    texts: list[str], embedded: Engine, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        sides = [(embedded, Playground(Path(one))), (cli, Playground(Path(other)))]
        for text in texts:
            seen = []
            for engine, playground in sides:
                monkeypatch.setenv("WORLD_FILE", str(playground.world_file))
                seen.append(await observe_edit(engine, playground, Edit(program=text)))
            for what in ("steps", "world", "checkpoint"):
                assert seen[0][what] == seen[1][what], f"{what} of {text}"

"""What `agentry adopt` prints of what was found and proved, and what it refuses to write."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agentry.adopt.code import Code
from agentry.adopt.declaration import adoption_of
from agentry.adopt.program import block
from agentry.adopt.proof import Change, Proof
from agentry.cli import adopt
from agentry.cli.adopt import Adopted
from agentry.errors import ConfigError
from tests.adopt.seen import CANARY, ENDPOINT, live, seen
from tests.cli.session import session

if TYPE_CHECKING:
    from agentry.cli.adopting import Place
    from agentry.cli.chosen import ChosenStack
    from tests.cli.conftest import Golden
    from tests.cli.session import Session

__all__ = ["session"]
PROGRAM = '"""Every agent."""\n\nimport pulumi\n'
PROVED = Proof(unchanged=8)
DIFFERS = Proof(
    unchanged=7,
    changes=(Change("ServingEndpoint", "weather", "update", ("tags.MONITOR_EXPERIMENT_ID: 13 → 12",)),),
    problems=("Grant weather-uses-parents: nobody may\nsay so",),
)


@pytest.fixture
def found(session: Session, monkeypatch: pytest.MonkeyPatch) -> Found:
    """A project with a program, and an endpoint that was looked at already."""
    (session.root / "__main__.py").write_text(PROGRAM)
    looked = Found()
    monkeypatch.setattr(adopt, "_look", looked)
    return looked


class Found:
    """Stands in for looking at the workspace and proving."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.proof = PROVED

    async def __call__(self, chosen: ChosenStack, place: Place, endpoint: str, name: str | None) -> Adopted:
        assert endpoint == ENDPOINT
        found = seen(live(variables=self.variables))
        adoption = adoption_of(found, name=name, owner=chosen.shown)
        code = Code({"agent.py": b"A", "requirements.txt": b"R"}, {}, ("chain.py is called agent.py here",))
        first = (Change("ModelVersion", adoption.name, "create"), Change("ServingEndpoint", adoption.name, "update"))
        proof = replace(self.proof, with_code=first) if place.code else self.proof
        text = block(adoption, place.program, place.shown)
        return Adopted(found, adoption, text, proof, code if place.code else None)


def test_what_a_person_sees(session: Session, found: Found, golden: Golden) -> None:
    command = f"adopt {ENDPOINT} --stack dev"
    session.run(command)
    found.variables = {"API_TOKEN": CANARY}
    session.run(f"{command} --name sky --code agents/sky")
    session.run(f"{command} --write")
    found.proof = DIFFERS
    session.run(f"{command} --write")
    session.run(f"{command} --code ../elsewhere")
    assert CANARY not in session.text
    assert (session.root / "__main__.py").read_text() == PROGRAM
    assert not (session.root / "imports").exists()
    golden("adopt.txt", session.normal)


def test_a_document_for_machines(session: Session, found: Found, golden: Golden) -> None:
    found.variables = {"API_TOKEN": CANARY}
    session.run(f"adopt {ENDPOINT} --stack dev --json --code agents/sky")
    assert CANARY not in session.text
    golden("adopt.json.txt", session.normal)


@pytest.mark.parametrize("there", ["imports/dev-weather.json", "agents/sky/agent.py"])
def test_nothing_is_overwritten(session: Session, found: Found, there: str) -> None:
    file = session.root / there
    file.parent.mkdir(parents=True)
    file.write_text("of somebody else")
    code, _, err = session.run(f"adopt {ENDPOINT} --stack dev --write --code agents/sky")
    assert (code, file.read_text()) == (1, "of somebody else")
    assert f"{there}: this file is there already" in err
    assert (session.root / "__main__.py").read_text() == PROGRAM


def test_a_project_without_its_program(session: Session, found: Found) -> None:
    (session.root / "__main__.py").unlink()
    assert "the program can not be read" in session.refused(f"adopt {ENDPOINT} --stack dev")


def test_a_program_keeps_its_text_where_the_state_can_not_be_written(
    session: Session, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    del found

    async def refuse(*_: Any) -> list[str]:
        raise ConfigError("no state here")

    monkeypatch.setattr("agentry.cli.adopting._record", refuse)
    code, _, err = session.run(f"adopt {ENDPOINT} --stack dev --write")
    assert (code, "no state here" in err) == (1, True)
    assert (session.root / "__main__.py").read_text() == PROGRAM

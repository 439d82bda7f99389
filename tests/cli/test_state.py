"""`agentry state`: what it prints, refuses and leaves behind."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from agentry.engine.urn import ROOT_STACK_TYPE, stack_urn
from tests.cli.session import session
from tests.cli.test_stack import root
from tests.engine.records import record, urn_of

if TYPE_CHECKING:
    from tests.cli.conftest import Golden
    from tests.cli.session import Session

__all__ = ["session"]


def names(session: Session) -> list[str]:
    return [one["name"] for one in json.loads(session.out("state list --stack dev --json"))]


def test_a_session(session: Session, golden: Golden) -> None:
    session.run("state list --stack dev")
    session.save(
        root(),
        record("model", protect=True),
        record("version", uses=("model",)),
        record("endpoint", uses=("version",), init_errors=("it does not load",)),
        record("version", id="old", delete=True),
    )
    session.run("state list --stack dev")
    session.run("state list --stack dev --json")
    session.run("state remove nonesuch --stack dev")
    session.run("state remove model --stack dev --yes")
    session.run("state remove model --stack dev --yes --target-dependents")
    session.run("state remove endpoint --stack dev")
    session.run("state remove endpoint --stack dev --engine pulumi")
    session.run("state remove endpoint --stack dev --yes")
    session.run("state rename model model2 --stack dev --yes")
    session.run("state rename model2 version --stack dev --yes")
    session.run("state unprotect --stack dev")
    session.run("state unprotect model2 --stack dev --yes")
    session.run("state unprotect --all --stack dev --yes")
    session.run("state remove model2 --stack dev --yes --target-dependents")
    session.run("state list --stack dev")
    golden("session.state.txt", session.normal)


def test_a_person_is_asked_for_the_name_of_the_stack(session: Session) -> None:
    session.save(root(), record("a"))
    session.answers = ["prod", "dev"]
    assert session.run("state remove a --stack dev")[0] == 1
    assert names(session) == ["shop-dev", "a"]
    assert session.run("state remove a --stack dev")[0] == 0
    assert names(session) == ["shop-dev"]


def test_who_can_not_be_asked_is_told_the_whole_command(session: Session) -> None:
    session.save(root(), record("a", protect=True), record("b", uses=("a",)))
    told = session.run(f"state remove {urn_of('a')} --stack dev --force --target-dependents")[2]
    typed = shlex.split(told.rpartition("agentry state ")[2].splitlines()[0])
    assert typed == ["remove", urn_of("a"), "--force", "--target-dependents", "--stack", "dev", "--yes"]


def test_a_backup_stays_and_can_be_put_back(session: Session) -> None:
    session.save(root(), record("a"))
    session.out("state remove a --stack dev --yes")
    [backup] = (session.root / "states/.pulumi/backups").rglob("dev.*.json")
    session.out(f"stack import --stack dev --file {backup}")
    assert names(session) == ["shop-dev", "a"]


def test_the_pulumi_cli_does_it_itself(session: Session) -> None:
    session.save(root(), record("a", protect=True))
    code, _, told = session.run("state unprotect a --stack dev --engine pulumi")
    assert code == 1
    assert f"pulumi state unprotect {urn_of('a')} --stack dev" in told.replace("'", "")


def test_the_stack_itself_is_listed_too(session: Session) -> None:
    session.save(root())
    [only] = json.loads(session.out("state list --stack dev --json"))
    assert (only["type"], only["urn"]) == (ROOT_STACK_TYPE, stack_urn("dev", "shop"))

"""`agentry stack`, `history` and `cancel`: what they print, refuse and leave behind."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentry.cli.history import changes
from agentry.engine.backend import Update
from agentry.engine.locks import Identity
from agentry.engine.state import Pending, Resource
from agentry.engine.urn import ROOT_STACK_TYPE, stack_urn
from agentry.engine.values import secret
from tests.cli.session import session
from tests.engine.records import record, secrets, urn_of

if TYPE_CHECKING:
    from tests.cli.conftest import Golden
    from tests.cli.session import Session

__all__ = ["session"]

EXPORTS = {"url": "https://dbc.example.com/weather", "token": secret("hunter22"), "sizes": [1, 2]}


def root(stack: str = "dev", **outputs: Any) -> Resource:
    return Resource(urn=stack_urn(stack, "shop"), type=ROOT_STACK_TYPE, custom=False, outputs=outputs)


def note(session: Session, kind: str, *, succeeded: bool = True, **counts: int) -> None:
    session.backend.record(
        "dev", Update(kind=kind, start=1795545943, end=1795545946, succeeded=succeeded, changes=counts)
    )


def test_a_session(session: Session, golden: Golden) -> None:
    session.run("stack ls")
    session.run("stack init prod --copy-config-from dev -c agentry:profile=prod -c catalog=prod")
    session.show(session.root / "stacks/Pulumi.prod.yaml")
    session.run("stack init mine --sandbox")
    session.run("stack ls")
    session.save(root(**EXPORTS), record("a"))
    note(session, "update", create=2)
    session.save(root(**EXPORTS), record("a"), record("b"), pending=(Pending("creating", record("c")),))
    note(session, "update", succeeded=False, create=1, update=1, same=1)
    session.run("stack --stack dev")
    session.run("stack output --stack dev")
    session.run("stack output --stack dev --json --show-secrets")
    session.run("stack output url --stack dev")
    session.run("stack output token --stack dev")
    session.run("stack output token --show-secrets --stack dev")
    session.run("stack output sizes --json --stack dev")
    session.run("stack output nonesuch --stack dev")
    session.run("history --stack dev")
    session.run("history --stack dev --last 1 --json")
    session.run("stack export --stack dev --file now.json")
    session.run("stack export --stack dev --version 1 --file before.json")
    session.run("stack export --stack dev --version 7")
    session.run("stack import --stack dev --file now.json")
    session.run("stack import --stack prod --file before.json")
    session.run("stack import --stack prod --file before.json --force")
    session.run("stack ls")
    session.run("stack ls --json")
    session.run("stack rm --stack dev --yes")
    session.run("stack rm --stack dev --yes --force")
    session.run("stack rm --stack prod")
    session.run("stack ls")
    session.run("stack select dev")
    golden("session.stack.txt", session.normal)


def lock(session: Session, **owner: Any) -> None:
    directory = session.backend.lock_directory("dev")
    directory.mkdir(parents=True, exist_ok=True)
    mine = {"pid": os.getpid(), "username": "somebody", "hostname": socket.gethostname()}
    mine |= {"timestamp": "2026-11-24T18:45:43Z", "process": str(Identity.of(os.getpid()))}
    (directory / f"{len(list(directory.iterdir()))}.json").write_text(json.dumps(mine | owner))


def test_a_session_with_locks(session: Session, golden: Golden) -> None:
    session.run("cancel --stack dev")
    session.save(root(), record("a"), pending=(Pending("updating", record("a")), Pending("creating", record("b"))))
    lock(session)
    session.run("stack ls")
    session.run("stack --stack dev")
    session.run("stack rm --stack dev --force --yes")
    session.run("cancel --stack dev")
    session.run("cancel --stack dev --force")
    session.run("cancel --stack dev --force --yes")
    lock(session, hostname="elsewhere.example.com")
    session.run("cancel --stack dev")
    session.run("cancel --stack dev --yes")
    lock(session, pid=2**30)
    session.run("cancel --stack dev")
    session.run("status --stack dev")
    golden("session.locks.txt", session.normal)


def test_pending_operations_for_machines(session: Session) -> None:
    session.save(root(), pending=(Pending("creating", record("b")),))
    pending = [{"kind": "creating", "urn": urn_of("b")}]
    assert json.loads(session.out("stack --stack dev --json"))["pending"] == pending
    assert json.loads(session.out("status --stack dev --json"))["pending"] == pending


def test_a_stack_is_known_where_states_are_as_soon_as_it_is_made(session: Session) -> None:
    session.out("stack init prod -c catalog=prod")
    assert session.backend.stacks() == ["prod"]
    content = yaml.safe_load((session.root / "stacks/Pulumi.prod.yaml").read_text())
    assert content["config"] == {"shop:catalog": "prod"}
    assert content["encryptionsalt"].startswith("v1:")


def test_a_stack_is_made_also_where_nobody_says_where_states_are(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL")
    assert "pulumi stack init prod" in session.out("stack init prod -c catalog=prod")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{session.root}/states")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    assert "made by the first run" in session.out("stack init other -c catalog=prod")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("stack init dev", "there is a stack dev already"),
        ("stack init prod", "needs shop:catalog"),
        ("stack init ../x -c catalog=x", "can not be a stack's name"),
        ("stack init prod -c catalog", "has no value"),
        ("stack init prod -c catalog=x -c catalogue=x", "did you mean shop:catalog?"),
        ("stack init prod -c catalog=x -c agentry:profil=x", "did you mean agentry:profile?"),
        ("stack init prod --copy-config-from staging", "known stacks: dev, local"),
    ],
)
def test_a_stack_that_is_not_made_leaves_no_file(session: Session, line: str, why: str) -> None:
    assert why in session.refused(line)
    assert sorted(file.name for file in session.dev.parent.iterdir()) == ["Pulumi.dev.yaml", "Pulumi.local.yaml"]


def test_at_a_terminal_what_is_missing_is_asked_for(session: Session) -> None:
    session.answers = ["prod"]
    session.out("stack init prod")
    assert session.asked == [("shop:catalog", False)]
    assert session.out("config get catalog --stack prod") == "prod"


def test_secrets_are_copied_with_the_salt_that_opens_them(session: Session) -> None:
    session.out("config set --secret token hunter22 --stack dev")
    session.out("stack init prod --copy-config-from dev")
    file = session.root / "stacks/Pulumi.prod.yaml"
    assert file.read_text() == session.dev.read_text()
    assert session.out("config get token --stack prod") == "hunter22"


def test_a_stack_is_removed_when_its_name_is_typed(session: Session) -> None:
    session.save()
    session.answers = ["prod", "dev"]
    assert "another name was typed" in session.refused("stack rm --stack dev")
    assert session.dev.exists()
    session.out("stack rm --stack dev")
    assert not session.dev.exists()
    assert session.backend.stacks() == []


def test_the_file_can_be_kept(session: Session) -> None:
    session.save()
    session.out("stack rm --stack dev --yes --preserve-config")
    assert session.dev.exists()
    assert session.backend.stacks() == []


def test_a_state_whose_file_is_gone_can_be_removed(session: Session) -> None:
    session.save(stack="gone")
    assert "gone   0          2026-11-24T18:45:43Z  no stack file" in session.out("stack ls")
    session.out("stack rm --stack gone --yes")
    assert session.backend.stacks() == []
    assert "stacks with a file: dev, local" in session.refused("stack rm --stack gone --yes")


def test_with_sandbox_the_state_apart_is_meant_and_no_file_is_touched(session: Session) -> None:
    session.save(root(url="real"))
    before = session.dev.read_bytes()
    deployment = json.dumps({"version": 3, "deployment": {"resources": []}})
    session.out("stack import --stack dev --sandbox", deployment)
    assert session.out("stack output url --stack dev") == "real"
    assert "exports nothing" in session.out("stack output --stack dev --sandbox")
    assert [one["resources"] for one in json.loads(session.out("stack ls --sandbox --json"))] == [0, 0]
    session.out("stack rm --stack dev --sandbox --yes")
    assert session.dev.read_bytes() == before
    assert session.backend.stacks() == ["dev"]


def test_an_export_goes_through_a_pipe_into_an_import(session: Session) -> None:
    session.save(root(**EXPORTS), record("a"))
    deployment = session.out("stack export --stack dev --show-secrets")
    assert "hunter22" in deployment
    assert session.out("stack import --stack dev", deployment) == "imported 2 resources into stack dev"
    assert session.out("stack output token --stack dev --show-secrets") == "hunter22"
    assert b"hunter22" not in (session.backend.load("dev") or b"")


def test_a_backup_is_imported_as_it_is(session: Session) -> None:
    session.save(root(), record("a"))
    backup = (session.backend.load("dev") or b"").decode()
    assert session.out("stack import --stack dev", backup) == "imported 2 resources into stack dev"
    assert session.out("stack import --stack dev", session.out("stack export --stack dev")).startswith("imported 2")


def test_a_file_with_secrets_in_clear_is_its_owners(session: Session) -> None:
    session.save(root(**EXPORTS))
    session.out("stack export --stack dev --show-secrets --file out.json")
    assert (session.root / "out.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 3}'])
def test_what_is_no_deployment_is_refused(session: Session, text: str) -> None:
    assert "error: " in session.refused("stack import --stack dev", text)
    assert session.backend.stacks() == []


def test_a_state_that_was_cut_is_in_the_list_and_an_older_one_puts_it_right(session: Session) -> None:
    session.save(root(), record("a"))
    note(session, "update", create=2)
    file = session.backend.checkpoint_file("dev")
    file.write_bytes(file.read_bytes()[:40])
    assert "?: the checkpoint is not whole" in session.out("stack ls")
    assert "trouble    the checkpoint is not whole" in session.out("stack --stack dev")
    session.out("stack import --stack dev", session.out("stack export --stack dev --version 1"))
    assert json.loads(session.out("stack --stack dev --json"))["resources"] == 2


def test_a_list_without_a_backend_says_so_and_knows_stack_local(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL")
    found = {one["name"]: one for one in json.loads(session.out("stack ls --json"))}
    assert found["local"]["resources"] == 0
    assert found["dev"]["resources"] is None
    assert "where the state" in found["dev"]["trouble"]


def test_nothing_was_done_yet(session: Session) -> None:
    assert session.out("history --stack dev").startswith("nothing was done to stack dev yet")
    assert json.loads(session.out("history --stack dev --json")) == []


def test_options_before_a_command_are_not_lost_in_silence(session: Session) -> None:
    for line in ("stack --stack dev ls", "config --stack dev ls"):
        code, out, err = session.run(line)
        assert (code, out) == (2, "")
        assert "options come after `ls`" in err


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({}, "none"),
        ({"same": 3}, "3 same"),
        ({"create": 2, "update": 1, "delete": 3, "same": 1}, "+2 ~1 -3, 1 same"),
        ({"replace": 1, "create": 0}, "+-1"),
    ],
)
def test_changes_in_few_letters(counts: dict[str, int], text: str) -> None:
    assert changes(counts) == text


def test_a_copy_without_secrets_has_a_salt_of_its_own(session: Session) -> None:
    session.out("stack init prod --copy-config-from dev")
    assert secrets().state not in (session.root / "stacks/Pulumi.prod.yaml").read_text()


def test_where_states_are_not_in_a_directory_the_pulumi_cli_is_asked(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://api.example.com")
    monkeypatch.setenv("PATH", str(session.root))
    found = {one["name"]: one for one in json.loads(session.out("stack ls --json"))}
    assert (found["local"]["trouble"], found["dev"]["trouble"]) == ("", "there is no Pulumi CLI: no `pulumi` on PATH")
    assert "made by the first run" in session.out("stack init prod -c catalog=prod")
    assert "nobody said yes" in session.refused("cancel --stack dev")
    for line in ("stack --stack dev", "history --stack dev", "stack export --stack dev", "cancel --stack dev --yes"):
        assert "no Pulumi CLI" in session.refused(line)
    assert "pulumi config set --secret" in session.refused("config set --secret token hunter22 --stack prod")

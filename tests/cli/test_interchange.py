"""Settings, secrets and states go from these commands to the Pulumi CLI and back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentry.engine.state import Pending
from agentry.engine.values import secret
from tests.cli.session import PASSPHRASE, session
from tests.cli.test_stack import lock, note, root
from tests.engine.records import record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.session import Session

__all__ = ["session"]

pytestmark = [
    pytest.mark.cli,
    pytest.mark.process,
    pytest.mark.skipif(not shutil.which("pulumi"), reason="no pulumi on PATH"),
]


class Pulumi:
    """The CLI in the session's project."""

    def __init__(self, session: Session, home: Path) -> None:
        self._session = session
        self._variables = {
            "PULUMI_HOME": str(home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_BACKEND_URL": f"file://{session.root}/states",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        }
        (session.root / "states").mkdir()

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", "--non-interactive", *arguments],
            cwd=self._session.root,
            env=os.environ | self._variables,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def out(self, *arguments: str, stdin: str = "") -> str:
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout.removesuffix("\n")

    def json(self, *arguments: str) -> Any:
        return json.loads(self.out(*arguments))


@pytest.fixture
def pulumi(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Pulumi:
    return Pulumi(session, tmp_path_factory.mktemp("pulumi-home"))


VALUES = [
    "dev",
    "yes",
    "012",
    "1_000",
    "0o17",
    "12",
    "2024-01-01",
    "null",
    "~",
    "a: b",
    "x #y",
    "é → ß",
    "a\n  b",
    '"q"',
]


def test_what_we_set_the_cli_gets(session: Session, pulumi: Pulumi) -> None:
    session.save()
    for index, value in enumerate(VALUES):
        session.out(f"config set aws:plain{index} --stack dev", value)
        session.out(f"config set --secret aws:hidden{index} --stack dev", value)
        session.out(f"config set --secret --path aws:deep.at[{index}].it --stack dev", value)
    session.out("config set --path 'aws:shape.list[0]' 12 --stack dev")
    session.out("config set --path aws:shape.yes true --stack dev")
    before = session.dev.read_text()
    found = pulumi.json("config", "--show-secrets", "--json", "--stack", "dev")
    for index, value in enumerate(VALUES):
        assert found[f"aws:plain{index}"] == {"value": value, "secret": False}
        assert found[f"aws:hidden{index}"] == {"value": value, "secret": True}
    assert found["aws:deep"]["objectValue"] == {"at": [{"it": value} for value in VALUES]}
    assert found["aws:shape"]["objectValue"] == {"list": [12], "yes": True}
    assert pulumi.out("config", "get", "aws:hidden0", "--stack", "dev") == "dev"
    assert session.dev.read_text() == before


def test_what_the_cli_sets_we_get(session: Session, pulumi: Pulumi) -> None:
    session.save()
    for index, value in enumerate(VALUES):
        pulumi.out("config", "set", f"aws:plain{index}", "--stack", "dev", "--", value)
        pulumi.out("config", "set", "--secret", f"aws:hidden{index}", "--stack", "dev", "--", value)
    pulumi.out("config", "set", "--path", "aws:shape.list[0]", "12", "--stack", "dev")
    pulumi.out("config", "set", "--path", "--secret", "aws:shape.key", "hunter22", "--stack", "dev")
    ours = json.loads(session.out("config --stack dev --json --show-secrets"))
    assert ours == pulumi.json("config", "--json", "--show-secrets", "--stack", "dev")
    assert [ours[f"aws:hidden{index}"]["value"] for index in range(len(VALUES))] == VALUES
    pulumi_masked = pulumi.json("config", "--json", "--stack", "dev")
    assert json.loads(session.out("config --stack dev --json")) == pulumi_masked
    # We change one of its keys: it sees that one change.
    session.out("config set aws:plain0 other --stack dev")
    session.out("config rm --path aws:shape.key --stack dev")
    assert pulumi.out("config", "get", "aws:plain0", "--stack", "dev") == "other"
    assert pulumi.json("config", "get", "aws:shape", "--json", "--stack", "dev")["objectValue"] == {"list": [12]}


def test_a_stack_made_here_is_one_for_the_cli(session: Session, pulumi: Pulumi) -> None:
    session.out("stack init prod -c catalog=prod")
    assert [one["name"] for one in pulumi.json("stack", "ls", "--output", "json")] == ["prod"]
    pulumi.out("config", "set", "--secret", "token", "hunter22", "--stack", "prod")
    assert session.out("config get token --stack prod") == "hunter22"
    pulumi.out("stack", "rm", "prod", "--yes")
    assert not (session.root / "stacks/Pulumi.prod.yaml").exists()


def test_a_stack_made_by_the_cli_is_one_here(session: Session, pulumi: Pulumi) -> None:
    pulumi.out("stack", "init", "prod", "--no-select")
    assert json.loads(session.out("stack --stack prod --json"))["resources"] == 0
    session.out("config set --secret token hunter22 --stack prod")
    assert pulumi.out("config", "get", "token", "--stack", "prod") == "hunter22"
    session.out("stack rm --stack prod --yes")
    assert pulumi.json("stack", "ls", "--output", "json") == []


def urns(deployment: dict[str, Any]) -> list[str]:
    return [one["urn"] for one in deployment["deployment"]["resources"]]


@pytest.mark.parametrize("option", [[], ["--show-secrets"]], ids=["encrypted", "in clear"])
def test_what_we_export_the_cli_imports_and_the_other_way(session: Session, pulumi: Pulumi, option: list[str]) -> None:
    session.save(root(token=secret("hunter22"), n=1), record("a", inputs={"x": secret({"deep": [1]})}, uses=()))
    ours = session.out(" ".join(["stack export --stack dev", *option]))
    pulumi.out("stack", "import", "--stack", "dev", stdin=ours)
    assert pulumi.out("stack", "output", "token", "--show-secrets", "--stack", "dev") == "hunter22"
    theirs = pulumi.out("stack", "export", "--stack", "dev", *option)
    assert urns(json.loads(theirs)) == urns(json.loads(ours))
    session.out("stack import --stack dev", theirs)
    assert session.out("stack output token --show-secrets --stack dev") == "hunter22"
    again = json.loads(session.out("stack export --stack dev --show-secrets"))
    inputs = again["deployment"]["resources"][1]["inputs"]["x"]
    assert json.loads(inputs["plaintext"]) == {"deep": [1]}
    assert pulumi.json("stack", "output", "--json", "--show-secrets", "--stack", "dev") == {"n": 1, "token": "hunter22"}


def test_both_refuse_the_same_and_let_the_same_through(session: Session, pulumi: Pulumi) -> None:
    session.save(root(), record("a", parent=root().urn), pending=(Pending("creating", record("b")),))
    whole = json.loads(session.out("stack export --stack dev"))
    first, second = whole["deployment"]["resources"]
    cases: dict[str, tuple[list[dict[str, Any]], bool]] = {
        "as it is": ([first, second], True),
        "nothing": ([], True),
        "another stack's": ([first, second | {"urn": second["urn"].replace(":dev:", ":prod:")}], False),
        "no parent": ([second], False),
        "parent behind": ([second, first], False),
        "twice": ([first, second, second], False),
        "twice, one replaced": ([first, second, second | {"delete": True}], True),
        "no dependency": ([first, second | {"dependencies": [first["urn"] + "x"]}], False),
    }
    for name, (resources, sound) in cases.items():
        text = json.dumps(whole | {"deployment": whole["deployment"] | {"resources": resources}})
        theirs = pulumi.run("stack", "import", "--stack", "dev", stdin=text)
        code, _, err = session.run("stack import --stack dev", text)
        assert (name, theirs.returncode == 0, code == 0) == (name, sound, sound)
        # It tells of the pending operation that it leaves out; so do we.
        assert ("pending operation" in theirs.stderr, "pending operation" in err) == (sound, sound)


def test_the_cli_sees_our_history_and_counts_as_we_do(session: Session, pulumi: Pulumi) -> None:
    session.save(root(), record("a"))
    note(session, "update", create=2)
    note(session, "destroy", succeeded=False, delete=1)
    theirs = pulumi.json("stack", "history", "--output", "json", "--stack", "dev")
    ours = json.loads(session.out("history --json --stack dev"))
    assert [(one["kind"], one["result"], one["resourceChanges"]) for one in theirs] == [
        (one["kind"], one["result"], one["changes"]) for one in ours
    ]
    (listed,) = pulumi.json("stack", "ls", "--output", "json")
    assert (listed["name"], listed["resourceCount"]) == ("dev", 2)
    assert pulumi.run("stack", "rm", "dev", "--yes").returncode != 0
    session.out("stack rm --stack dev --yes --force")
    assert pulumi.json("stack", "ls", "--output", "json") == []


def test_a_lock_of_either_is_taken_away_by_either(session: Session, pulumi: Pulumi) -> None:
    session.save(root())
    lock(session, hostname="elsewhere.example.com")
    pulumi.out("cancel", "dev", "--yes")
    assert session.out("cancel --stack dev") == "stack dev is not locked"
    lock(session, hostname="elsewhere.example.com", process="")
    session.out("cancel --stack dev --yes")
    deployment = pulumi.out("stack", "export", "--stack", "dev")
    pulumi.out("stack", "import", "--stack", "dev", stdin=deployment)


def test_the_salt_is_one_in_file_and_state(session: Session, pulumi: Pulumi) -> None:
    session.out("stack init prod -c catalog=prod")
    salt = yaml.safe_load((session.root / "stacks/Pulumi.prod.yaml").read_text())["encryptionsalt"]
    deployment = pulumi.json("stack", "export", "--stack", "prod")
    assert deployment["deployment"]["secrets_providers"]["state"]["salt"] == salt

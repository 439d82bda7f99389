"""Commands typed one after the other in a project of its own, and what a person sees of them."""

from __future__ import annotations

import io
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from agentry.cli.app import main
from agentry.clock import RealClock
from agentry.engine import state
from agentry.engine.backend import FileBackend
from agentry.engine.state import Checkpoint, Pending
from tests.engine.records import secrets

if TYPE_CHECKING:
    from pathlib import Path

PASSPHRASE = "of the tests"
PROJECT = """\
name: shop
runtime: {name: python, options: {virtualenv: .venv}}
stackConfigDir: stacks
config:
  catalog:
    type: string
  schema:
    type: string
    default: agents
  size:
    type: integer
    default: 3
  models:
    type: array
    items: {type: string}
    default: []
  token:
    type: string
    secret: true
    default: none
"""
DEV = """\
# The workspace of development.
encryptionsalt: {salt}
config:
  agentry:profile: dev   # as in ~/.databrickscfg

  shop:catalog: dev
"""
_VOLATILE = (
    # As wide as it was: it stands in tables.
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "2026-01-01T00:00:00Z"),
    (re.compile(r"v1:[\w+/=]+:v1:[\w+/=]+:[\w+/=]+"), "<salt>"),
    (re.compile(r"v1:[\w+/=]{16}:[\w+/=]+"), "<ciphertext>"),
    (re.compile(r"\S+@\S+ \(process \d+"), "<somebody> (process <number>"),
    (re.compile(r"kill -INT \d+"), "kill -INT <number>"),
)


class Terminal(io.StringIO):
    """A stdin where a person sits."""

    def isatty(self) -> bool:
        return True


class Session:
    """What was typed, and what was seen."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.text = ""
        self.answers: list[str] | None = None
        self.asked: list[tuple[str, bool]] = []
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        (root / "Pulumi.yaml").write_text(PROJECT)
        (root / "stacks").mkdir()
        (root / "stacks/Pulumi.local.yaml").write_text("config:\n  agentry:sandbox: local\n  shop:catalog: local\n")
        self.dev.write_text(DEV.format(salt=secrets().state))
        monkeypatch.chdir(root)
        monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{root}/states")
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
        monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)

    @property
    def dev(self) -> Path:
        """The file of stack dev."""
        return self.root / "stacks/Pulumi.dev.yaml"

    @property
    def backend(self) -> FileBackend:
        """The states of all stacks but local."""
        return FileBackend(f"file://{self.root}/states", "shop", base=self.root, clock=RealClock())

    def save(self, *resources: state.Resource, stack: str = "dev", pending: tuple[Pending, ...] = ()) -> None:
        """Have this as a stack's state."""
        checkpoint = Checkpoint(stack=f"organization/shop/{stack}", resources=resources, pending=pending)
        self.backend.save(stack, state.write(checkpoint, secrets(), time="2026-11-24T18:45:43Z"))

    def run(self, line: str, stdin: str = "") -> tuple[int, str, str]:
        """Type `agentry LINE`; exit code, stdout and stderr."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin) if self.answers is None else Terminal())
        self._monkeypatch.setattr("typer.prompt", self._answer)
        with pytest.raises(SystemExit) as left:
            main(shlex.split(line))
        code = int(left.value.code or 0)
        seen = self._capsys.readouterr()
        piped = f"printf {shlex.quote(stdin)} | " if stdin and len(stdin) < 40 else ""
        self.text += f"$ {piped}agentry {line}\n{seen.out}{seen.err}" + (f"[exit {code}]\n" if code else "") + "\n"
        return code, seen.out, seen.err

    def _answer(self, text: str, **settings: object) -> str:
        """Answer a question with the next of `answers`; `asked` has the question, and whether the answer is unseen."""
        self.asked.append((text, bool(settings.get("hide_input"))))
        assert self.answers, f"nobody answers: {text}"
        return self.answers.pop(0)

    def out(self, line: str, stdin: str = "") -> str:
        """What `agentry LINE` prints, without the line break at its end; it must end well."""
        code, out, err = self.run(line, stdin)
        assert code == 0, err
        return out.removesuffix("\n")

    def refused(self, line: str, stdin: str = "") -> str:
        """What `agentry LINE` says, which must not end well, nor write anything to stdout."""
        code, out, err = self.run(line, stdin)
        assert (code, out) == (1, "")
        return err

    def show(self, file: Path) -> None:
        """Put a file into the text."""
        self.text += f"$ cat {file.relative_to(self.root)}\n{file.read_text()}\n"

    @property
    def normal(self) -> str:
        """The text without what differs from run to run."""
        text = self.text.replace(str(self.root), "<project>")
        for pattern, word in _VOLATILE:
            text = pattern.sub(word, text)
        return text


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Session:
    return Session(tmp_path, monkeypatch, capsys)

"""A copy of this repository as a newcomer has it, with a sandbox of its own, for tests of the whole."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("Pulumi.yaml", "__main__.py", "agents", "stacks", "components", "agentry")


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed for machines."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """A project directory whose virtual environment is this repository's own."""

    root: Path

    @classmethod
    def copy_to(cls, root: Path) -> Project:
        """The files that a deployment reads, and a link to the environment that is here already."""
        root.mkdir(parents=True)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__", ".agentry"))
            else:
                shutil.copy2(source, root / name)
        (root / ".venv").symlink_to(Path(sys.prefix))
        return cls(root)

    @property
    def environment(self) -> dict[str, str]:
        """The caller's environment without anything that names a workspace or a backend."""
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("DATABRICKS_", "PULUMI_", "MLFLOW_", "AGENTRY_"))
        }
        cache = os.environ.get("AGENTRY_CACHE", str(ROOT / ".agentry" / "cache"))
        return {**kept, "AGENTRY_CACHE": cache, "NO_COLOR": "1", "COLUMNS": "120", "NO_PROXY": "127.0.0.1"}

    def command(self, *arguments: str) -> list[str]:
        """The `agentry` command of this environment."""
        return [sys.executable, "-m", "agentry.cli", *arguments]

    def run(
        self,
        *arguments: str,
        timeout: float = 280,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Ran:
        """Run `agentry ARGUMENTS` here and wait for it."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=cwd or self.root,
            env={**self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that must be there."""
        file = self.root / path
        text = file.read_text()
        assert old in text, f"{path} has no {old!r}"
        file.write_text(text.replace(old, new))

    def profile(self, who: str = "local") -> dict[str, str]:
        """Host and token of one of the sandbox's identities."""
        import configparser

        read = configparser.ConfigParser()
        read.read(self.root / ".agentry" / "databrickscfg")
        return dict(read[who])

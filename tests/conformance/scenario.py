"""Small programs and what is done with them: data, one file each in `programs/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from agentry.engine.events import Operation
from agentry.engine.passphrase import Secrets
from tests.engine.playground import PASSPHRASE, SALT

if TYPE_CHECKING:
    from tests.engine.playground import Playground

PROGRAMS = Path(__file__).with_name("programs")


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What is changed, and what is run then.

    `run` is an operation, or `up --refresh`, or `preview --refresh`. Of `program`, `config` and `world` what is None
    stays as it was. In `world` the faults are all that are to happen from now on; a thing that is null goes away.
    """

    run: str = "up"
    program: str | None = None
    config: dict[str, Any] | None = None
    world: dict[str, Any] = field(default_factory=dict)
    fails: bool = False

    @property
    def operation(self) -> Operation:
        return Operation(self.run.split(" ")[0])

    @property
    def options(self) -> dict[str, Any]:
        return {"refresh": True} if self.run.endswith("--refresh") else {}

    def apply(self, playground: Playground) -> None:
        """Make the changes."""
        if self.program is not None:
            playground.program(self.program)
        if self.config is not None:
            playground.configure(**{key: _setting(value) for key, value in self.config.items()})
        with playground.world() as world:
            world["faults"] = self.world.get("faults", world["faults"])
            world["adopt"] = self.world.get("adopt", world.get("adopt", False))
            for key, thing in self.world.get("things", {}).items():
                world["things"].pop(key, None)
                if thing is not None:
                    world["things"][key] = thing


def _setting(value: Any) -> str:
    if isinstance(value, dict) and "secret" in value:
        return f"\n    secure: {Secrets.open(PASSPHRASE, SALT).encrypt(value['secret'])}"
    return str(yaml.safe_dump(value, default_flow_style=True, width=10_000)).removesuffix("...\n").strip()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A program's life: what it is for, and its edits in order."""

    name: str
    reason: str
    edits: tuple[Edit, ...]

    @classmethod
    def read(cls, file: Path) -> Scenario:
        content = yaml.safe_load(file.read_text())
        return cls(name=file.stem, reason=content["reason"], edits=tuple(_edits(content["edits"])))

    def __str__(self) -> str:
        return self.name


def _edits(listed: list[dict[str, Any]]) -> list[Edit]:
    """One edit for each run; an edit with several runs is made before the first of them."""
    edits = []
    for said in listed:
        first, *rest = said.get("run", "up") if isinstance(said.get("run"), list) else [said.get("run", "up")]
        edits.append(Edit(**{**said, "run": first}))
        edits += [Edit(run=run, fails=edits[-1].fails) for run in rest]
    return edits


SCENARIOS = [Scenario.read(file) for file in sorted(PROGRAMS.glob("*.yaml"))]

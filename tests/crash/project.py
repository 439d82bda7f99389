"""The project that is killed: one agent with all that an agent has, as it is at first, and changed everywhere at once."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from agentry.deploy import Stack

if TYPE_CHECKING:
    from tests.crash.world import World

CATALOG = "/api/2.1/unity-catalog"
ROOT = Path(__file__).resolve().parents[2]
STACK, PROFILE = "crash", "crash"
SALT = "v1:nZTQ97kZf3Y=:v1:S99tG9Cd/IyahMqu:Uou5vr4YbAE7/zNJbb6fGye7kXS0yw=="
"""Of the empty passphrase, whose key no run has to derive."""
MODEL = "local.agents.crash"
TOOLS = ("held", "lookup", "search", "forecast")
DEPLOYER = "deployer@sandbox.example"

# A new version, other fields of the endpoint that stays, and other grants on both sides of it: one kept, one gone, one new.
PROGRAM = """\
from agentry.components import Agent, Endpoint
from agentry.resources import Resource

Agent(
    "crash",
    code="agents/crash",
    model="local.agents.crash",
    resources=[Resource("function", f"local.tools.{{name}}") for name in {tools}],
    description="{tone}",
    tags={{"team": "{tone}"}},
    endpoint=Endpoint(size="{size}", tags={{"{tone}": "yes"}}),
    access={access},
)
"""
STEPS = {
    "create": {
        "tools": ("held", "lookup", "search"),
        "tone": "plain",
        "size": "Small",
        "access": {"group:analysts": "CAN_QUERY", "group:users": "CAN_VIEW"},
    },
    "update": {
        "tools": ("held", "lookup", "forecast"),
        "tone": "kind",
        "size": "Medium",
        "access": {"group:analysts": "CAN_MANAGE", "group:reviewers": "CAN_QUERY"},
    },
}
"""What the program says, by the operation that makes it so; a destroy begins where the update ended."""

AGENT = """\
from mlflow.models import set_model
from mlflow.pyfunc import ResponsesAgent


class Crash(ResponsesAgent):
    tone = "TONE"

    def predict(self, request):
        raise NotImplementedError


set_model(Crash())
"""


@dataclass(frozen=True)
class Machine:
    """A machine that deploys: a clone of the program, and a directory for the state.

    Attributes:
        root: The program.
        state: Where the state is.
        profiles: The Databricks configuration file.
    """

    root: Path
    state: Path
    profiles: Path

    @classmethod
    def new(cls, place: Path, world: World) -> Machine:
        """One that has deployed nothing yet.

        Args:
            place: A directory that is not there yet.
            world: The workspace that it deploys to.
        """
        root, state = place / "program", place / "state"
        (root / "agents/crash").mkdir(parents=True)
        state.mkdir()
        (root / "agents/crash/requirements.txt").write_text("mlflow==3.17.2\n")
        (root / "Pulumi.yaml").write_text(
            f"name: agents\nruntime:\n  name: python\n  options:\n    virtualenv: {sys.prefix}\n"
            f"plugins:\n  providers:\n    - name: agentry\n      path: {ROOT / 'agentry/provider/plugin'}\n"
        )
        (root / f"Pulumi.{STACK}.yaml").write_text(f"encryptionsalt: {SALT}\nconfig:\n  agentry:profile: {PROFILE}\n")
        profiles = place / "databrickscfg"
        profiles.write_text(f"[{PROFILE}]\nhost = {world.address}\ntoken = {world.tokens['deployer']}\n")
        return cls(root, state, profiles)

    def declare(self, operation: str) -> None:
        """Have the program say what an operation makes."""
        step = STEPS.get(operation, STEPS["update"])
        (self.root / "__main__.py").write_text(PROGRAM.format(**step))
        (self.root / "agents/crash/agent.py").write_text(AGENT.replace("TONE", str(step["tone"])))

    @property
    def stack(self) -> Stack:
        """For an engine."""
        return Stack(root=self.root, name=STACK, backend=f"file://{self.state}")

    @property
    def variables(self) -> dict[str, str]:
        """What leads a command to backend, secrets and workspace, and nothing of the caller's that leads elsewhere."""
        foreign = ("DATABRICKS_", "PULUMI_", "MLFLOW_", "AGENTRY_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {
            **kept,
            "DATABRICKS_CONFIG_FILE": str(self.profiles),
            "PULUMI_BACKEND_URL": f"file://{self.state}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "NO_COLOR": "1",
            "NO_PROXY": "127.0.0.1",
        }

    @property
    def checkpoint(self) -> Path:
        """The file of the state."""
        return self.state / f".pulumi/stacks/agents/{STACK}.json"

    @property
    def locked(self) -> bool:
        """Whether a run holds its lock, or left it."""
        return any(self.state.glob(".pulumi/locks/*/*/*/*.json"))

    def saved(self) -> bytes | None:
        """The state as it is on the disk; None before the first save."""
        return self.checkpoint.read_bytes() if self.checkpoint.exists() else None

    def give(self, saved: bytes | None) -> None:
        """Put a saved state where this machine finds it, and nothing else: no lock, no history, no backup."""
        shutil.rmtree(self.state)
        self.state.mkdir()
        if saved is not None:
            self.checkpoint.parent.mkdir(parents=True)
            (self.state / ".pulumi/meta.yaml").write_text("version: 1\n")
            self.checkpoint.write_bytes(saved)


def furnish(world: World) -> None:
    """Functions that the deployer may grant on, as owner of their schema, and holds only where somebody granted it."""
    with httpx.Client(
        base_url=world.address,
        headers={"Authorization": f"Bearer {world.tokens['admin']}"},
        trust_env=False,
    ) as admin:
        for call in (
            admin.post("/api/2.0/preview/scim/v2/Groups", json={"displayName": "reviewers"}),
            admin.post(f"{CATALOG}/schemas", json={"name": "tools", "catalog_name": "local"}),
            admin.patch(f"{CATALOG}/schemas/local.tools", json={"owner": DEPLOYER}),
            *(
                admin.post(
                    f"{CATALOG}/functions",
                    json={"function_info": {"name": name, "catalog_name": "local", "schema_name": "tools"}},
                )
                for name in TOOLS
            ),
            admin.patch(
                f"{CATALOG}/permissions/FUNCTION/local.tools.held",
                json={"changes": [{"principal": DEPLOYER, "add": ["EXECUTE"]}]},
            ),
        ):
            call.raise_for_status()

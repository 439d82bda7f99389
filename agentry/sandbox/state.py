"""What the routes of the sandbox share: memory, time, identities, privileges, and where files are."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentry.clock import RealClock
from agentry.sandbox.access import Access
from agentry.sandbox.files.presigned import Signer
from agentry.sandbox.files.tree import FileTree
from agentry.sandbox.identity import Tokens
from agentry.sandbox.mode import Mode
from agentry.sandbox.permissions import Permissions
from agentry.sandbox.places import IDENTITY, read_json, write_private
from agentry.sandbox.principals import Principals
from agentry.sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.sandbox.directories import Node
    from agentry.sandbox.faults import Fault


@dataclass(frozen=True)
class Settings:
    """What is decided when the sandbox starts.

    Attributes:
        name: The sandbox's name; also that of its catalog.
        directory: Where its database, files and logs are.
        cache: Where environments of served versions are kept, shared between sandboxes.
        address: `http://127.0.0.1:PORT`.
        mode: How it behaves, where that is not as a workspace does.
    """

    name: str
    directory: Path
    cache: Path
    address: str = "http://127.0.0.1:0"
    mode: Mode = field(default_factory=Mode)


@dataclass(frozen=True)
class Workspace:
    """The identity of the workspace: it outlives restarts and resets, and another sandbox has another one.

    Attributes:
        workspace_id: A number.
        metastore_id: A UUID.
        account_id: A UUID.
        signing_key: Signs presigned addresses.
    """

    workspace_id: str
    metastore_id: str
    account_id: str
    signing_key: str


@dataclass
class State:
    """One running sandbox."""

    settings: Settings
    store: Store
    clock: Clock = field(default_factory=RealClock)
    principals: Principals = field(init=False)
    tokens: Tokens = field(init=False)
    access: Access = field(init=False)
    permissions: Permissions = field(init=False)
    workspace: Workspace = field(init=False)
    tree: FileTree = field(init=False)
    signer: Signer = field(init=False)
    # What is in folders besides folders: every function lists some of it.
    nodes: list[Callable[[], list[Node]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    # What areas keep in memory while the sandbox runs, by the name of the area.
    running: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.principals = Principals(self.store)
        self.tokens = Tokens(self.store, self.clock)
        self.access = Access(self.store, self.principals)
        self.permissions = Permissions(self.store, self.principals)
        self.tree = FileTree(self.files)
        self.workspace = _workspace(self.settings.directory / IDENTITY)
        self.signer = Signer(self.workspace.signing_key, self.clock)

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self.settings.address

    @property
    def files(self) -> Path:
        """Where the Files API keeps its tree."""
        return self.settings.directory / "files"

    def milliseconds(self) -> int:
        """Now, as the platform stamps things."""
        return int(self.clock.now() * 1000)


def _workspace(file: Path) -> Workspace:
    known = {name: str(value) for name, value in read_json(file).items()}
    if not known:
        number = str(1_000_000_000_000_000 + secrets.randbelow(9 * 10**15))
        known = vars(Workspace(number, str(uuid.uuid4()), str(uuid.uuid4()), secrets.token_hex(32)))
        write_private(file, json.dumps(known))
    return Workspace(**known)


def open_state(settings: Settings, clock: Clock | None = None) -> State:
    """The state below `settings.directory`, made when it is not there yet."""
    settings.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return State(settings, Store(settings.directory / "sandbox.db"), clock or RealClock())

"""What the routes of the sandbox share: memory, time, identities, privileges, and where files are."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentry.clock import RealClock
from agentry.sandbox import metastore
from agentry.sandbox.access import Access
from agentry.sandbox.faults.faults import Faults
from agentry.sandbox.files.presigned import Signer
from agentry.sandbox.files.tree import FileTree
from agentry.sandbox.identity import Tokens
from agentry.sandbox.mode import Mode
from agentry.sandbox.permissions import Permissions
from agentry.sandbox.places import IDENTITY, METASTORE, read_json, write_private
from agentry.sandbox.principals import Principals
from agentry.sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.sandbox.directories import Node


@dataclass(frozen=True)
class Settings:
    """What is decided when the sandbox starts.

    Attributes:
        name: The sandbox's name; also that of its catalog.
        directory: Where its database, files and logs are; beside it are other sandboxes, and the metastore they share.
        cache: Where environments of served versions are kept, shared between sandboxes.
        address: `http://127.0.0.1:PORT`.
        mode: How it behaves, where that is not as a workspace does.
    """

    name: str
    directory: Path
    cache: Path
    address: str = "http://127.0.0.1:0"
    mode: Mode = field(default_factory=Mode)

    @property
    def metastore(self) -> Path:
        """Where the database and the files of the metastore are."""
        return self.directory.with_name(METASTORE)


@dataclass(frozen=True)
class Workspace:
    """The identity of the workspace: it outlives restarts and resets, and another sandbox has another one.

    Attributes:
        workspace_id: A number.
        metastore_id: A UUID, the same for all sandboxes of a project.
        account_id: A UUID, likewise.
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
    faults: Faults = field(default_factory=Faults)
    # What areas keep in memory while the sandbox runs, by the name of the area.
    running: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.principals = Principals(self.store)
        self.tokens = Tokens(self.store, self.clock)
        self.access = Access(self.store, self.principals)
        self.permissions = Permissions(self.store, self.principals)
        self.tree = FileTree(self.files, dict.fromkeys(metastore.FILES, self.settings.metastore / "files"))
        self.workspace = _workspace(self.settings)
        self.signer = Signer(self.workspace.signing_key, self.clock)

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self.settings.address

    @property
    def files(self) -> Path:
        """Where the Files API keeps what is the workspace's own."""
        return self.settings.directory / "files"

    def milliseconds(self) -> int:
        """Now, as the platform stamps things."""
        return int(self.clock.now() * 1000)


def _workspace(settings: Settings) -> Workspace:
    file = settings.directory / IDENTITY
    # A stack that was deployed before there was a shared metastore is most likely stack local's.
    shared = metastore.who(settings.metastore, settings.directory.with_name("local"), settings.directory)
    known = {name: str(value) for name, value in read_json(file).items()}
    if not known:
        number = str(1_000_000_000_000_000 + secrets.randbelow(9 * 10**15))
        known = {"workspace_id": number, "signing_key": secrets.token_hex(32)}
        write_private(file, json.dumps(known))
    return Workspace(**{**known, **vars(shared)})


def open_state(settings: Settings, clock: Clock | None = None) -> State:
    """The state below `settings.directory`, made when it is not there yet.

    Raises:
        SandboxError: What a sandbox of an earlier release holds can not move into the metastore.
    """
    settings.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = settings.directory / "sandbox.db"
    with metastore.opening(settings.metastore):
        metastore.move_in(settings.metastore, settings.directory)
        return State(settings, Store(database, settings.metastore / metastore.DATABASE), clock or RealClock())

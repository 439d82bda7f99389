"""Where a sandbox keeps its things below a project, and the profiles that lead clients to it."""

from __future__ import annotations

import configparser
import fcntl
import json
import os
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import IO

# Of a sandbox's files, those that a reset leaves: the stacks that were deployed to it go on knowing it.
IDENTITY, RUNNING, MODE = "workspace.json", "running.json", "mode.json"
# Of all sandboxes, so no sandbox can be called so.
METASTORE = "_metastore"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def is_name(name: str) -> bool:
    """Whether a sandbox can be called so."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True)
class Places:
    """The files of one sandbox.

    Args:
        root: The project's directory.
        name: The sandbox's name; also that of its catalog, so lower case, digits and `_`.
    """

    root: Path
    name: str

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise ConfigError(
                f"{self.name!r} can not name a sandbox",
                why="its catalog has the same name",
                fix="use lower-case letters, digits and _, a letter first",
            )

    @property
    def directory(self) -> Path:
        """Database, files, logs."""
        return self.root / ".agentry" / "sandbox" / self.name

    @property
    def metastore(self) -> Path:
        """What all sandboxes of the project share."""
        return self.directory.parent / METASTORE

    @property
    def config_file(self) -> Path:
        """The profiles of all sandboxes of the project, in the form of `~/.databrickscfg`."""
        return self.root / ".agentry" / "databrickscfg"

    @property
    def cache(self) -> Path:
        """Environments of served versions; AGENTRY_CACHE overrides it."""
        override = os.environ.get("AGENTRY_CACHE")
        return type(self.root)(override) if override else self.root / ".agentry" / "cache"

    @property
    def log_file(self) -> Path:
        """What the server process says."""
        return self.directory / "server.log"

    @property
    def running_file(self) -> Path:
        """Process id and address of the server, written by it."""
        return self.directory / RUNNING

    @property
    def mode_file(self) -> Path:
        """How it behaves, as it was decided at the last start."""
        return self.directory / MODE

    @property
    def lock_file(self) -> Path:
        """Locked by the server for as long as it lives: the lock, not a process id, says that it runs."""
        return self.directory / "lock"

    @property
    def starting_file(self) -> Path:
        """Locked by whoever is starting or stopping the server."""
        return self.directory / "starting"

    def command(self, verb: str) -> str:
        """What to type, such as `agentry sandbox stop`."""
        return f"agentry sandbox {verb}" if self.name == "local" else f"agentry sandbox {verb} --name {self.name}"

    def profile(self, person: str) -> str:
        """The profile of a person: the deployer's is the sandbox's own name."""
        return self.name if person == "deployer" else f"{self.name}-{person}"


def write_private(path: Path, text: str) -> None:
    """Replace a file at once, readable by its owner only."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)


def read_json(path: Path) -> dict[str, object]:
    """A small JSON file; empty when it is not there or was cut short."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return value if isinstance(value, dict) else {}


def acquire(file: IO[str], seconds: float, how: int = fcntl.LOCK_EX) -> bool:
    """Wait at most so long for a lock between processes; whether it was had. Closing the file gives it back."""
    waiting = threading.Thread(target=fcntl.flock, args=(file, how), daemon=True)
    waiting.start()
    waiting.join(seconds)
    return not waiting.is_alive()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes for the time of the block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_profiles(places: Places, address: str, tokens: Mapping[str, str]) -> None:
    """Put the sandbox's profiles into the project's file, and leave those of other sandboxes.

    Args:
        places: Whose profiles.
        address: The sandbox's host.
        tokens: Token by person.
    """
    with locked(places.config_file.with_name(".databrickscfg.lock")):
        profiles = read_profiles(places.config_file)
        for person, token in tokens.items():
            profiles[places.profile(person)] = {"host": address, "token": token}
        lines = ["# Written by `agentry sandbox start`: the sandbox workspaces of this project.\n"]
        for profile, keys in profiles.items():
            lines.append(f"\n[{profile}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()))
        write_private(places.config_file, "".join(lines))


def read_profiles(config_file: Path) -> dict[str, dict[str, str]]:
    """The profiles of a file in databrickscfg form; empty when it is not there.

    Raises:
        ConfigError: It is not in that form.
    """
    parser = configparser.ConfigParser(interpolation=None, default_section="\0")
    try:
        parser.read(config_file, encoding="utf-8")
    except configparser.Error as error:
        raise ConfigError(
            f"{config_file} is not in the form of a databrickscfg",
            why=str(error).splitlines()[0],
            fix=f"remove {config_file}; agentry sandbox start writes it anew",
        ) from error
    return {section: dict(parser[section]) for section in parser.sections()}

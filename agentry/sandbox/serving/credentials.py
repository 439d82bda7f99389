"""Credentials as the platform mounts them into a served version: a token for what it declared, and no more.

The file and its form are those that databricks-sdk 0.156 reads (credentials_provider.py, `model_serving_auth`) and
mlflow 3.17 too. Clients keep what they read for 300 seconds and do not read again when it is refused (observed), so an
old token must outlive the new file by more than that.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.sandbox.identity import Scope
from agentry.sandbox.places import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.sandbox.identity import Tokens
    from agentry.sandbox.principals import Principal

FILE = "model-dependencies-oauth-token"
CLIENT_CACHE_SECONDS = 300.0
# mlflow's source promises "at least 30 min remaining on TTL at any point in time".
ROTATION_SECONDS = 1800.0
OVERLAP_SECONDS = 1800.0
NAP_SECONDS = 60.0


@dataclass(frozen=True)
class Rotation:
    """How often a token is replaced.

    Args:
        interval: Seconds until a new one is written.
        overlap: Seconds that the old one stays valid then; more than the 300 that clients keep it.
    """

    interval: float = ROTATION_SECONDS
    overlap: float = OVERLAP_SECONDS

    def __post_init__(self) -> None:
        if self.overlap <= CLIENT_CACHE_SECONDS:
            raise ValueError(f"overlap must be more than {CLIENT_CACHE_SECONDS:.0f} s, not {self.overlap}")


@dataclass(frozen=True)
class Mount:
    """The credentials of one deployment of an entity.

    Attributes:
        directory: Where the file goes.
        served: How the token is known: `endpoint/entity/deployment`.
        creator: Who made the endpoint.
        scopes: What the version declares; empty: there is no file.
    """

    directory: Path
    served: str
    creator: Principal
    scopes: frozenset[Scope]

    def write(self, tokens: Tokens, rotation: Rotation) -> None:
        """Issue a token and put it where clients find it, at once."""
        if not self.scopes:
            return
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lifetime = rotation.interval + rotation.overlap
        token = tokens.issue_scoped(self.creator, self.served, self.scopes, lifetime=lifetime)
        write_private(self.directory / FILE, json.dumps({"OAUTH_TOKEN": [{"oauthTokenValue": token}]}))

    async def keep(self, tokens: Tokens, rotation: Rotation, clock: Clock) -> None:
        """Rotate until cancelled."""
        due = clock.now() + rotation.interval
        while self.scopes:
            # In short naps: while a laptop sleeps, sleeping stands still, and tokens grow old.
            await clock.sleep(min(rotation.interval, NAP_SECONDS))
            if clock.now() >= due:
                self.write(tokens, rotation)
                due = clock.now() + rotation.interval

    def remove(self, tokens: Tokens) -> None:
        """Take the tokens back, and the file away."""
        tokens.revoke(self.served)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.directory / FILE)

    def variables(self, host: str) -> Mapping[str, str]:
        """What tells clients that they run in Model Serving, and where the workspace is.

        Args:
            host: The workspace's address. databricks-sdk and mlflow prefer different names for it.
        """
        return {
            "IS_IN_DB_MODEL_SERVING_ENV": "true",
            "DATABRICKS_MODEL_SERVING_HOST_URL": host,
            "DB_MODEL_SERVING_HOST_URL": host,
            "SERVING_CREDENTIALS_DIR": str(self.directory),
        }


def scopes_of(resources: tuple[Scope, ...], variables: Mapping[str, str]) -> frozenset[Scope]:
    """What a token reaches: the declared resources, and the experiment that the traces go to.

    Nothing declared means no token, so no traces from this side either.
    """
    experiment = variables.get("MLFLOW_EXPERIMENT_ID")
    if not resources:
        return frozenset()
    return frozenset(resources) | ({Scope("experiment", experiment)} if experiment else set())

"""The provider's own inputs: the `agentry:` keys of a stack, and what the engine adds to them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agentry.errors import ConfigError
from agentry.provider.kinds.kind import UNKNOWN, Failure
from agentry.stacks import ALLOW_DESTRUCTIVE, KEYS, Settings, unknown_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ENGINES = frozenset({"version", "pluginDownloadURL", "__internal"})
"""Inputs of every provider resource, set by the engine."""


def parse(given: Mapping[str, Any], root: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings.

    Args:
        given: The inputs of the provider resource. A destroy gets those that the last `up` recorded, whatever the
            stack's file says by now (observed: Pulumi 3.272), so a word for one run can not come through them.
        root: The project's directory.
        environment: Variables: `AGENTRY_ALLOW_DESTRUCTIVE=true` stands for the setting.

    Raises:
        ConfigError: See `agentry.stacks.Settings.parse`.
    """
    parsed = Settings.parse({key: value for key, value in given.items() if key not in _ENGINES}, root)
    return replace(parsed, allow_destructive=True) if environment.get(ALLOW_DESTRUCTIVE) == "true" else parsed


def failures(given: Mapping[str, Any], root: Path) -> list[Failure]:
    """What is wrong with the settings, each at its key."""
    ours = {key: value for key, value in given.items() if key not in _ENGINES}
    unknown = [Failure(key, str(unknown_key(key))) for key in ours if key not in KEYS]
    if unknown:
        return unknown
    try:
        Settings.parse({key: value for key, value in ours.items() if value is not UNKNOWN}, root)
    except ConfigError as error:
        return [Failure("", str(error))]
    return []

"""What differs between two sets of properties, by path, for decisions and for people's eyes."""

from __future__ import annotations

from collections.abc import Mapping

from agentry.engine.events import Difference
from agentry.engine.values import Properties


def compare(old: Properties, new: Properties) -> dict[str, str]:
    """The paths at which two sets of properties differ, each with add, delete or update. Secrecy alone is no difference."""


def describe(
    detailed: Mapping[str, str], *, old_inputs: Properties, old_outputs: Properties, new_inputs: Properties
) -> tuple[Difference, ...]:
    """Old and new value for each path of a provider's detailed diff, masked, sorted by path.

    Args:
        detailed: Paths to add, delete, update, each perhaps with "-replace" behind it.
        old_inputs: Where an old value is looked for first.
        old_outputs: Where it is looked for next: providers also compare with what the resource is.
        new_inputs: Where the new value is.
    """

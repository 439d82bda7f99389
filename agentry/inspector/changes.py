"""What a change gains and loses an agent, in words: "now also reads table main.crm.customers"."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentry.resources import Resource


def gains_and_losses(before: Iterable[Resource], after: Iterable[Resource]) -> list[str]:
    """What an agent may do that it may not do yet, then what it will not do any more; nothing where nothing changes.

    A resource that is used as the caller instead of as the agent, or the other way round, is both.
    """
    old, new = set(before), set(after)
    gained = [f"now also {_does(resource)}" for resource in sorted(new - old)]
    return gained + [f"no longer {_does(resource)}" for resource in sorted(old - new)]


def scopes_gained_and_lost(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """The same for the API scopes of what it does as its caller."""
    old, new = set(before), set(after)
    gained = [f"may now act as its caller within {scope}" for scope in sorted(new - old)]
    return gained + [f"may no longer act as its caller within {scope}" for scope in sorted(old - new)]


def _does(resource: Resource) -> str:
    as_caller = " as its caller" if resource.on_behalf_of_user else ""
    return f"{resource.about.verb} {resource}{as_caller}"

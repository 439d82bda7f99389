"""Recorded resources for tests: short names in, whole records out."""

from __future__ import annotations

from functools import cache
from typing import Any

from agentry.engine import urn as urns
from agentry.engine.passphrase import Secrets
from agentry.engine.state import Resource


def urn_of(name: str, type: str = "fake:index:Item") -> str:
    return urns.build("dev", "shop", "", type, name)


def record(name: str, *, type: str = "fake:index:Item", uses: tuple[str, ...] = (), **fields: Any) -> Resource:
    """A custom resource; `uses` are the names of resources (of the same type) that it depends on."""
    return Resource(
        urn=urn_of(name, type),
        type=type,
        custom=fields.pop("custom", True),
        id=fields.pop("id", f"id-{name}"),
        dependencies=tuple(map(urn_of, uses)),
        **fields,
    )


@cache
def secrets() -> Secrets:
    """Secrets with a passphrase of their own; made once, the key takes a fifth of a second."""
    return Secrets.new("of the tests")

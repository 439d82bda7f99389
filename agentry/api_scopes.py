"""Which API scopes an agent needs to use something on behalf of its user: one table, by type of resource.

`UserAuthPolicy(api_scopes=[...])` takes names of two ages. The older ones are those of Databricks' pages and notebooks
on agents in Model Serving (docs.databricks.com, authentication for AI agents, Model Serving, on-behalf-of-user), the
newer ones those that the API reference gives at each call ("API scopes: genie"); clients of MCP servers have their own
("OAuth scope" in docs.databricks.com, Databricks managed MCP servers, where the newer names have replaced `mcp.*`).
Which one a call wants depends on the client and the age of the workspace, so any of them counts.

What is known beside the pages: `sql` includes `sql.statement-execution` and `sql.warehouses`
(databricks/app-templates#145); `model-serving` is what an invocation wants (databricks/app-templates#222); an index is
read with the three older scopes (databricks/databricks-ai-bridge#264); Model Serving takes `unity-catalog` and
`mcp.sql`, and refuses `catalog.tables:read`, `files` and `postgres` (natefleming/dao-ai#276).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentry.resources import Resource

ScopeChoice = tuple[str, ...]
"""Scopes that are needed together."""

EVERYTHING = "all-apis"
"""The scope that includes all others (docs.databricks.com, API scopes)."""

_SQL: tuple[ScopeChoice, ...] = (("sql.statement-execution", "sql.warehouses"), ("sql",), ("mcp.sql",))
_GENIE: tuple[ScopeChoice, ...] = (("dashboards.genie",), ("genie",), ("mcp.genie",))

SCOPES: dict[str, tuple[ScopeChoice, ...]] = {
    "serving_endpoint": (("serving.serving-endpoints",), ("model-serving",)),
    "vector_search_index": (
        (
            "serving.serving-endpoints",
            "vectorsearch.vector-search-endpoints",
            "vectorsearch.vector-search-indexes",
        ),
        ("vector-search",),
        ("ai-search",),
        ("mcp.vectorsearch",),
    ),
    "sql_warehouse": _SQL,
    "genie_space": _GENIE,
    "uc_connection": (("catalog.connections",), ("unity-catalog",), ("mcp.external",)),
    # No client reads these as the user (docs, on-behalf-of-user): SQL, Genie or an MCP server reaches them.
    "function": (("mcp.functions",), ("unity-catalog",), ("sql.statement-execution",), ("sql",), ("mcp.sql",)),
    "table": (*_SQL, *_GENIE, ("unity-catalog",)),
    # Model Serving has no scope for them: `postgres` is refused (dao-ai#276), and so is `ai-gateway`
    # (community.databricks.com, "OBO Authentication with Unity AI Gateway and databricks.agents.deploy()").
    "app": (),
    "lakebase": (),
    "uc_model_service": (),
}
"""Type of resource -> the choices, any one of which is enough; the first is what is recommended. None where it can
not be used on behalf of the user at all."""

_KNOWN = frozenset(scope for choices in SCOPES.values() for choice in choices for scope in choice) | {EVERYTHING}


@dataclass(frozen=True, slots=True)
class MissingScopes:
    """A resource that the user's credentials do not reach.

    Attributes:
        resource: What is used on behalf of the user.
        scopes: What to add; empty where no scope reaches it.
    """

    resource: Resource
    scopes: ScopeChoice


def missing_scopes(resources: Iterable[Resource], scopes: Iterable[str]) -> list[MissingScopes]:
    """What an auth policy lacks for what is used on behalf of the user.

    Args:
        resources: What is used or declared; those that are not used on behalf of the user are left out.
        scopes: The `api_scopes` of the policy.

    Returns:
        One for each resource that no choice covers, in their order: with the rest of the choice that was begun and
        lacks least, else with the recommended one.
    """
    held = frozenset(scopes)
    found = []
    for resource in dict.fromkeys(resources):
        choices = SCOPES[resource.type]
        if not resource.on_behalf_of_user or any(held.issuperset(choice) for choice in choices):
            continue
        if choices and EVERYTHING in held:
            continue
        begun = [choice for choice in choices if held.intersection(choice)]
        choice = min(begun, key=lambda c: len(set(c) - held)) if begun else (choices or ((),))[0]
        found.append(MissingScopes(resource, tuple(scope for scope in choice if scope not in held)))
    return found


def unused_scopes(resources: Iterable[Resource], scopes: Iterable[str]) -> list[str]:
    """The scopes of a policy that nothing which is used on behalf of the user can need, in their order.

    One that the table does not know is never called unused: it is for something that is no resource.
    """
    types = {resource.type for resource in resources if resource.on_behalf_of_user}
    needed = {scope for type_ in types for choice in SCOPES[type_] for scope in choice}
    return [scope for scope in dict.fromkeys(scopes) if scope in _KNOWN - needed - {EVERYTHING}]


def are_known(scopes: Iterable[str]) -> bool:
    """Whether all of them are of this table; one that is not may cover what none of the others does."""
    return _KNOWN.issuperset(scopes)

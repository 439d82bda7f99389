"""All rows of all families: how an agent's code comes to use something of its workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.inspector.entrypoints.families import (
    frameworks,
    functions,
    genie,
    lakebase,
    langchain,
    mcp,
    mlflow,
    openai,
    python,
    rest,
    sdk,
    sql,
    vector_search,
)

if TYPE_CHECKING:
    from agentry.inspector.entrypoints.row import EntryPoint

FAMILIES = tuple(
    module.FAMILY
    for module in (
        langchain,
        vector_search,
        functions,
        genie,
        sdk,
        openai,
        mlflow,
        frameworks,
        mcp,
        sql,
        lakebase,
        rest,
        python,
    )
)
ENTRY_POINTS: tuple[EntryPoint, ...] = tuple(row for family in FAMILIES for row in family.rows)

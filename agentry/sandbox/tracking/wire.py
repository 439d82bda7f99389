"""Pieces of MLflow's wire format that several of its objects share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.sandbox.web import Body

if TYPE_CHECKING:
    from collections.abc import Iterable

TRACKING_ROOT = "dbfs:/databricks/mlflow-tracking"
ARTIFACTS = "/WorkspaceInternal/Mlflow/Artifacts"


class Pair(Body):
    """A tag or a parameter."""

    key: str
    value: str = ""


def pairs(values: dict[str, str]) -> list[dict[str, str]]:
    """A map as the wire has it."""
    return [{"key": key, "value": value} for key, value in values.items()]


def mapped(given: Iterable[Pair]) -> dict[str, str]:
    """A map from the wire."""
    return {pair.key: pair.value for pair in given}


def page(found: list[Any], max_results: int | None, page_token: str | None) -> tuple[list[Any], dict[str, str]]:
    """One page of a list, and the field that leads to the next."""
    start = int(page_token) if page_token and page_token.isdecimal() else 0
    end = start + (max_results or 1000)
    return found[start:end], {"next_page_token": str(end)} if end < len(found) else {}

"""A View as the one JSON document of `--json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.cli.display.view import STACK_TYPE, Row, View
from agentry.cli.display.words import split_urn

if TYPE_CHECKING:
    from agentry.errors import AgentryError


def document(view: View, error: AgentryError | None = None) -> dict[str, Any]:
    """Everything that happened, secrets masked.

    Args:
        view: The deployment.
        error: What ended it, if it was no step that failed.

    Returns:
        `operation`, `stack`, `changes` (count by operation), `steps` (`op`, `urn`, `type`, `name`, `differences`),
        `outputs`, `diagnostics` (`severity`, `text`, `urn`), `succeeded`, `seconds`.
    """
    end = view.finished
    return {
        "operation": view.operation.value,
        "stack": view.stack.rpartition("/")[2],
        "changes": dict(end.changes) if end else {},
        "steps": [_step(row) for row in view.rows.values() if row.type != STACK_TYPE],
        "outputs": end.outputs if end else {},
        "diagnostics": _diagnostics(view, error),
        "succeeded": bool(end and end.succeeded and error is None),
        "seconds": round(end.seconds, 3) if end else None,
    }


def _step(row: Row) -> dict[str, Any]:
    type_token, name = split_urn(row.urn)
    differences = [{"path": d.path, "kind": d.kind, "old": d.old, "new": d.new} for d in row.differences]
    return {"op": row.op.value, "urn": row.urn, "type": type_token, "name": name, "differences": differences}


def _diagnostics(view: View, error: AgentryError | None) -> list[dict[str, str]]:
    told = [{"severity": m.severity, "text": m.text, "urn": m.urn} for m in view.shown_messages()]
    failed = [
        {"severity": "error", "text": reason, "urn": row.urn} for row in view.rows.values() for reason in row.reasons
    ]
    ended = [{"severity": "error", "text": str(error), "urn": ""}] if error else []
    return [*told, *failed, *ended]

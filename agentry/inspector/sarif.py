"""SARIF 2.1.0 (OASIS), the form in which code hosts and editors take annotations on lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from agentry.inspector.findings import RULES, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentry.inspector.verdict import Inspected

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(inspected: Iterable[Inspected], version: str) -> dict[str, Any]:
    """One run with a result for each finding; the same finding of two agents is one result.

    Args:
        inspected: The agents.
        version: That of Agentry.
    """
    found = dict.fromkeys((one.entry, finding) for one in inspected for finding in one.findings)
    rules = [{"id": rule, "shortDescription": {"text": text}} for rule, text in RULES.items()]
    driver = {"name": "agentry inspect", "version": version, "rules": rules}
    results = {_key(result): result for result in (_result(finding, entry) for entry, finding in found)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [*results.values()]}],
    }


def _result(finding: Finding, entry: str) -> dict[str, Any]:
    # A result without a place is shown nowhere: what no line says is said at the agent's first.
    file, line = (finding.file, finding.line) if finding.where else (entry, 1)
    text = "\n".join(part for part in (finding.what, finding.why, finding.fix) if part)
    return {
        "ruleId": finding.rule,
        "ruleIndex": list(RULES).index(finding.rule),
        "level": finding.level,
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(file), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": line},
                }
            }
        ],
    }


def _key(result: dict[str, Any]) -> str:
    return repr((result["ruleId"], result["message"], result["locations"]))

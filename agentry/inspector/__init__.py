"""What an agent's code uses of its workspace, known without importing it.

    inspection = inspect_agent(Path("agents/weather"), {"llm_endpoint": "chat"}, {})
    complaint = compare(inspection, declared=None).complaint()

`code/` reads files and parses them, `evaluation/` follows names, strings and calls, `entrypoints/` is the table of
calls that use something, and of the packages whose calls must be known: one that is in no table is undecided, never
nothing.
"""

from agentry.inspector.changes import gains_and_losses, scopes_gained_and_lost
from agentry.inspector.compare import Comparison, compare
from agentry.inspector.evaluation.library import NOT_KNOWN
from agentry.inspector.findings import Finding
from agentry.inspector.inspection import Inspection, inspect_agent, inspect_source
from agentry.inspector.uses import Undecided, Use

__all__ = [
    "NOT_KNOWN",
    "Comparison",
    "Finding",
    "Inspection",
    "Undecided",
    "Use",
    "compare",
    "gains_and_losses",
    "inspect_agent",
    "inspect_source",
    "scopes_gained_and_lost",
]

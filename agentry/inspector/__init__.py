"""What an agent's code uses of its workspace, known without importing it.

    inspection = inspect_agent(Path("agents/weather"), {"llm_endpoint": "chat"}, {})
    complaint = compare(inspection, declared=None).complaint()

`code/` reads files and parses them, `evaluation/` follows names, strings and calls, `entrypoints/` is the table of
calls that use something, and of the packages whose calls must be known: one that is in no table is undecided, never
nothing.
"""

from agentry.inspector.compare import Comparison, compare
from agentry.inspector.inspection import Inspection, inspect_agent, inspect_source
from agentry.inspector.uses import Undecided, Use

__all__ = ["Comparison", "Inspection", "Undecided", "Use", "compare", "inspect_agent", "inspect_source"]

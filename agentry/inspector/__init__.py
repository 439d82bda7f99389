"""What an agent's code uses of its workspace, known without importing it.

    inspection = inspect_agent(Path("agents/weather"), {"llm_endpoint": "chat"}, {})
    complaint = compare(inspection, declared=None).complaint()

`entrypoints.py` is the table of calls that use something, `clients.py` the packages whose calls must be known: a call
of theirs that is in no table is undecided, never nothing. `evaluate.py` follows names, strings and calls.
"""

from agentry.inspector.compare import Comparison, compare
from agentry.inspector.inspection import Inspection, inspect_agent, inspect_source
from agentry.inspector.uses import Undecided, Use

__all__ = ["Comparison", "Inspection", "Undecided", "Use", "compare", "inspect_agent", "inspect_source"]

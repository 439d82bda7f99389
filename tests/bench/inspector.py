"""How long it takes to know what an agent uses, and how much of it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.inspector import inspect_source
from agentry.source import Source
from tests.bench.row import Row, measure
from tests.inspector.corpus import NAMES, inspected, score

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES = 1000
HEAD = '''"""An agent with many tools."""
import json
import os

from databricks.sdk import WorkspaceClient
from databricks_langchain import ChatDatabricks

w = WorkspaceClient()
CATALOG = os.environ.get("CATALOG", "main")
'''
TOOL = '''

class Tool{n}:
    """Searches the documents of team {n}."""

    def __init__(self, index=None, limit=5):
        self.index = index or f"{{CATALOG}}.docs.team_{n}"
        self.limit = limit
        self.seen = {{}}

    def run(self, query, *, most=10):
        """Search, and remember what was found."""
        found = w.vector_search_indexes.query_index(self.index, columns=["id", "text"], query_text=query)
        rows = [row for row in found.result.data_array if row]
        for row in rows:
            self.seen[row[0]] = json.dumps(row)
        return "\\n".join(str(row) for row in rows[:most])


def make_{n}(name="model-{n}", temperature=0.1):
    """A chat model that has the tool."""
    tool = Tool{n}(limit={n})
    return ChatDatabricks(model=name, temperature=temperature).bind_tools([tool.run])


AGENT_{n} = make_{n}()
'''


def large_agent(lines: int = LINES) -> str:
    """An agent of so many lines or a few more: classes, functions, clients, names put together."""
    source, n = HEAD, 0
    while source.count("\n") < lines:
        source += TOOL.format(n=n)
        n += 1
    return source


def rows() -> Iterator[Row]:
    """The rows of the inspector."""
    source = Source("agents/large", {"agent.py": large_agent().encode()})
    lines = source.files["agent.py"].count(b"\n")
    yield measure(f"inspect {lines:,} lines of an agent", lambda: inspect_source(source, {}, {}), runs=15, target=0.05)
    yield measure(f"inspect the {len(NAMES)} agents of tests/inspect", lambda: [inspected(name) for name in NAMES])


def quality() -> list[tuple[str, str]]:
    """What is counted and not timed."""
    found = score(NAMES)
    undecidable, undecided = found.undecided
    return [
        (f"uses found, of {found.wanted} in {found.cases} agents: recall", f"{found.recall:.3f}"),
        (f"uses that are there, of {found.found} found: precision", f"{found.precision:.3f}"),
        (f"calls said to be undecided, of {undecidable} that are", str(undecided)),
    ]

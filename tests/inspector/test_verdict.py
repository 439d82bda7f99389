"""What is to be expected of an agent, and the same as SARIF: each finding a result at its line."""

from __future__ import annotations

from agentry.errors import AgentCodeError
from agentry.inspector import Undecided, Use
from agentry.inspector.findings import RULES
from agentry.inspector.inspection import Inspection
from agentry.inspector.sarif import sarif
from agentry.inspector.verdict import Declaration, Inspected, Verdict, looked_at, not_readable
from agentry.resources import Resource

CHAT, SPACE = Resource("serving_endpoint", "chat"), Resource("genie_space", "01ef")
ASKS = Use(CHAT, "my agents/x.py", 5, "ChatDatabricks(model=)")
OPEN = Undecided("connect()", "name", "my agents/x.py", 9, "known only when it runs")
PART = Undecided("resources", "more()", "driver.py", 3, "known only when it runs")


def seen(
    declaration: Declaration | None, *uses: Use, undecided: tuple[Undecided, ...] = (), strict: bool = False
) -> Inspected:
    inspection = Inspection(uses, undecided, None)
    return looked_at(inspection, declaration, agent="my agents", entry="my agents/x.py", strict=strict, mlflow=True)


def test_a_result_for_each_finding() -> None:
    one = seen(Declaration({SPACE: "driver.py:7"}), ASKS)
    (run,) = sarif([one], "1.2")["runs"]
    assert (run["tool"]["driver"]["version"], [rule["id"] for rule in run["tool"]["driver"]["rules"]]) == (
        "1.2",
        [*RULES],
    )
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert [(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in places] == [
        ("my%20agents/x.py", 5),
        ("driver.py", 7),
    ]
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("undeclared", "error"),
        ("unused", "warning"),
    ]


def test_what_no_line_says_is_said_at_the_agents_first() -> None:
    one = seen(Declaration({CHAT: "", SPACE: ""}), ASKS)
    (result,) = sarif([one], "1")["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("my%20agents/x.py", 1)


def test_the_same_of_two_agents_is_said_once() -> None:
    one = seen(Declaration({}), ASKS)
    assert len(sarif([one, one], "1")["runs"][0]["results"]) == 1


def test_nothing_to_say_is_a_whole_document() -> None:
    assert sarif([], "1")["runs"][0]["results"] == []


def test_verdicts() -> None:
    assert seen(Declaration({}), ASKS).verdict is Verdict.FAILS
    assert seen(Declaration({CHAT: ""}), ASKS).verdict is Verdict.FINE
    assert seen(Declaration({CHAT: "", SPACE: ""}), ASKS).verdict is Verdict.FINE
    assert seen(None, ASKS).verdict is Verdict.UNDECLARED
    assert seen(None).verdict is Verdict.FINE
    assert seen(Declaration({CHAT: ""}), ASKS, undecided=(OPEN,)).verdict is Verdict.OPEN
    assert seen(Declaration({CHAT: ""}), ASKS, undecided=(OPEN,), strict=True).verdict is Verdict.FAILS
    error = AgentCodeError("can not be read", where="x.py:3")
    assert not_readable(error, agent="x", entry="x.py").verdict is Verdict.UNREADABLE


def test_what_may_be_in_a_part_that_is_not_known_is_not_surely_missing() -> None:
    sure = seen(Declaration({}, undecided=(PART,)), ASKS)
    unsure = seen(Declaration({}, undecided=(PART,), uncertain=frozenset({CHAT})), ASKS)
    assert (sure.verdict, unsure.verdict) == (Verdict.FAILS, Verdict.OPEN)
    finding = next(finding for finding in unsure.findings if finding.rule == "undeclared")
    assert finding.why.endswith("it may be in `more()` (driver.py:3), which is known only when it runs")


def test_what_mlflow_may_find_by_itself_is_not_surely_missing() -> None:
    (finding,) = seen(Declaration({}, inferred=True), ASKS).findings
    assert finding.level == "warning"
    assert "langchain flavour may find it" in finding.why

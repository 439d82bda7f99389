"""The cases that other ways of deploying get wrong, and what Agentry does: the table of docs/peers.md, and of the tests.

python -m tests.peers.rows
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "peers.md"


class Case(NamedTuple):
    """One row.

    Attributes:
        number: Of the row; its tests are named `test_row_NN_...`.
        case: What happens to somebody.
        ours: What Agentry does then.
    """

    number: int
    case: str
    ours: str


AREAS = {
    "An endpoint": (
        Case(
            1,
            "its first deployment fails",
            "It is kept and recorded as not ready. The error has the platform's message and the ends of build and service log. The next preview plans the repair.",
        ),
        Case(
            2,
            "an update to a new version fails",
            "The state names the version that serves. The old one keeps its traffic. The error says why, and so does the next preview.",
        ),
        Case(
            3,
            "another update runs",
            "It is waited out. Progress says what for and until when; at the limit there is an error that says both.",
        ),
        Case(
            4,
            "when is it ready?",
            "When no update runs, the endpoint says that it is ready, and every served entity is deployed.",
        ),
        Case(
            5,
            "a field of a live endpoint is changed",
            "It is sent, or refused with a reason. Nothing counts as changed without a request.",
        ),
        Case(
            6,
            "a part of the AI gateway is declared no more, or switched off",
            "What was declared is taken away, `enabled=False` is sent, and both are read back.",
        ),
        Case(
            7,
            "somebody runs `agents.deploy()` on it",
            "Shown as drift. Their served entity is kept and carried along; ours is put back as declared.",
        ),
        Case(
            8,
            "another name, or a field that only a new endpoint can have",
            "With another name the new one is ready, and who uses it has moved, before the old one goes. With the same name the preview says that nobody is answered meanwhile.",
        ),
        Case(9, "a version or a model that does not exist", "The preview fails, and names it. Nothing is begun."),
        Case(
            10,
            "a credential among its variables",
            "A value that is written out is encrypted in the state and `[secret]` wherever it is shown. A reference `{{secrets/scope/key}}` goes through as it is, and the preview looks for it.",
        ),
        Case(11, "a new version is served", "Who may ask stays as it is: there is no request about permissions."),
        Case(
            12,
            "many endpoints are waited for",
            "They all wait side by side; a wait holds no place that another change needs.",
        ),
        Case(
            13,
            "many requests at once",
            "So many at once and no more, as many a second as the workspace takes; when it asks for a pause, the pause it asks for.",
        ),
        Case(14, "waiting for an endpoint", "It is looked at often at first, then less and less often, never in step."),
    ),
    "A model, its versions and aliases, an experiment": (
        Case(
            15,
            "a version is made of code and served at once",
            "One program: the endpoint serves the version that the same `up` has just made.",
        ),
        Case(16, "an alias", "Set by the alias call and read back. Moved by hand, it is shown and put back."),
        Case(
            17,
            "a model that has versions is renamed or destroyed",
            "Refused where versions of others or an endpoint need it, unless the state already says `force_destroy`. What was refused took nothing away.",
        ),
        Case(18, "tags of an experiment", "Set, changed and removed; a second `up` has nothing to do."),
        Case(19, "the same deployment twice", "The same content is the same version: nothing is made."),
    ),
    "Grants": (
        Case(
            20,
            "another team granted something on the same object",
            "It stays. A stack owns exactly the pairs of principal and privilege that it declared and added.",
        ),
        Case(21, "a grant is declared no more", "It is revoked, and the workspace is asked whether it is gone."),
        Case(
            22,
            "the catalog and schema above it",
            "`USE CATALOG` and `USE SCHEMA` are seen to with it, and never revoked.",
        ),
        Case(
            23,
            "what an agent uses",
            "Its grants follow from what it declares. The preview says what the identity behind the agent lacks.",
        ),
        Case(24, "in which order", "What the agent needs is granted before its endpoint is made."),
        Case(
            25,
            "who is meant",
            "A user, a group or an application is looked up once and compared by what the workspace calls it: no difference comes back.",
        ),
    ),
    "An interruption": (
        Case(
            26,
            "a run is killed, and the next is on another machine",
            "The state is saved around each step, and what the killed run made is recognised by its tags: nothing is lost, nothing is made twice.",
        ),
        Case(
            27,
            "the answer to a create call is lost",
            "What was made is taken up where it is provably ours, and refused where it is not.",
        ),
        Case(28, "the workspace can not be reached", "One clear error, within seconds."),
        Case(
            29,
            "a plan was kept, and the world moved",
            "The plan is refused, with what moved.",
        ),
    ),
}
ROWS = tuple(case for cases in AREAS.values() for case in cases)
NOT_YET = frozenset({29})
"""The rows of which no test is there yet; whoever writes one takes its number off."""


def rows_with_a_test() -> set[int]:
    """The rows that have a test."""
    texts = (file.read_text(encoding="utf-8") for file in sorted(HERE.glob("test_*.py")))
    return {int(number) for text in texts for number in re.findall(r"^(?:async )?def test_row_(\d\d)_", text, re.M)}


def page() -> str:
    """The whole page."""
    done = len(ROWS) - len(NOT_YET)
    lines = [
        "# What Agentry does where others fail",
        "",
        "Each of these cases was observed to go wrong with another way of deploying to Databricks: asset bundles,",
        "Terraform's provider (and Pulumi's, which is made of it), or `databricks.agents.deploy()`. This is what Agentry",
        f"does. {done} of {len(ROWS)} are held by tests, `tests/peers/test_*.py`, in `test_row_NN_...`; they run on both engines.",
        "",
        "`python -m tests.peers.rows` writes this page.",
    ]
    for area, cases in AREAS.items():
        lines += ["", f"## {area}", "", "| row | case | what Agentry does |", "|---|---|---|"]
        lines += [
            f"| {case.number} | {case.case} | {'Not yet: ' if case.number in NOT_YET else ''}{case.ours} |"
            for case in cases
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

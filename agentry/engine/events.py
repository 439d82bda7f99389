"""What a deployment tells whoever watches: the display, `--json`, a review. Plain values, safe to print.

Secrets never reach an event: values are masked where an event is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Operation(str, Enum):
    """What a person asks the engine to do with a stack."""

    PREVIEW = "preview"
    UP = "up"
    REFRESH = "refresh"
    DESTROY = "destroy"


class Op(str, Enum):
    """What happens to one resource; the names are Pulumi's."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"
    REFRESH = "refresh"
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"


@dataclass(frozen=True, slots=True)
class Difference:
    """One property that changes; `kind` is add, delete, update, and with "-replace" behind it where it forces one.

    `old` and `new` are plain values in which a secret is the string "[secret]", what is not known yet "[unknown]" and what
    the program wants hidden "[hidden]".
    """

    path: str
    kind: str
    old: Any = None
    new: Any = None


@dataclass(frozen=True, slots=True)
class StepPlanned:
    """A step begins (or, in a preview, would be done)."""

    urn: str
    op: Op
    parent: str
    differences: tuple[Difference, ...] = ()
    custom: bool = True
    inputs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step ended well; `seconds` is how long it took."""

    urn: str
    op: Op
    seconds: float
    outputs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step failed. `reasons` are whole messages; `partial` says that the resource exists and was recorded.

    `parent` is given where no `StepPlanned` came before: the step failed while it was planned.
    """

    urn: str
    op: Op
    reasons: tuple[str, ...]
    partial: bool = False
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A line for people: severity is debug, info, warning or error; an ephemeral one is progress on its resource."""

    severity: str
    text: str
    urn: str = ""
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """The end: how many of each op, the stack's outputs (secrets masked), and how long it took, in seconds."""

    operation: Operation
    changes: dict[str, int]
    outputs: dict[str, Any]
    seconds: float
    succeeded: bool


Event = StepPlanned | StepDone | StepFailed | Message | Finished

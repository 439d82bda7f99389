"""The words of the display: what an operation is called, what a resource is called, how a value is shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from agentry.engine.events import Op

SECRET, UNKNOWN, HIDDEN = "[secret]", "[unknown]", "[hidden]"
SHORT = 40


@dataclass(frozen=True, slots=True)
class OpWords:
    """How one operation is called.

    Attributes:
        icon: One or two characters, also for those who see no colours.
        style: Colour, in rich's words.
        planned: In a preview: "create".
        doing: While it happens.
        done: Afterwards.
    """

    icon: str
    style: str
    planned: str
    doing: str
    done: str


OPS: dict[Op, OpWords] = {
    Op.CREATE: OpWords("+", "green", "create", "creating", "created"),
    Op.UPDATE: OpWords("~", "yellow", "update", "updating", "updated"),
    Op.REPLACE: OpWords("±", "magenta", "replace", "replacing", "replaced"),
    Op.DELETE: OpWords("-", "red", "delete", "deleting", "deleted"),
    Op.IMPORT: OpWords("<", "cyan", "import", "importing", "imported"),
    Op.IMPORT_REPLACEMENT: OpWords("±", "magenta", "replace", "importing another", "replaced"),
    Op.READ: OpWords("<", "cyan", "read", "reading", "read"),
    Op.READ_REPLACEMENT: OpWords("±", "magenta", "replace", "reading another", "replaced"),
    Op.DISCARD: OpWords("-", "dim", "forget", "forgetting", "forgotten"),
    Op.DISCARD_REPLACED: OpWords("-", "dim", "forget", "forgetting", "forgotten"),
    Op.REMOVE_PENDING_REPLACE: OpWords("-", "dim", "forget", "forgetting", "forgotten"),
    Op.REFRESH: OpWords("~", "yellow", "refresh", "refreshing", "refreshed"),
    Op.SAME: OpWords("=", "dim", "unchanged", "checking", "unchanged"),
    Op.CREATE_REPLACEMENT: OpWords("±", "magenta", "replace", "replacing", "replaced"),
    Op.DELETE_REPLACED: OpWords("±", "magenta", "retire", "retiring the old one", "old one retired"),
}
FAILED = OpWords("x", "bold red", "fail", "failing", "failed")

# The three steps of a replacement are one thing to a person.
REPLACEMENT = (
    Op.REPLACE,
    Op.CREATE_REPLACEMENT,
    Op.IMPORT_REPLACEMENT,
    Op.READ_REPLACEMENT,
    Op.DELETE_REPLACED,
    Op.DISCARD_REPLACED,
)


def split_urn(urn: str) -> tuple[str, str]:
    """Type token and name of a resource: the last parts of its URN.

    `urn:pulumi:local::agents::agentry:components:Agent$agentry:index:Grant::weather` is
    `("agentry:index:Grant", "weather")`; a name may have `::` in it.
    """
    parts = urn.split("::", 3)
    if len(parts) != 4:
        return "", urn
    return parts[2].rpartition("$")[2], parts[3]


def kind_of(type_token: str) -> str:
    """What people call a type: `ModelVersion` of `agentry:index:ModelVersion`."""
    if type_token.startswith("pulumi:providers:"):
        return f"provider {type_token.removeprefix('pulumi:providers:')}"
    return type_token.rpartition(":")[2] or type_token


def label_of(urn: str) -> str:
    """A resource in a sentence: `ModelVersion weather`."""
    type_token, name = split_urn(urn)
    return f"{kind_of(type_token)} {name}" if type_token else name


def seconds_of(seconds: float) -> str:
    """A duration: `0.4 s`, `12.3 s`, `3 min 05 s`."""
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def value_of(value: Any, *, whole: bool = False) -> str:
    """A value in one line; what is secret or unknown stays a word. Cut to `SHORT` characters unless `whole`."""
    if value in (SECRET, UNKNOWN, HIDDEN):
        return str(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)  # a wire's maps come in any order
    return text if whole or len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def counted(count: int, noun: str) -> str:
    """`1 resource`, `3 resources`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

"""How a kind's fields behave, as data: diff, replacement, redaction, refresh, schema and docs come from these tables.

A field of a kind reads:

    Field("name", STRING, "Three-level name.", (replace("the name is the model's identity"),), required=True)

Every behaviour carries its reason; a field without one is an input whose change is an update in place. The fields
that all kinds share (`COMMON`) are added by `table`; a kind does not list them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Does(str, Enum):
    """What a field does beyond being an input whose change is an update in place."""

    REPLACE = "replace"
    """A change makes a new resource."""
    COMPUTED = "computed"
    """An input that Check sets; a program that gives it is refused."""
    OUTPUT = "output"
    """Known only after the work; never an input."""
    INPUT_ONLY = "input only"
    """The workspace does not tell it: a refresh keeps what was declared."""
    BACKEND_DEFAULT = "backend default"
    """Where nothing is declared, whatever the workspace chose is right."""
    SECRET = "secret"  # noqa: S105 a word for a behaviour
    """Always a secret, in state and in previews, however it was declared."""
    UNORDERED = "unordered"
    """A list whose order means nothing; compared by `key` of its items, or by whole items where `key` is empty."""
    SILENT = "silent"
    """Recorded, but a change of it alone is no difference."""
    REFUSED = "refused"
    """Known to the platform and not taken here: a program that gives it is told why."""


class When(str, Enum):
    """Which changes of a field make a new resource."""

    CHANGE = "change"
    PRESENCE = "presence"
    """It comes or goes; another value is an update."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One behaviour of a field, and why it has it."""

    does: Does
    reason: str
    key: str = ""
    when: When = When.CHANGE


def replace(reason: str, *, by: str = "", when: When = When.CHANGE) -> Behaviour:
    """A change makes a new resource; with `by`, only a change of that field of the object counts as one."""
    return Behaviour(Does.REPLACE, reason, by, when)


def computed(reason: str) -> Behaviour:
    """Set by the kind's Check, never by a program."""
    return Behaviour(Does.COMPUTED, reason)


def output(reason: str = "known once it exists") -> Behaviour:
    """Known only after the work."""
    return Behaviour(Does.OUTPUT, reason)


def input_only(reason: str) -> Behaviour:
    """Never read back: a refresh keeps what was declared."""
    return Behaviour(Does.INPUT_ONLY, reason)


def backend_default(reason: str) -> Behaviour:
    """Not declared means that the workspace chooses, and any choice of it is right."""
    return Behaviour(Does.BACKEND_DEFAULT, reason)


def secret(reason: str) -> Behaviour:
    """Always a secret."""
    return Behaviour(Does.SECRET, reason)


def unordered(reason: str, *, by: str = "") -> Behaviour:
    """A list without order, whose items are told apart by their field `by` (or by all they hold)."""
    return Behaviour(Does.UNORDERED, reason, by)


def refused(reason: str) -> Behaviour:
    """Not taken, and why; it is no part of the schema."""
    return Behaviour(Does.REFUSED, reason)


def silent(reason: str) -> Behaviour:
    """A change of it alone is recorded, and nothing else happens."""
    return Behaviour(Does.SILENT, reason)


class Shape(str, Enum):
    """The shapes that a value can have."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ANY = "any"
    LIST = "list"
    MAP = "map"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a field.

    Attributes:
        shape: What it is.
        item: The type of a list's items or of a map's values.
        name: The name of an object, in the schema.
        fields: The fields of an object; an unknown one is refused by name, as it is at the top.
        choices: The only texts that can be; empty where any can.
    """

    shape: Shape
    item: Type | None = None
    name: str = ""
    fields: tuple[Field, ...] = ()
    choices: tuple[str, ...] = ()


STRING = Type(Shape.STRING)
INTEGER = Type(Shape.INTEGER)
NUMBER = Type(Shape.NUMBER)
BOOLEAN = Type(Shape.BOOLEAN)
ANY = Type(Shape.ANY)


def one_of(*choices: str) -> Type:
    """A text that is one of these."""
    return Type(Shape.STRING, choices=choices)


def list_of(item: Type) -> Type:
    """A list."""
    return Type(Shape.LIST, item)


def map_of(item: Type) -> Type:
    """A map with free keys, kept as they are written."""
    return Type(Shape.MAP, item)


def object_of(name: str, *fields: Field) -> Type:
    """An object with these fields; `name` is what the schema calls its type."""
    return Type(Shape.OBJECT, None, name, fields)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind, as it is called on the wire.

    Attributes:
        name: camelCase.
        type: Its type.
        doc: What it is, with unit and meaning of absence; for the schema and the generated docs.
        does: Its behaviours.
        required: Whether a program has to give it.
        default: What Check puts where a program gives nothing; None leaves it out. Maps and lists are copied.
    """

    name: str
    type: Type
    doc: str
    does: tuple[Behaviour, ...] = ()
    required: bool = False
    default: Any = None

    def behaviour(self, does: Does) -> Behaviour | None:
        """Its behaviour of this sort, or None."""
        return next((one for one in self.does if one.does is does), None)

    def has(self, does: Does) -> bool:
        """Whether it behaves so."""
        return self.behaviour(does) is not None

    @property
    def is_input(self) -> bool:
        """Whether it is among the inputs, given by the program or set by Check."""
        return not (self.has(Does.OUTPUT) or self.has(Does.REFUSED))

    @property
    def is_given(self) -> bool:
        """Whether a program may give it."""
        return self.is_input and not self.has(Does.COMPUTED)


COMMON = (
    Field(
        "workspaceId",
        STRING,
        "The workspace this resource is in. Another one is refused: a stack belongs to one workspace.",
        (computed("the workspace that answers decides"), silent("Check refuses another workspace")),
    ),
    Field(
        "metastoreId",
        STRING,
        "The Unity Catalog metastore of that workspace.",
        (computed("the workspace that answers decides"), silent("Check refuses another workspace")),
    ),
)


def table(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """A kind's fields and those that all kinds share."""
    return (*fields, *COMMON)

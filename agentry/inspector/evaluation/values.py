"""What an expression may be, as far as it can be known without running it.

`Values` is a tuple of alternatives. A string of which only a part is known has `HOLE` where the rest would be.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from agentry.inspector.code.modules import Scope, Site

HOLE = "\0"
LIMIT = 100  # more alternatives than this are not counted out


@dataclass(frozen=True, slots=True)
class Known:
    """A plain value.

    Attributes:
        value: A str, int, float, bool, bytes or None.
        origin: Where it comes from when not from the code itself, for example `config.yaml: llm_endpoint`.
        why: Why the parts of it that are holes are not known.
        format: Of a member of an enum that is a str too: why it is not known how it is written in an f-string.
        member: Of a member of an enum: its name.
    """

    value: Any
    origin: str = ""
    why: str = ""
    format: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not known, and why; `secret` where it is a variable that the endpoint gives a value that is not shown."""

    why: str
    secret: bool = False


LONGEST = 20_000  # characters of a text that is followed; prompts are longer, names are not
TOO_LONG = Unknown(f"it is a text of more than {LONGEST:,} characters")
CIRCLE = Unknown("")
"""Whatever else is found for what is being followed: it was reached by way of itself."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple or set.

    Attributes:
        items: Its elements, each with alternatives.
        why: Why it may have more elements than these, empty when it has not.
        loose: Whether their order and number are not known.
        site: Where it was made; what is changed there is changed wherever it is read.
        weight: How many values it holds, and those in it, as a walk over them would count.
        depth: How many such are in each other.
    """

    items: tuple[Values, ...]
    why: str = ""
    loose: bool = False
    site: Hashable = None
    weight: int = field(default=0, init=False, compare=False, repr=False)
    depth: int = field(default=0, init=False, compare=False, repr=False)
    hashed: int = field(default=0, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _weigh(self, self.items)

    def __hash__(self) -> int:
        return _hash(self)

    @property
    def exact(self) -> bool:
        """Whether element n is the n-th."""
        return not self.loose and not self.why

    def all(self) -> Values:
        """What any of its elements may be."""
        found = [value for values in self.items for value in values]
        return unique([*found, Unknown(self.why)] if self.why else found)


@dataclass(frozen=True, slots=True)
class Entries:
    """A dict.

    Attributes:
        items: Its keys and what each may stand for; of a key that is there twice, the last counts.
        why: Why it may have more keys than these, empty when it has not.
        loose: Whether keys may be set before or after it is read, so that all that a key ever stands for counts.
        site: Where it was made.
        dotted: Whether its keys are read as attributes too.
        weight: How many values it holds, as of a list.
        depth: How many such are in each other.
        index: The same by key, made when it is asked for in a large one.
    """

    items: tuple[tuple[Any, Values], ...]
    why: str = ""
    loose: bool = False
    site: Hashable = None
    dotted: bool = False
    weight: int = field(default=0, init=False, compare=False, repr=False)
    depth: int = field(default=0, init=False, compare=False, repr=False)
    hashed: int = field(default=0, init=False, compare=False, repr=False)
    index: dict[Any, list[Values]] | None = field(default=None, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _weigh(self, [values for _, values in self.items])

    def __hash__(self) -> int:
        return _hash(self)

    def get(self, key: Any) -> Values | None:
        """What a key stands for; None when it is not there."""
        if self.index is None and len(self.items) > 16:
            index: dict[Any, list[Values]] = {}
            for each, values in self.items:
                index.setdefault(each, []).append(values)
            object.__setattr__(self, "index", index)
        if self.index is not None:
            found = self.index.get(key, [])
        else:
            found = [values for each, values in self.items if each == key]
        if not found:
            return None
        return unique([value for values in found for value in values]) if self.loose else found[-1]

    def all(self) -> Values:
        """What any of its keys may stand for."""
        found = [value for _, values in self.items for value in values]
        return unique([*found, Unknown(self.why)] if self.why else found)


@dataclass(frozen=True, slots=True)
class External:
    """Something of a package that is not the agent's own.

    Attributes:
        path: How it was reached, `()` where something was called: `databricks.sdk.WorkspaceClient().genie`.
        made: The newest call in that path, with the frame it was made in.
        given: What `functools.partial` fixed of its arguments.
    """

    path: str
    made: Made | None = None
    given: Arguments | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A call that made something."""

    call: ast.Call
    scope: Scope
    frame: Frame | None
    maker: External

    def __hash__(self) -> int:
        return hash((self.call, self.frame))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Made)
            and self.call is other.call
            and self.frame is other.frame
            and self.maker.path == other.maker.path
        )

    @property
    def site(self) -> tuple[ast.Call, Scope]:
        """The call and where it stands."""
        return self.call, self.scope


@dataclass(frozen=True, slots=True)
class Local:
    """A function, class or module of the agent's own.

    Attributes:
        instance: What a method is bound to: an object, or the class for a class method.
        closure: The call of the function around it in which it was defined, when known.
    """

    scope: Scope
    instance: Bound | None = None
    closure: Frame | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of one of the agent's own classes; `frame` holds the arguments it was made with, when known."""

    cls: Scope
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Super:
    """`super()` of an object, in a method of `after`."""

    instance: Bound
    after: Scope


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enum whose members are no plain values."""

    cls: Scope
    name: str
    value: Values


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a plain value: `str.format`, `dict.get`; or one that a model has by being one."""

    of: Known | Items | Entries | Instance | Local
    name: str


@dataclass(frozen=True, slots=True)
class Applied:
    """`functools.partial` of a function of the agent's own."""

    callee: Value
    given: Arguments


Value = Known | Unknown | Items | Entries | External | Local | Instance | Super | Member | Method | Applied
Values = tuple[Value, ...]
Bound = Instance | Local | Member
"""What a method can be bound to."""


@dataclass(frozen=True, slots=True, eq=False)
class Arguments:
    """What a call is given.

    Attributes:
        rest: Why there may be more positional ones, empty when there may not.
        more: Why there may be more keywords.
    """

    positional: tuple[Values, ...] = ()
    keywords: dict[str, Values] = field(default_factory=dict)
    rest: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One call of a function of the agent's own with its arguments, or one turn of a loop with its element.

    Attributes:
        scope: The function's, or of a turn the expression that is iterated.
        arguments: By parameter; what is left out is not in it. Of a turn: the element, by "".
        outer: The call or turn in which this was defined.
        instance: What a method is bound to.
        depth: How many calls lead to it, as far as they are known.
    """

    scope: Scope | ast.expr
    arguments: dict[str, Values]
    outer: Frame | None = None
    instance: Bound | None = None
    depth: int = 0

    def of(self, scope: Scope | ast.expr) -> Frame | None:
        """The frame of the function whose body `scope` is, or of the loop over that expression."""
        frame: Frame | None = self
        while frame and frame.scope is not scope:
            frame = frame.outer
        return frame

    def around(self) -> Frame | None:
        """What a function that is defined here keeps: the calls, not the turns of loops, since variables go on."""
        frame: Frame | None = self
        while frame and isinstance(frame.scope, ast.expr):
            frame = frame.outer
        return frame


def _weigh(of: Items | Entries, items: Iterable[Values]) -> None:
    weight, depth = 1, 0
    for values in items:
        for value in values:
            if isinstance(value, Items | Entries):
                weight += value.weight
                depth = max(depth, value.depth)
            else:
                weight += 1
    object.__setattr__(of, "weight", weight)
    object.__setattr__(of, "depth", depth + 1)


def _hash(of: Items | Entries) -> int:
    """Once for each: what is compared often may hold much."""
    if not of.hashed:
        object.__setattr__(of, "hashed", hash((of.items, of.site, of.loose, of.why)) or 1)
    return of.hashed


def is_key(value: Value) -> bool:
    """Whether a value is known as a key of a dict."""
    return isinstance(value, Member) or (isinstance(value, Known) and HOLE not in str(value.value))


def key_of(value: Value) -> Any:
    """What a dict has as a key."""
    return value.value if isinstance(value, Known) else value


def unique(values: Sequence[Value]) -> Values:
    """Without repetitions; too many to count become one Unknown."""
    if len(values) < 2:
        return tuple(values)
    kept = tuple(dict.fromkeys(values))
    return kept if len(kept) <= LIMIT else (Unknown(f"it may be more than {LIMIT} things"),)


def combine(parts: Sequence[Values], make: Callable[[Sequence[Value]], Value]) -> Values:
    """`make` of every combination of alternatives."""
    if all(len(part) == 1 for part in parts):
        return (make([part[0] for part in parts]),)
    count = 1
    for part in parts:
        count *= len(part) or 1
        if count > LIMIT:
            return (Unknown(f"it may be more than {LIMIT} things"),)
    return unique([make(choice) for choice in product(*(part or (CIRCLE,) for part in parts))])


def why(value: Value) -> str:
    """Why a value is not a plain one."""
    if isinstance(value, Unknown):
        return value.why or "it is defined by way of itself"
    if isinstance(value, External):
        return f"{value.path} is known only when it runs"
    if isinstance(value, Member):
        return "it is a member of an enum, not its value"
    return "it is known only when it runs"


def joined(words: Iterable[str]) -> str:
    """The distinct non-empty ones, with commas; the first few of many."""
    given = [word for word in words if word]
    if len(given) < 2:
        return given[0] if given else ""
    distinct = list(dict.fromkeys(piece for word in given for piece in word.split(", ")))
    return ", ".join(distinct[:4])


def text(parts: Sequence[Value]) -> Value:
    """The parts written one after the other; what is not known becomes a hole."""
    written: list[str] = []
    origins: list[str] = []
    reasons: list[str] = []
    for part in parts:
        piece, reason = as_written(part)
        written.append(piece)
        reasons.append(reason)
        if isinstance(part, Known):
            origins.append(part.origin)
    if sum(map(len, written)) > LONGEST:
        return TOO_LONG
    return Known("".join(written), joined(origins), joined(reasons))


def as_written(value: Value) -> tuple[str, str]:
    """What a value is in a text, and why the holes in it are not known."""
    if not isinstance(value, Known):
        return HOLE, why(value)
    if value.format:
        return HOLE, value.format
    try:
        return str(value.value), value.why
    except ValueError:  # a number of more digits than Python writes
        return HOLE, "the number is too long"


def source_of(site: Site | ast.AST, module_source: str) -> str:
    """An expression as it is written, on one line and not too long."""
    node = site if isinstance(site, ast.AST) else site.node
    written = " ".join((_segment(node, module_source) or ast.unparse(node)).split())
    return written if len(written) <= 80 else f"{written[:77]}..."


def _segment(node: ast.AST, module_source: str) -> str:
    """What `ast.get_source_segment` finds, which splits the whole source each time it is asked."""
    start, end = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    lines = _lines(module_source)[start - 1 : end] if start and end else []
    if not lines:
        return ""
    lines[-1] = lines[-1][: getattr(node, "end_col_offset", None)]
    lines[0] = lines[0][getattr(node, "col_offset", 0) :]
    return b" ".join(lines).decode("utf-8", "replace")


@lru_cache(maxsize=16)
def _lines(source: str) -> list[bytes]:
    return re.split(rb"\r\n|\r|\n", source.encode("utf-8", "replace"))

"""What an expression may be, as far as it can be known without running it.

`Values` is a tuple of alternatives. A string of which only a part is known has `HOLE` where the rest would be.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agentry.inspector.code.modules import Scope, Site

HOLE = "\0"
LIMIT = 24  # more alternatives than this are not counted out


@dataclass(frozen=True, slots=True)
class Known:
    """A plain value.

    Attributes:
        value: A str, int, float, bool or None.
        origin: Where it comes from when not from the code itself, for example `config.yaml: llm_endpoint`.
        why: Why the parts of it that are holes are not known.
    """

    value: Any
    origin: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not known, and why; `secret` where it is a variable that the endpoint gives a value that is not shown."""

    why: str
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple or set."""

    items: tuple[Values, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A dict; `why` says why it may have more keys than these, empty when it has not."""

    items: tuple[tuple[Any, Values], ...]
    why: str = ""

    def get(self, key: Any) -> Values | None:
        """The value of a key; None when it is not there."""
        found: Values | None = None
        for each, values in self.items:
            if each == key:
                found = values
        return found


@dataclass(frozen=True, slots=True)
class External:
    """Something of a package that is not the agent's own.

    Attributes:
        path: How it was reached, `()` where something was called: `databricks.sdk.WorkspaceClient().genie`.
        made: The newest call in that path, with the frame it was made in.
    """

    path: str
    made: Made | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A call that made something."""

    call: ast.Call
    scope: Scope
    frame: Frame | None
    maker: External

    @property
    def site(self) -> tuple[ast.Call, Scope]:
        """The call and where it stands."""
        return self.call, self.scope


@dataclass(frozen=True, slots=True)
class Local:
    """A function, class or module of the agent's own; `instance` is what a method is bound to."""

    scope: Scope
    instance: Instance | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of one of the agent's own classes; `frame` holds the arguments it was made with, when known."""

    cls: Scope
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a plain value: `str.format`, `dict.get`."""

    of: Known | Items | Entries
    name: str


Value = Known | Unknown | Items | Entries | External | Local | Instance | Method
Values = tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The arguments of one call of a function of the agent's own, and the frame that the call was made in."""

    scope: Scope
    arguments: dict[str, Values]
    parent: Frame | None = None
    instance: Instance | None = None

    def of(self, scope: Scope) -> Frame | None:
        """The frame of the function whose body `scope` is."""
        frame: Frame | None = self
        while frame and frame.scope is not scope:
            frame = frame.parent
        return frame


def unique(values: Sequence[Value]) -> Values:
    """Without repetitions; too many to count become one Unknown."""
    kept = tuple(dict.fromkeys(values)) if len(values) > 1 else tuple(values)
    return kept if len(kept) <= LIMIT else (Unknown(f"it may be more than {LIMIT} things"),)


def combine(parts: Sequence[Values], make: Callable[[Sequence[Value]], Value]) -> Values:
    """`make` of every combination of alternatives."""
    count = 1
    for part in parts:
        count *= len(part)
    if count > LIMIT:
        return (Unknown(f"it may be more than {LIMIT} things"),)
    return unique([make(choice) for choice in product(*parts)])


def text(parts: Sequence[Value]) -> Value:
    """The parts written one after the other; what is not known becomes a hole."""
    written, origins, reasons = "", [], []
    for part in parts:
        if isinstance(part, Known):
            written += str(part.value)
            origins.append(part.origin)
            reasons.append(part.why)
        else:
            written += HOLE
            reasons.append(why(part))
    return Known(written, joined(origins), joined(reasons))


def why(value: Value) -> str:
    """Why a value is not a plain one."""
    if isinstance(value, Unknown):
        return value.why
    if isinstance(value, External):
        return f"{value.path} is known only when it runs"
    return "it is known only when it runs"


def joined(words: Sequence[str]) -> str:
    """The distinct non-empty ones, with commas."""
    return ", ".join(dict.fromkeys(word for word in words if word))


def plain(value: Any, origin: str) -> Value:
    """A value out of a YAML or JSON file."""
    if isinstance(value, dict):
        return Entries(tuple((key, (plain(each, f"{origin}.{key}"),)) for key, each in value.items()))
    if isinstance(value, list):
        return Items(tuple((plain(each, origin),) for each in value))
    return Known(value, origin)


# Methods of plain values that have no effect but their result.
_TEXT_METHODS = frozenset(
    {"capitalize", "casefold", "format", "join", "lower", "lstrip", "partition", "removeprefix", "removesuffix"}
    | {"replace", "rpartition", "rsplit", "rstrip", "split", "strip", "title", "upper"}
)


def call_method(method: Method, arguments: Sequence[Value], keywords: dict[str, Value]) -> Value:
    """What a method of a plain value returns."""
    if isinstance(method.of, Entries):
        return _call_mapping(method.of, method.name)
    if isinstance(method.of, Known) and isinstance(method.of.value, str) and method.name in _TEXT_METHODS:
        return _call_text(method.of, method.name, arguments, keywords)
    if method.name == "copy":
        return method.of
    return Unknown(f".{method.name}() is not followed")


def _call_mapping(mapping: Entries, name: str) -> Value:
    if name == "values":
        return Items(tuple(values for _, values in mapping.items))
    if name == "keys":
        return Items(tuple((Known(key),) for key, _ in mapping.items))
    if name == "items":
        return Items(tuple((Items(((Known(key),), values)),) for key, values in mapping.items))
    return mapping if name in {"copy", "dict"} else Unknown(f".{name}() is not followed")


def _call_text(of: Known, name: str, arguments: Sequence[Value], keywords: dict[str, Value]) -> Value:
    origins, reasons = [of.origin], [of.why]

    def bare(value: Value) -> Any:
        if isinstance(value, Known):
            origins.append(value.origin)
            reasons.append(value.why)
            return value.value
        if isinstance(value, Items):
            return [bare(item[0]) if len(item) == 1 else HOLE for item in value.items]
        reasons.append(why(value))
        return HOLE

    try:
        result = getattr(of.value, name)(
            *(bare(each) for each in arguments), **{key: bare(each) for key, each in keywords.items()}
        )
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        return Unknown(f".{name}() fails: {error}")
    origin, reason = joined(origins), joined(reasons)
    if isinstance(result, list | tuple):
        return Items(tuple((Known(each, origin, reason),) for each in result))
    return Known(result, origin, reason)


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

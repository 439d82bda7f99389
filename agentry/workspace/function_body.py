"""What the SQL body of a Unity Catalog function names in strings, which no list of its dependencies has.

Three built-in functions take the name of a resource as a constant, each of them before the rest or by name
(docs.databricks.com, SQL language reference): `ai_query(endpoint, ...)` a serving endpoint, `vector_search(index =>
...)` an index, `http_request(conn => ...)` a connection. Their definer must hold the privilege; Databricks' own
notebooks ask to declare index and connection with the agent too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from agentry.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMING = {
    "ai_query": ("endpoint", "serving_endpoint"),
    "vector_search": ("index", "vector_search_index"),
    "http_request": ("conn", "uc_connection"),
}
"""Built-in function -> the parameter that names a resource, and the resource's type."""

_TOKEN = re.compile(
    r"""(?P<skipped> \s+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
      | (?P<string> '(?:[^'\\]|\\.|'')*(?:'|\Z) | "(?:[^"\\]|\\.|"")*(?:"|\Z) )
      | (?P<quoted> `(?:[^`]|``)*(?:`|\Z) )
      | (?P<word> \w+ )
      | (?P<sign> => | . )""",
    re.VERBOSE | re.DOTALL,
)


_ENOUGH = 4
"""Tokens of an argument that are kept: `name => 'constant'` has three, and what has more is no constant."""


class _Token(NamedTuple):
    kind: str
    text: str


@dataclass(slots=True)
class _Bracket:
    """An open bracket: of which of the three functions (or ""), how many arguments were closed, the one being read."""

    function: str
    closed: int = 0
    argument: list[_Token] = field(default_factory=list)
    name: str = ""

    def close_argument(self) -> None:
        """Take the name from the argument that has ended, if it is the one for it."""
        named = len(self.argument) > 1 and self.argument[1].text == "=>"
        if self.function and not self.name:
            parameter = _NAMING[self.function][0]
            if named and self.argument[0].text.lower() == parameter:
                self.name = _constant(self.argument[2:])
            elif not named and not self.closed:
                self.name = _constant(self.argument)
        self.closed += 1
        self.argument = []


def named_in(body: str) -> tuple[list[Resource], list[str]]:
    """What a body names, in one pass over it.

    Args:
        body: SQL, as `routine_definition` has it.

    Returns:
        The resources, in the order in which their calls end; and which of the three functions are called with a name
        that is no constant.
    """
    found: dict[Resource, None] = {}
    unclear: dict[str, None] = {}

    def end(bracket: _Bracket) -> None:
        bracket.close_argument()
        if bracket.name:
            found[Resource(_NAMING[bracket.function][1], bracket.name)] = None
        elif bracket.function:
            unclear[bracket.function] = None

    open_ = [_Bracket("")]
    before = [_Token("", ""), _Token("", "")]
    for token in _tokens(body):
        if token == _COMMA:
            open_[-1].close_argument()
        elif token in _CLOSING:
            if len(open_) > 1:
                end(open_.pop())
        else:
            if len(open_[-1].argument) < _ENOUGH:
                open_[-1].argument.append(token)
            if token in _OPENING:
                open_.append(_Bracket(_function(*before) if token.text == "(" else ""))
        before = [before[1], token]
    for bracket in reversed(open_):
        end(bracket)
    return list(found), list(unclear)


def _tokens(body: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(body):
        if match.lastgroup != "skipped":
            yield _Token(match.lastgroup or "", match.group())


def _function(before: _Token, name: _Token) -> str:
    """Which of the three is called by what stands before a bracket; `main.tools.ai_query(...)` is somebody's own."""
    function = name.text.strip("`").lower() if name.kind in ("word", "quoted") else ""
    return function if function in _NAMING and before.text != "." else ""


def _constant(tokens: list[_Token]) -> str:
    """The text of one plain string; "" for anything else: a parameter of the function, an expression, an escape."""
    if len(tokens) != 1 or tokens[0].kind != "string":
        return ""
    quote, text = tokens[0].text[0], tokens[0].text[1:]
    inside = text[:-1]
    return inside if text.endswith(quote) and quote not in inside and "\\" not in inside else ""


_COMMA = _Token("sign", ",")
_OPENING = {_Token("sign", sign) for sign in "(["}
_CLOSING = {_Token("sign", sign) for sign in ")]"}

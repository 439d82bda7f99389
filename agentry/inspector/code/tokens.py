"""What a text is made of, roughly: strings, comments, brackets, separators, what joins things.

Unlike `tokenize` it reads code of any Python, and code that is none. Of an f-string with its own quotes inside
(PEP 701) it sees several strings, which is near enough for those who ask.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# The braces of a value in an f-string.
FIELD, FIELD_END = "f{", "f}"

_TOKEN = re.compile(
    r"#[^\n]*|[rbfutRBFUT]{0,2}(\"\"\"|'''|\"|')|[()\[\]{}]|[,;\n]|\\\n"
    r"|\b(?:not|lambda|if|await|del)\b|[-+*/%@&|^~.]+"
)
_STRING_END = {quote: re.compile(rf"\\.|{quote}", re.DOTALL) for quote in ('"""', "'''")}
_STRING_END |= {quote: re.compile(rf"\\.|{quote}|(?=\n)", re.DOTALL) for quote in ('"', "'")}
_BRACE = re.compile(r"\{\{|\{")
_CLOSING = {"(": ")", "[": "]", "{": "}", FIELD: FIELD_END}


def tokens(text: str) -> Iterator[tuple[str, int]]:
    """The tokens that say something of the text's structure, and where each ends.

    Of a string: how it begins, and where it ends; then what is in the braces of an f-string or t-string, each value
    between `FIELD` and `FIELD_END`, with its brackets closed.
    """
    return _tokens(text, 0, len(text))


def _tokens(text: str, at: int, end: int) -> Iterator[tuple[str, int]]:
    while match := _TOKEN.search(text, at, end):
        at = match.end()
        if not match[1]:
            yield match[0], at
            continue
        start = at
        while (close := _STRING_END[match[1]].search(text, at, end)) and close[0].startswith("\\"):
            at = close.end()
        at = close.end() if close else end
        yield match[0], at
        if set("fFtT") & set(match[0]):
            yield from _fields(text, start, close.start() if close else end)


def _fields(text: str, at: int, end: int) -> Iterator[tuple[str, int]]:
    """The tokens of the values in an f-string's braces; strings in strings go four deep, by their quotes."""
    while match := _BRACE.search(text, at, end):
        at = match.end()
        if match[0] == "{{":
            continue
        yield FIELD, at
        closing = [FIELD_END]
        for written, after in _tokens(text, at, end):
            at = after
            if written in _CLOSING.values():
                if len(closing) == 1:
                    break
                closing.pop()
            elif written in _CLOSING:
                closing.append(_CLOSING[written])
            yield written, after
        else:
            at = end
        for written in reversed(closing):
            yield written, at

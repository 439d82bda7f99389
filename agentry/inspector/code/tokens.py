"""What a text is made of, roughly: strings, comments, brackets, separators, what joins things.

Unlike `tokenize` it reads code of any Python, and code that is none. Of an f-string with its own quotes inside
(PEP 701) it sees several strings, which is near enough for those who ask.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"#[^\n]*|[rbfutRBFUT]{0,2}(\"\"\"|'''|\"|')|[()\[\]{}]|[,;\n]|\\\n"
    r"|\b(?:not|lambda|if|await|del)\b|[-+*/%@&|^~.]+"
)
_STRING_END = {quote: re.compile(rf"\\.|{quote}", re.DOTALL) for quote in ('"""', "'''")}
_STRING_END |= {quote: re.compile(rf"\\.|{quote}|(?=\n)", re.DOTALL) for quote in ('"', "'")}


def tokens(text: str) -> Iterator[tuple[str, int]]:
    """The tokens that say something of the text's structure, and where each ends; of a string how it begins."""
    at = 0
    while match := _TOKEN.search(text, at):
        at = match.end()
        if match[1]:
            while (end := _STRING_END[match[1]].search(text, at)) and end[0].startswith("\\"):
                at = end.end()
            at = end.end() if end else len(text)
        yield match[0], at

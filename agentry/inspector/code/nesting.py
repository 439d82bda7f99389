"""How deeply code is nested, before it is parsed and after.

Parsers and all who walk a tree call themselves for what is inside. Measured on CPython 3.10 to 3.13: with a chain of
200,000 attributes, calls, subscripts or operators `ast.parse` of 3.10 ends the interpreter, a dotted name of that
length takes gigabytes and half a minute, as many f-strings side by side take ten seconds on 3.12; no chain of 1,000
harms any of them, not even in a thread with 512 KB of stack. Brackets, indentation, `elif` and f-strings inside each
other are limited by the parser itself. libcst takes time exponential in the depth of a `case` pattern or a `del`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from agentry.inspector.code.tokens import FIELD, FIELD_END, tokens

CHAIN = 1000
# Of so few that nest in a whole file no parser of 3.10 to 3.13 takes harm, not even with 2 MB of stack: the largest chain
# is parsed, or is a RecursionError or MemoryError, in a tenth of a second and 90 MB.
HARMLESS = 8000
# Python's frames that a walk over the tree may need: by default there are 1,000, and who calls has used some. The
# Binder needs 3 for a statement and 4 for a lambda; ast.unparse 6 for a dict or a tuple, 4 for other expressions. With
# these it was measured that the deepest trees that are let through take 605 frames, on CPython 3.10 to 3.13.
FRAMES = 600
_STATEMENT, _EXPRESSION, _DISPLAY = 3, 4, 6

_DEEPENING = b"([{.+-*/%@&|^~"
_KEYWORDS = (b"not", b"lambda", b"if", b"await")
_CASE = re.compile(r"[ \t\f]*case\b")
_LITTLE = 1 / 20  # of a level, for an f-string beside others: they nest nothing and take time


@dataclass(slots=True)
class Nesting:
    """What a look at the tokens says, without parsing.

    Attributes:
        chain: How many things that nest stand one after the other without a comma or an end of statement between.
        line: Where the longest such chain ends.
        brackets: How many brackets are open at the most.
        patterns: The same in a `case` or a `del`.
    """

    chain: float = 0
    line: int = 1
    brackets: int = 0
    patterns: int = 0
    _open: list[float] = field(default_factory=list)
    _now: float = 0
    _pattern: bool = False

    def add(self, count: float, text: str, at: int) -> None:
        """The chain goes on."""
        self._now += count
        if self._now > self.chain:
            self.chain = self._now
            if self.chain > CHAIN:
                self.line = text.count("\n", 0, at) + 1

    def token(self, written: str, text: str, at: int) -> None:
        """One token, which ends at a position of the text."""
        if written in ("(", "[", "{", FIELD):
            if written == FIELD:  # those of one string stand beside each other
                self._open.append(self._now)
            self.add(1, text, at)
            if written != FIELD:
                self._open.append(self._now)
            self.brackets = max(self.brackets, len(self._open))
            self.patterns = max(self.patterns, len(self._open) * self._pattern)
        elif written in (")", "]", "}", FIELD_END):
            self._now = self._open.pop() if self._open else 0
        elif written in (",", ";"):
            self._now = self._open[-1] if self._open else 0
        elif written == "\n":
            if not self._open:
                self._now = 0
                self._pattern = bool(_CASE.match(text, at))
        elif written == "del":
            self._pattern = True
        elif written[0] not in "#\\":
            self.add(1 if written.isalpha() else len(written), text, at)


def may_nest(content: bytes) -> bool:
    """Whether there is enough in it for a chain that harms a parser; tells almost all code, and at once."""
    count = len(content) - len(content.translate(None, _DEEPENING)) + content.count(b"f'") + content.count(b'f"')
    return count + sum(content.count(word) for word in _KEYWORDS) > HARMLESS


def look(text: str) -> Nesting:
    """Look at the tokens; ends with the first chain that is longer than `CHAIN`."""
    nesting = Nesting(_pattern=bool(_CASE.match(text)))
    for written, end in tokens(text):
        if written.startswith("#") or not written.endswith(('"', "'")):
            nesting.token(written, text, end)
        elif "f" in written.lower():
            nesting.add(_LITTLE, text, end)
        if nesting.chain > CHAIN:
            break
    return nesting


_LEAVES = frozenset({int, str, type(None), ast.Load, ast.Store, ast.Del, ast.Name, ast.Constant, ast.alias})


def too_deep(tree: ast.Module) -> int:
    """The line of something that is nested too deeply for those who walk the tree; 0 when nothing is."""
    waiting: list[tuple[object, int]] = [(tree, 0)]
    while waiting:
        node, frames = waiting.pop()
        if isinstance(node, ast.stmt):
            frames += _STATEMENT
        else:
            frames += _DISPLAY if isinstance(node, ast.Dict | ast.Tuple) else _EXPRESSION
        if frames > FRAMES:
            return getattr(node, "lineno", 1)
        for child in vars(node).values():
            if type(child) is list:
                waiting += [(each, frames) for each in child if not _is_shallow(each, frames)]
            elif isinstance(child, ast.AST) and not _is_shallow(child, frames):
                waiting.append((child, frames))
    return 0


def _is_shallow(node: object, frames: int) -> bool:
    """Whether nothing in it can be nested too deeply: each level takes a character at least."""
    if type(node) in _LEAVES:
        return True
    if not isinstance(node, ast.expr) or node.end_lineno != node.lineno or node.end_col_offset is None:
        return False
    return frames + _EXPRESSION * (node.end_col_offset - node.col_offset) <= FRAMES

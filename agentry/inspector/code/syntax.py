"""A file's bytes as a tree, whatever is in it: what can not be read is an AgentCodeError with `file:line`."""

from __future__ import annotations

import ast
import codecs
import io
import re
import tokenize
import warnings

from agentry.errors import AgentCodeError
from agentry.inspector.code import nesting

MAX_BYTES = 2_000_000
# Encodings that no editor writes: they take long for hostile input, or hide code from people.
_REFUSED = frozenset({"idna", "punycode", "utf-7", "unicode-escape", "raw-unicode-escape", "undefined"})
_LINE_END = re.compile(r"\r\n?")
# What ast.parse says of limits of its own.
_LIMITS = ("too many nested", "too many levels", "nested too deeply")


def parse_source(content: bytes, file: str, shown: str) -> tuple[ast.Module, str]:
    """Parse one file.

    Code that is written for a newer Python than the one that runs is read too, where `newer.py` can say it in words
    that this one knows; all lines and columns of the tree are those of the file.

    Args:
        content: What is in it.
        file: Its path.
        shown: How its path is said to people.

    Returns:
        The tree, which can be walked with Python's default recursion limit, and the text that it is the tree of.

    Raises:
        AgentCodeError: It is too large, not in the encoding that it declares, no Python, or nested too deeply.
    """
    if len(content) - 2 * content.count(b"\n\n") > MAX_BYTES:  # the empty lines of a notebook cost nothing
        raise AgentCodeError(
            f"is {len(content) / 1e6:.1f} MB, more than {MAX_BYTES / 1e6:.0f} MB",
            where=f"{shown}:1",
            why="code is read in bounded time",
            fix="keep data out of the code",
        )
    text = decoded(content, shown)
    if nesting.may_nest(content):
        seen = nesting.look(text)
        if seen.chain > nesting.CHAIN:
            raise too_deep(_at(seen.line, text, shown))
    tree = _parsed(text, file, shown)
    line = nesting.too_deep(tree)
    if line:
        raise too_deep(_at(line, text, shown))
    return tree, text


def decoded(content: bytes, shown: str) -> str:
    """The text of a file, lines ending with LF, in the encoding that it declares as Python has it, else UTF-8.

    Raises:
        AgentCodeError: It is not in that encoding.
    """
    try:
        name = "utf-8"
        if any(b"coding" in line for line in content.split(b"\n", 2)[:2]):
            name = codecs.lookup(tokenize.detect_encoding(io.BytesIO(content).readline)[0]).name
        if name in _REFUSED:
            raise SyntaxError(f"the encoding {name} is not read")
        return _LINE_END.sub("\n", content.decode(name).removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unreadable(f"it is not {error.encoding}", line, "", shown) from error
    except (SyntaxError, LookupError, ValueError) as error:
        raise _unreadable(getattr(error, "msg", None) or str(error), 1, "", shown) from error


def quietly_parsed(text: str, file: str) -> ast.Module:
    """`ast.parse` without what it warns of, such as an escape that is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, filename=file)


def _parsed(text: str, file: str, shown: str) -> ast.Module:
    if "\0" in text:  # each Python says it in another way, and none says where
        raise _unreadable("a null byte", text.count("\n", 0, text.index("\0")) + 1, text, shown)
    try:
        return quietly_parsed(text, file)
    except SyntaxError as error:
        if any(limit in (error.msg or "") for limit in _LIMITS):
            raise too_deep(_at(error.lineno or 1, text, shown)) from error
        return _newer(text, file, shown, error)
    except (RecursionError, MemoryError) as error:
        raise too_deep(_at(nesting.look(text).line, text, shown)) from error


def _newer(text: str, file: str, shown: str, first: SyntaxError) -> ast.Module:
    from agentry.inspector.code.newer import parse_newer  # noqa: PLC0415 - only code that this Python can not read

    try:
        return parse_newer(text, file, first)
    except SyntaxError as error:
        raise _unreadable(error.msg, error.lineno or 1, text, shown) from error
    except ValueError:
        raise _unreadable(first.msg, first.lineno or 1, text, shown) from first
    except (RecursionError, MemoryError):
        raise too_deep(_at(first.lineno or 1, text, shown)) from first


def _unreadable(why: str, line: int, text: str, shown: str) -> AgentCodeError:
    return AgentCodeError(
        f"can not be read: {why}",
        where=_at(line, text, shown),
        why="the code is read by the Python that runs Agentry, without running it",
        fix="mend the line, or run Agentry with the Python that the agent is written for",
    )


def too_deep(where: str) -> AgentCodeError:
    """The error for code that nobody can follow to its end, at `file:line`."""
    return AgentCodeError(
        "the code is nested too deeply to be read",
        where=where,
        why="it is read by the Python that runs Agentry, which has a limit",
        fix="write the expression or the statement in parts",
    )


def _at(line: int, text: str, shown: str) -> str:
    """`file:line`; Python tells an end that comes too early on the line after the last."""
    lines = text.count("\n") + (not text.endswith("\n"))
    return f"{shown}:{max(min(line, lines), 1) if text else line}"

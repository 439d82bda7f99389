"""The agents of the corpus with mistakes in them: they are inspected, or refused with a line that exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from agentry.errors import AgentCodeError
from agentry.inspector import inspect_source
from agentry.inspector.code.notebooks import is_notebook, read_notebook
from agentry.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).parents[1] / "inspect"
FILES = sorted(path for path in CASES.rglob("*") if path.suffix in {".py", ".ipynb"})
ODD = [
    b"\0",
    b"\xff",
    b"\r",
    b"\x0c",
    b"\t",
    b"\\",
    b"'",
    b'"""',
    b"(",
    b"}",
    b"{",
    b":",
    b"=",
    b"*",
    b"#",
    b"\n",
    b"%",
    b"!",
]
ODD += [
    b" if ",
    b" lambda x: ",
    b"await ",
    b"f'",
    b'f"{',
    b"type X = ",
    b"[T]",
    b"# agentry: uses ",
    b"\xe2\x80\xa8",
    b"self.",
]


def lines_of(content: bytes, make: Callable[[list[bytes]], list[bytes]]) -> bytes:
    return b"\n".join(make(content.split(b"\n")))


def cut(parts: list[bytes], at: int, to: int) -> list[bytes]:
    return parts[: at % len(parts)] + parts[(at + 1 + to % 3) % (len(parts) + 1) :]


def repeated(parts: list[bytes], at: int, to: int) -> list[bytes]:
    here = at % len(parts)
    return parts[:here] + parts[here : here + 1] * (2 + to % 3) + parts[here + 1 :]


def swapped(parts: list[bytes], at: int, to: int) -> list[bytes]:
    here, there = at % len(parts), to % len(parts)
    parts[here], parts[there] = parts[there], parts[here]
    return parts


def words(content: bytes, at: int, to: int, change: Callable[[list[bytes], int, int], list[bytes]]) -> bytes:
    return b"".join(change(re.findall(rb"\w+|\s+|[^\w\s]", content) or [b""], at, to))


def indented(parts: list[bytes], at: int, to: int) -> list[bytes]:
    here = at % len(parts)
    parts[here] = b" " * (to % 9) + parts[here].lstrip()
    return parts


def odd(content: bytes, at: int, to: int) -> bytes:
    here = at % (len(content) + 1)
    return content[:here] + ODD[to % len(ODD)] + content[here:]


def spliced(content: bytes, at: int, to: int) -> bytes:
    other = FILES[to % len(FILES)].read_bytes()
    return content[: at % (len(content) + 1)] + other[to % (len(other) + 1) :]


def nested(content: bytes, at: int, to: int) -> bytes:
    here = at % (len(content) + 1)
    opening, closing = [(b"(", b")"), (b"[", b"]"), (b"f(", b")"), (b"-", b""), (b"", b".x"), (b"lambda: ", b"")][
        to % 6
    ]
    depth = to % 130
    return content[:here] + opening * depth + content[here : here + 20] + closing * depth + content[here + 20 :]


MUTATIONS: dict[str, Callable[[bytes, int, int], bytes]] = {
    "lines cut": lambda c, at, to: lines_of(c, lambda parts: cut(parts, at, to)),
    "a line repeated": lambda c, at, to: lines_of(c, lambda parts: repeated(parts, at, to)),
    "lines swapped": lambda c, at, to: lines_of(c, lambda parts: swapped(parts, at, to)),
    "a line indented": lambda c, at, to: lines_of(c, lambda parts: indented(parts, at, to)),
    "words cut": lambda c, at, to: words(c, at, to, cut),
    "a word repeated": lambda c, at, to: words(c, at, to, repeated),
    "words swapped": lambda c, at, to: words(c, at, to, swapped),
    "something odd": odd,
    "two files in one": spliced,
    "nested": nested,
    "an end": lambda c, at, _: c[: at % (len(c) + 1)],
}
POSITIONS = st.integers(0, 99_999)
STEPS = st.lists(st.tuples(st.sampled_from(sorted(MUTATIONS)), POSITIONS, POSITIONS), min_size=1, max_size=4)


def inspected(content: bytes, beside: dict[str, bytes]) -> list[str]:
    """Where something of an agent was found or refused, as `file:line`."""
    try:
        found = inspect_source(Source("x", {**beside, "agent.py": content}), {}, {"LLM": "chat"})
    except AgentCodeError as error:
        return [error.where]
    return [use.where for use in found.uses] + [call.where for call in found.undecided]


def as_python(name: str, content: bytes) -> tuple[str, bytes]:
    """Where a notebook is refused, and what it comes to."""
    try:
        return "", read_notebook(name, content, f"x/{name}").source
    except AgentCodeError as error:
        return error.where, b""


def has_line(where: str, files: dict[str, bytes]) -> bool:
    """Whether there is that line."""
    match = re.fullmatch(r"x/(.+):(\d+)", where)
    assert match, where
    text = re.sub(rb"\r\n?", b"\n", files[match[1]])
    return 1 <= int(match[2]) <= max(text.count(b"\n") + (not text.endswith(b"\n")), 1)


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(FILES), STEPS)
def test_code_with_mistakes(path: Path, steps: list[tuple[str, int, int]]) -> None:
    content = path.read_bytes()
    for name, at, to in steps:
        content = MUTATIONS[name](content, at, to)
    beside = {each.name: each.read_bytes() for each in path.parent.glob("*.*")}
    shown = {**beside, "agent.py": content, path.name: content}
    if is_notebook(path.name, content):
        where, source = as_python(path.name, content)
        assert not where or has_line(where, shown)
        # Where lines share a line of JSON, their numbers run on behind its end.
        shown["agent.py"] = content + b"\n" * max(source.count(b"\n") - content.count(b"\n"), 0)
        content = source
    for where in inspected(content, {**beside, path.name: content}):
        assert has_line(where, shown), where

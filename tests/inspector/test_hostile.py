"""Code that is written to break who reads it: it is inspected or refused with its line, and nothing else happens."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from agentry.errors import AgentCodeError
from agentry.inspector import Inspection, inspect_source
from agentry.inspector.code.modules import parse
from agentry.inspector.code.notebooks import read_notebook
from agentry.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

LLM = "from databricks_langchain import ChatDatabricks\n"


def outcome(code: str | bytes, **files: bytes) -> Inspection | AgentCodeError:
    """What comes of an agent; with every line that is named held against the file."""
    agent = code.encode() if isinstance(code, str) else code
    named = {name.replace("__", "."): content for name, content in files.items()}
    try:
        found = inspect_source(Source("x", {"agent.py": agent, **named}), {}, {})
    except AgentCodeError as error:
        check(error.where, agent)
        return error
    for where in [use.where for use in found.uses] + [call.where for call in found.undecided]:
        check(where, agent)
    return found


def check(where: str, agent: bytes) -> None:
    """Hold `file:line` against the file, where it is agent.py."""
    match = re.fullmatch(r"x/([\w.]+):(\d+)", where)
    assert match, where
    if match[1] == "agent.py":
        text = agent.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        assert 1 <= int(match[2]) <= max(text.count(b"\n") + (not text.endswith(b"\n")), 1)


def blocks(head: str, tail: str = "pass") -> Callable[[int], str]:
    """Blocks in blocks."""
    return lambda n: "".join(f"{' ' * depth}{head}\n" for depth in range(n)) + f"{' ' * n}{tail}\n"


CHAINS: dict[str, Callable[[int], str]] = {
    "not": lambda n: "not " * n + "x",
    "minus": lambda n: "-" * n + "1",
    "attributes": lambda n: "x" + ".a" * n,
    "calls": lambda n: "x" + "()" * n,
    "subscripts": lambda n: "x" + "[0]" * n,
    "lambdas": lambda n: "lambda: " * n + "x",
    "conditions": lambda n: "x" + " if y else x" * n,
    "sums": lambda n: "'a'" + " + 'a'" * n,
    "powers": lambda n: "x" + " ** x" * n,
    "on lines": lambda n: "(x" + "\n+ x  # 1, 2" * n + "\n)",
    "methods": lambda n: "x" + "\\\n.a('b', c)" * n,
    "a dotted import": lambda n: "import a" + ".a" * n,
    "await": lambda n: "async def f():\n await x" + ".a" * n,
}
FLAT: dict[str, Callable[[int], str]] = {
    "comparisons": lambda n: "x" + " < x" * n,
    "and": lambda n: "x" + " and x" * n,
    "strings": lambda n: "'a' " * n,
    "targets": lambda n: "x = " * n + "1",
    "statements": lambda n: "x;" * n,
    "a list": lambda n: "[" + "f(a.b + 1), " * n + "]",
    "a dict": lambda n: "{" + "'a': -b.c,\n" * n + "}",
}
BRACKETS: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "(" * n + "1" + ")" * n,
    "lists": lambda n: "[" * n + "]" * n,
    "dicts": lambda n: "{1:" * n + "1" + "}" * n,
    "arguments": lambda n: "f(a=" * n + "1" + ")" * n,
    "slices": lambda n: "x[" * n + "0" + "]" * n,
    "comprehensions": lambda n: "[" * n + "1" + " for x in y]" * n,
    "assignments": lambda n: "(x := " * n + "1" + ")" * n,
    "targets": lambda n: "for " + "(" * n + "x" + ",)" * n + " in y: pass",
    "patterns": lambda n: "match x:\n case " + "[" * n + "]" * n + ":\n  pass",
    "deletions": lambda n: "del " + "(" * n + "x" + ")" * n,
    "lambdas": lambda n: "(lambda x=" * n + "1" + ": 1)" * n,
    "f-strings": lambda n: "f'{" * n + "1" + "}'" * n,
    "formats": lambda n: "f'" + "{x:" * n + "}" * n + "'",
    "in an f-string": lambda n: "f'{" + "(" * n + "1" + ")" * n + "}'",
    "unclosed": lambda n: "(" * n,
    "functions": blocks("def f(x):"),
    "classes": blocks("class A:"),
    "ifs": blocks("if x:"),
    "tries": blocks("try:", "x = 1"),
}


@pytest.mark.parametrize("depth", [50, 150, 400, 990, 1010, 30_000, 250_000])
@pytest.mark.parametrize("kind", CHAINS)
def test_chains(kind: str, depth: int) -> None:
    found = outcome(f"x = 1\n{CHAINS[kind](depth)}\n")
    if depth <= 50 or (depth <= 990 and kind == "a dotted import"):
        assert isinstance(found, Inspection)
    elif depth >= 400 and kind != "a dotted import":
        assert isinstance(found, AgentCodeError)
        assert found.what == "the code is nested too deeply to be read" or "more than 2 MB" in found.what


@pytest.mark.parametrize("kind", FLAT)
def test_what_is_long_but_not_deep(kind: str) -> None:
    assert isinstance(outcome(f"{FLAT[kind](5000)}\n"), Inspection)


@pytest.mark.parametrize("depth", [10, 60, 95, 150, 3000])
@pytest.mark.parametrize("kind", BRACKETS)
def test_brackets_and_blocks(kind: str, depth: int) -> None:
    found = outcome(f"x = 1\n{BRACKETS[kind](depth)}\n")
    if depth >= 3000:
        assert isinstance(found, AgentCodeError)


@pytest.mark.parametrize("branches", [100, 1000, 20_000])
def test_branches(branches: int) -> None:
    found = outcome("if x:\n pass\n" + "elif x:\n pass\n" * branches)
    assert isinstance(found, Inspection if branches <= 100 else AgentCodeError)


def test_many_f_strings_side_by_side() -> None:
    assert isinstance(outcome("(" + "f'{a}'\n" * 2000 + ")\n"), Inspection)
    assert isinstance(outcome("(" + "f'{a}'\n" * 100_000 + ")\n"), AgentCodeError)


@pytest.mark.parametrize("kind", BRACKETS)
def test_brackets_beside_something_new(kind: str) -> None:
    outcome(f"type X = int\n{BRACKETS[kind](60)}\n")


@pytest.mark.parametrize(
    "code",
    [
        b"",
        b"\n",
        b"\\",
        b"\\\n",
        b"\x0c\n\x0cx = 1\n",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf\xef\xbb\xbfx = 1\n",
        b"\0",
        b"x = 1\0\n",
        b"# \0\n",
        b"x = 1\r\ny = 2\rz = 3\n\rw = = 1\n",
        b"if x:\n\ty = 1\n        z = 1\n",
        b"\tx = 1\n",
        b"x = '\xff'\n",
        b"# coding: utf-16\nx = 1\n",
        b"# coding: utf-8-sig\nx = 1\n",
        b"# coding: latin-1\nx = '\xff'  # agentry: uses app \xe9\n",
        b"# coding: shift_jis\nx = '\x83\\'\n",
        b"# coding: hex\n61\n",
        "x = '\u2028'\ny = = 1\n".encode(),
        "x\u00a0= 1\n".encode(),
        "\uff58 = '\ufb01'\nop\uff45n = x\n".encode(),
        "x = \u0661\n".encode(),
        b"x = 0x" + b"f" * 10_000 + b"\nf'{x}'\nx.y()\n",
        b"x = " + b"9" * 10_000 + b"\n",
        b"x = 1e999999 ** 1e999999\n",
        b"x = b'\\xff' % 1\n",
        b"await x\nreturn\nyield x\nbreak\nnonlocal y\nglobal z\n",
        b"from . import x\nfrom .... import *\nfrom .agent import *\nimport agent\n",
        b"from __future__ import braces\n",
        b"def f(a, a): pass\nf(a=1, a=2)\n",
        b"class A(A): pass\nclass B(C): pass\nclass C(B): pass\nB().x(C)\n",
        b"x = x\ny = z\nz = y\nf = lambda: f()\nf()\ndef g(h): return h(g)\ng(g)\n",
        b"*a, = b\n(*a, [*c, d]) = e\nfor a.b in c: pass\nfor a[0], in c: pass\ndel a, b[c]\n",
        b"print(*a, *b, **c, **d)\nx = {**x, 'a': {**x}}\nx = [*x, *x]\n",
        b"with a as b.c, d as (e, *f): pass\n",
        b"type: int = type\nmatch = case = _ = type\nprint(match, case)\n",
    ],
)
def test_odd_files(code: bytes) -> None:
    outcome(code)
    outcome(LLM.encode() + code)


@pytest.mark.parametrize(
    "code",
    [
        "a = 'x' * 10\n" + "a = a + a\n" * 40,
        "a0 = 'ab'\n" + "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(60)) + "a = a60\n",
        "a0 = 'ab'\n" + "".join(f"a{n + 1} = f'{{a{n}}}{{a{n}}}'\n" for n in range(60)) + "a = a60\n",
        "a0 = 'a'\n" + "".join(f"a{n + 1} = a{n}.replace('a', 'a' 'aaaaaaaaa')\n" for n in range(30)) + "a = a30\n",
        "a0 = ['a']\n" + "".join(f"a{n + 1} = [a{n}, a{n}]\n" for n in range(60)) + "a = a60\n",
        "a0 = ['a']\n" + "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(60)) + "a = a60[0]\n",
        "a0 = {'a': 'b'}\n" + "".join(f"a{n + 1} = {{'a': a{n}, 'b': a{n}}}\n" for n in range(60)) + "a = a60['a']\n",
        "a0 = 'a'\n" + "".join(f"a{n + 1} = ','.join([a{n}] * 9)\n" for n in range(30)) + "a = a30\n",
        "a = '%1000000000d' % 1\n",
        "a = '%*d' % (1000000000, 1)\n",
        "a = '{:>1000000000}'.format(1)\n",
        "a = '{:{}}'.format('a', 1000000000)\n",
        "a = f'{1:1000000000}'\n",
        "a = format('a', '1000000000')\n",
        "a = 'a'.center(1000000000) + 'a'.ljust(1000000000) + 'a'.zfill(1000000000)\n",
        "a = 'a' * 1000000000\na = ['a'] * 1000000000\n",
        "a = 'a\\t'.expandtabs(1000000000)\n",
        "a = 2 ** 10000000000\na = 1 << 10000000000\n",
        "a = list(range(1000000000))[5]\na = [x for x in range(1000000000)]\n",
        "a = '{0.__class__.__mro__}'.format(1)\n",
        "a = [b for b in [1, 2, 3] for c in [1, 2, 3]" + " for d in [1, 2, 3]" * 30 + "]\n",
        "def f(x): return g(x) + g(x)\ndef g(x): return f(x) + f(x)\na = f('a')\n",
        "".join(f"def f{n}(x): return f{n + 1}(x) + f{n + 1}(x)\n" for n in range(40)) + "f40 = str\na = f0('a')\n",
        "".join(f"class A{n}(A{n + 1}, A{n + 2}): pass\n" for n in range(60)) + "a = A0().name\n",
        "a = lambda a=lambda a=lambda a: a: a: a\na = a(a)(a)(a)\n",
        "import os\n"
        + "".join(f"os.environ['A{n}'] = os.environ['A{n + 1}']\n" for n in range(300))
        + "a = os.environ['A0']\n",
        "a = 'a'\n" + "a = a or input()\n" * 400,
        "a = 'a' if input() else 'b'\n" + "a = a + ('a' if input() else 'b')\n" * 30,
    ],
)
def test_values_without_bounds(code: str) -> None:
    assert isinstance(outcome(f"{LLM}{code}ChatDatabricks(model=a)\n"), Inspection)


def test_modules_that_import_each_other() -> None:
    ring = {
        f"m{n}__py": f"from m{(n + 1) % 50} import *\nfrom m{(n + 7) % 50} import x as y\n".encode() for n in range(50)
    }
    found = outcome(f"{LLM}from m0 import *\nimport m1\nChatDatabricks(model=x)\nChatDatabricks(model=m1.y)\n", **ring)
    assert isinstance(found, Inspection)
    assert found.uses == ()


def test_a_module_that_is_broken_is_told_by_its_own_line() -> None:
    found = outcome("import broken\n", broken__py=b"x = 1\n" + b"(" * 5000)
    assert isinstance(found, AgentCodeError)
    assert found.where == "x/broken.py:2"


@pytest.mark.parametrize(
    "content", [b"&a [*a]", b"a: " + b"[" * 3000, b"\xff", b"null", b"- 1\n", b"a: !!python/object:os.x {}"]
)
def test_files_that_the_code_reads(content: bytes) -> None:
    code = f"{LLM}import yaml, json\nChatDatabricks(model=yaml.safe_load(open('a.yaml'))['b'])\n"
    found = outcome(code + "ChatDatabricks(model=json.load(open('a.json'))['b'])\n", a__yaml=content, a__json=content)
    assert isinstance(found, Inspection)
    assert found.uses == ()


@pytest.mark.parametrize(
    "source",
    ["(" * 5000, "x" + ".a" * 100_000, "%%writefile a.py\n" + "(" * 5000, "%" * 9999, "!" * 9999, "x = " + " " * 9999 + "y z", "\0", "'''", "?" * 9999]
)  # fmt: skip
def test_cells_of_notebooks(source: str) -> None:
    text = json.dumps({"cells": [{"cell_type": "code", "source": source.splitlines(keepends=True)}]}, indent=1)
    notebook = read_notebook("a.ipynb", text.encode(), "x/a.ipynb")
    for content in (notebook.source, *notebook.files.values()):
        assert refused_at(content) <= text.count("\n") + 1


def refused_at(content: bytes) -> int:
    """The line of a notebook's code that is refused; 0 when none is."""
    try:
        parse("a.py", content, "x/a.ipynb", "a")
    except AgentCodeError as error:
        return int(error.where.removeprefix("x/a.ipynb:"))
    return 0

"""Code that is made to take long, to grow without bounds or to go round in circles ends, and says what it leaves open."""

from __future__ import annotations

import pytest

from agentry.inspector import Inspection, inspect_source
from agentry.source import Source

HEAD = "import sys\nfrom databricks_langchain import ChatDatabricks\n"
TOO_LONG = "a text of more than 20,000 characters"
TOO_MANY = "more than 100 things"
STEPS = "too many steps"
ITSELF = "by way of itself"
NESTED = "nested too deeply"


def inspected(source: str) -> Inspection:
    return inspect_source(Source("x", {"agent.py": f"{HEAD}{source}\n".encode()}), {}, {})


def chain(first: str, line: str, count: int, last: str) -> str:
    """A first line, a line again and again with the number `i` and the next one `n`, and a last one."""
    return "\n".join([first, *(line.format(i=i, n=i + 1) for i in range(count)), last.format(i=count)])


USE = "ChatDatabricks(model=x{i})"
GROWING = {
    "a text that doubles": (chain('x0 = "a"', "x{n} = x{i} + x{i}", 60, USE), TOO_LONG),
    "an f-string that triples": (chain('x0 = "a"', 'x{n} = f"{{x{i}}}{{x{i}}}{{x{i}}}"', 40, USE), TOO_LONG),
    "a function that doubles": (
        "def d(x): return x + x\nChatDatabricks(model=" + "d(" * 40 + "'a'" + ")" * 40 + ")",
        TOO_LONG,
    ),
    "a text that is repeated": ('ChatDatabricks(model="x" * 10**9)', "an operator that is not followed"),
    "a text that is repeated often": ('ChatDatabricks(model="x" * 1000000000)', TOO_LONG),
    "a number that is squared": (
        chain("x0 = 9", "x{n} = x{i} * x{i}", 60, 'ChatDatabricks(model=f"{{x{i}}}")'),
        "not followed",
    ),
    "a list that doubles": (chain("x0 = ['a']", "x{n} = [x{i}, x{i}]", 60, USE), NESTED),
    "a list in a list in a list": (chain("x0 = ['a']", "x{n} = [x{i}]", 50, USE), NESTED),
    "a list that is added to itself": (
        "a = ['x']\nfor i in range(9):\n    a.extend(a)\nChatDatabricks(model=a[0])",
        "",
    ),
    "a wide percent": ('ChatDatabricks(model="%1000000000d" % 1)', "too wide"),
    "a width of its own": ('ChatDatabricks(model="%*d" % (1000000000, 1))', "can not be filled"),
    "a wide format": ('ChatDatabricks(model="{:>1000000000}".format("a"))', "too wide"),
    "a width that is given": ('ChatDatabricks(model="{:{}}".format("a", 1000000000))', ""),
    "a wide f-string": ('ChatDatabricks(model=f"{1:1000000000d}")', "the format"),
    "a long join": ('a = "a" * 20000\nChatDatabricks(model=a.join([a] * 2000))', TOO_LONG),
    "a long replacement": ('a = "a" * 20000\nChatDatabricks(model=a.replace("a", a))', TOO_LONG),
    "many gaps": ('a = "a" * 20000\nChatDatabricks(model=("{0}" * 5000).format(a))', "grows too long"),
    "a long range": ('for i in range(10**12):\n    ChatDatabricks(model=f"m{i}")', ""),
    "loops in loops": (
        'for i in range(99):\n  for j in range(99):\n    ChatDatabricks(model=f"{i}-{j}")',
        TOO_MANY,
    ),
    "a product": ("from itertools import product\nfor x in product(range(99), repeat=9): ChatDatabricks(model=x)", ""),
    "alternatives": (
        chain(
            "a = 0",
            'a{i} = "x" if sys.argv else "y{i}"',
            40,
            f"ChatDatabricks(model={'+'.join(f'a{i}' for i in range(40))})",
        ),
        TOO_MANY,
    ),
}


@pytest.mark.parametrize("name", GROWING)
def test_what_grows_is_left_open(name: str) -> None:
    source, why = GROWING[name]
    inspection = inspected(source)
    assert inspection.uses == ()
    assert [why in call.why for call in inspection.undecided] == [True], inspection.undecided


CIRCLES = {
    "a function of itself": (
        "def f(n, s): return f(n - 1, s + 'a') + f(n - 1, s + 'b') if n else s\nx = f(99, '')",
        "itself",
    ),
    "functions of each other": ("def f(x): return g(x + 'a')\ndef g(x): return f(x + 'b')\nx = f('')", "itself"),
    "a function of a function": ("def w(x): return x(x)\nx = w(w)", "itself"),
    "a class of itself": ("class A(A): pass\nx = A().x", "set elsewhere"),
    "classes of each other": ("class A(B): pass\nclass B(A): pass\nx = A().x", "set elsewhere"),
    "a module of itself": ("from agent import q\nfrom agent import *\nx = q", ITSELF),
    "a name of itself": ("x = 'a'\nwhile sys.argv:\n    x = f'{x}b'", ITSELF),
    "an attribute of another": (
        "class A:\n    def __init__(self):\n        self.a = self.b\n        self.b = self.a\nx = A().a",
        ITSELF,
    ),
    "a property of itself": ("class A:\n    @property\n    def a(self): return self.a\nx = A().a", ITSELF),
    "a decorator of itself": ("def d(f): return d(f)\n@d\ndef g(): return 'a'\nx = g()", ""),
    "a list in itself": ("a = []\na.append(a)\nx = a[0][0]", ""),
    "keywords of keywords": ("def f(**k): return g(**k)\ndef g(**k): return f(**k)\nx = f(a='b')", "itself"),
    "a long way": (chain("", "def f{i}(x): return f{n}(x)", 300, "def f{i}(x): return x\nx = f0('a')"), STEPS),
    "a long chain of names": (chain("x0 = 'a'", "x{n} = x{i}", 300, "x = x{i}"), STEPS),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_what_goes_in_circles_ends(name: str) -> None:
    source, why = CIRCLES[name]
    inspection = inspected(f"{source}\nChatDatabricks(model=x)")
    assert [why in call.why for call in inspection.undecided] == [True], inspection.undecided


def test_one_that_calls_itself_as_often_as_it_says_is_decided() -> None:
    inspection = inspected("def f(n, s): return f(n - 1, s + 'a') if n else s\nChatDatabricks(model=f(3, ''))")
    assert [use.resource.name for use in inspection.uses] == ["aaa"]


def test_a_name_that_is_bound_very_often_is_left_open() -> None:
    inspection = inspected(chain("x = 'a'", "x = x + 'b'", 1000, "ChatDatabricks(model=x)"))
    assert [call.why for call in inspection.undecided] == ["it is bound in more than 200 places"]


def test_a_dict_that_is_changed_very_often_is_left_open() -> None:
    inspection = inspected(
        chain("d = {{}}", "d['k{i}'] = 'v{i}'", 400, "ChatDatabricks(model=d['k1'])").replace("{{}}", "{}")
    )
    assert [call.why for call in inspection.undecided] == ["it is changed in more than 300 places"]


def test_a_large_dict_is_followed() -> None:
    entries = ", ".join(f"'k{i}': 'v{i}'" for i in range(3000))
    inspection = inspected(f"D = {{{entries}}}\nChatDatabricks(model=D['k2999'])")
    assert [use.resource.name for use in inspection.uses] == ["v2999"]


def test_more_calls_than_are_told_apart_are_left_open() -> None:
    calls = "\n".join(f"f('m{i}', 'n{i}')" for i in range(300))
    inspection = inspected(f"def f(a, b):\n    ChatDatabricks(model=a + b)\n{calls}")
    assert [TOO_MANY in call.why for call in inspection.undecided] == [True]


def test_a_hundred_calls_are_told_apart() -> None:
    calls = "\n".join(f"f('m{i}', 'n{i}')" for i in range(100))
    inspection = inspected(f"def f(a, b):\n    ChatDatabricks(model=a + b)\n{calls}")
    assert {use.resource.name for use in inspection.uses} == {f"m{i}n{i}" for i in range(100)}
    assert inspection.undecided == ()


def web(count: int) -> str:
    """Functions that all lead to each other."""
    functions = (
        f"def f{i}(x, y):\n"
        f"    z = [x, y]\n"
        f"    z.append(f{(i * 3 + 1) % count}(y, z[0]))\n"
        f"    ChatDatabricks(model=z[0])\n"
        f"    return f{(i * 7 + 2) % count}(z, x)"
        for i in range(count)
    )
    return "\n".join([*functions, "f0('a', 'b')"])


def test_when_the_budget_is_spent_the_rest_is_left_open() -> None:
    inspection = inspected(web(120))
    open_lines = {call.line for call in inspection.undecided}
    assert len(open_lines) == 120
    assert any(STEPS in call.why for call in inspection.undecided)


def test_the_same_code_is_followed_equally_far_each_time() -> None:
    source = web(15)
    assert inspected(source) == inspected(source)

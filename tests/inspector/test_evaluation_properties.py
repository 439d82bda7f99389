"""Random small programs, run for real with a client that records: what is used is found, or said to be undecided.

Programs that only go straight on are decided wholly: what is found is what is used, and nothing else.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import itertools
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentry.inspector import inspect_source
from agentry.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from agentry.inspector import Inspection

HEAD = """from databricks_langchain import ChatDatabricks
from functools import partial
from some_library import maybe
s0 = "a"
s1 = "b"
s2 = "c"
l0 = ["d", "e"]
l1 = ["f"]
d0 = {"k": "g", "m": "h"}
def f0(x, y="i"):
    return f"{x}{y}"
def f1(x):
    return x + s0
def f2(*args, **named):
    return f0(*args, **named)
def f3(x):
    return lambda z: x + z
def f4(x):
    yield x
    yield f1(x)
def twice(f):
    def wrapper(*args):
        return f(*args) + f(*args)
    return wrapper
@twice
def f5(x):
    return x + "t"
def f6(**named):
    return named["x"]
fs = {"zero": f0, "one": f1, "six": partial(f6, x="p")}
class C:
    top = "j"
    def __init__(self, x):
        self.x = x
        self.l = [x]
    def m(self):
        return self.x + self.top
"""
CHANGES = """    def put(self, y):
        self.x = y
        self.l.append(y)
    def longer(self):
        self.x += "-"
        return self
    def use(self):
        ChatDatabricks(model=self.x)
"""
OBJECT_LINES = """class D(C):
    def __init__(self, x):
        super().__init__(x + "d")
        self.own = self.x
    def m(self):
        return super().m() + self.own
def add(to, x):
    to.append(x)
o0 = C("o")
o1 = D("p")
put = o1.l.append
"""
STRINGS, LISTS, OBJECTS = ("s0", "s1", "s2"), ("l0", "l1"), ("o0", "o1")
Use = tuple[int, str]


class Program:
    """A program that grows at random.

    Args:
        random: Where it takes its choices from.
        straight: Whether it has no conditions, loops or functions that change something.
    """

    def __init__(self, random: Random, *, straight: bool) -> None:
        self.random = random
        self.straight = straight
        # What a function reads of a name that is bound again later is whatever it is at any time.
        head = HEAD.replace("x + s0", "x + 'q'") if straight else f"{HEAD}{CHANGES}"
        self.lines = f"{head}{OBJECT_LINES}".splitlines()
        self.names = itertools.count()
        self.depth = 0

    def write(self, line: str) -> None:
        """Add a line where the program is."""
        self.lines.append("    " * self.depth + line)

    def text(self, deep: int = 2) -> str:
        """An expression that is a text."""
        pick = self.random.choice
        if deep == 0:
            return pick([*STRINGS, '"x"', '"y"'])
        inner = [self.text(deep - 1) for _ in range(2)]
        key, other = pick("km"), pick("kz")
        forms = [
            pick(STRINGS),
            f"({inner[0]} + {inner[1]})",
            f'f"{{{pick(STRINGS)}}}-{{{pick(STRINGS)}}}"',
            f'("%s_%s" % ({inner[0]}, {inner[1]}))',
            f'"{{}}/{{}}".format({inner[0]}, {inner[1]})',
            f'"-".join([{inner[0]}, {inner[1]}])',
            f"({inner[0]}).upper()",
            f"f0({inner[0]})",
            f"f0({inner[0]}, y={inner[1]})",
            f"f1({inner[0]})",
            f"(lambda q: q + {self.later(inner[0])})({inner[1]})",
            f"d0['{key}']",
            f"d0.get('{other}', {inner[0]})",
            f"[{inner[0]}, {inner[1]}][{pick([0, 1, -1])}]",
            f"{{'k': {inner[0]}, 'm': {inner[1]}}}['m']",
            f"[q + {inner[0]} for q in [{inner[1]}, 'z']][{pick([0, 1])}]",
            f"({inner[0]} if {self.condition()} else {inner[1]})",
            f"{pick(LISTS)}[0]",
            f"{pick(OBJECTS)}.x",
            f"{pick(OBJECTS)}.m()",
            f"{pick(OBJECTS)}.l[-1]",
            f"{pick('CD')}({inner[0]}).m()",
            f"f2({inner[0]}, y={inner[1]})",
            f"f2(*[{inner[0]}, {inner[1]}])",
            f"f3({inner[0]})({inner[1]})",
            f"next(f4({inner[0]}))" if not self.straight else f"f5({inner[0]})",
            f"f6(**{{'x': {inner[0]}}})",
            f"fs['{pick(['zero', 'one'])}']({inner[0]})",
            "fs['six']()",
            f"list(map(f1, [{inner[0]}, 'v']))[{pick([0, 1])}]",
            f"dict(zip(['k', 'm'], [{inner[0]}, {inner[1]}]))['m']",
            f"'{{k}}{{m}}'.format(**{{**d0, 'k': {inner[0]}}})",
        ]
        return pick(forms)

    def later(self, text: str) -> str:
        """What a function may read: where all is to be decided, nothing that is bound again."""
        return "'x'" if self.straight else text

    def condition(self) -> str:
        """A condition: known, or not."""
        known = ["s0 == 'a'", "'k' in d0", "not l0", "s1 != s2", "True"]
        return self.random.choice(known if self.straight else [*known, "maybe()", "maybe()"])

    def statements(self, count: int) -> None:
        """Some statements one after the other."""
        for _ in range(count):
            self.statement()

    def statement(self) -> None:
        """One statement, and what is in it."""
        pick = self.random.choice
        plain: list[Callable[[], None]] = [
            lambda: self.write(f"ChatDatabricks(model={self.text()})"),
            lambda: self.write(f"ChatDatabricks(model={self.text()})"),
            lambda: self.write(f"{pick(STRINGS)} = {self.text()}"),
            lambda: self.write(f"{pick(STRINGS)} += {self.text(1)}"),
            lambda: self.write(f"s0, s1 = {self.text(1)}, {self.text(1)}"),
            lambda: self.write(f"{pick(LISTS)} = [{self.text(1)}, {self.text(1)}]"),
            lambda: self.write(f"d0 = {{**d0, 'k': {self.text(1)}}}"),
            lambda: self.write(f"s2, *l1 = [{self.text(1)}, {self.text(1)}]"),
            lambda: self.write(f"models = [ChatDatabricks(model=q + {self.text(1)}) for q in ['1', '2']]"),
            lambda: self.write(f"for q, r in [('3', {self.text(1)}), ('4', '5')]: ChatDatabricks(model=q + r)"),
        ]
        changing: list[Callable[[], None]] = [
            lambda: self.write(f"{pick(LISTS)}.append({self.text(1)})"),
            lambda: self.write(f"{pick(LISTS)}.insert(0, {self.text(1)})"),
            lambda: self.write(f"{pick(LISTS)} += [{self.text(1)}]"),
            lambda: self.write("l0 = l1"),
            lambda: self.write("o0 = o1"),
            lambda: self.write(f"d0['{pick('km')}'] = {self.text(1)}"),
            lambda: self.write(f"d0.update(k={self.text(1)})"),
            lambda: self.write(f"{pick(OBJECTS)}.x = {self.text(1)}"),
            lambda: self.write(f"{pick(OBJECTS)}.put({self.text(1)})"),
            lambda: self.write(f"{pick(OBJECTS)}.use()"),
            lambda: self.write(f"{pick('CD')}.top = {self.text(1)}"),
            lambda: self.write(f"add({pick(LISTS)}, {self.text(1)})"),
            lambda: self.write(f"add({pick(OBJECTS)}.l, {self.text(1)})"),
            lambda: self.write(f"{pick(OBJECTS)}.longer().use()"),
            lambda: self.write(f"fs['one'] = lambda q: q + {self.text(1)}"),
            lambda: self.write(f"(s2 := {self.text(1)})"),
            lambda: self.write("put = o0.put"),
            lambda: self.write(f"put({self.text(1)})"),
            self.count,
            self.function,
            self.branch,
            self.loop,
            self.attempt,
        ]
        pick(plain if self.straight or self.depth > 2 else [*plain, *changing])()

    def block(self) -> None:
        """Statements inside of something."""
        self.depth += 1
        self.statements(self.random.randint(1, 3))
        self.depth -= 1

    def branch(self) -> None:
        """`if`, perhaps with an `else`."""
        self.write(f"if {self.condition()}:")
        self.block()
        if self.random.random() < 0.5:
            self.write("else:")
            self.block()

    def loop(self) -> None:
        """A loop over something known."""
        name = self.random.choice(STRINGS)
        loops = [(name, over) for over in ("l0[:3]", "['u', 'v']", "list(d0)", "l1[:2] + ['w']", "f4('g')", "s1[:2]")]
        loops += [("o1", "[C('r'), o0]"), ("s0, s1", "d0.items()"), ("s1, s2", "zip(l0[:2], ['6', '7'])")]
        loops += [("_, s2", "enumerate(l1[:2])"), ("s0, s1", "[('8', s2), (s2, '9')]")]
        target, over = self.random.choice(loops)
        self.write(f"for {target} in {over}:")
        self.block()

    def count(self) -> None:
        """A loop that counts."""
        counter = f"n{next(self.names)}"
        self.write(f"{counter} = 0")
        self.write(f"while {counter} < 3:")
        self.depth += 1
        self.write(f"{counter} += 1")
        self.depth -= 1
        self.block()

    def attempt(self) -> None:
        """Something that may break off."""
        self.write("try:")
        self.block()
        self.depth += 1
        self.write("maybe() or missing_name")
        self.depth -= 1
        self.write("except NameError:")
        self.block()

    def function(self) -> None:
        """A function that uses, and may change what is outside of it."""
        if self.depth:
            self.write("pass")
            return
        name = f"g{next(self.names)}"
        self.write(f"def {name}(s1, s2='n'):")
        self.depth += 1
        self.write("global s0, l0, l1, d0, o0, o1, put")
        self.depth -= 1
        self.block()
        self.depth += 1
        self.write(f"return {self.text(1)}")
        self.depth -= 1
        for _ in range(self.random.randint(1, 2)):
            self.write(f"{self.random.choice(STRINGS)} = {name}({self.text(1)})")


def run(source: str, random: Random) -> set[Use]:
    """What a program really uses, by line."""
    used: set[Use] = set()

    def record(model: object) -> None:
        frame = sys._getframe(1)
        used.add((frame.f_lineno, str(model)))

    library = {
        "databricks_langchain": SimpleNamespace(ChatDatabricks=record),
        "functools": functools,
        "some_library": SimpleNamespace(maybe=lambda: random.random() < 0.5),
    }
    scope: dict[str, Any] = {"__builtins__": {**vars(builtins), "__import__": lambda name, *_: library[name]}}
    with contextlib.suppress(LookupError, RecursionError):  # a program may end early, like any other
        exec(compile(source, "agent.py", "exec"), scope)
    return used


def inspected(source: str) -> Inspection:
    return inspect_source(Source("x", {"agent.py": source.encode()}), {}, {})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_what_is_used_is_found_or_undecided(random: Random) -> None:
    program = Program(random, straight=False)
    program.statements(random.randint(3, 12))
    source = "\n".join(program.lines)
    used = set().union(*(run(source, random) for _ in range(3)))
    inspection = inspected(source)
    found = {(use.line, use.resource.name) for use in inspection.uses}
    undecided = {call.line for call in inspection.undecided}
    missing = {(line, name) for line, name in used - found if line not in undecided}
    assert not missing, source


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_what_only_goes_straight_on_is_decided(random: Random) -> None:
    program = Program(random, straight=True)
    program.statements(random.randint(3, 12))
    source = "\n".join(program.lines)
    inspection = inspected(source)
    assert {(use.line, use.resource.name) for use in inspection.uses} == run(source, random), source
    assert inspection.undecided == ()

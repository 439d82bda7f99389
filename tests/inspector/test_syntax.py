from __future__ import annotations

import ast
import codecs

import pytest

from agentry.errors import AgentCodeError
from agentry.inspector import inspect_source
from agentry.inspector.code import newer, syntax
from agentry.inspector.code.syntax import parse_source
from agentry.source import Source

REFUSED = SyntaxError("invalid syntax", ("a.py", 1, 1, ""))


def tree(code: str | bytes) -> str:
    parsed, _ = parse_source(code.encode() if isinstance(code, str) else code, "a.py", "x/a.py")
    return ast.dump(parsed)


def refused(code: str | bytes) -> tuple[str, str]:
    with pytest.raises(AgentCodeError) as caught:
        parse_source(code.encode() if isinstance(code, str) else code, "a.py", "x/a.py")
    assert caught.value.fix
    return caught.value.where, caught.value.what


def respelled(code: str) -> ast.Module:
    """What the way around makes of code, whether this Python knows it or not."""
    return newer.parse_newer(code, "a.py", REFUSED)


def names(code: str, *names: str) -> list[str]:
    """The names that an agent uses by `ChatDatabricks(model=...)` on any line."""
    source = Source("x", {"agent.py": f"from databricks_langchain import ChatDatabricks\n{code}".encode()})
    inspection = inspect_source(source, {}, {})
    assert inspection.undecided == ()
    return [f"{use.line}: {use.resource.name}" for use in inspection.uses]


# encodings


@pytest.mark.parametrize(
    "content",
    [
        b"x = '\xc3\xa9'\n",
        codecs.BOM_UTF8 + b"x = '\xc3\xa9'\n",
        b"# coding: latin-1\nx = '\xe9'\n",
        b"#!/usr/bin/env python\n# -*- coding: cp1252 -*-\nx = '\xe9'\n",
        b"# vim: set fileencoding=utf-8 :\nx = '\xc3\xa9'\n",
    ],
)
def test_an_encoding_is_honoured(content: bytes) -> None:
    parsed, text = parse_source(content, "a.py", "x/a.py")
    assert ast.dump(parsed) == ast.dump(ast.parse("x = 'é'"))
    assert text.endswith("x = 'é'\n")


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (b"x = 1\ny = '\xe9'\n", 2, "it is not utf-8"),
        (b"x = 1\ny = 1\n\nz = '\xe9'\n", 4, "it is not utf-8"),
        (b"# coding: ascii\n\n\nz = '\xe9'\n", 4, "it is not ascii"),
        (b"# coding: klingon\n", 1, "unknown encoding: klingon"),
        (b"# coding: punycode\nx = 1\n", 1, "the encoding punycode is not read"),
        (b"# coding: utf-7\nx = 1\n", 1, "the encoding utf-7 is not read"),
        (b"# coding: rot13\nk = 1\n", 1, "not a text encoding"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", 1, "encoding problem: utf-8"),
        ("x = 1\n".encode("utf-16"), 1, "it is not utf-8"),
    ],
)
def test_an_encoding_that_is_none(content: bytes, line: int, what: str) -> None:
    where, said = refused(content)
    assert where == f"x/a.py:{line}"
    assert said.startswith("can not be read: ")
    assert what in said


def test_lines_may_end_in_any_way() -> None:
    assert tree("x = 1\r\ny = 2\rz = 3\n") == tree("x = 1\ny = 2\nz = 3\n")
    assert refused("x = 1\r\ny = '''\r\n'''\rz = = 3\n")[0] == "x/a.py:4"


# what is refused


@pytest.mark.parametrize(
    ("code", "line", "why"),
    [
        ("x = 1\ny = = 2\n", 2, "invalid syntax"),
        ("x = 1\nif x:\n", 2, "expected an indented block after 'if' statement on line 2"),
        ("x = (1,\n\n\n", 1, "'(' was never closed"),
        ("x = '''\n\n", 1, "unterminated triple-quoted string literal (detected at line 2)"),
        ("x = 1\n  y = 2\n", 2, "unexpected indent"),
        ("if x:\n\ty = 1\n        z = 1\n", 3, "inconsistent use of tabs and spaces in indentation"),
        ("print 'a'\n", 1, "Missing parentheses in call to 'print'. Did you mean print(...)?"),
    ],
)
def test_what_is_no_python(code: str, line: int, why: str) -> None:
    where, what = refused(code)
    assert where == f"x/a.py:{line}"
    assert what.startswith("can not be read: ")
    assert why[:20] in what


def test_a_nul() -> None:
    assert refused("x = 1\ny = '\0'\n") == ("x/a.py:2", "can not be read: a null byte")


def test_a_mistake_below_something_new_is_told_on_its_own_line() -> None:
    assert refused("type X = int\ny = 1\nz = = 2\n") == ("x/a.py:3", "can not be read: invalid syntax")


def test_too_large() -> None:
    assert refused(b"x = 1\n" * 400_000) == ("x/a.py:1", "is 2.4 MB, more than 2 MB")


def test_the_empty_lines_of_a_notebook_count_for_nothing() -> None:
    assert tree("\n" * syntax.MAX_BYTES + "x = 1\n") == tree("x = 1\n")


def test_an_escape_that_is_none_warns_of_nothing() -> None:
    assert tree("x = '\\d'\n") == tree("x = '\\\\d'\n")


# newer Python


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("type X = int | str\n", "X = int | str\n"),
        ("type X[T: (int, str) = int, *Ts, **P] = list[T]\n", "X = list[T]\n"),
        ("if x:\n    type X = (\n        int)\n", "if x:\n    X = int\n"),
        ("def f[T](x: T) -> T:\n    return x\n", "def f(x: T) -> T:\n    return x\n"),
        ("async def f[\n    T,  # any\n](x): pass\ny = 1\n", "async def f(x): pass\ny = 1\n"),
        ("class A[T]:\n    x: T\n", "class A:\n    x: T\n"),
        ("class A[T: f'{x['a']}'](B[T]): pass\n", "class A(B[T]): pass\n"),
        ("try: pass\nexcept A, B: pass\n", "try: pass\nexcept (A, B): pass\n"),
        ("try: pass\nexcept* A, B.c: pass\n", "try: pass\nexcept (A, B.c): pass\n"),
        ("try: pass\nexcept *A as e: pass\n", "try: pass\nexcept A as e: pass\n"),
        ("x[*a]\n", "x[(*a,)]\n"),
        ("x[*a,]\n", "x[(*a,)]\n"),
        ("x[f'a' 'b', *c] = x[\n1, *a]\n", "x[(f'ab', *c)] = x[(1, *a)]\n"),
        ("def f(*args: *Ts): pass\n", "def f(*args: Ts): pass\n"),
        ("lazy import a\nlazy from b import c\n", "import a\nfrom b import c\n"),
        ("type = 1\nmatch = type(lazy)\n", "type = 1\nmatch = type(lazy)\n"),
    ],
)
def test_what_newer_python_says_in_other_words(new: str, old: str) -> None:
    assert ast.dump(respelled(new)) == ast.dump(ast.parse(old))
    tree(new)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("""f"{d["a"]}" """, """f"{d['a']}" """),
        ("""f'{d['a']['b']}/{e('c')}' """, """f'{d["a"]["b"]}/{e("c")}' """),
        ("""t"a{b}c" """, """f"a{b}c" """),
        ("""f"{f"{f"{1}"}"}" """, '''f"""{f'{f"{1}"}'}""" '''),
        ('f"{\n  a  # what: it! is }\n}b"', 'f"{a}b"'),
        ('f"{a:{d["w"]}}{b!r:>{c}}{e!s:^10}{g:}" ', """f"{a:{d['w']}}{b!r:>{c}}{e!s:^10}{g:}" """),
        ('f"{ a = }{b=!s}{c = :x}{d["e"]=}" ', """f'{ a = }{b=!s}{c = :x}{d["e"]=}' """),
        ('f"{a!r}{b:%Y-%m-%d}" ', 'f"{a!r}{b:%Y-%m-%d}" '),
        (r"""rf"a\n{b["c"]}\{{d}}" """, r"""rf'a\n{b["c"]}\{{d}}' """),
        (
            r"""f"\N{EM DASH}\x41{e["f"]}{{}}\\" """,
            r"""f'\N{EM DASH}\x41{e["f"]}{{}}\\' """,
        ),
        ('f"""\n  "q" {f["""g"""]}\n \\\n z"""', 'f"""\n  "q" {f["g"]}\n \\\n z"""'),
        ('("a" f"{b["c"]}"\n  "d" rf"{e}" "")', """("a" f'{b["c"]}' "d" rf"{e}")"""),
        ('"a"if f"{b["c"]}"else"d"f"e{x}" ', """"a"if f'{b["c"]}'else"d"f"e{x}" """),
        ('f"é{d["ü"]}" "ß"', """f'é{d["ü"]}' "ß" """),
        (
            '[f"{a["b"]}" for a in y if f"{(lambda: a)()["c"]}"]',
            """[f'{a["b"]}' for a in y if f'{(lambda: a)()["c"]}']""",
        ),
        (
            'f"{(y := d["a"])}{a, b}{*a, *d["b"]}{ {1: 2}[1]}" ',
            """f'{(y := d["a"])}{a, b}{*a, *d["b"]}{ {1: 2}[1]}' """,
        ),
        ("f'{'\\n'.join(a)}' ", "f'{LINE.join(a)}' "),
        ("f''", "f''"),
    ],
)
def test_strings_of_newer_python(new: str, old: str) -> None:
    wanted = ast.dump(ast.parse(f"x = {old}")).replace("Name(id='LINE', ctx=Load())", "Constant(value='\\n')")
    wanted = wanted.replace(", Constant(value='')", "")  # of a format, in early 3.12
    assert ast.dump(respelled(f"x = {new}")) == wanted
    tree(f"x = {new}")


def test_everything_stands_where_it_stands_in_the_file() -> None:
    code = 'type X = int\nclass A[\n  T\n](f"{B["é"]}".c): y = f"ü{d(1)["e"]}" + z(\n  f"{g["h"]}" "i")\n'
    places = {}
    for node in ast.walk(respelled(code)):
        if isinstance(node, ast.Name | ast.Call | ast.Constant | ast.JoinedStr):
            places[ast.get_source_segment(code, node)] = node.lineno
    wanted = {"X": 1, "int": 1, "B": 4, '"é"': 4, 'f"{B["é"]}"': 4, "y": 4, "d(1)": 4, '"e"': 4, "g": 5, "h": 5}
    assert {part: places[part] for part in wanted if part != "h"} == {k: v for k, v in wanted.items() if k != "h"}
    assert places['f"{g["h"]}" "i"'] == 5
    assert places['z(\n  f"{g["h"]}" "i")'] == 4


def test_names_are_followed_through_newer_python() -> None:
    code = """type Names = dict[str, str]
names: Names = {"llm": "chat", "embed": "small"}
def make[T](name: T) -> T:
    return ChatDatabricks(model=f"{names["llm"]}-{name}")
make("a")
try: pass
except KeyError, ValueError: ChatDatabricks(model=t"x-{names["embed"]}")
"""
    assert names(code) == ["5: chat-a", "8: x-small"]


def test_the_way_around_has_bounds_of_its_own() -> None:
    deep = "match x:\n    case " + "[" * 12 + "]" * 12 + ": type X = int\n"
    for code in (
        deep,
        "type X = " + "[" * 30 + "]" * 30,
        "type X = int\n" + "# \n" * 200_000,
        "type X = a" + ".a" * 400,
    ):
        with pytest.raises(SyntaxError):
            respelled(code)


def test_what_is_newer_than_the_way_around_is_refused() -> None:
    assert refused("x = 1\ny = [*z for z in a]\n")[0] == "x/a.py:2"


@pytest.mark.parametrize("code", ['x = f"\\N{no such}{d["a"]}"\n', 'type X = int\nx = f"\\x1{a}"\n'])
def test_an_escape_that_is_wrong(code: str) -> None:
    where, what = refused(code)
    assert what.startswith("can not be read: ")
    assert where in {"x/a.py:1", "x/a.py:2"}


# marker comments


def marked(comment: str, before: str = "") -> list[tuple[int, str]]:
    code = f"{before}x = 1  {comment}\n"
    uses = inspect_source(Source("x", {"agent.py": code.encode()}), {}, {}).uses
    return [
        (use.line, f"{use.resource.type} {use.resource.name}{' caller' if use.resource.on_behalf_of_user else ''}")
        for use in uses
    ]


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("# agentry: uses table a.b.c", ["table a.b.c"]),
        ("#agentry:uses  table   a.b.c  ", ["table a.b.c"]),
        ("# agentry: uses function a.b.f, table a.b.c", ["function a.b.f", "table a.b.c"]),
        ("# agentry: uses function a.b.f;table a.b.c", ["function a.b.f", "table a.b.c"]),
        ("# agentry: uses genie_space 01ef on behalf of the user", ["genie_space 01ef caller"]),
        (
            "# agentry: uses genie_space 01ef on behalf of user, sql_warehouse 1",
            ["genie_space 01ef caller", "sql_warehouse 1"],
        ),
        ("# agentry: uses app 'my app'", ["app my app"]),
        ('# agentry: uses table "a.b.c d"', ["table a.b.c d"]),
        ("# agentry: uses table `a`.`b`.`c`", ["table a.b.c"]),
        ("# agentry: uses nothing", []),
        ("# agentry is good", []),
        ("# see # agentry: uses nonsense", []),
        ("+ len('# agentry: uses nonsense')", []),
    ],
)
def test_markers(comment: str, found: list[str]) -> None:
    assert sorted(use for _, use in marked(comment)) == sorted(found)


def test_a_marker_is_found_in_code_of_any_python() -> None:
    before = 'type X = int\ny = f"{d["#"]}"  # "\nz = f"""{f"""{1}"""}"""\nw = """\n# agentry: uses x\n"""\n'
    assert marked("# agentry: uses table a.b.c", before) == [(7, "table a.b.c")]


@pytest.mark.parametrize(
    ("comment", "why"),
    [
        ("# agentry: uses tabel a.b.c", "tabel is none; table is near: the types are "),
        ("# agentry: uses Genie-Space 1", "Genie-Space is none; genie_space is near: the types are "),
        ("# agentry: uses llm chat", "the types are "),
        ("# agentry: uses table b.c", "'b.c' is not a name of three levels"),
        ("# agentry: uses function a.b.*", "'a.b.*' is not a name of three levels"),
        ("# agentry: uses table a.b.c,", "the types are "),
        ("# agentry: uses table a.b.c d", "the types are "),
        ("# agentry: uses table a.b.c on behalf of the world", "the types are "),
        ("# agentry: uses nothing, table a.b.c", "the types are "),
        ("# agentry: uses", "the types are "),
        ("# agentry:", "the types are "),
        ("# agentry: uses app 'a", "the types are "),
    ],
)
def test_a_marker_that_is_none(comment: str, why: str) -> None:
    with pytest.raises(AgentCodeError) as caught:
        marked(comment)
    assert (caught.value.where, caught.value.what) == ("x/agent.py:1", f"the comment `{comment}` is not understood")
    assert caught.value.why.startswith(why)

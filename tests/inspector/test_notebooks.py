from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentry.errors import AgentCodeError
from agentry.inspector.code.notebooks import MAX_BYTES, Notebook, is_notebook, read_notebook
from agentry.inspector.code.tree import Tree
from agentry.inspector.evaluation.settings import Settings
from agentry.inspector.inspection import inspect_tree

if TYPE_CHECKING:
    from agentry.inspector.inspection import Inspection


def notebook(*sources: str, indent: int | None = 1, **metadata: Any) -> str:
    """A notebook as nbformat writes it, one cell of code for each source."""
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": source.splitlines(keepends=True)}
        for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=indent)


def read(text: str, file: str = "drivers/log.ipynb") -> Notebook:
    return read_notebook(file, text.encode(), f"x/{file}")


def code(*sources: str, **metadata: Any) -> list[str]:
    """The lines of code that a notebook comes to, without the blank ones."""
    return [line for line in read(notebook(*sources, **metadata)).source.decode().split("\n") if line]


def exported(*cells: str) -> str:
    """A notebook as Databricks exports it."""
    return "# Databricks notebook source\n" + "\n# COMMAND ----------\n\n".join(cells)


def refused(content: str | bytes) -> AgentCodeError:
    with pytest.raises(AgentCodeError) as caught:
        read_notebook("a.ipynb", content.encode() if isinstance(content, str) else content, "x/a.ipynb")
    return caught.value


def test_a_notebook_is_known_by_its_name_or_its_first_line() -> None:
    assert is_notebook("a.ipynb", b"")
    assert is_notebook("a.py", b"# Databricks notebook source\nx = 1\n")
    assert is_notebook("a.py", b"\xef\xbb\xbf# Databricks notebook source\r\n")
    assert not is_notebook("a.py", b"x = 1\n# Databricks notebook source\n")
    assert not is_notebook("a.sql", b"# Databricks notebook source\n")


def test_each_line_of_code_stands_on_its_line_of_the_file() -> None:
    text = notebook("import a\nimport b", "x = '''\n\n'''", "last()")
    lines = read(text).source.decode().split("\n")
    for number, line in enumerate(text.split("\n")):
        if '"source": [' in line:
            first = text.split("\n")[number + 1].strip().rstrip(",")
            assert lines[number + 1] == json.loads(first).rstrip("\n")
    assert sum(bool(line) for line in lines) == 5


def test_what_is_printed_is_no_code() -> None:
    cell = {"cell_type": "code", "source": ["x = 1"], "outputs": [{"source": ["y = 2"], "text": "x = 1"}]}
    lines = read(json.dumps({"cells": [cell, {"cell_type": "markdown", "source": ["z = 3"]}]}, indent=1)).source
    assert lines.strip() == b"x = 1"
    assert lines.count(b"\n") == 6


@pytest.mark.parametrize(
    "source",
    [["a = 1\n", "b = 2\n", "c = 3"], "a = 1\nb = 2\nc = 3", ["a = 1\nb = ", "2\n", "c = 3"], "a = 1\r\nb = 2\rc = 3"],
)
def test_source_is_a_list_of_lines_or_a_text(source: object) -> None:
    text = json.dumps({"cells": [{"cell_type": "code", "source": source}]})
    assert read(text).source == b"a = 1\nb = 2\nc = 3\n"


def test_json_on_one_line_has_its_cells_one_after_the_other() -> None:
    assert read(notebook("a = 1\nb = 2", "c = 3", indent=None)).source == b"a = 1\nb = 2\nc = 3\n"


def test_a_notebook_of_megabytes() -> None:
    cells = [{"cell_type": "code", "outputs": ["=" * 2000], "source": [f"x{n} = {n}\n", "y = 1"]} for n in range(3000)]
    text = json.dumps({"cells": cells}, indent=1)
    lines = read(text).source.decode().split("\n")
    assert json.loads(text.split("\n")[lines.index("x2999 = 2999")].strip().rstrip(",")) == "x2999 = 2999\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("%pip install -U databricks-agents", []),
        ("%pip install -U \\\n  databricks-agents \\\n  mlflow\nx = 1", ["x = 1"]),
        ("!ls -la\nx = 1", ["x = 1"]),
        ("pip install mlflow\nx = 1", ["x = 1"]),
        ("print?\n?print\nos.path??\nx = 1", ["x = 1"]),
        ("if x:\n    %pip install a\n    !ls\n    y = 1", ["if x:", "    pass", "    pass", "    y = 1"]),
        ("%time answer = ask('a')", ["answer = ask('a')"]),
        ("%timeit -n 3 -r 2 ask('a')", ["ask('a')"]),
        ("%time", []),
        ("%env LLM = chat", ["import os; os.environ['LLM'] = 'chat'"]),
        ("%env LLM", []),
        ("%set_env LLM=$HOME", []),
        ("name = !cat name.txt", ["name = get_ipython().getoutput('cat name.txt')"]),
        ("a, b = %sx ls", ["a, b = get_ipython().run_line_magic('sx ls')"]),
        ("%%capture out\nx = 1", ["x = 1"]),
        ("\n%%time\nx = 1", ["x = 1"]),
        ("%%capture\n!pip install a\nx = 1", ["x = 1"]),
        ("%%bash\nx=1", []),
        ("%%html\n<a>", []),
        ("%md\n# About\nwords of it", []),
        ("%sql\nSELECT 1", []),
        ("%sql SELECT *\nFROM a.b.c", []),
        ("%sql SELECT 1\nx = 1", ["x = 1"]),
        ("# about\n%sh\nls", []),
        ("%python\nx = 1", ["x = 1"]),
        ("dbutils.library.restartPython()", ["dbutils.library.restartPython()"]),
    ],
)
def test_what_only_notebooks_understand(written: str, meant: list[str]) -> None:
    assert code(written) == meant


@pytest.mark.parametrize(
    "plain",
    [
        "x = (a\n%b)",
        "x = a \\\n%b",
        "x = '''\n%pip install a\n!ls\n'''",
        'x = f"""\n?\n{a}"""\n',
        "x = a % b != c",
        "x = 'a=%d' % 3\ny = \"it's\"",
        "x = r'\\'  # it's\ny = {'a': [\n!b]}",
        "s = 'one \\\n%two'",
        "pip = install(1)",
    ],
)
def test_python_that_looks_like_magic_is_python(plain: str) -> None:
    assert code(plain) == [line for line in plain.split("\n") if line]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("%run ./config", ["from .config import *"]),
        ("%run config.ipynb", ["from .config import *"]),
        ("%run -i './tools/search.py' --fast", ["from .tools.search import *"]),
        ('%run ../shared/names $catalog="main"', ["from ..shared.names import *"]),
        ("%run ./00_config", ["pass  # %run .00_config"]),
        ('%run "../set up/main-config"', ["pass  # %run ..set up.main-config"]),
        ("%run /Shared/config", []),
        ("%run $where/config", []),
        ("%run", []),
        ("%run 'config", []),
        ("%run ..", []),
    ],
)
def test_a_notebook_that_runs_another_has_its_names(written: str, meant: list[str]) -> None:
    assert code(written) == meant


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("agent.py", "agent.py"),
        ("./agents/../agent.py", "agent.py"),
        ("'my agent.py'", "my agent.py"),
        ("config/dev.yaml", "config/dev.yaml"),
        ("config.yml", "config.yml"),
        ("/content/agent.py", "agent.py"),
        ("/Workspace/Users/me@example.com/repo/drivers/agent.py", "agent.py"),
        ("../agent.py", None),
        ("agents/../../agent.py", None),
        ("/tmp/agent.py", None),
        ("/Workspace/content/agent.py", None),
        ("$name.py", None),
        ("{name}.py", None),
        ("~/agent.py", None),
        ("notes.txt", None),
        ("'agent.py", None),
        ("", None),
    ],
)
def test_which_files_a_notebook_writes(path: str, file: str | None) -> None:
    read_one = read(notebook(f"%%writefile {path}\nllm: x = 1"))
    assert list(read_one.files) == ([file] if file else [])
    assert read_one.source.strip() == b""


def test_a_file_has_its_lines_where_the_notebook_has_them() -> None:
    text = notebook("import a", "%%writefile agent.py\nimport b\n\n%b()", "c()")
    lines = read(text).files["agent.py"].decode().split("\n")
    place = next(n for n, line in enumerate(text.split("\n")) if "import b" in line)
    assert lines[place : place + 3] == ["import b", "", "%b()"]
    assert not any(lines[:place])


def test_the_last_writer_of_a_file_wins_and_others_add_to_it() -> None:
    files = read(
        notebook(
            "%%writefile a.py\none",
            "%%writefile a.py\ntwo",
            "%%writefile -a a.py\nthree",
            "%%file b.py\nfour",
            "%%writefile --append c.py\nfive",
        )
    ).files
    written = {name: content.decode().split() for name, content in files.items()}
    assert written == {"a.py": ["two", "three"], "b.py": ["four"], "c.py": ["five"]}


def test_a_notebook_in_another_language_has_only_its_cells_of_python() -> None:
    for metadata in (
        {"language_info": {"name": "scala"}},
        {"kernelspec": {"language": "r"}},
        {"application/vnd.databricks.v1+notebook": {"language": "sql"}},
    ):
        assert code("SELECT 1", "%python\nx = 1", **metadata) == ["x = 1"]
    assert code("x = 1", language_info={"name": "python"}, kernelspec={"language": "pyspark"}) == ["x = 1"]


def test_a_cell_that_the_editor_takes_for_another_language() -> None:
    cell = {"cell_type": "code", "metadata": {"vscode": {"languageId": "sql"}}, "source": "SELECT 1"}
    assert read(json.dumps({"cells": [cell]})).source.strip() == b""


def test_exported_by_databricks() -> None:
    text = exported(
        "# MAGIC %md\n# MAGIC # About it\n# MAGIC x = 1",
        "# MAGIC %pip install a\n",
        "import a  # MAGIC",
        "# DBTITLE 1,Run\n# MAGIC %run ./00_config",
        "# MAGIC %%writefile agent.py\n# MAGIC import b\n# MAGIC\n# MAGIC b('# MAGIC %')",
        "# MAGIC %sql\n# MAGIC SELECT 1",
        "# MAGIC %python\n# MAGIC c()",
        "x = '''\n%pip\n'''",
    )
    one = read(text, "log.py")
    lines = [line for line in one.source.decode().split("\n") if line and not line.startswith("# ")]
    assert lines == ["import a  # MAGIC", "pass  # %run .00_config", "c()", "x = '''", "%pip", "'''"]
    number = text.split("\n").index("# MAGIC import b")
    assert one.files["agent.py"].decode().split("\n")[number:] == ["import b", "", "b('# MAGIC %')", ""]
    assert one.source.decode().split("\n")[text.split("\n").index("import a  # MAGIC")] == "import a  # MAGIC"


def test_exported_in_another_encoding() -> None:
    text = "# Databricks notebook source\n# coding: latin-1\nx = 'é'\n"
    assert read_notebook("a.py", text.encode("latin-1"), "x").source.decode().split("\n")[1:3] == ["", "x = 'é'"]


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        ("", 1, "expected {"),
        ("null", 1, "expected {"),
        ("[]", 1, "expected {"),
        ("{}", 1, "no list of cells"),
        ('{"cells": null}', 1, "no list of cells"),
        ('{"cells": {}}', 1, "no list of cells"),
        ('{"nbformat": 3, "worksheets": []}', 1, "no list of cells"),
        ('{\n"cells": [\n1]}', 3, "expected {"),
        ('{\n"cells": [\n{"source": 1}]}', 3, "no text"),
        ('{\n"cells": [\n{"source": [\n"a", null]}]}', 4, "no text"),
        ('{\n"cells": [],\n"a": }', 3, "Expecting value"),
        ('{\n"cells": [\n', 2, "expected {"),
        ('{"cells": []\n', 1, "expected , or }"),
        ('{"cells": []}\n{}', 2, "more behind"),
        ('{1: 2, "cells": []}', 1, "key"),
        ('{"cells": [{"source": ["a"\n"b"]}]}', 2, "expected , or ]"),
        ('{"cells": [], "a": ' + "[" * 100_000, 1, "recursion"),
        (b'{"cells": [],\n"a": "\xff"}', 2, "UTF-8"),
        (b"\xff\xfe{\x00}\x00", 1, "UTF-8"),
    ],
)
def test_what_is_no_notebook(content: str | bytes, line: int, why: str) -> None:
    error = refused(content)
    assert (error.what, error.where) == ("this is no notebook", f"x/a.ipynb:{line}")
    assert why in error.why


def test_too_large() -> None:
    error = refused(b" " * (MAX_BYTES + 1))
    assert (error.what, error.where) == ("the notebook is 20 MB, more than 20 MB", "x/a.ipynb:1")


def test_what_text_can_not_be_is_replaced() -> None:
    text = '{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'"}]}'
    assert read(text).source == b"x = '?'\n"


# whole agents


CASES = Path(__file__).parents[1] / "inspect"
AGENTS = sorted(path.name for path in CASES.glob("notebook_*"))


def said(name: str, pattern: str) -> dict[str, set[str]]:
    """What the lines of a case's notebooks say, by `file:line`."""
    found = {}
    for path in sorted((CASES / name).rglob("*.*")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            match = re.search(pattern + r' (.*?)(\\n)?("?,?)$', line)
            if match:
                found[f"x/{path.relative_to(CASES / name).as_posix()}:{number}"] = set(match[1].split("; "))
    return found


def inspected(name: str) -> Inspection:
    """The agent of a case: what a notebook writes as agent.py, else agent.ipynb."""
    files: dict[str, bytes] = {}
    written_in: dict[str, str] = {}
    for path in sorted((CASES / name).rglob("*.*")):
        file, content = path.relative_to(CASES / name).as_posix(), path.read_bytes()
        one = read_notebook(file, content, f"x/{file}") if is_notebook(file, content) else Notebook(content, {})
        files |= {file: one.source, **one.files}
        written_in |= dict.fromkeys(one.files, file)
    entry = "agent.py" if "agent.py" in files else "agent.ipynb"
    return inspect_tree(Tree(files, "x", entry, written_in=written_in), Settings(files, {}, {}, {}))


@pytest.mark.parametrize("name", AGENTS)
def test_the_agents_of_notebooks(name: str) -> None:
    inspection = inspected(name)
    uses: dict[str, set[str]] = {}
    for use in inspection.uses:
        uses.setdefault(use.where, set()).add(f"{use.resource.type} {use.resource.name}")
    assert uses == said(name, "#>")
    wanted = said(name, r"#\?")
    assert {call.where for call in inspection.undecided} == set(wanted)
    assert all(any(word in call.why for word in wanted[call.where]) for call in inspection.undecided)

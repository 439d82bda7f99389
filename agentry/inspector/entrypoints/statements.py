"""What a SQL statement names: tables, functions, and what the functions of Databricks SQL reach.

No parser: the names behind the words that a table can follow. What might be one and can not be read is said so.
"""

from __future__ import annotations

import re

from agentry.inspector.entrypoints.readers import Named, Unreadable
from agentry.inspector.evaluation.values import HOLE

_PART = r"(?:[\w\0$-]+|`[^`]+`)"
_NAME = rf"{_PART}(?:\.{_PART}){{0,2}}"
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)
_STRING = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"", re.S)
# `extract(year from x)`, `trim(both from x)` and `is distinct from x` name no table.
_NOT_A_TABLE = re.compile(
    r"\b(?:extract|trim|substring|overlay|position)\s*\([^()]*\)|\b(?:is\s+(?:not\s+)?)?distinct\s+from\b", re.I
)
_BEFORE = re.compile(
    rf"\b(?:from|join|into|overwrite|update|table|describe|using(?=\s+{_PART}\.{_PART}\.))\s+"
    r"(?:(?:table|only|lateral|detail|history|extended|if\s+not\s+exists|if\s+exists)\s+)*",
    re.I,
)
_AT_ITS_END = re.compile(rf"(?:{_BEFORE.pattern})$", re.I)
_ANOTHER = re.compile(rf"\s*(?:\bas\s+)?(?:(?!\b(?:{'|'.join(('on', 'where', 'join', 'using', 'set'))})\b)\w+)?\s*,\s*")
_DEFINED = re.compile(r"(?:\bwith|\brecursive|,)\s+`?(\w+)`?(?:\s*\([^()]*\))?\s+as\s*\(", re.I)
_CALLED = re.compile(rf"(?<![\w.`])({_PART}\.{_PART}\.{_PART})\s*\(")
_WORDS = frozenset(
    {"set", "select", "values", "lateral", "function", "schema", "database", "catalog", "volume", "query"}
)
_FILES = frozenset({"delta", "parquet", "csv", "json", "text", "orc", "avro", "binaryfile"})
# Functions of Databricks SQL that reach something, by the argument that names it.
_REACHING = (
    (r"\bai_query\s*\(\s*(?:endpoint\s*=>\s*)?", "serving_endpoint"),
    (r"\bvector_search\s*\([^()]*?\bindex\s*=>\s*", "vector_search_index"),
    (r"\bhttp_request\s*\([^()]*?\bconn\s*=>\s*", "uc_connection"),
)
# Words that a value may follow: a hole behind any other may be a part of the statement.
_VALUES_FOLLOW = re.compile(
    r"(?:and|or|not|where|by|limit|offset|in|i?like|rlike|between|then|else|when|on|set|values|select|having|case|is|"
    r"interval|as|date|timestamp|distinct|all|over)"
)


def sql(text: str) -> Named:
    """Everything that a statement names, tables as they are written: a schema may be left out.

    Raises:
        Unreadable: A part that may name something is known only when it runs; with what is named elsewhere in it.
    """
    if not text.strip(HOLE + " \n;"):
        raise Unreadable("the statement is known only when it runs")
    written = _COMMENT.sub(" ", text)
    found, doubts = _reached(written)
    bare = _NOT_A_TABLE.sub(" ", _STRING.sub("''", written))
    tables, unnamed = _tables(bare)
    called = [name.replace("`", "") for name in _CALLED.findall(bare)]
    found.extend(("function", name) for name in called if name not in tables)
    found.extend(("table", name) for name in tables)
    if doubts or unnamed or _has_open_end(bare):
        raise Unreadable("a part of the statement is known only when it runs", found)
    return found


def _reached(text: str) -> tuple[Named, bool]:
    found: Named = []
    doubts = False
    for before, kind in _REACHING:
        for match in re.finditer(before, text, re.I):
            literal = re.match(r"'([^']*)'", text[match.end() :])
            doubts = doubts or not literal
            if literal:
                found.append((kind, literal[1]))
    return found, doubts


def _tables(text: str) -> tuple[list[str], bool]:
    """The tables, and whether there is one of which the name is not there."""
    defined = {name.lower() for name in _DEFINED.findall(text)}
    found: dict[str, None] = {}
    unnamed = False
    for keyword in _BEFORE.finditer(text):
        end = keyword.end()
        while True:
            match = re.compile(_NAME).match(text, end)
            if not match:
                unnamed = unnamed or text[end : end + 1] in {":", "?", "%", "{", "'"}
                break
            name = match[0].replace("`", "")
            if re.match(r"\s*\(", text[match.end() :]) and not keyword[0].lower().startswith("into"):
                unnamed = unnamed or name.lower() == "identifier"
            elif name.lower() not in defined and not _is_a_word(name, match[0]):
                found[name] = None
            another = _ANOTHER.match(text, match.end()) if keyword[0].lower().startswith(("from", "join")) else None
            if not another:
                break
            end = another.end()
    return list(found), unnamed


def _is_a_word(name: str, written: str) -> bool:
    """Whether it is a word of the language, or a path to files, which is not a table."""
    first, _, rest = written.partition(".")
    return name.lower() in _WORDS or (first.lower() in _FILES and "/" in rest)


def _has_open_end(text: str) -> bool:
    """Whether there is a hole that may be more than a value: a join, a condition with a query in it."""
    for match in re.finditer(rf"(?<![\w.`{HOLE}]){HOLE}(?![\w.`{HOLE}])", text):
        before = text[: match.start()].rstrip()
        word = re.search(r"(\w+)$", before)
        if word and not _VALUES_FOLLOW.fullmatch(word[1].lower()) and not _AT_ITS_END.search(f"{before} "):
            return True
        if before.endswith((")", "`", "*", "''")) or not before:
            return True
    return False


def table(text: str) -> Named:
    """One table, as it is written."""
    return [("table", text.replace("`", ""))]

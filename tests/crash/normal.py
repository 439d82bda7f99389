"""What there is at the end of a run, the workspace whole and the state whole, without what differs from run to run.

Taken out are times, and what is random. An id is replaced by the name of what it is of, and the number of a version by
its place among those that are there: a version that was begun and thrown away took a number with it, as the platform
never gives one twice.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.crash.project import MODEL

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.crash.world import Copy

_OF_ONE_RUN = re.compile(
    r"run|created|updated|modified|started|created_at|updated_at|.*_timestamp(_ms)?|.*_time|last_version|(creation|state_change)Time"
)
_RANDOM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")
_NUMBERS = frozenset({"version", "entity_version", "servedVersion", "version_num", "champion"})
# Counters give numbers, tokens are the harness's own.
_LEFT_OUT = frozenset({"counters", "tokens"})

# What tells things of one part apart: a record of the state, a row of a table.
_NAMES = ("urn", "full_name", "name", "type", "path", "id", "model", "version", "kind", "principal")

Rows = dict[str, list[dict[str, Any]]]


def picture(copy: Copy, saved: bytes | None) -> dict[str, Any]:
    """The workspace and the state, as they can be compared."""
    rows = {table: found for database in (copy.rows, copy.metastore) for table, found in _tables(database)}
    name = _namer(rows)
    files = sorted(_named(str(file.relative_to(copy.files)), name) for file in copy.files.rglob("*") if _is_whole(file))
    named = {table: sorted((_clean(row, name) for row in found), key=_text) for table, found in rows.items()}
    return {**{table: found for table, found in named.items() if found}, "files": files, "state": _state(saved, name)}


def _is_whole(file: Path) -> bool:
    """Not what the sandbox itself had half written when it was copied."""
    return file.is_file() and ".partial" not in file.parts


def _tables(database: sqlite3.Connection) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in names:
        if table not in _LEFT_OUT and not table.startswith("sqlite_"):
            yield table, [json.loads(body) for (body,) in database.execute(f"SELECT body FROM {table} ORDER BY rowid")]


def _namer(rows: Rows) -> Callable[[str], str]:
    """Replaces ids within a text by what they are of."""
    names = {row["experiment_id"]: f"<experiment {row['name']}>" for row in rows.get("experiments", ())}
    for row in rows.get("logged_models", ()):
        names[row["model_id"]] = f"<logged model of {row['tags'].get('agentry_digest', '')[:8]}>"
    for row in rows.get("serving_endpoints", ()):
        names[row["id"]] = f"<endpoint {row['name']}>"
    numbers = sorted(row["version"] for row in rows.get("model_versions", ()) if row["model"] == MODEL)
    places = {str(number): place for place, number in enumerate(numbers, 1)}
    ids = re.compile("|".join(map(re.escape, names)) or r"(?!)")
    # `models:/local.agents.crash/7`, `/Models/local/agents/crash/7`, the served entity `local-agents-crash_7`.
    numbered = re.compile(r"(?:(?<=crash[/_-])|(?<=/versions/))\d+\b")

    def name(text: str) -> str:
        if text in places and text.isdecimal():
            return f"#{places[text]}"
        text = ids.sub(lambda found: names[found[0]], text)
        text = numbered.sub(lambda found: f"#{places.get(found[0], '?')}", text)
        return _RANDOM.sub("<random>", text)

    return name


def _named(text: str, name: Callable[[str], str]) -> str:
    """A text with its ids named; JSON inside of it is looked through as such."""
    if text.startswith(("[{", "{")):
        try:
            return _text(_clean(json.loads(text), name))
        except ValueError:
            pass
    return name(text)


def _clean(value: Any, name: Callable[[str], str], key: str = "") -> Any:
    if isinstance(value, dict):
        kept = {name(each): _clean(one, name, each) for each, one in value.items() if not _OF_ONE_RUN.fullmatch(each)}
        if "entities" in value:
            kept.pop("version", None)  # of an endpoint's configuration, which counts its updates
        return dict(sorted(kept.items()))
    if isinstance(value, list):
        return [_clean(one, name, key) for one in value]
    if isinstance(value, str):
        # A number by itself is one of a version only where it is called so.
        return _named(value, name) if key in _NUMBERS or not value.isdecimal() or len(value) > 9 else value
    if key in _NUMBERS and isinstance(value, int):
        return name(str(value))
    # JSON has one kind of number.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _state(saved: bytes | None, name: Callable[[str], str]) -> list[Any]:
    """The records, and what is pending. Their order is that of the steps, which run side by side."""
    latest = json.loads(saved)["checkpoint"]["latest"] if saved else {}
    records = [_clean(record, name) for record in latest.get("resources") or ()]
    for record in records:
        record["dependencies"] = sorted(record.get("dependencies") or ())
        record["propertyDependencies"] = {k: sorted(v) for k, v in (record.get("propertyDependencies") or {}).items()}
    pending = [{"pending": _clean(one, name)} for one in latest.get("pending_operations") or ()]
    return sorted(records, key=_text) + pending


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def differences(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What is there too much, too little or otherwise, a line each; nothing where all is the same."""
    lines = []
    for part in sorted(wanted.keys() | found.keys()):
        before, after = (_by_name(side.get(part, ())) for side in (wanted, found))
        for name in sorted(before.keys() | after.keys()):
            if name not in after:
                lines.append(f"{part}: missing: {name}")
            elif name not in before:
                lines.append(f"{part}: too much: {name}")
            else:
                lines += [f"{part}: {name}: {line}" for line in _apart(before[name], after[name])]
    return lines


def _by_name(things: Any) -> dict[str, Any]:
    """Things by what identifies them; what has the same name as another one is told apart by a number."""
    named: dict[str, Any] = {}
    for thing in things:
        parts = [thing.get(key, "") for key in _NAMES] if isinstance(thing, dict) else [thing]
        name = " ".join(str(part) for part in parts if part) or _text(thing)
        taken = sum(other.partition(" again ")[0] == name for other in named)
        named[f"{name} again {taken}" if taken else name] = thing
    return named


def _apart(before: Any, after: Any, path: str = "") -> list[str]:
    """Where two things differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            line
            for key in sorted(before.keys() | after.keys())
            for line in _apart(before.get(key), after.get(key), f"{path}.{key}")
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [line for place, (one, other) in pairs for line in _apart(one, other, f"{path}[{place}]")]
    return [] if before == after else [f"{path.strip('.')} is {_text(after)}, without the crash {_text(before)}"]

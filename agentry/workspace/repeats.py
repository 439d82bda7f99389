"""What it means to send a request twice, for every request of ours: a table by method and path.

`retries.py` acts by it, and a test holds that no call of ours is missing. A write that is in no row is never sent again.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from agentry.workspace.serving import ENDPOINTS


class Repeat(Enum):
    """What a second request does."""

    READ = "changes nothing"
    SAME = "means the same as the first: a value is put, not added"
    GONE = "finds nothing any more: the first one took effect"
    MADE = "makes a second object, or is refused because there is one: who sends it looks first what the first one did"
    NEVER = "is not known"


class Row(NamedTuple):
    """One row.

    Attributes:
        method: The method.
        path: Below the host; `*` is one name, `**` any number of them.
        repeat: What a second request does.
        limited: What the platform counts such requests as together: who is told to wait waits with all others.
    """

    method: str
    path: str
    repeat: Repeat
    limited: str = ""


_REGISTRY = "/api/2.0/mlflow/unity-catalog"
_EXPERIMENTS = "/api/2.0/mlflow/experiments"
_LOGGED = "/api/2.0/mlflow/logged-models"
_CATALOG = "/api/2.1/unity-catalog"
_UPDATES = "endpoint updates"
"""About 50 creates and updates of endpoints for each workspace in 5 minutes (observed by others: issue 6)."""

ROWS = (
    Row("POST", f"{_REGISTRY}/registered-models/create", Repeat.MADE),
    Row("PATCH", f"{_REGISTRY}/registered-models/update", Repeat.SAME),
    Row("POST", f"{_REGISTRY}/registered-models/set-tag", Repeat.SAME),
    Row("DELETE", f"{_REGISTRY}/registered-models/delete-tag", Repeat.GONE),
    Row("DELETE", f"{_REGISTRY}/registered-models/delete", Repeat.GONE),
    Row("POST", f"{_REGISTRY}/model-versions/create", Repeat.MADE),
    Row("POST", f"{_REGISTRY}/model-versions/finalize", Repeat.MADE),
    Row("PATCH", f"{_REGISTRY}/model-versions/update", Repeat.SAME),
    Row("POST", f"{_REGISTRY}/model-versions/set-tag", Repeat.SAME),
    Row("DELETE", f"{_REGISTRY}/model-versions/delete-tag", Repeat.GONE),
    Row("DELETE", f"{_REGISTRY}/model-versions/delete", Repeat.GONE),
    Row("POST", f"{_LOGGED}/search", Repeat.READ),
    Row("POST", _LOGGED, Repeat.MADE),
    Row("PATCH", f"{_LOGGED}/*", Repeat.SAME),
    Row("PATCH", f"{_LOGGED}/*/tags", Repeat.SAME),
    Row("DELETE", f"{_LOGGED}/*", Repeat.GONE),
    Row("POST", "/api/2.0/workspace/mkdirs", Repeat.SAME),
    Row("POST", f"{_EXPERIMENTS}/create", Repeat.MADE),
    Row("POST", f"{_EXPERIMENTS}/restore", Repeat.MADE),
    Row("POST", f"{_EXPERIMENTS}/set-experiment-tag", Repeat.SAME),
    Row("POST", f"{_EXPERIMENTS}/delete-experiment-tag", Repeat.GONE),
    Row("POST", f"{_EXPERIMENTS}/delete", Repeat.GONE),
    Row("POST", "/api/3.0/mlflow/traces/search", Repeat.READ),
    Row("POST", ENDPOINTS, Repeat.MADE, _UPDATES),
    Row("POST", f"{ENDPOINTS}/pt", Repeat.MADE, _UPDATES),
    Row("PUT", f"{ENDPOINTS}/*/config", Repeat.SAME, _UPDATES),
    Row("PUT", f"{ENDPOINTS}/pt/*/config", Repeat.SAME, _UPDATES),
    Row("PATCH", f"{ENDPOINTS}/*/tags", Repeat.SAME),
    Row("PATCH", f"{ENDPOINTS}/*/description", Repeat.SAME),
    Row("PATCH", f"{ENDPOINTS}/*/notifications", Repeat.SAME),
    Row("PATCH", f"{ENDPOINTS}/*/telemetry-config", Repeat.SAME),
    Row("PUT", f"{ENDPOINTS}/*/ai-gateway", Repeat.SAME),
    Row("DELETE", f"{ENDPOINTS}/*", Repeat.GONE),
    Row("PUT", f"{_CATALOG}/models/*/aliases/*", Repeat.SAME),
    Row("DELETE", f"{_CATALOG}/models/*/aliases/*", Repeat.GONE),
    Row("PATCH", f"{_CATALOG}/permissions/*/*", Repeat.SAME),
    Row("PATCH", "/api/2.0/permissions/**", Repeat.SAME),
    Row("PUT", "/api/2.0/permissions/**", Repeat.SAME),
)

_PATTERNS = [(row, re.compile(re.escape(row.path).replace(r"\*\*", ".+").replace(r"\*", "[^/]+"))) for row in ROWS]


@lru_cache(maxsize=4096)
def row_of(method: str, path: str) -> Row:
    """The row of a request: any GET is a read, and a write that is in no row is never sent twice."""
    if method == "GET":
        return Row(method, path, Repeat.READ)
    found = (row for row, pattern in _PATTERNS if row.method == method and pattern.fullmatch(path))
    return next(found, Row(method, path, Repeat.NEVER))

"""What the checks and diffs of one run have seen: asked for once, and forgotten with every write.

Fifty agents of one schema ask for the same catalog, schema and LLM endpoint, and a resource's Check and Diff for the
same object: 1,055 requests for a preview without change were sent before, 359 since (measured). Real work never
reads from here.
"""

from __future__ import annotations

import asyncio
import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

Json = dict[str, Any]

SECONDS = 5.0
"""For so long a look counts as what is there: a check and the diff after it, and no longer."""


class Looks:
    """Answers to GET by path and query. One that is under way is waited for by all who ask the same."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[float, asyncio.Task[Json]]] = {}

    async def get(
        self, path: str, query: Mapping[str, Any] | None, ask: Callable[[], Awaitable[Json]], now: float
    ) -> Json:
        """The answer, a copy of its own for each who asks; an error is an answer too.

        Args:
            path: Of the request.
            query: Its parameters.
            ask: Sends it, where nobody has.
            now: Seconds, of a clock that never goes back.
        """
        key = (path, json.dumps(query, sort_keys=True, default=str) if query else "")
        since, task = self._seen.get(key, (0.0, None))
        if task is None or task.cancelled() or now - since > SECONDS:
            task = asyncio.ensure_future(_awaited(ask))
            # Who asked may be gone by then; an error that nobody hears is none.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._seen[key] = (now, task)
        return copy.deepcopy(await asyncio.shield(task))

    def forget(self) -> None:
        """Something was written: which of the answers it changed is the workspace's to know."""
        self._seen.clear()


async def _awaited(ask: Callable[[], Awaitable[Json]]) -> Json:
    return await ask()

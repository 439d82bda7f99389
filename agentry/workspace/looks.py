"""What the checks and diffs of one run have seen: asked for once, and forgotten with every write.

Fifty agents of one schema ask for the same catalog, schema and LLM endpoint, and a resource's Check and Diff for the
same object: 1,055 requests for a preview without change were sent before, 359 since (measured). Real work never
reads from here.
"""

from __future__ import annotations

import asyncio
import copy
import json
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

Json = dict[str, Any]
T = TypeVar("T")

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


class Once:
    """What is looked up once in a run: who somebody is, and what contains the things that the run makes.

    One look-up that is under way is waited for by all who want the same; one that failed is not kept.
    """

    def __init__(self) -> None:
        self._known: dict[str, asyncio.Task[Any]] = {}

    async def get(self, what: str, ask: Callable[[], Awaitable[T]]) -> T:
        """What is known, or what `ask` finds out."""
        task = self._known.get(what)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._known[what] = asyncio.ensure_future(_awaited(ask))
            # Who asked may be gone by then; an error that nobody hears is none.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        found: T = await asyncio.shield(task)
        return found

    def forget(self, *beginnings: str) -> None:
        """What begins so is not known any more."""
        for what in [what for what in self._known if what.startswith(beginnings)]:
            del self._known[what]


async def _awaited(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()

"""One request with the patience that fits: minutes for real work, the run's budget for checks and diffs.

Whether an error is worth another try is decided by its class, and whether the request may be sent again by the table
in `repeats.py`. None of Databricks' create calls has an idempotency key, so a create whose answer was lost is looked
for first: what is there and ours is taken, and only where there is none it is sent again.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.errors import AlreadyExists, NotFound, RateLimited, Unavailable, WorkspaceError
from agentry.workspace.repeats import Repeat, Row, row_of
from agentry.workspace.waits import intervals, sleep, span

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from agentry.workspace.budget import Budget
    from agentry.workspace.door import Json, Workspace

PATIENCE = 60.0
"""Seconds that a request of real work is tried again while the workspace is busy or away."""
TURNED_AWAY = 30 * 60.0
"""Seconds that a request waits until the workspace takes it, where it says when; customTimeouts of a resource go first."""
REQUEST_TIMEOUT = 60.0
"""Seconds until one request counts as unanswered."""
LOOKS = 4
"""How often a create whose answer was lost is looked for, over 3 s, before it is sent again: reads may be stale."""
SPREAD = 1.0
"""Seconds over which those who were told the same time come back."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        method: GET, POST, PUT, PATCH or DELETE.
        path: Below the host.
        query: Parameters, or None.
        body: JSON, or None.
        file: Whether the answer is a file, in bytes.
        found: For a create: looks for what it made, after its answer was lost; None where there is nothing of ours.
    """

    method: str
    path: str
    query: Mapping[str, Any] | None = None
    body: Any = None
    file: bool = False
    found: Callable[[], Awaitable[Json | None]] | None = None

    @property
    def row(self) -> Row:
        """What sending it twice means."""
        return row_of(self.method, self.path)


async def patiently(workspace: Workspace, request: Request) -> Any:
    """Send a request, again where that is safe and worth it.

    Raises:
        WorkspaceError: What the workspace answered, or that it did not.
    """
    if workspace.budget is not None:
        return await _in_budget(workspace, workspace.budget, request)
    return await _Attempts(workspace, request, PATIENCE, workspace.patience or TURNED_AWAY).result()


async def _in_budget(workspace: Workspace, budget: Budget, request: Request) -> Any:
    if budget.error is not None:
        raise budget.error
    attempts = _Attempts(workspace, request, budget.seconds, PATIENCE)
    call = asyncio.ensure_future(attempts.result())
    spent = asyncio.ensure_future(budget.spent.wait())
    now = asyncio.get_running_loop().time
    since = now()
    try:
        while not (call.done() or budget.spent.is_set()) and (left := budget.left(now(), since)) > 0:
            await asyncio.wait({call, spent}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if not call.done():
            budget.exhaust(silence(workspace.host, budget.seconds))
    finally:
        spent.cancel()
        if not call.done():
            call.cancel()
        await asyncio.gather(call, spent, return_exceptions=True)
    if call.cancelled() and budget.error is not None:
        raise budget.error
    failure = call.exception()
    if isinstance(failure, Unavailable):
        budget.exhaust(failure)
    else:
        budget.hear(now())
    return call.result()


def silence(host: str, seconds: float) -> Unavailable:
    """The error for a workspace that does not answer."""
    return Unavailable(
        f"no answer from {host} within {seconds:g} s",
        why="the workspace can not be reached from here, or is very slow",
        fix="check address and network; `pulumi config set agentry:offline true` previews without it",
    )


class _Attempts:
    """The attempts at one request.

    Args:
        workspace: Where.
        request: What.
        patience: Seconds of trying again while the workspace is busy or away.
        turned_away: Seconds of waiting for the time that the workspace names.
    """

    def __init__(self, workspace: Workspace, request: Request, patience: float, turned_away: float) -> None:
        self._workspace = workspace
        self._request = request
        self._clock = workspace.clock
        self._timeout = min(REQUEST_TIMEOUT, patience)
        self._patience, self._deadline = patience, self._clock.monotonic() + patience
        self._turned_away, self._last_turn = turned_away, self._clock.monotonic() + turned_away
        self._pause = intervals(random.Random())  # noqa: S311 jitter is no secret
        self._lost = False

    async def result(self) -> Any:
        """Until there is an answer, or none is to be had in time."""
        request, transport = self._request, self._workspace.transport
        while True:
            await self._gate()
            try:
                if request.file:
                    return await transport.download(request.path, self._timeout)
                return await transport.send(request.method, request.path, request.query, request.body, self._timeout)
            except WorkspaceError as error:
                there = await self._after(error)
            if there is not None:
                return there

    async def _after(self, error: WorkspaceError) -> Json | None:
        """What an attempt has done all the same, or None for another one; raises what ends them."""
        repeat = self._request.row.repeat
        if self._lost and isinstance(error, NotFound) and repeat is Repeat.GONE:
            return {}
        if self._lost and isinstance(error, AlreadyExists) and (there := await self._look(error)) is not None:
            return there
        if isinstance(error, RateLimited):
            await self._turn(error)
            return None
        if not isinstance(error, Unavailable):
            raise error
        if not error.unsent:
            self._lost = True
            if repeat is Repeat.NEVER or (repeat is Repeat.MADE and self._request.found is None):
                raise error
            if repeat is Repeat.MADE and (there := await self._look(error)) is not None:
                return there
        await self._again(error, error.retry_after or self._pause())
        return None

    async def _look(self, error: WorkspaceError) -> Json | None:
        """What a create has made whose answer was lost; also after a cancel, so that it is recorded."""
        if self._request.found is None:
            return None
        pause = intervals(random.Random())  # noqa: S311
        for _ in range(LOOKS):
            try:
                there = await self._request.found()
            except NotFound:
                there = None
            except Unavailable:
                raise error from None  # nobody can say
            if there is not None:
                return there
            await self._clock.sleep(pause() * 2)
        return None

    async def _again(self, error: WorkspaceError, wait: float) -> None:
        """Wait, where there is time for another try."""
        if self._clock.monotonic() + wait > self._deadline or self._workspace.cancelled.is_set():
            raise error
        if wait > 1:
            self._workspace.report.progress(
                f"{self._workspace.host} is away or busy ({error.what}); asked again, at most {span(self._patience)}"
            )
        await sleep(wait, self._workspace.cancelled, self._clock)

    async def _turn(self, error: RateLimited) -> None:
        """Wait until the workspace takes such a request: it did not take this one, so any may be sent again."""
        if not error.retry_after:  # "at once", or a date that is over, is no time to wait for
            await self._again(error, self._pause())
            return
        until = self._clock.monotonic() + error.retry_after
        if limited := self._request.row.limited:
            until = self._workspace.gates[limited] = max(until, self._workspace.gates.get(limited, 0.0))
            return  # the gate is where all wait
        await self._until(until, error)

    async def _gate(self) -> None:
        """Wait with all others who were told when the workspace takes such requests again."""
        limited = self._request.row.limited
        while limited and (until := self._workspace.gates.get(limited, 0.0)) > self._clock.monotonic():
            await self._until(until, None)

    async def _until(self, until: float, error: RateLimited | None) -> None:
        wait = until - self._clock.monotonic()
        what = self._request.row.limited or "such requests"
        moment = time.strftime("%H:%M:%S", time.localtime(self._clock.now() + wait))
        said = f"the workspace takes no more {what} before {moment}"
        if until > self._last_turn or self._workspace.cancelled.is_set():
            raise RateLimited(
                said,
                retry_after=wait,
                why=f"{self._workspace.host} has a limit of them; {span(self._turned_away)} are waited for it",
                fix="run it again then; customTimeouts gives it longer",
            ) from error
        self._workspace.report.progress(f"{said}; waiting, at most {span(self._turned_away)}")
        if self._workspace.budget is not None:
            # It answered, and said for how long it does not.
            self._workspace.budget.hear(asyncio.get_running_loop().time() + wait)
        spread = random.uniform(0, SPREAD)  # noqa: S311 jitter is no secret
        await sleep(wait + spread, self._workspace.cancelled, self._clock)
        # Patience is for a workspace that is away; a turn that was waited for uses none of it.
        self._deadline = self._clock.monotonic() + self._patience

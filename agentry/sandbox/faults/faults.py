"""The faults of a sandbox: those to come, and those that are over."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agentry.sandbox.faults.pace import Pace
from agentry.sandbox.faults.stale import Past

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentry.sandbox.faults.fault import Fault
    from agentry.sandbox.snapshot import Snapshot
    from agentry.sandbox.state import State

PATH = "/sandbox"
# The sandbox's own routes, by which it is led out of a bad day.
_OWN = (PATH, "/health")
_KEPT_DONE = 1000


@dataclass
class Outcome:
    """What happens to one request.

    Attributes:
        delay: Milliseconds to wait first.
        busy: Those that begin somebody else's update.
        decided: The first that decides the answer.
        past: What a read sees, if not what is there now.
    """

    delay: int = 0
    busy: list[Fault] = field(default_factory=list)
    decided: Fault | None = None
    past: Snapshot | None = None


class Faults:
    """What is to go wrong.

    Attributes:
        to_come: In their order: the first that decides takes a request.
        done: Those that took as many as they were to take.
        pace: How many endpoints may be made or changed.
        past: What was before the last writes.
    """

    def __init__(self) -> None:
        self.to_come: list[Fault] = []
        self.done: list[Fault] = []
        self.pace = Pace()
        self.past = Past()
        self._expired: dict[str, Fault] = {}
        self._ids = itertools.count(1)

    def add(self, fault: Fault) -> Fault:
        """Let one more happen; the same with its number."""
        added = replace(fault, id=next(self._ids))
        self.to_come.append(added)
        return added

    def remove(self, number: int) -> bool:
        """Forget one, and the tokens that it refuses; whether there was one."""
        known = [fault.id for fault in (*self.to_come, *self.done)]
        self.to_come = [fault for fault in self.to_come if fault.id != number]
        self.done = [fault for fault in self.done if fault.id != number]
        self._expired = {token: fault for token, fault in self._expired.items() if fault.id != number}
        return number in known

    def clear(self) -> None:
        """Forget all of them; tokens that were refused are good again, and reads see what is there."""
        self.to_come.clear()
        self.done.clear()
        self._expired.clear()
        self.past.forget()

    def replace(self, faults: Iterable[Fault]) -> None:
        """Let these happen, and no others."""
        self.clear()
        for fault in faults:
            self.add(fault)

    @property
    def lag(self) -> float:
        """Seconds that the most stale reads are behind."""
        return max((fault.stale for fault in self.to_come), default=0)

    def outcome(self, method: str, path: str, authorization: str = "", now: float = 0) -> Outcome:
        """What happens to a request. What is taken here is one time fewer to come.

        Args:
            method: Of the request.
            path: Of the request; `/external/ENDPOINT/SERVED_ENTITY` is the way from an endpoint to another provider.
            authorization: The header; with it tokens are known that expired.
            now: Seconds of a clock that never goes back.
        """
        found = Outcome()
        if path.startswith(_OWN):
            return found
        token = hashlib.sha256(authorization.encode()).hexdigest()
        is_token = authorization.startswith("Bearer ")
        if is_token and token in self._expired:
            found.decided = self._expired[token]
            return found
        for fault in list(self.to_come):
            if found.decided is None and fault.fits(method, path) and (is_token or not fault.expire):
                self._meet(fault, found, now)
        if found.decided is not None and found.decided.expire:
            self._expired[token] = found.decided
        return found

    def _meet(self, fault: Fault, found: Outcome, now: float) -> None:
        past = self.past.as_of(now - fault.stale) if fault.stale else None
        if fault.stale and past is None:
            return
        if fault.skip:
            self._change(fault, fault.skipped())
            return
        self._change(fault, fault.took())
        found.delay += fault.delay
        found.past = found.past or past
        if fault.busy:
            found.busy.append(fault)
        if fault.decides:
            found.decided = fault

    def starting(self, endpoint: str) -> Fault | None:
        """The fault that takes this start of an endpoint."""
        for fault in list(self.to_come):
            if fault.fits_start(endpoint):
                if not fault.skip:
                    self._change(fault, fault.took())
                    return fault
                self._change(fault, fault.skipped())
        return None

    def _change(self, fault: Fault, after: Fault) -> None:
        at = next(i for i, one in enumerate(self.to_come) if one is fault)
        self.to_come[at : at + 1] = [] if after.is_over else [after]
        if after.is_over:
            self.done = [*self.done[1 - _KEPT_DONE :], after]


async def take(state: State, method: str, path: str) -> Fault | None:
    """Wait as long as faults say, and find the first of them that decides what a request is answered.

    Args:
        state: The sandbox.
        method: Of the request.
        path: Of the request.
    """
    found = state.faults.outcome(method, path)
    if found.delay:
        await state.clock.sleep(found.delay / 1000)
    return found.decided

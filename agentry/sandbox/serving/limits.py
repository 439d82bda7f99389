"""Rate limits of the AI Gateway: who may ask how often, and for how many tokens, within a minute.

docs.databricks.com, ai-gateway/rate-limits-beta: the endpoint's limit is for everybody; a limit of a user or service
principal goes before those of their groups, and these before the default for each user; a group's limit is shared by
its members; somebody in several groups is stopped when all of their limits are passed; of calls and tokens the
stricter counts. The minute is that of the clock: when it is over, counting begins anew.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.sandbox.errors import TooManyRequests

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agentry.clock import Clock

    Limit = Mapping[str, Any]

MINUTE = 60
UNITS = ("calls", "tokens")


@dataclass
class Used:
    """What was used in one minute under one limit."""

    calls: int = 0
    tokens: int = 0

    def passed(self, limit: Limit, unit: str) -> bool:
        """Whether nothing is left of a limit's calls or tokens."""
        return unit in limit and getattr(self, unit) >= limit[unit]


@dataclass(frozen=True)
class Admitted:
    """One question that was let through; what its answer took is counted when it is known."""

    counted: tuple[Used, ...]

    def took(self, tokens: int) -> None:
        """Count the tokens of question and answer."""
        for used in self.counted:
            used.tokens += tokens


class Limits:
    """Counts, for all endpoints of a sandbox, in memory.

    Args:
        clock: Says when a minute is over.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minute = 0
        self._used: dict[tuple[str, str, str], Used] = defaultdict(Used)

    def admit(self, endpoint: str, limits: Sequence[Limit], caller: str, groups: Iterable[str]) -> Admitted:
        """Let a question through and count it.

        Args:
            endpoint: Its id.
            limits: Those of the endpoint.
            caller: The name of the user or service principal.
            groups: The names of their groups.

        Raises:
            TooManyRequests: A limit is passed; the question is not counted.
        """
        self._turn()
        whole = [limit for limit in limits if limit.get("key", "endpoint") == "endpoint"]
        own = [limit for limit in limits if _is_own(limit, caller)]
        known = set(groups)
        shared = [limit for limit in limits if limit.get("key") == "user_group" and limit.get("principal") in known]
        default = [limit for limit in limits if limit.get("key") == "user" and not limit.get("principal")]
        mine = own or shared or default
        for limit in (*whole, *(() if mine is shared else mine)):
            if any(self._of(endpoint, limit, caller).passed(limit, unit) for unit in UNITS):
                raise _refused(limit)
        if mine is shared:
            self._require_any(endpoint, shared, caller)
        counted = tuple(self._of(endpoint, limit, caller) for limit in (*whole, *mine))
        for used in counted:
            used.calls += 1
        return Admitted(counted)

    def _require_any(self, endpoint: str, shared: Sequence[Limit], caller: str) -> None:
        for unit in UNITS:
            said = [limit for limit in shared if unit in limit]
            if said and all(self._of(endpoint, limit, caller).passed(limit, unit) for limit in said):
                raise _refused(said[-1])

    def _of(self, endpoint: str, limit: Limit, caller: str) -> Used:
        key = limit.get("key", "endpoint")
        whose = limit.get("principal") or (caller if key == "user" else "")
        return self._used[endpoint, key, whose]

    def _turn(self) -> None:
        minute = int(self._clock.now() // MINUTE)
        if minute != self._minute:
            self._minute = minute
            self._used.clear()


def _is_own(limit: Limit, caller: str) -> bool:
    return limit.get("key") in ("user", "service_principal") and limit.get("principal") == caller


def _refused(limit: Limit) -> TooManyRequests:
    whose = f"{limit['key']} '{limit['principal']}'" if limit.get("principal") else limit.get("key", "endpoint")
    said = " and ".join(f"{limit[unit]} {unit}" for unit in UNITS if unit in limit)
    return TooManyRequests(f"Rate limit of {said} per minute for the {whose} is exceeded. Try again later.")


def tokens_of(asked: bytes, answered: bytes, said: Mapping[str, Any]) -> int:
    """The tokens that a question and its answer took.

    Args:
        asked: The request.
        answered: The answer's body.
        said: The same as JSON; its `usage` counts. Without one it is estimated as (text length + 1) / 4
            (docs.databricks.com, configure-ai-gateway-endpoints).
    """
    usage = said.get("usage")
    if isinstance(usage, dict) and isinstance(usage.get("total_tokens"), int):
        return int(usage["total_tokens"])
    return (len(asked) + 1) // 4 + (len(answered) + 1) // 4

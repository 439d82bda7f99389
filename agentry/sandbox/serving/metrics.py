"""What an endpoint counts, in Prometheus' text form; in memory: the requests of the past minute.

That its metrics are of the past minute, added up, is what docs.databricks.com says of the rates that it shows.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.clock import Clock

MINUTE = 60.0
# Names of docs.databricks.com, model-serving/metrics-export-serving-endpoint; CPU, memory and GPU are not measured.
MEASURES: dict[str, Callable[[Answered], int]] = {
    "request_count_total": lambda _: 1,
    "request_4xx_count_total": lambda one: 400 <= one.status < 500,
    "request_5xx_count_total": lambda one: one.status >= 500,
    "request_latency_ms_sum": lambda one: one.milliseconds,
}


class Answered(NamedTuple):
    """One answer."""

    at: float
    entity: str
    status: int
    milliseconds: int


class Metrics:
    """Counts by endpoint and served entity.

    Args:
        clock: Says when a minute is over.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: dict[str, deque[Answered]] = {}

    def count(self, endpoint: str, entity: str, status: int, milliseconds: int) -> None:
        """Count one answer."""
        self._lately(endpoint).append(Answered(self._clock.monotonic(), entity, status, milliseconds))

    def forget(self, endpoint: str) -> None:
        """An endpoint is gone."""
        self._answers.pop(endpoint, None)

    def text(self, endpoint: str) -> str:
        """All of one endpoint."""
        answers = self._lately(endpoint)
        entities = sorted({one.entity for one in answers})
        lines = []
        for name, measured in MEASURES.items():
            lines.append(f"# TYPE {name} gauge")
            for entity in entities:
                value = sum(measured(one) for one in answers if one.entity == entity)
                lines.append(f'{name}{{endpoint_name="{endpoint}",served_model_name="{entity}"}} {value}')
        return "\n".join(lines) + "\n"

    def _lately(self, endpoint: str) -> deque[Answered]:
        answers = self._answers.setdefault(endpoint, deque())
        while answers and answers[0].at <= self._clock.monotonic() - MINUTE:
            answers.popleft()
        return answers

"""What an endpoint counts, in Prometheus' text form; in memory, from the start of the sandbox."""

from __future__ import annotations

from collections import Counter

# Names of docs.databricks.com, model-serving/metrics-export-serving-endpoint; CPU, memory and GPU are not measured.
ALL, REFUSED, FAILED, LATENCY = (
    "request_count_total", "request_4xx_count_total", "request_5xx_count_total", "request_latency_ms_sum",
)  # fmt: skip


class Metrics:
    """Counts by endpoint and served entity."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def count(self, endpoint: str, entity: str, status: int, milliseconds: int) -> None:
        """Count one answer."""
        self._counts[ALL, endpoint, entity] += 1
        self._counts[REFUSED, endpoint, entity] += 400 <= status < 500
        self._counts[FAILED, endpoint, entity] += status >= 500
        self._counts[LATENCY, endpoint, entity] += milliseconds

    def forget(self, endpoint: str) -> None:
        """An endpoint is gone."""
        for key in [key for key in self._counts if key[1] == endpoint]:
            del self._counts[key]

    def text(self, endpoint: str) -> str:
        """All of one endpoint."""
        lines = []
        for name in (ALL, REFUSED, FAILED, LATENCY):
            lines.append(f"# TYPE {name} counter")
            for (metric, of, entity), count in sorted(self._counts.items()):
                if (metric, of) == (name, endpoint):
                    lines.append(f'{name}{{endpoint_name="{of}",served_model_name="{entity}"}} {count}')
        return "\n".join(lines) + "\n"

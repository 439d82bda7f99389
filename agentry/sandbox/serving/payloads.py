"""What an inference table holds: a row for each question while it is enabled.

No SQL leads to it here, but this does:

    GET /sandbox/inference-tables/local.agents.weather_payload

Rows have the columns of AI Gateway-enabled inference tables (docs.databricks.com, ai-gateway/inference-tables).
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentry.sandbox.access import Securable
from agentry.sandbox.catalog import find_entity
from agentry.sandbox.serving.ai_gateway import inference_table
from agentry.sandbox.store import Row
from agentry.sandbox.web import Json, Router, Sandbox, UserCaller

if TYPE_CHECKING:
    from agentry.sandbox.serving.endpoint import Endpoint
    from agentry.sandbox.state import State

router = Router(prefix="/sandbox/inference-tables")
# docs, inference tables: payloads of more than 1 MiB are not logged.
MOST_BYTES = 1024 * 1024
TOO_LARGE = "MAX_REQUEST_SIZE_EXCEEDED"


@dataclass(frozen=True)
class Payload(Row):
    """One question and its answer."""

    TABLE = "payloads"

    table: str
    request: str
    response: str
    status_code: int
    request_time: int
    execution_duration_ms: int
    served_entity_id: str
    requester: str
    client_request_id: str = ""
    logging_error_codes: list[str] = field(default_factory=list)
    databricks_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def key(self) -> str:
        """The request's id."""
        return self.databricks_request_id

    @property
    def parent(self) -> str:
        """The table that it is in."""
        return self.table

    def to_wire(self) -> Json:
        """As a row of the table."""
        day = time.strftime("%Y-%m-%d", time.gmtime(self.request_time / 1000))
        row = {key: value for key, value in vars(self).items() if key != "table"}
        return {"request_date": day, **row, "sampling_fraction": 1.0}


@dataclass(frozen=True)
class Recording:
    """A question whose answer is on its way.

    Attributes:
        state: The sandbox.
        table: Where it is written.
        asked: The question.
        caller: Who asked.
        client_request_id: What the caller calls it.
        began: Milliseconds since the epoch.
    """

    state: State
    table: str
    asked: bytes
    caller: str
    client_request_id: str
    began: int

    def write(self, entity: str, status: int, answered: bytes) -> None:
        """Write the row."""
        large = max(len(self.asked), len(answered)) > MOST_BYTES
        self.state.store.add(
            Payload(
                self.table,
                "" if large else self.asked.decode(errors="replace"),
                "" if large else answered.decode(errors="replace"),
                status,
                self.began,
                self.state.milliseconds() - self.began,
                entity,
                self.caller,
                self.client_request_id,
                [TOO_LARGE] if large else [],
            )
        )


def recording(state: State, endpoint: Endpoint, asked: bytes, said: Json, caller: str) -> Recording | None:
    """A row that is to be written, if the endpoint has an inference table that is on."""
    table = inference_table(endpoint.ai_gateway)
    if table is None:
        return None
    client_id = str(said.get("client_request_id") or "")
    return Recording(state, table.name, asked, caller, client_id, state.milliseconds())


@router.get("/{table}")
async def rows(table: str, caller: UserCaller, sandbox: Sandbox) -> Json:
    """The rows of an inference table, for whoever may read it."""
    securable = Securable("TABLE", table.lower())
    find_entity(sandbox, securable)
    sandbox.access.require(caller, securable, "SELECT")
    return {"rows": [row.to_wire() for row in sandbox.store.rows(Payload, parent=table.lower())]}

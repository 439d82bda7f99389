"""`/sandbox/faults`: faults listed, asked for and forgotten; `/sandbox/endpoint-limit`: the knob of the pace."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field

from agentry.sandbox.area import Area
from agentry.sandbox.errors import NotFound, PermissionDenied
from agentry.sandbox.faults.facts import FACTS
from agentry.sandbox.faults.fault import SAID, Fault
from agentry.sandbox.faults.pace import WINDOW, Pace
from agentry.sandbox.faults.wanted import checked
from agentry.sandbox.web import Body, Caller, Json, Router, Sandbox, UserCaller

if TYPE_CHECKING:
    from agentry.sandbox.state import State

router = Router()
FAULTS = "/sandbox/faults"
LIMIT = "/sandbox/endpoint-limit"


class WantedFault(Body):
    """A fault on the wire: `Fault` says what the fields mean."""

    # Not as the platform does: a field that is spelled wrong would be a fault that never happens.
    model_config = ConfigDict(extra="forbid")

    path: str = ""
    method: str = ""
    times: int | None = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)
    status: int = 0
    error_code: str = ""
    message: str = SAID
    retry_after: int | None = Field(default=None, ge=0)
    after: bool = False
    cut: bool = False
    merge: dict[str, Any] | None = None
    delay: int = Field(default=0, ge=0, le=60_000)
    stale: float = Field(default=0, ge=0, le=3600)
    expire: bool = False
    busy: float = Field(default=0, ge=0, le=86_400)
    endpoint: str = ""
    start: str = ""
    seconds: float | None = Field(default=None, ge=0, le=86_400)

    def to_fault(self) -> Fault:
        """The fault; reads are behind until that is taken back, unless it is said how many.

        Raises:
            InvalidParameter: It could never happen.
        """
        said = self.model_dump()
        if self.stale and "times" not in self.model_fields_set:
            said["times"] = None
        return checked(Fault(**said))


class WantedFaults(Body):
    """A PUT body."""

    faults: tuple[WantedFault, ...] = ()


class WantedPace(Body):
    """A PUT body: so many creates and updates of endpoints in so many seconds; 0 for any number."""

    limit: int = Field(ge=0)
    window: float = Field(default=WINDOW, gt=0)


@router.get(FAULTS)
async def list_faults(caller: UserCaller, sandbox: Sandbox) -> Json:
    """The faults that are still to come, and those that are over; `taken` says how often each was."""
    _require_admin(sandbox, caller)
    faults = sandbox.faults
    return {"faults": [asdict(fault) for fault in faults.to_come], "done": [asdict(fault) for fault in faults.done]}


@router.put(FAULTS)
async def set_faults(body: WantedFaults, caller: UserCaller, sandbox: Sandbox) -> Json:
    """These faults in place of all that are still to come."""
    _require_admin(sandbox, caller)
    sandbox.faults.replace([wanted.to_fault() for wanted in body.faults])
    return {}


@router.post(FAULTS)
async def add_fault(body: WantedFault, caller: UserCaller, sandbox: Sandbox) -> Json:
    """One more fault, after those that are there; it is answered with its `id`."""
    _require_admin(sandbox, caller)
    return asdict(sandbox.faults.add(body.to_fault()))


@router.delete(FAULTS)
async def clear_faults(caller: UserCaller, sandbox: Sandbox) -> Json:
    """No faults."""
    _require_admin(sandbox, caller)
    sandbox.faults.clear()
    return {}


@router.delete(FAULTS + "/{number}")
async def remove_fault(number: int, caller: UserCaller, sandbox: Sandbox) -> Json:
    """One fault fewer."""
    _require_admin(sandbox, caller)
    if not sandbox.faults.remove(number):
        raise NotFound(f"There is no fault {number}.")
    return {}


@router.get(LIMIT)
async def get_limit(caller: UserCaller, sandbox: Sandbox) -> Json:
    """How many creates and updates of endpoints there may be, and in how many seconds."""
    _require_admin(sandbox, caller)
    return {"limit": sandbox.faults.pace.limit, "window": sandbox.faults.pace.window}


@router.put(LIMIT)
async def set_limit(body: WantedPace, caller: UserCaller, sandbox: Sandbox) -> Json:
    """Another limit, until the sandbox stops; counting begins anew."""
    _require_admin(sandbox, caller)
    sandbox.faults.pace = Pace(body.limit, body.window)
    return {"limit": body.limit, "window": body.window}


def _require_admin(sandbox: State, caller: Caller) -> None:
    if not sandbox.principals.is_admin(caller.principal):
        raise PermissionDenied(f"Only admins may ask for faults. [Principal: {caller.name}]")


def prepare(state: State) -> None:
    """What was chosen when the sandbox started. The latency is a fault like others: a PUT replaces it too."""
    mode = state.settings.mode
    if mode.latency:
        state.faults.add(Fault(path=".*", times=None, delay=mode.latency))
    state.faults.pace = Pace(mode.endpoint_limit, mode.endpoint_window)


AREA = Area("faults", router, FACTS, prepare=prepare)
"""Its routes are the sandbox's own."""

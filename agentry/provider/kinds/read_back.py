"""What was written is read back: a workspace that answers well and still shows the old is never believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from agentry.errors import WaitTimeout
from agentry.provider.kinds.ownership import workspace_of
from agentry.workspace.waits import Pending, span

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agentry.provider.kinds.kind import Context

T = TypeVar("T")

SECONDS: Final = 30.0
"""How long reads may lag behind writes: Unity Catalog answers from caches, and promises no length of time."""


async def read_back(look: Callable[[], Awaitable[str]], *, what: str, fix: str, ctx: Context) -> None:
    """Wait until a look finds what was written.

    Args:
        look: What is there instead of what was written, in a few words; "" once it is as written.
        what: What was written, as the object of "waiting for".
        fix: What to type when it does not show.
        ctx: Of the step.

    Raises:
        WaitTimeout: It is not there after `SECONDS`, or the time that customTimeouts gives.
        Interrupted: The engine asked to stop.
    """
    there = ""
    seconds = min(SECONDS, ctx.timeout or SECONDS)

    async def poll() -> bool | Pending:
        nonlocal there
        there = await look()
        return Pending(there) if there else True

    try:
        await workspace_of(ctx).wait(poll, what=what, timeout=seconds, report=ctx.report)
    except WaitTimeout as error:
        raise WaitTimeout(
            f"{what} does not show", why=f"the workspace took it, and {span(seconds)} later {there}", fix=fix
        ) from error


async def shown(look: Callable[[], Awaitable[T | None]], *, what: str, ctx: Context) -> T:
    """Wait until what was just made can be seen.

    Args:
        look: Asks for it; None where it is not there.
        what: As the object of "waiting for".
        ctx: Of the step.

    Raises:
        WaitTimeout: It is not there after `SECONDS`.
        Interrupted: The engine asked to stop.
    """

    async def poll() -> T | Pending:
        found = await look()
        return Pending("made, and not shown yet") if found is None else found

    return await workspace_of(ctx).wait(poll, what=what, timeout=SECONDS, report=ctx.report)

"""An area of the sandbox: some routes, what they rest on, and what they need before the first request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from agentry.sandbox.state import State
    from agentry.sandbox.web import Router


class Fact(NamedTuple):
    """One behaviour of the sandbox and how it is known.

    Attributes:
        behaviour: What the sandbox does, in a sentence.
        source: The document, client source or observation that it comes from; for an unconfirmed one, why it was
            decided so.
        confirmed: False where nothing at hand confirms that the real platform does the same.
    """

    behaviour: str
    source: str
    confirmed: bool = True


@dataclass(frozen=True)
class Area:
    """One area.

    Attributes:
        name: Its name in `agentry sandbox facts`.
        router: Its routes.
        facts: What its behaviour comes from.
        prepare: Called at every start, before requests: registers object types, makes what a new sandbox has.
            Must change nothing when all is there.
        lifespan: Entered before the first request, left at shutdown: for processes and background tasks.
    """

    name: str
    router: Router
    facts: tuple[Fact, ...]
    prepare: Callable[[State], None] | None = None
    lifespan: Callable[[State], AbstractAsyncContextManager[None]] | None = None

"""Answers on their way to whoever asked, and what gives them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

EVENTS = "text/event-stream"


class Answering(Protocol):
    """What a question can be given to: the process of a served version, or what stands in for one."""

    async def ask(self, body: bytes) -> Asked:
        """Pass a question on; the answer is open, to be read or streamed, and then closed.

        Raises:
            httpx.HTTPError: What was asked died, or took too long.
        """
        ...


@dataclass(frozen=True)
class Chosen:
    """Where a question goes.

    Attributes:
        entity: The name of the served entity.
        process: What answers for it.
    """

    entity: str
    process: Answering


class Asked(Protocol):
    """An answer that may still be coming."""

    @property
    def status(self) -> int:
        """Of HTTP."""
        ...

    @property
    def media_type(self) -> str:
        """Such as `application/json`."""
        ...

    def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        ...

    async def close(self) -> None:
        """It was passed on, or whoever asked went away."""


@dataclass(frozen=True)
class Answer:
    """An answer that is there already.

    Attributes:
        status: Of HTTP.
        media_type: Of the body.
        body: In pieces, as it would come.
    """

    status: int
    media_type: str
    body: Sequence[bytes]

    @classmethod
    def json(cls, said: Any, status: int = 200) -> Answer:
        """A JSON body."""
        return cls(status, "application/json", [json.dumps(said).encode()])

    @classmethod
    def refused(cls, message: str) -> Answer:
        """What a model answers to a question that it does not understand."""
        return cls.json({"error_code": "BAD_REQUEST", "message": message}, 400)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body."""
        for piece in self.body:
            yield piece

    async def close(self) -> None:
        """Nothing is open."""

"""One question to an endpoint: through the AI Gateway, to a served entity or the next one, and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
from fastapi import Response
from fastapi.responses import StreamingResponse

from agentry.sandbox.errors import ApiError, BadRequest
from agentry.sandbox.faults.faults import take
from agentry.sandbox.serving import guardrails, limits, payloads, standin
from agentry.sandbox.serving.answers import EVENTS, Answer
from agentry.sandbox.serving.service import endpoints_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from agentry.sandbox.identity import Caller
    from agentry.sandbox.serving.answers import Asked, Chosen
    from agentry.sandbox.serving.endpoint import Endpoint
    from agentry.sandbox.state import State

# databricks-sdk 0.156 reads it from the answers of serving_endpoints.query.
SERVED_BY = "served-model-name"
TOO_MANY = 429
ERROR = 500


class Unanswered(ApiError):
    """What serves died or took too long."""

    status = 503
    error_code = "TEMPORARILY_UNAVAILABLE"


class Question:
    """One question.

    Args:
        sandbox: Where it is asked.
        caller: Who asks; they may.
        endpoint: What is asked.
        body: The request.
    """

    def __init__(self, sandbox: State, caller: Caller, endpoint: Endpoint, body: bytes) -> None:
        self._sandbox = sandbox
        self._caller = caller
        self._endpoint = endpoint
        self._body = body
        self._began = sandbox.milliseconds()
        self._admitted = limits.Admitted(())
        self._recording = payloads.recording(sandbox, endpoint, body, _object(body), caller.name)

    async def answer(self, entity: str | None = None) -> Response:
        """Ask; of the named entity, or of the one whose turn it is.

        Raises:
            TooManyRequests: A rate limit is passed.
            BadRequest: Nothing serves.
            Unanswered: What serves ended or took too long.
        """
        self._admit()
        if guardrails.keyword(self._endpoint.ai_gateway, "input", self._body):
            return PassedOn(self, guardrails.blocked("input"), "")
        if self._endpoint.foundation_model:
            said = standin.answer(self._endpoint.name, self._endpoint.task, self._body)
            return PassedOn(self, said, self._endpoint.foundation_model["name"])
        name = self._endpoint.name
        chosen = await endpoints_of(self._sandbox).choose(name, entity)
        if chosen is None:
            raise BadRequest(f"Endpoint '{name}' is not ready: none of its served entities answers.")
        asked = await self._ask(chosen)
        for other in self._others(chosen.entity):
            if asked.status != TOO_MANY and asked.status < ERROR:
                break
            fallback = await endpoints_of(self._sandbox).choose(name, other)
            if fallback is not None:
                await asked.close()
                chosen, asked = fallback, await self._ask(fallback)
        return PassedOn(self, asked, chosen.entity)

    def _admit(self) -> None:
        endpoint, principal = self._endpoint, self._caller.principal
        said = [*(endpoint.ai_gateway.get("rate_limits") or ()), *endpoint.rate_limits]
        if said:
            groups = self._sandbox.principals.groups_of(principal)
            counts = endpoints_of(self._sandbox).limits
            self._admitted = counts.admit(endpoint.id, said, principal.name, groups)

    def _others(self, first: str) -> list[str]:
        """Whom to ask when the first fails: the others in their order, beginning after it, then from the start."""
        fallback = self._endpoint.ai_gateway.get("fallback_config") or {}
        serving = self._endpoint.serving
        if not fallback.get("enabled") or serving is None:
            return []
        names = [entity.name for entity in serving.entities]
        at = names.index(first) if first in names else 0
        return names[at + 1 :] + names[:at]

    async def _ask(self, chosen: Chosen) -> Asked:
        serving = self._endpoint.serving
        if serving is not None and serving.is_external:
            path = f"/external/{self._endpoint.name}/{chosen.entity}"
            fault = await take(self._sandbox, "POST", path)
            if fault is not None and fault.status:
                return Answer(fault.status, "application/json", [bytes(fault.answer().body)])
        name = self._endpoint.name
        try:
            return await chosen.process.ask(self._body)
        except httpx.TimeoutException as error:
            raise self._unanswered(chosen, f"Endpoint '{name}' did not answer in time.") from error
        except httpx.HTTPError as error:
            raise self._unanswered(
                chosen, f"The served entity of endpoint '{name}' ended while it was asked."
            ) from error

    def _unanswered(self, chosen: Chosen, why: str) -> Unanswered:
        """The refusal for a question that was passed on in vain; it is counted and recorded like an answer."""
        refusal = Unanswered(why)
        self.answered(chosen.entity, refusal.status, json.dumps(refusal.body()).encode())
        return refusal

    @property
    def is_read(self) -> bool:
        """Whether the answer's text matters, so that it must be kept as it passes."""
        return bool(self._admitted.counted or self._recording)

    def checked(self, answer: bytes) -> Answer | None:
        """What is answered instead of a whole answer; None when nothing is wrong with it."""
        found = guardrails.keyword(self._endpoint.ai_gateway, "output", answer)
        return guardrails.blocked("output") if found else None

    def answered(self, entity: str, status: int, answer: bytes) -> None:
        """Count, and write what is to be written.

        Args:
            entity: Who answered; empty when nobody was asked.
            status: Of the answer.
            answer: Its body, if `is_read`.
        """
        duration = self._sandbox.milliseconds() - self._began
        endpoints_of(self._sandbox).metrics.count(self._endpoint.name, entity, status, duration)
        if self._admitted.counted:
            self._admitted.took(limits.tokens_of(self._body, answer, _object(answer)))
        if self._recording is not None:
            self._recording.write(entity, status, answer)


class PassedOn(Response):
    """An answer, passed on as it comes; whatever happens on the way, what gave it learns that it is done.

    Args:
        question: What it answers.
        answer: It is open.
        entity: The name of the served entity that gave it; empty when none was asked.
    """

    def __init__(self, question: Question, answer: Asked, entity: str) -> None:
        super().__init__()
        self._question = question
        self._answer = answer
        self._entity = entity
        self._seen: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on head and body."""
        answer = self._answer
        headers = {SERVED_BY: self._entity} if self._entity else {}
        try:
            if answer.media_type.startswith(EVENTS):
                passed: Response = StreamingResponse(self._pieces(), answer.status, headers, answer.media_type)
            else:
                body = b"".join([piece async for piece in answer.pieces()])
                instead = self._question.checked(body)
                answer, body = (instead, b"".join(instead.body)) if instead else (answer, body)
                self._seen = [body]
                passed = Response(body, answer.status, headers, answer.media_type)
            await passed(scope, receive, send)
        finally:
            self._question.answered(self._entity, answer.status, b"".join(self._seen))
            await self._answer.close()

    async def _pieces(self) -> AsyncIterator[bytes]:
        async for piece in self._answer.pieces():
            if self._question.is_read:
                self._seen.append(piece)
            yield piece


def _object(body: bytes) -> dict[str, Any]:
    """JSON, or nothing."""
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}

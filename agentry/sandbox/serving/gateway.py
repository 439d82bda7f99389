"""`/serving-endpoints/...`: questions on their way to what serves, and answers on their way back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from agentry.sandbox.errors import ApiError, BadRequest, InvalidParameter
from agentry.sandbox.serving import rights, standin
from agentry.sandbox.serving.answers import EVENTS
from agentry.sandbox.serving.service import endpoints_of
from agentry.sandbox.web import AnyEntitled, Caller, Router, Sandbox

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from agentry.sandbox.serving.answers import Asked
    from agentry.sandbox.state import State

router = Router(prefix="/serving-endpoints")
# databricks-sdk 0.156 reads it from the answers of serving_endpoints.query.
SERVED_BY = "served-model-name"


class Unanswered(ApiError):
    """What serves died or took too long."""

    status = 503
    error_code = "TEMPORARILY_UNAVAILABLE"


@router.post("/chat/completions")
async def chat_completions(request: Request, caller: AnyEntitled, sandbox: Sandbox) -> Response:
    """OpenAI's chat form: `model` names the endpoint."""
    name, said = await _addressed(request)
    return await _answer(sandbox, caller, name, json.dumps(said).encode())


@router.post("/responses")
async def responses(request: Request, caller: AnyEntitled, sandbox: Sandbox) -> Response:
    """OpenAI's responses form: `model` names the endpoint; a text is a message of the user."""
    name, said = await _addressed(request)
    if isinstance(said.get("input"), str):
        said["input"] = [{"role": "user", "content": said["input"]}]
    return await _answer(sandbox, caller, name, json.dumps(said).encode())


@router.post("/{name}/invocations")
async def invocations(name: str, request: Request, caller: AnyEntitled, sandbox: Sandbox) -> Response:
    """The platform's own form: the body goes to the model as it is."""
    return await _answer(sandbox, caller, name, await request.body())


@router.post("/{name}/served-models/{entity}/invocations")
async def entity_invocations(
    name: str, entity: str, request: Request, caller: AnyEntitled, sandbox: Sandbox
) -> Response:
    """The same for one served entity, whatever its share of the traffic."""
    return await _answer(sandbox, caller, name, await request.body(), entity)


async def _addressed(request: Request) -> tuple[str, dict[str, Any]]:
    said = _read(await request.body())
    name = said.pop("model", None)
    if not isinstance(name, str) or not name:
        raise InvalidParameter("The request must say in `model` which serving endpoint it is for.")
    return name, said


async def _answer(sandbox: State, caller: Caller, name: str, body: bytes, entity: str | None = None) -> Response:
    endpoint = endpoints_of(sandbox).get(name)
    sandbox.permissions.require(caller, rights.OBJECT, endpoint.id, rights.CAN_QUERY)
    if endpoint.foundation_model:
        return PassedOn(standin.answer(name, endpoint.task, body), endpoint.foundation_model["name"])
    chosen = await endpoints_of(sandbox).choose(name, entity)
    if chosen is None:
        raise BadRequest(f"Endpoint '{name}' is not ready: none of its served entities answers.")
    try:
        return PassedOn(await chosen.process.ask(body), chosen.entity)
    except httpx.TimeoutException as error:
        raise Unanswered(f"Endpoint '{name}' did not answer in time.") from error
    except httpx.HTTPError as error:
        raise Unanswered(f"The served entity of endpoint '{name}' ended while it was asked.") from error


class PassedOn(Response):
    """An answer, passed on as it comes; whatever happens on the way, what gave it learns that it is done.

    Args:
        answer: It is open.
        entity: The name of the served entity that gave it.
    """

    def __init__(self, answer: Asked, entity: str) -> None:
        super().__init__()
        self._answer = answer
        self._entity = entity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on head and body."""
        answer, headers = self._answer, {SERVED_BY: self._entity}
        try:
            if answer.media_type.startswith(EVENTS):
                passed: Response = StreamingResponse(answer.pieces(), answer.status, headers, answer.media_type)
            else:
                body = b"".join([piece async for piece in answer.pieces()])
                passed = Response(body, answer.status, headers, answer.media_type)
            await passed(scope, receive, send)
        finally:
            await answer.close()


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError as error:
        raise BadRequest(f"The request is not JSON: {error}") from error
    if not isinstance(said, dict):
        raise BadRequest("The request must be a JSON object.")
    return said

"""`/serving-endpoints/...`: questions on their way to what serves, and answers on their way back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
from fastapi import Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from agentry.sandbox.chat import completions
from agentry.sandbox.errors import ApiError, BadRequest, InvalidParameter
from agentry.sandbox.serving import rights
from agentry.sandbox.serving.answers import EVENTS
from agentry.sandbox.serving.service import endpoints_of
from agentry.sandbox.web import AnyEntitled, Caller, Router, Sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from agentry.sandbox.serving.answers import Asked
    from agentry.sandbox.serving.endpoint import Endpoint
    from agentry.sandbox.state import State

router = Router(prefix="/serving-endpoints")


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
        return _complete(endpoint, _read(body))
    process = await endpoints_of(sandbox).choose(name, entity)
    if process is None:
        raise BadRequest(f"Endpoint '{name}' is not ready: none of its served entities answers.")
    try:
        answer = await process.ask(body)
    except httpx.TimeoutException as error:
        raise Unanswered(f"Endpoint '{name}' did not answer in time.") from error
    except httpx.HTTPError as error:
        raise Unanswered(f"The served entity of endpoint '{name}' ended while it was asked.") from error
    return PassedOn(answer)


class PassedOn(Response):
    """An answer, passed on as it comes; whatever happens on the way, what gave it learns that it is done."""

    def __init__(self, answer: Asked) -> None:
        super().__init__()
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on head and body."""
        answer = self._answer
        try:
            if answer.media_type.startswith(EVENTS):
                passed: Response = StreamingResponse(answer.pieces(), answer.status, media_type=answer.media_type)
            else:
                body = b"".join([piece async for piece in answer.pieces()])
                passed = Response(body, answer.status, media_type=answer.media_type)
            await passed(scope, receive, send)
        finally:
            await answer.close()


def _complete(endpoint: Endpoint, said: dict[str, Any]) -> Response:
    """Ask the stand-in for an LLM."""
    try:
        if said.get("stream"):
            chunks = completions.stream(endpoint.name, said)
            return StreamingResponse(_events(chunks), media_type=EVENTS)
        return JSONResponse(completions.complete(endpoint.name, said))
    except completions.NotUnderstood as error:
        raise BadRequest(str(error)) from error


async def _events(chunks: list[dict[str, Any]]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield f"data: {json.dumps(chunk)}\n\n".encode()
    yield b"data: [DONE]\n\n"


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError as error:
        raise BadRequest(f"The request is not JSON: {error}") from error
    if not isinstance(said, dict):
        raise BadRequest("The request must be a JSON object.")
    return said

"""`/serving-endpoints/...`: questions on their way to what serves, and answers on their way back."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request, Response  # noqa: TC002 - FastAPI reads the annotations

from agentry.sandbox.errors import BadRequest, InvalidParameter
from agentry.sandbox.serving import rights
from agentry.sandbox.serving.question import Question
from agentry.sandbox.serving.service import endpoints_of
from agentry.sandbox.web import AnyEntitled, Caller, Router, Sandbox, State

router = Router(prefix="/serving-endpoints")


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


async def _answer(sandbox: State, caller: Caller, name: str, body: bytes, entity: str | None = None) -> Response:
    endpoint = endpoints_of(sandbox).get(name)
    sandbox.permissions.require(caller, rights.OBJECT, endpoint.id, rights.CAN_QUERY)
    return await Question(sandbox, caller, endpoint, body).answer(entity)


async def _addressed(request: Request) -> tuple[str, dict[str, Any]]:
    said = _read(await request.body())
    name = said.pop("model", None)
    if not isinstance(name, str) or not name:
        raise InvalidParameter("The request must say in `model` which serving endpoint it is for.")
    return name, said


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError as error:
        raise BadRequest(f"The request is not JSON: {error}") from error
    if not isinstance(said, dict):
        raise BadRequest("The request must be a JSON object.")
    return said

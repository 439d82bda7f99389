"""What holds for every route: nobody without a token, errors in one form, facts behind every area."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute

from agentry.sandbox.app import AREAS
from agentry.sandbox.facts import facts
from agentry.sandbox.web import Router

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

# Host discovery comes before credentials, the sandbox's own health is no secret, presigned addresses carry their own.
OPEN = ("/.well-known/", "/oidc/", "/health", "/storage/")
ROUTES = [route for area in AREAS for route in area.router.known]


def test_the_routes_are_seen() -> None:
    assert len(ROUTES) > 100


@pytest.mark.parametrize("route", [f"{method} {path}" for method, path in ROUTES if not path.startswith(OPEN)])
async def test_every_route_wants_a_token(inside: Inside, route: str) -> None:
    method, path = route.split(" ", 1)
    answer = await inside.call("", method, re.sub(r"\{[^}]+\}", "1", path))
    assert answer.status == 401
    assert method == "HEAD" or answer.body["error_code"] == "UNAUTHENTICATED"


async def test_a_wrong_token_is_refused(inside: Inside) -> None:
    inside.tokens["stranger"] = "sandbox-0123"
    refused = await inside.refused("stranger", "GET", "/api/2.0/preview/scim/v2/Me")
    assert refused == "UNAUTHENTICATED: Invalid access token."


async def test_discovery_needs_no_token(inside: Inside) -> None:
    found = await inside.done("", "GET", "/.well-known/databricks-config")
    assert found["workspace_id"] == inside.state.workspace.workspace_id
    assert found["account_id"]


async def test_every_answer_names_the_workspace(inside: Inside) -> None:
    for path in ("/.well-known/databricks-config", "/api/2.0/preview/scim/v2/Me", "/none"):
        answer = await inside.call("deployer", "GET", path)
        assert answer.headers["x-databricks-org-id"] == inside.state.workspace.workspace_id


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/2.0/none"), ("POST", "/api/2.0/none"), ("GET", "/")])
async def test_a_route_that_is_not_there_is_said(inside: Inside, method: str, path: str) -> None:
    refused = await inside.refused("deployer", method, path)
    assert refused == f"ENDPOINT_NOT_FOUND: No API found for '{method} {path}'"


async def test_a_field_that_is_missing_is_named(inside: Inside) -> None:
    refused = await inside.refused("deployer", "POST", "/api/2.0/mlflow/experiments/create", {"tags": []})
    assert refused == "INVALID_PARAMETER_VALUE: Invalid request: name: Field required"


async def test_a_body_that_is_no_json_is_said(inside: Inside) -> None:
    headers = {"authorization": f"Bearer {inside.tokens['deployer']}", "content-type": "application/json"}
    answer = await inside.http.post("/api/2.0/mlflow/experiments/create", content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_every_area_says_what_it_comes_from() -> None:
    for area in facts():
        assert area.facts, f"{area.area} has no facts"
        for fact in area.facts:
            assert fact.behaviour, area.area
            assert fact.source, fact.behaviour
        assert set(area.unconfirmed) == {fact for fact in area.facts if not fact.confirmed}


def test_no_fact_is_said_twice() -> None:
    behaviours = [fact.behaviour for area in facts() for fact in area.facts]
    assert len(behaviours) == len(set(behaviours))


def test_a_router_sends_what_a_handler_returns_as_it_is() -> None:
    router = Router()

    @router.get("/x")
    async def handler() -> dict[str, int]:
        return {}

    assert isinstance(router.routes[0], APIRoute)
    assert router.routes[0].response_model is None

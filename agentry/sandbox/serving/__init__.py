"""Serving endpoints, and the model versions that run behind them.

forms (as they are sent) -> entities, external, traffic, ai_gateway, telemetry (the rules on them)
  -> endpoint (states as data) -> endpoints (what is remembered, and what runs because of it)
deployment: environment, credentials, process of one served version; instant, echo, standin: what answers without one
gateway -> question: what is asked, by way of limits, guardrails, fallback, payloads and metrics
"""

from __future__ import annotations

from agentry.sandbox.area import Area
from agentry.sandbox.serving import gateway, observed_routes, payloads, routes, service, side_routes
from agentry.sandbox.serving.facts import FACTS
from agentry.sandbox.web import Router

router = Router()
for _router in (routes.router, side_routes.router, observed_routes.router, gateway.router, payloads.router):
    router.take(_router)

AREA = Area("serving", router, FACTS, prepare=service.prepare, lifespan=service.lifespan)

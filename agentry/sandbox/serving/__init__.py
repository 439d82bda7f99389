"""Serving endpoints, and the model versions that run behind them."""

from __future__ import annotations

from agentry.sandbox.area import Area
from agentry.sandbox.web import Router

router = Router()

AREA = Area("serving", router, ())

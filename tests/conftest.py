"""Fixtures of every room."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.sandbox.workspace import presigned_sandbox, sandbox

__all__ = ["presigned_sandbox", "sandbox"]

# How long an example takes says nothing on a machine that other tests run on at the same time.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

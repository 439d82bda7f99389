"""Fixtures of the sandbox's own tests."""

from __future__ import annotations

from tests.sandbox.inside import inside

__all__ = ["inside"]

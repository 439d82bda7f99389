"""Fixtures of every room."""

from __future__ import annotations

from tests.sandbox.workspace import sandbox

__all__ = ["sandbox"]

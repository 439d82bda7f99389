"""Users, groups and service principals over SCIM 2.0."""

from __future__ import annotations

from agentry.sandbox.scim.routes import AREA

__all__ = ["AREA"]

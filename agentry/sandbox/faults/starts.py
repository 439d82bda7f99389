"""What may become of an endpoint's start."""

from __future__ import annotations

SLOW, BUILD, LOAD, NEVER = STARTS = ("slow", "fails-to-build", "fails-to-load", "never-ready")

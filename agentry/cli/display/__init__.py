"""How a deployment looks: a live tree on a terminal, plain lines elsewhere, one JSON document for machines."""

from __future__ import annotations

from agentry.cli.display.display import Display, JsonDisplay, LiveDisplay, PlainDisplay
from agentry.cli.display.view import View, view_of

__all__ = ["Display", "JsonDisplay", "LiveDisplay", "PlainDisplay", "View", "view_of"]

"""Which entity a question goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentry.sandbox.serving.config import Route


def choose(routes: Sequence[Route], draw: float) -> str:
    """The entity for a draw, by weight.

    Args:
        routes: Shares that add up to 100; those of 0 are never chosen.
        draw: Uniform in [0, 1).
    """
    point = draw * sum(route.percentage for route in routes)
    open_routes = [route for route in routes if route.percentage > 0]
    for route in open_routes:
        if point < route.percentage:
            return route.entity
        point -= route.percentage
    # Only a rounding error of the sum leads here.
    return open_routes[-1].entity

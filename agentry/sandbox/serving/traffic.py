"""Which entity a question goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.serving.config import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentry.sandbox.serving.config import Config, ServedEntity
    from agentry.sandbox.serving.forms import TrafficForm


class Shares:
    """Takes turns by weight: of 90 and 10, nine of ten questions in a row go to the first, and which is always the same.

    Args:
        routes: Shares that add up to 100; those of 0 never get a question.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self._owed = {route.entity: 0 for route in routes if route.percentage > 0}

    def next(self) -> str:
        """The entity for the next question: the one that got least of what is owed to it."""
        shares = {route.entity: route.percentage for route in self.routes if route.percentage > 0}
        for entity, share in shares.items():
            self._owed[entity] += share
        chosen = max(self._owed, key=lambda entity: self._owed[entity])
        self._owed[chosen] -= sum(shares.values())
        return chosen


def read_routes(
    form: TrafficForm | None, entities: Sequence[ServedEntity], serving: Config | None = None
) -> tuple[Route, ...]:
    """The shares that a client wants.

    Args:
        form: What was sent.
        entities: What they are for.
        serving: What serves now: its shares stay when nothing is said and the entities have the same names.

    Raises:
        InvalidParameter: They do not fit the entities, or do not add up to 100.
    """
    names = [entity.name for entity in entities]
    if form is None or not form.routes:
        if len(names) == 1:
            return (Route(names[0], 100),)
        if serving and [entity.name for entity in serving.entities] == names:
            return serving.routes
        raise InvalidParameter("traffic_config is required when there is more than one served entity.")
    routes = [Route(r.served_entity_name or r.served_model_name or "", r.traffic_percentage) for r in form.routes]
    for route in routes:
        if route.entity not in names:
            raise InvalidParameter(f"Traffic goes to '{route.entity}', which is not one of {', '.join(names)}.")
        if not 0 <= route.percentage <= 100:
            raise InvalidParameter(f"The traffic_percentage of '{route.entity}' must be within 0 and 100.")
    if len({route.entity for route in routes}) < len(routes):
        raise InvalidParameter("Traffic is given to a served entity twice.")
    if sum(route.percentage for route in routes) != 100:
        raise InvalidParameter("The traffic_percentage values must add up to 100.")
    return tuple(routes)

"""Tools of the table's calls, by which a driver declares: `tool.resources`, `tool.uc_function_name`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.inspector.entrypoints.clients import rows, undecorated
from agentry.inspector.uses import Finder

if TYPE_CHECKING:
    from agentry.inspector.evaluation.evaluate import Evaluator
    from agentry.inspector.evaluation.values import External, Made
    from agentry.inspector.uses import Undecided, Use


class Tools:
    """Leads an object back to the call of the table that made it, and to what that call uses."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._places: dict[str, tuple[list[Use], list[Undecided]]] | None = None

    def origin(self, value: External) -> Made | None:
        """The call of the table by which something was reached."""
        made = value.made
        while made:
            if any(row.required for row in rows(undecorated(made.maker.path))):
                return made
            made = made.maker.made
        return None

    def uses(self, origin: Made) -> tuple[list[Use], list[Undecided]]:
        """What is found on the line of a call."""
        if self._places is None:
            finder = Finder(self._evaluator)
            finder.look()
            self._places = {}
            for use in finder.uses:
                self._places.setdefault(use.where, ([], []))[0].append(use)
            for each in finder.undecided:
                self._places.setdefault(each.where, ([], []))[1].append(each)
        return self._places.get(f"{origin.scope.module.shown}:{origin.call.lineno}", ([], []))

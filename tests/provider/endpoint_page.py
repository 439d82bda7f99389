"""The table of fields in docs/serving-endpoint.md, from the rows that the provider works by.

python -m tests.provider.endpoint_page
"""

from __future__ import annotations

from pathlib import Path

from agentry.provider.fields import Does, When
from agentry.provider.kinds.endpoint_places import CREATION, PLACES, Place, Sort, snake

PAGE = Path(__file__).parents[2] / "docs" / "serving-endpoint.md"
BEGIN, END = "<!-- fields: ", "<!-- /fields -->"
WORDS = {
    Sort.CUSTOM: "Unity Catalog",
    Sort.THROUGHPUT: "throughput",
    Sort.UNITS: "model units",
    Sort.EXTERNAL: "external",
}


def rows() -> list[str]:
    """The table, line by line."""
    head = ["| field | in a request | for | changed by |", "|---|---|---|---|"]
    return [*head, *(_row(place) for place in PLACES)]


def _row(place: Place) -> str:
    where = ".".join(part for part in (place.part.key, place.path) if part)
    sorts = "all" if len(place.sorts) == len(Sort) else ", ".join(WORDS[one] for one in Sort if one in place.sorts)
    return f"| `{snake(place.field)}` | `{where}` | {sorts} | {_changed(place)} |"


def _changed(place: Place) -> str:
    replacing = place.declared.behaviour(Does.REPLACE)
    # Model units have routes of their own.
    below = "pt/" if place.sorts == {Sort.UNITS} else ""
    route = f"`{place.part.method} .../{below}{{name}}{place.part.route}`"
    if place.part is CREATION:
        return f"new endpoint: {replacing.reason if replacing else place.part.source}"
    if replacing and replacing.when is When.PRESENCE:
        return f"{route}; new endpoint where it comes or goes: {replacing.reason}"
    return route


def written(page: str) -> str:
    """The page with its table as it has to be."""
    before, _, rest = page.partition(BEGIN)
    line, _, rest = rest.partition("\n")
    _, _, after = rest.partition(END)
    return "\n".join([f"{before}{BEGIN}{line}", "", *rows(), "", f"{END}{after}"])


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

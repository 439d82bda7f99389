from __future__ import annotations

import re

from agentry.components import ServingEndpoint
from agentry.provider.kinds.endpoint_places import PLACES, snake
from tests.provider.endpoint_page import PAGE, written


def test_the_page_has_the_table_that_the_provider_works_by() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "python -m tests.provider.endpoint_page"


def test_the_page_spells_fields_as_a_program_does() -> None:
    named = set(re.findall(r"^\| `(\w+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert named == {snake(place.field) for place in PLACES}
    assert named <= set(ServingEndpoint.__init__.__annotations__)

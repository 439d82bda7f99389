"""Nothing is left out of the matrix: no kind, no field of a kind, no field of the platform."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

from agentry.provider.fields import Does
from agentry.provider.kinds.registry import KINDS
from agentry.provider.operations import fields_of
from tests.matrix.case import cases, requests

if TYPE_CHECKING:
    from tests.matrix.case import Case


def test_every_kind_has_a_case_in_a_file_called_like_its_own() -> None:
    wanted = {Path(inspect.getfile(type(kind))).stem: token for token, kind in KINDS.items()}
    assert {name: case.kind.token for name, case in cases().items()} == wanted


def test_every_field_that_can_be_given_or_is_refused_has_a_variant(case: Case) -> None:
    table = fields_of(case.kind)
    wanted = {field.name for field in table if field.is_given or field.has(Does.REFUSED)}
    refused_outputs = {name for name, one in case.variants.items() if one.refused and name not in wanted}
    assert refused_outputs <= {field.name for field in table if field.has(Does.OUTPUT)}
    assert set(case.variants) - refused_outputs == wanted


def test_every_field_of_the_platform_is_supported_or_has_its_reason(case: Case) -> None:
    assert case.forgotten() == []


def test_what_is_said_of_the_platform_is_so(case: Case) -> None:
    asked, platform = requests(case.platform.requests), case.platform
    known = {field.name for field in fields_of(case.kind)}
    assert [key for key in platform.ours | platform.reasons if key not in asked] == [], "the SDK has no such field"
    assert [name for name in platform.ours.values() if name not in known] == [], "the kind has no such field"
    assert [key for key in platform.ours if key in platform.reasons] == []
    assert all(platform.reasons.values())


def test_a_field_that_nobody_thought_of_is_found(case: Case) -> None:
    if not case.platform.ours:
        return  # `test_endpoint_sdk.py` shows it of the endpoint
    for taken in (*case.platform.ours, *case.platform.reasons):
        ours = {key: value for key, value in case.platform.ours.items() if key != taken}
        reasons = {key: value for key, value in case.platform.reasons.items() if key != taken}
        poorer = type("Poorer", (type(case),), {"platform": type(case.platform)(case.platform.requests, ours, reasons)})
        assert set(poorer().forgotten()) == {taken}

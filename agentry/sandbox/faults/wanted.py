"""Which faults can be: one that could never happen is refused when it is asked for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.faults.starts import SLOW, STARTS

if TYPE_CHECKING:
    from agentry.sandbox.faults.fault import Fault

_UPDATES = r"/api/2\.0/serving-endpoints/(pt/)?({})/config"


def checked(fault: Fault) -> Fault:
    """The fault as it is kept: one that is about an endpoint's next update has its path.

    Raises:
        InvalidParameter: It can not be.
    """
    for pattern in (fault.path, fault.endpoint):
        _require_expression(pattern)
    if fault.endpoint:
        _require(not fault.path, "A fault is about a path, or about an endpoint.")
        _require(bool(fault.start) != bool(fault.busy), "A fault of an endpoint says start, or busy.")
    else:
        _require(bool(fault.path), "A fault has a path, or an endpoint.")
        _require(not fault.start, "A fault of a start says of which endpoint.")
    if fault.start:
        _require_start(fault)
        return fault
    _require(fault.seconds is None, "Only a fault of a start says how many seconds it takes.")
    decided = [bool(fault.status) and not fault.expire, bool(fault.merge), fault.cut, fault.expire, bool(fault.stale)]
    _require(
        any(decided) or bool(fault.delay or fault.busy),
        "A fault has one of: status, merge, delay, cut, stale, expire, busy, start.",
    )
    _require(sum(decided) <= 1, "A fault has only one of: status, merge, cut, stale, expire.")
    _require(fault.status == 0 or 400 <= fault.status < 600, "A fault's status is one of 400 to 599.")
    _require(not fault.after or bool(fault.status) or fault.cut, "Only an answer that is lost comes after the effect.")
    if fault.endpoint:
        return replace(fault, method="PUT", path=_UPDATES.format(fault.endpoint))
    return fault


def _require_start(fault: Fault) -> None:
    _require(fault.start in STARTS, f"'{fault.start}' is no start: {', '.join(STARTS)}.")
    _require(fault.start != SLOW or bool(fault.seconds), "A slow start says how many seconds it takes.")
    others = (fault.status, fault.merge, fault.cut, fault.stale, fault.expire, fault.delay, fault.method, fault.after)
    _require(not any(others), "A fault of a start has endpoint, start, seconds, times, skip and message only.")


def _require_expression(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise InvalidParameter(f"'{pattern}' is not a regular expression: {error}") from error


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise InvalidParameter(otherwise)

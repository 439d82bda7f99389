from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.sandbox.request_log import KEPT, RequestLog, Seen

if TYPE_CHECKING:
    from tests.sandbox.inside import Inside

ME = "/api/2.0/preview/scim/v2/Me"


async def test_requests_are_told_in_the_order_in_which_they_came(inside: Inside) -> None:
    await inside.done("deployer", "GET", ME, attributes="id")
    await inside.refused("", "GET", ME)
    await inside.refused("deployer", "POST", "/api/2.0/nothing", {"password": "canary"})
    asked = (await inside.done("admin", "GET", "/sandbox/requests"))["requests"]
    assert [(one["number"], one["method"], one["path"], one["status"]) for one in asked] == [
        (1, "GET", ME, 200),
        (2, "GET", ME, 401),
        (3, "POST", "/api/2.0/nothing", 404),
    ]
    assert "canary" not in str(asked)
    assert (await inside.done("admin", "GET", "/sandbox/requests", after=2))["requests"] == asked[2:]


async def test_what_a_fault_answers_is_told_too(inside: Inside) -> None:
    await inside.done("admin", "PUT", "/sandbox/faults", {"faults": [{"path": ME, "status": 429}]})
    await inside.refused("deployer", "GET", ME)
    asked = (await inside.done("admin", "GET", "/sandbox/requests", after=1))["requests"]
    assert [one["status"] for one in asked] == [429]


async def test_only_admins_may_read_them(inside: Inside) -> None:
    assert (await inside.refused("deployer", "GET", "/sandbox/requests")).startswith("PERMISSION_DENIED")


def test_no_more_are_kept_than_fit() -> None:
    log = RequestLog()
    for _ in range(KEPT + 1):
        log.seen.append(Seen(next(log.numbers), "GET", "/", 0.0, ""))
    assert (len(log.seen), log.seen[0].number) == (KEPT, 2)

"""Row 8: what only a new endpoint can have, and in which order it comes and goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.peers.peer import ENDPOINTS

if TYPE_CHECKING:
    from tests.peers.row import Row

pytestmark = pytest.mark.process


def program(row: Row, name: str, more: str = "") -> str:
    """An endpoint, an alias of what it serves, and somebody who may ask it."""
    return f"""
        e = ServingEndpoint("e", name={name!r}, model={row.model!r}, version="1", {more})
        ModelAlias("alias", model={row.model!r}, alias="champion", version=e.served_version)
        Grant("access", principal="group:analysts", privileges=[Privilege("SERVING_ENDPOINT", {name!r}, "CAN_QUERY")],
              opts=ResourceOptions(depends_on=[e]))
    """


async def test_row_08_with_another_name_the_new_one_is_ready_before_the_old_one_goes(row: Row) -> None:
    row.workspace.register(row.model)
    row.workspace.version(row.model, task="agent/v1/responses")
    old, new = f"{row.name}-old", f"{row.name}-new"
    row.program(program(row, old))
    (await row.up()).went_well()
    row.program(program(row, new))
    planned = await row.preview()
    assert "replace e" in planned.steps
    assert f"the new endpoint is ready before {old} goes" in planned.said

    # One that does not start takes nothing away.
    row.fault({"endpoint": new, "start": "fails-to-load"})
    failed = await row.up()
    assert "UPDATE_FAILED" in failed.failed["e"]
    assert row.workspace.ask(old, person="asker").status_code == 200

    mark = row.workspace.mark()
    (await row.up()).went_well()
    done = row.workspace.requests(after=mark)
    order = [str(one) for one in done]
    gone = order.index(f"DELETE {ENDPOINTS}/{old}")
    assert max(n for n, one in enumerate(done) if one.path == f"{ENDPOINTS}/{new}") < gone, "it was not waited for"
    given = [n for n, one in enumerate(done) if one.method == "PATCH" and "/permissions/serving-endpoints/" in one.path]
    assert given
    assert max(given) < gone, "who asks it had not moved"
    assert row.workspace.ask(new, person="asker").status_code == 200
    assert row.workspace.client("admin").get(f"{ENDPOINTS}/{old}").status_code == 404
    assert (await row.preview()).steps == set()


async def test_row_08_with_the_same_name_the_preview_says_that_nobody_is_answered(row: Row) -> None:
    row.workspace.register(row.model)
    row.workspace.version(row.model)
    row.program(program(row, row.name))
    (await row.up()).went_well()
    row.program(program(row, row.name, "route_optimized=True"))
    planned = await row.preview()
    assert "replace e" in planned.steps
    assert "is replaced, because of routeOptimized: the platform takes it at creation only" in planned.said
    assert f"{row.name} is deleted first and answers nobody until the new one is ready" in planned.said
    mark = row.workspace.mark()
    (await row.up()).went_well()
    writes = row.workspace.writes(mark, path=ENDPOINTS)
    assert writes.index(f"DELETE {ENDPOINTS}/{row.name}") < writes.index(f"POST {ENDPOINTS}")
    assert row.workspace.endpoint(row.name)["route_optimized"] is True
    assert (await row.preview()).steps == set()

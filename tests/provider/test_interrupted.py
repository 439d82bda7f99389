"""Killed after any of its writes, and with its state lost: the next `up` converges, and nothing is doubled."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from agentry.clock import RealClock
from agentry.errors import Unavailable
from agentry.provider.kinds.registry import KINDS
from agentry.workspace import Json, Workspace, connect
from tests.provider.lifecycle import Engine, InitFailed, provider
from tests.provider.sandboxed import api, of
from tests.provider.test_grant import ASKER, granted, item
from tests.provider.test_registered_model import REGISTRY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from agentry.provider.kinds.kind import Properties
    from tests.sandbox.workspace import RunningSandbox

pytestmark = pytest.mark.process


class Killed(Exception):
    """As if the process were gone: no kind knows this error."""


@dataclasses.dataclass
class Failing:
    """A transport whose n-th write takes effect and whose answer never comes."""

    inner: Any
    error: Exception
    left: int

    async def send(self, method: str, path: str, query: Any, body: Any, timeout: float) -> Json:
        answer: Json = await self.inner.send(method, path, query, body, timeout)
        if method != "GET":
            self.left -= 1
            if self.left == 0:
                raise self.error
        return answer

    async def download(self, path: str, timeout: float) -> bytes:
        return bytes(await self.inner.download(path, timeout))

    def bearer(self) -> Any:
        return self.inner.bearer()


@contextlib.asynccontextmanager
async def failing(sandbox: RunningSandbox, error: Exception, after: int) -> AsyncIterator[Engine]:
    async def connecting(settings: Any, **options: Any) -> Workspace:
        found = await connect(settings, **options)
        return dataclasses.replace(found, transport=Failing(found.transport, error, after))

    async with provider(
        KINDS, connecting, clock=RealClock(), root=sandbox.root, settings={"sandbox": "local"}
    ) as engine:
        yield engine


def experiment(sandbox: RunningSandbox) -> tuple[str, Properties]:
    return "Experiment", {"name": f"/Shared/{sandbox.unique('interrupted')}/deep/e", "tags": {"a": "1"}}


def model(sandbox: RunningSandbox) -> tuple[str, Properties]:
    name = f"{sandbox.schema}.{sandbox.unique('interrupted')}"
    return "RegisteredModel", {"name": name, "description": "d", "tags": {"a": "1"}}


def grant(sandbox: RunningSandbox) -> tuple[str, Properties]:
    pairs = []
    for _ in range(2):
        name = f"{sandbox.schema}.{sandbox.unique('interrupted')}"
        api(sandbox, "POST", f"{REGISTRY}/registered-models/create", "deployer", json={"name": name})
        pairs.append(item("FUNCTION", name, "EXECUTE"))
    return "Grant", {"principal": f"user:{ASKER}", "privileges": pairs}


@pytest.mark.parametrize("after", [1, 2])
@pytest.mark.parametrize("make", [experiment, model, grant])
async def test_a_create_that_was_killed(
    sandbox: RunningSandbox, make: Callable[[RunningSandbox], tuple[str, Properties]], after: int
) -> None:
    kind, given = make(sandbox)
    async with failing(sandbox, Killed(), after) as engine:
        with contextlib.suppress(grpc.aio.AioRpcError):
            await of(engine, kind).up(given)
    async with failing(sandbox, Killed(), 0) as engine:
        resource = of(engine, kind)
        await resource.up(given)
        assert (await resource.preview(given)).op == "same"
        assert await resource.refresh()
        assert (await resource.preview(given)).op == "same"


async def test_an_answer_that_was_lost_is_found_again(sandbox: RunningSandbox) -> None:
    """The create took effect and its answer did not come: what it made is looked for and taken, in the same `up`."""
    _, given = model(sandbox)
    async with failing(sandbox, Unavailable("connection lost"), 1) as engine:
        resource = of(engine, "RegisteredModel")
        await resource.up(given)
        assert (await resource.preview(given)).op == "same"


async def test_a_grant_that_broke_in_the_middle_remembers_what_it_gave(sandbox: RunningSandbox) -> None:
    _, given = grant(sandbox)
    first, second = (pair["securable"] for pair in given["privileges"])
    async with failing(sandbox, Unavailable("away"), 0) as engine:
        # The second of the two is gone by the time that it is given.
        resource = of(engine, "Grant")
        inputs = await resource.check(given)
        api(sandbox, "DELETE", f"{REGISTRY}/registered-models/delete", "deployer", json={"name": second})
        with pytest.raises(InitFailed, match=f"function {second} does not exist"):
            await resource._create(inputs)
        assert [one["securable"] for one in resource.outputs["added"]] == [first]
        await resource.delete()
        assert granted(sandbox, first, ASKER) == []

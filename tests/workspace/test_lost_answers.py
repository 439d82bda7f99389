"""Whatever is lost, cut or turned away on the way: no create takes effect twice, and there is always an end."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.clock import FakeClock
from agentry.errors import AlreadyExists, NotFound, RateLimited, Unavailable, WorkspaceError
from agentry.workspace.retries import LOOKS
from tests.workspace.fake import FakeTransport, workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentry.workspace import Bearer, Json, Workspace


class Fate(Enum):
    """What happens to one request."""

    WELL = "answered"
    LOST = "took effect, and the answer is lost"
    LATE = "takes effect after the next request, and has no answer"
    CUT = "cut before it took effect, which nobody is told"
    BUSY = "503 before it took effect"
    TURNED = "429 with Retry-After"
    REFUSED = "connection refused"


@dataclass
class Model:
    """Names that are unique, and versions that have none: every create makes one more.

    Reads do not see what was made before so many further reads.
    """

    fates: list[Fate]
    stale: int = 0
    names: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    late: list[Callable[[], object]] = field(default_factory=list)
    hidden: int = 0

    async def send(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any, timeout: float) -> Json:
        late, self.late = self.late, []
        fate = self.fates.pop(0) if self.fates else Fate.WELL
        if fate is Fate.REFUSED:
            raise Unavailable("refused", unsent=True)
        if fate is Fate.TURNED:
            raise RateLimited("slow down", retry_after=3)
        if fate in {Fate.CUT, Fate.BUSY}:
            raise Unavailable(fate.value)
        if fate is Fate.LATE:
            self.late.append(lambda: self._take(method, path, body))
            answer: Json = {}
        else:
            answer = self._take(method, path, body)
        for effect in late:
            with contextlib.suppress(WorkspaceError):  # nobody hears it
                effect()
        if fate in {Fate.LOST, Fate.LATE}:
            raise Unavailable(fate.value)
        return answer

    def _take(self, method: str, path: str, body: Any) -> Json:
        if method == "GET":
            if self.hidden:
                self.hidden -= 1
                return {"names": [], "versions": []}
            return {"names": self.names, "versions": self.versions}
        if path == NAMED:
            if self.names:
                raise AlreadyExists("it is there")
            self.names.append(body["name"])
            self.hidden = self.stale
        elif path == NAMELESS:
            self.versions.append(body["name"])
            self.hidden = self.stale
        elif method == "DELETE":
            if not self.names:
                raise NotFound("there is none")
            self.names.clear()
        return {"made": body}

    async def download(self, path: str, timeout: float) -> bytes:
        raise NotImplementedError

    def bearer(self) -> Bearer:
        raise NotImplementedError


NAMED = "/api/2.0/mlflow/unity-catalog/registered-models/create"
NAMELESS = "/api/2.0/mlflow/unity-catalog/model-versions/create"
DELETION = "/api/2.0/mlflow/unity-catalog/registered-models/delete"
FATES = st.lists(st.sampled_from(Fate), max_size=12)


def ended(work: Callable[[Workspace], Any], model: Model) -> WorkspaceError | None:
    """The typed error that it ended in, if any."""
    there = workspace(FakeTransport(), clock=FakeClock())
    object.__setattr__(there, "transport", model)
    try:
        asyncio.run(asyncio.wait_for(work(there), 20))
    except WorkspaceError as error:
        return error
    return None


async def create(there: Workspace, path: str, kind: str) -> None:
    async def found() -> Json | None:
        return {"there": True} if (await there.get("/things"))[kind] else None

    await there.create(path, {"name": "ours"}, found)


@given(FATES, st.integers(0, LOOKS - 1))
def test_a_name_is_made_once(fates: list[Fate], stale: int) -> None:
    model = Model(fates, stale)
    error = ended(lambda there: create(there, NAMED, "names"), model)
    assert error is None
    assert model.names == ["ours"]


@given(FATES, st.integers(0, LOOKS - 2))
def test_what_has_no_name_is_made_once(fates: list[Fate], stale: int) -> None:
    """A look costs the staleness of reads, and one of an effect that comes late."""
    model = Model(fates, stale)
    error = ended(lambda there: create(there, NAMELESS, "versions"), model)
    assert len(model.versions) == 1 if error is None else len(model.versions) <= 1


@given(FATES)
def test_a_delete_ends_with_nothing_there(fates: list[Fate]) -> None:
    model = Model(fates, names=["ours"])
    assert ended(lambda there: there.delete(DELETION, {"name": "ours"}), model) is None
    assert model.names == []


@given(FATES)
def test_a_create_that_nobody_can_look_for_is_not_sent_twice(fates: list[Fate]) -> None:
    model = Model(fates)
    error = ended(lambda there: there.post(NAMELESS, {"name": "ours"}), model)
    assert len(model.versions) + len(model.late) == 1 if error is None else len(model.versions) <= 1


def test_what_somebody_else_made_is_not_ours() -> None:
    model = Model([Fate.CUT], names=["theirs"])

    async def work(there: Workspace) -> None:
        async def found() -> Json | None:
            return {"there": True} if "ours" in (await there.get("/things"))["names"] else None

        await there.create(NAMED, {"name": "ours"}, found)

    assert isinstance(ended(work, model), AlreadyExists)


async def test_who_can_not_look_says_what_happened_to_the_create() -> None:
    there = workspace(FakeTransport({("POST", NAMED): Unavailable("the create was lost")}), clock=FakeClock())

    async def found() -> Json | None:
        raise Unavailable("the look as well")

    with pytest.raises(Unavailable, match="the create was lost"):
        await there.create(NAMED, {"name": "ours"}, found)

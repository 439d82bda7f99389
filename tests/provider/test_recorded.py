"""Records carry the version of their kind; older ones become today's at every call, newer ones are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest
from pulumi.runtime.proto import provider_pb2

from agentry.errors import StateTooNew
from agentry.provider.fields import STRING, Field, replace, secret
from agentry.provider.kinds.kind import Checked, Context, Found, Kind, Made, Properties
from agentry.provider.kinds.registry import KINDS
from agentry.provider.recorded import KEY, migrated, stamped, version_of
from agentry.provider.wire import Secret, decode, encode
from tests.provider.lifecycle import provider
from tests.provider.test_servicer import connecting
from tests.provider.thing import Things

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.provider.lifecycle import Engine

TOKEN = "agentry:index:Key"
URN = f"urn:pulumi:dev::shop::{TOKEN}::key"


def renamed(properties: Properties) -> Properties:
    """Version 2 calls it `text`."""
    rest = {name: value for name, value in properties.items() if name != "word"}
    return {**rest, "text": properties["word"]} if "word" in properties else rest


def with_place(properties: Properties) -> Properties:
    """Version 3 has a field more."""
    return {"place": "here", **properties}


class Key(Kind):
    """A kind that was changed twice since its first release, and keeps what it saw."""

    token: ClassVar[str] = TOKEN
    doc: ClassVar[str] = "A key."
    fields = (
        Field("name", STRING, "Its name.", (replace("the name is its identity"),), required=True),
        Field("text", STRING, "What it says.", (secret("it opens doors"),), required=True),
        Field("place", STRING, "Where it lies.", default="here"),
    )
    migrations = (renamed, with_place)

    def __init__(self) -> None:
        self.seen: list[tuple[str, Properties, Properties]] = []

    async def check(self, inputs: Properties, old_inputs: Properties, ctx: Context) -> Checked:
        self.seen.append(("check", dict(inputs), dict(old_inputs)))
        return Checked(inputs)

    async def create(self, inputs: Properties, ctx: Context) -> Made:
        return Made(inputs["name"], {})

    async def read(self, id: str, inputs: Properties, state: Properties, ctx: Context) -> Found | None:
        self.seen.append(("read", dict(inputs), dict(state)))
        return Found(id, inputs, {})

    async def update(
        self, id: str, state: Properties, old_inputs: Properties, inputs: Properties, ctx: Context
    ) -> Properties:
        self.seen.append(("update", dict(old_inputs), dict(state)))
        return {}

    async def delete(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> None:
        self.seen.append(("delete", dict(inputs), dict(state)))


FIRST = {"name": "door", "word": Secret("sesame"), KEY: 1}
SECOND = {"name": "door", "text": Secret("sesame"), KEY: 2}
TODAY = {"name": "door", "text": Secret("sesame"), "place": "here"}
OPEN = {"name": "door", "text": "sesame", "place": "here"}


@pytest.fixture
def key() -> Key:
    return Key()


@pytest.fixture
async def engine(key: Key) -> AsyncIterator[Engine]:
    async with provider({TOKEN: key}, connecting(Things())) as found:
        yield found


@pytest.mark.parametrize("record", [FIRST, SECOND, {**TODAY, KEY: 3}, TODAY], ids=["1", "2", "3", "none"])
def test_every_older_record_becomes_todays(key: Key, record: Properties) -> None:
    assert migrated(key, record, URN) == TODAY


def test_what_is_migrated_stays_as_it_was(key: Key) -> None:
    before = dict(FIRST)
    migrated(key, FIRST, URN)
    assert before == FIRST


@pytest.mark.parametrize("version", [4, 0, "new"])
def test_what_a_later_release_wrote_is_refused(key: Key, version: object) -> None:
    with pytest.raises(StateTooNew) as refused:
        migrated(key, {"name": "door", KEY: version}, URN)
    assert refused.value.where == URN
    assert f"of version {version} there; this release knows up to 3" in refused.value.why


def test_a_record_is_read_as_it_was_written(key: Key) -> None:
    assert migrated(key, stamped(key, TODAY), URN) == TODAY


@pytest.mark.parametrize("record", [FIRST, SECOND], ids=["1", "2"])
async def test_no_call_of_a_kind_sees_an_older_record(engine: Engine, key: Key, record: Properties) -> None:
    stub, old, new = engine.stub, encode(record), encode({"name": "door", "text": Secret("sesame")})
    checked = await stub.Check(provider_pb2.CheckRequest(urn=URN, olds=old, news=new))
    assert decode(checked.inputs)[KEY] == 3
    diff = provider_pb2.DiffRequest(id="door", urn=URN, olds=old, old_inputs=old, news=checked.inputs)
    assert (await stub.Diff(diff)).changes == provider_pb2.DiffResponse.DIFF_NONE
    read = await stub.Read(provider_pb2.ReadRequest(id="door", urn=URN, properties=old, inputs=old))
    assert decode(read.properties)["text"] == Secret("sesame")
    assert decode(read.properties)[KEY] == decode(read.inputs)[KEY] == 3
    update = provider_pb2.UpdateRequest(id="door", urn=URN, olds=old, old_inputs=old, news=checked.inputs)
    assert decode((await stub.Update(update)).properties)[KEY] == 3
    await stub.Delete(provider_pb2.DeleteRequest(id="door", urn=URN, properties=old, old_inputs=old))
    assert [(call, inputs["text"], state["text"]) for call, inputs, state in key.seen] == [
        (call, "sesame", "sesame") for call in ("check", "read", "update", "delete")
    ]
    assert all(OPEN.items() <= state.items() for _, _, state in key.seen)
    assert all(KEY not in each for _, *both in key.seen for each in both)


def test_a_version_counts_the_migrations_of_its_kind(key: Key) -> None:
    assert version_of(key) == 3
    assert {version_of(kind) for kind in KINDS.values()} == {1}

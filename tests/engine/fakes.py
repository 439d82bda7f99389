"""A deployment without processes: the engine's own parts around a provider that is a few lines of Python."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from agentry.clock import FakeClock
from agentry.engine import state
from agentry.engine.calls import Checked, Failure, Made
from agentry.engine.deployment import Deployment
from agentry.engine.goal import Goal
from agentry.engine.plan import Change, Diff
from agentry.engine.providers import Providers
from agentry.engine.redaction import Redactor
from agentry.engine.run import Rehearsal
from agentry.engine.snapshot import Snapshot
from agentry.engine.state import Checkpoint, Resource
from agentry.engine.update import Update
from tests.engine.records import secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentry.engine.events import Event
    from agentry.engine.values import Properties
    from agentry.errors import ProviderError

TYPE = "fake:index:Item"


class FakePlugin:
    """A process that is none."""

    def __init__(self) -> None:
        self.closed = 0
        self.cancelled = 0

    async def close(self, grace: float = 5.0) -> None:
        del grace
        self.closed += 1

    async def cancel(self) -> None:
        self.cancelled += 1


class FakeClient:
    """A provider in this process. `gates` hold calls (`"create a"`) until they are opened; `errors` fail them."""

    def __init__(self) -> None:
        self.plugin = FakePlugin()
        self.known = True
        self.configured: list[tuple[str, Properties]] = []
        self.calls: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.errors: dict[str, ProviderError] = {}
        self.before: Callable[[str], None] = lambda call: None
        self.running = self.most = 0
        self._moved = asyncio.Condition()
        self.replace_on = "fixed"
        self.delete_first = False
        self.refused: tuple[Failure, ...] = ()

    async def _call(self, method: str, urn: str) -> None:
        call = f"{method} {urn.rpartition('::')[2]}"
        self.before(call)
        self.calls.append(call)
        self.running += 1
        self.most = max(self.most, self.running)
        async with self._moved:
            self._moved.notify_all()
        try:
            if call in self.gates:
                await self.gates[call].wait()
        finally:
            self.running -= 1
        if call in self.errors:
            raise self.errors[call]

    async def reached(self, *calls: str) -> None:
        """Wait until all these calls were made."""
        async with self._moved:
            await self._moved.wait_for(lambda: set(calls) <= set(self.calls))

    async def at_once(self, number: int) -> None:
        """Wait until so many calls are under way."""
        async with self._moved:
            await self._moved.wait_for(lambda: self.running >= number)

    async def check_config(self, urn: str, olds: Properties, news: Properties) -> Checked:
        return Checked(news)

    async def diff_config(self, urn: str, old: Resource, news: Properties, ignored: tuple[str, ...] = ()) -> Diff:
        replaces = ("region",) if old.inputs.get("region") != news.get("region") else ()
        return Diff(Change.SOME if old.inputs != news else Change.NONE, replaces=replaces)

    async def configure(self, urn: str, id: str, inputs: Properties) -> None:
        self.configured.append((id, inputs))

    async def check(self, urn: str, olds: Properties, news: Properties, seed: bytes | None = None) -> Checked:
        await self._call("check", urn)
        return Checked(news, self.refused)

    async def diff(self, urn: str, old: Resource, news: Properties, **_: Any) -> Diff:
        await self._call("diff", urn)
        changed = {key: "update" for key in {**old.inputs, **news} if old.inputs.get(key) != news.get(key)}
        detailed = {key: f"{kind}-replace" if key == self.replace_on else kind for key, kind in changed.items()}
        return Diff(Change.SOME if changed else Change.NONE, detailed=detailed, delete_before_replace=self.delete_first)

    async def create(self, urn: str, inputs: Properties, *, timeout: float, preview: bool) -> Made:
        if not preview:
            await self._call("create", urn)
        return Made("" if preview else f"id-{urn.rpartition('::')[2]}", inputs)

    async def update(self, urn: str, old: Resource, inputs: Properties, *, preview: bool, **_: Any) -> Made:
        if not preview:
            await self._call("update", urn)
        return Made(old.id, inputs)

    async def delete(self, urn: str, old: Resource, *, timeout: float) -> None:
        await self._call("delete", urn)

    async def read(self, urn: str, id: str, **_: Any) -> Made:
        await self._call("read", urn)
        return Made(id, {"found": True}, {})


class Bench:
    """A deployment over a checkpoint; `disk` is what was written last, as names of records and of pending operations."""

    def __init__(
        self, *resources: Resource, preview: bool = False, parallel: int | None = None, client: FakeClient | None = None
    ) -> None:
        self.client = client or FakeClient()
        self.events: list[Event] = []
        self.writes: list[dict[str, Any]] = []
        kind = Rehearsal if preview else Snapshot
        self.snapshot = kind(
            Checkpoint(stack="organization/shop/dev", resources=resources),
            secrets=secrets(),
            save=lambda data: self.writes.append(json.loads(data)["checkpoint"]["latest"]),
            clock=FakeClock(),
        )
        numbers = iter(range(1, 1000))
        self.providers = Providers(self._open, new_id=lambda: f"provider-{next(numbers)}")
        self.deployment = Deployment(
            project="shop",
            stack="dev",
            preview=preview,
            snapshot=self.snapshot,
            providers=self.providers,
            provider_config=lambda package: {"from": package},
            listen=self.events.append,
            clock=FakeClock(),
            redactor=Redactor(),
            parallel=parallel,
        )
        self.update = Update(self.deployment)

    async def _open(self, package: str) -> Any:
        return self.client

    async def register(self, name: str, **fields: Any) -> Resource:
        """Ask for an item, or with `type` and `custom` for something else."""
        inputs = fields.pop("inputs", {})
        fields = {"type": TYPE, "custom": True, **fields}
        return await self.update.register(Goal(name=name, inputs=inputs, **fields))

    @property
    def disk(self) -> tuple[list[str], list[str]]:
        """Names of the recorded items, and of the pending operations, as written last."""
        last = self.writes[-1] if self.writes else {"resources": []}
        items = [one["urn"].rpartition("::")[2] for one in last["resources"] if one["type"] == TYPE]
        pending = [
            f"{one['type']} {one['resource']['urn'].rpartition('::')[2]}"
            for one in last.get("pending_operations") or []
        ]
        return items, pending

    def named(self) -> Counter[str]:
        """The steps that were told, as `op name`."""
        return Counter(
            f"{event.op.value} {event.urn.rpartition('::')[2]}"
            for event in self.events
            if type(event).__name__ == "StepPlanned" and hasattr(event, "op") and hasattr(event, "urn")
        )

    def items(self) -> dict[str, Resource]:
        """The live items of the state, by name."""
        return {
            one.urn.rpartition("::")[2]: one
            for one in self.snapshot.checkpoint.resources
            if one.type == TYPE and not one.delete
        }


def provider_record(id: str = "provider-0", **inputs: Any) -> Resource:
    """The default provider of package `fake`, as recorded."""
    urn = "urn:pulumi:dev::shop::pulumi:providers:fake::default"
    return Resource(urn=urn, type="pulumi:providers:fake", custom=True, id=id, inputs=inputs or {"from": "fake"})


REFERENCE = "urn:pulumi:dev::shop::pulumi:providers:fake::default::provider-0"

__all__ = ["REFERENCE", "TYPE", "Bench", "FakeClient", "provider_record", "state"]

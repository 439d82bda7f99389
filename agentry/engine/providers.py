"""Which provider manages a resource: the running ones by reference, and provider resources themselves.

A provider resource (default or explicit) has a process of its own, as in Pulumi's engine. Toward a registration a
provider resource looks like any other: `ProviderResources` answers for it what a `Client` answers for the rest.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from agentry.engine import values
from agentry.engine.calls import Checked, Failure, Made
from agentry.engine.client import public
from agentry.engine.plan import Change, Diff
from agentry.engine.urn import package_of, reference, split, split_reference
from agentry.engine.values import UNKNOWN, Properties
from agentry.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from agentry.engine.state import Resource


class Handler(Protocol):
    """What a registration asks of whoever manages a resource; see `Client`."""

    async def check(self, urn: str, olds: Properties, news: Properties, seed: bytes | None = None) -> Checked:
        """Validate inputs."""
        ...

    async def diff(
        self,
        urn: str,
        old: Resource,
        news: Properties,
        *,
        ignored: tuple[str, ...] = (),
        old_inputs: Properties | None = None,
    ) -> Diff:
        """Compare."""
        ...

    async def create(self, urn: str, inputs: Properties, *, timeout: float, preview: bool) -> Made:
        """Make it."""
        ...

    async def update(
        self, urn: str, old: Resource, inputs: Properties, *, ignored: tuple[str, ...], timeout: float, preview: bool
    ) -> Made:
        """Change it."""
        ...

    async def delete(self, urn: str, old: Resource, *, timeout: float) -> None:
        """Remove it."""
        ...

    async def read(
        self, urn: str, id: str, *, inputs: Properties | None = None, outputs: Properties | None = None
    ) -> Made:
        """Look at it."""
        ...


class Process(Protocol):
    """What a provider runs in; see `Plugin`."""

    async def cancel(self) -> None:
        """Ask it to end its waits."""
        ...

    async def close(self, grace: float = 5.0) -> None:
        """End it."""
        ...


class Provider(Handler, Protocol):
    """A running provider: a plugin's (`Client`), or the engine's own (`Builtin`)."""

    @property
    def plugin(self) -> Process:
        """What it runs in."""
        ...

    @property
    def known(self) -> bool:
        """Whether its configuration is, so that it can be asked."""
        ...

    async def check_config(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """Validate a configuration."""
        ...

    async def diff_config(self, urn: str, old: Resource, news: Properties, ignored: tuple[str, ...] = ()) -> Diff:
        """What another configuration means."""
        ...

    async def configure(self, urn: str, id: str, inputs: Properties) -> None:
        """Configure it."""
        ...

    async def invoke(
        self, token: str, arguments: Properties, *, preview: bool
    ) -> tuple[Properties, tuple[Failure, ...]]:
        """Call a function."""
        ...


class Providers:
    """The providers of one run.

    Args:
        open: Starts the plugin of a package and shakes hands with it.
        new_id: Makes ids for provider resources (Pulumi uses random UUIDs).
    """

    def __init__(self, open: Callable[[str], Awaitable[Provider]], *, new_id: Callable[[], str]) -> None:
        self._open = open
        self.new_id = new_id
        self._warm: dict[str, asyncio.Task[Provider]] = {}
        self._checked: dict[str, Provider] = {}
        self._configured: dict[str, Provider] = {}
        self._loading: dict[str, asyncio.Task[Provider]] = {}
        self._all: list[Provider] = []

    def warm(self, packages: Iterable[str]) -> None:
        """Start the plugins of these packages now; whoever needs the first of each finds it running."""
        for package in packages:
            self._warm[package] = asyncio.create_task(self._start(package))

    async def _start(self, package: str) -> Provider:
        client = await self._open(package)
        self._all.append(client)
        return client

    async def _take(self, package: str) -> Provider:
        warm = self._warm.pop(package, None)
        return await (warm or self._start(package))

    async def checked(self, urn: str) -> Provider:
        """The running, not yet configured provider of a provider resource that is being registered."""
        if urn not in self._checked:
            self._checked[urn] = await self._take(package_of(split(urn).type))
        return self._checked[urn]

    async def configure(self, urn: str, id: str, inputs: Properties) -> None:
        """Configure the provider that `checked` started; from now on it answers for its reference."""
        client = await self.checked(urn)
        del self._checked[urn]
        await client.configure(urn, id, inputs)
        replaced = self._configured.get(reference(urn, id))
        self._configured[reference(urn, id)] = client
        if replaced:
            await replaced.plugin.close()

    def get(self, name: str) -> Provider:
        """The provider of a reference.

        Raises:
            StateError: Nothing registered or loaded it.
        """
        if name not in self._configured:
            raise StateError("no provider of this reference is known to this deployment", where=name)
        return self._configured[name]

    async def load(self, name: str, recorded: Resource | None) -> Provider:
        """The provider of a reference, started and configured as it is recorded unless it runs already.

        Args:
            name: The reference.
            recorded: The provider resource of the state.
        """
        if name in self._configured:
            return self._configured[name]
        if name not in self._loading:
            self._loading[name] = asyncio.create_task(self._load(name, recorded))
        return await asyncio.shield(self._loading[name])

    async def _load(self, name: str, recorded: Resource | None) -> Provider:
        if recorded is None:
            raise StateError("the state has no such provider, though a resource names it", where=name)
        urn, identity = split_reference(name)
        client = await self._take(package_of(recorded.type))
        await client.configure(urn, identity, recorded.inputs)
        self._configured[name] = client
        return client

    async def cancel(self) -> None:
        """Ask every running provider to end its waits."""
        await asyncio.gather(*(client.plugin.cancel() for client in self._all))

    async def close(self, grace: float = 5.0) -> None:
        """End every process, whether it was used or not."""
        starting = [*self._warm.values(), *self._loading.values()]
        for task in starting:
            task.cancel()
        # The errors of those that somebody waited for were told there.
        await asyncio.gather(*starting, return_exceptions=True)
        await asyncio.gather(*(client.plugin.close(grace) for client in self._all))


class ProviderResources:
    """Answers for provider resources: their configuration is checked and compared by the plugin, and kept by nobody else.

    In a preview too a provider is configured, since the resources of the preview ask it.
    """

    def __init__(self, providers: Providers) -> None:
        self._providers = providers

    async def check(self, urn: str, olds: Properties, news: Properties, seed: bytes | None = None) -> Checked:
        """CheckConfig, on a plugin started for it."""
        del seed
        client = await self._providers.checked(urn)
        checked = await client.check_config(urn, olds, news)
        # `version` and Pulumi's own bookkeeping select the plugin: they are no business of the plugin itself.
        kept = {key: value for key, value in news.items() if key in {"version", "__internal"}}
        return Checked({**checked.inputs, **kept}, checked.failures)

    async def diff(
        self,
        urn: str,
        old: Resource,
        news: Properties,
        *,
        ignored: tuple[str, ...] = (),
        old_inputs: Properties | None = None,
    ) -> Diff:
        """DiffConfig."""
        del old_inputs
        client = await self._providers.checked(urn)
        diff = await client.diff_config(urn, old, news, ignored)
        if diff.change is Change.UNKNOWN and (values.has_unknown(news)):
            return Diff(Change.SOME)
        return diff

    async def create(self, urn: str, inputs: Properties, *, timeout: float, preview: bool) -> Made:
        """Configure it under a new id."""
        del timeout
        identity = UNKNOWN if preview else self._providers.new_id()
        await self._providers.configure(urn, identity, inputs)
        return Made(identity, public(inputs))

    async def update(
        self, urn: str, old: Resource, inputs: Properties, *, ignored: tuple[str, ...], timeout: float, preview: bool
    ) -> Made:
        """Configure it anew under its id."""
        del ignored, timeout, preview
        await self._providers.configure(urn, old.id, inputs)
        return Made(old.id, public(inputs))

    async def delete(self, urn: str, old: Resource, *, timeout: float) -> None:
        """There is nothing to remove: the process ends with the run, since deletes of its resources may still ask it."""

    async def read(
        self, urn: str, id: str, *, inputs: Properties | None = None, outputs: Properties | None = None
    ) -> Made:
        """A provider is what is recorded of it."""
        del urn
        return Made(id, outputs or {}, inputs)

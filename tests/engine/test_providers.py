from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agentry.engine.providers import ProviderResources, Providers
from agentry.engine.values import UNKNOWN
from agentry.errors import ProviderError, StateError
from tests.engine.fakes import REFERENCE, FakeClient, provider_record

URN = provider_record().urn


class Opened:
    """Opens a provider of its own for each request."""

    def __init__(self) -> None:
        self.clients: list[FakeClient] = []
        self.error: ProviderError | None = None

    async def __call__(self, package: str) -> Any:
        assert package == "fake"
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        self.clients.append(FakeClient())
        return self.clients[-1]


@pytest.fixture
def opened() -> Opened:
    return Opened()


@pytest.fixture
def providers(opened: Opened) -> Providers:
    return Providers(opened, new_id=lambda: "new")


async def test_the_first_who_needs_a_plugin_gets_the_warm_one(providers: Providers, opened: Opened) -> None:
    providers.warm(["fake"])
    await providers.checked(URN)
    await providers.load(REFERENCE, provider_record())
    assert len(opened.clients) == 2
    await providers.close()
    assert [client.plugin.closed for client in opened.clients] == [1, 1]


async def test_a_recorded_provider_is_loaded_once_for_all(providers: Providers, opened: Opened) -> None:
    loaded = await asyncio.gather(*(providers.load(REFERENCE, provider_record()) for _ in range(5)))
    assert len(opened.clients) == 1
    assert {id(client) for client in loaded} == {id(opened.clients[0])}
    assert opened.clients[0].configured == [("provider-0", {"from": "fake"})]
    assert providers.get(REFERENCE) is loaded[0]


async def test_what_nobody_registered_or_recorded_is_no_provider(providers: Providers) -> None:
    with pytest.raises(StateError):
        providers.get(REFERENCE)
    with pytest.raises(StateError):
        await providers.load(REFERENCE, None)


async def test_a_warm_plugin_that_was_never_needed_is_closed_too(providers: Providers, opened: Opened) -> None:
    providers.warm(["fake"])
    await asyncio.sleep(0)
    await providers.close()
    assert all(client.plugin.closed for client in opened.clients)


async def test_a_plugin_that_does_not_start_is_said_to_who_needs_it(providers: Providers, opened: Opened) -> None:
    opened.error = ProviderError("it did not start")
    providers.warm(["fake"])
    with pytest.raises(ProviderError, match="did not start"):
        await providers.checked(URN)
    await providers.close()


async def test_another_configuration_is_another_process_and_the_old_one_ends(
    providers: Providers, opened: Opened
) -> None:
    resources = ProviderResources(providers)
    old = provider_record()
    await providers.load(REFERENCE, old)
    assert (await resources.check(URN, old.inputs, {"from": "new", "version": "1.0"})).inputs == {
        "from": "new",
        "version": "1.0",
    }
    await resources.update(URN, old, {"from": "new"}, ignored=(), timeout=0, preview=False)
    assert [client.plugin.closed for client in opened.clients] == [1, 0]
    assert providers.get(REFERENCE) is opened.clients[1]  # type: ignore[comparison-overlap]


@pytest.mark.parametrize(("preview", "expected"), [(True, UNKNOWN), (False, "new")])
async def test_a_new_provider_has_an_id_only_when_it_is_made(
    providers: Providers, *, preview: bool, expected: str
) -> None:
    resources = ProviderResources(providers)
    await resources.check(URN, {}, {})
    made = await resources.create(URN, {}, timeout=0, preview=preview)
    assert made.id == expected
    assert providers.get(f"{URN}::{expected}") is not None

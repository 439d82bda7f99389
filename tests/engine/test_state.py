from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.engine import state, values
from agentry.engine.passphrase import Secrets
from agentry.engine.state import Checkpoint, Pending, Resource
from agentry.engine.values import secret
from agentry.errors import StateError, Unsupported, WrongPassphrase
from tests.engine.records import record, secrets, urn_of
from tests.engine.test_values import marked, text

FIXTURE = Path(__file__).parent / "fixtures" / "checkpoint-of-the-cli.json"
TIME = "2026-11-05T12:00:00Z"


@pytest.fixture(scope="module")
def of_the_cli() -> tuple[Secrets, Checkpoint]:
    data = FIXTURE.read_bytes()
    opened = Secrets.open("correct-horse", state.salt_of(data, "x") or "")
    return opened, state.read(data, opened, str(FIXTURE))


def named(checkpoint: Checkpoint, name: str) -> Resource:
    return next(resource for resource in checkpoint.resources if resource.name == name)


def test_a_checkpoint_of_the_cli_is_read(of_the_cli: tuple[Secrets, Checkpoint]) -> None:
    _, checkpoint = of_the_cli
    assert checkpoint.stack == "organization/shop/dev"
    assert len(checkpoint.resources) == 8
    first, second = named(checkpoint, "shelf-first"), named(checkpoint, "shelf-second")
    assert first.protect
    assert first.inputs["list"] == [1, 2.5, None, True]
    assert second.inputs["token"] == secret("hunter2-canary")
    assert second.outputs["nested"] == {"deep": [secret({"x": [1, "y"]})]}
    assert second.outputs["size"] == secret(1.5)
    assert second.custom_timeouts == {"create": 300, "delete": 90}
    assert second.property_dependencies["first"] == (first.urn,)
    assert named(checkpoint, "third").deleted_with == first.urn
    assert named(checkpoint, "broken").init_errors == ("not ready",)


def test_what_is_written_back_differs_in_nothing_but_what_is_dropped(of_the_cli: tuple[Secrets, Checkpoint]) -> None:
    opened, checkpoint = of_the_cli
    written = json.loads(state.write(checkpoint, opened, time="2026-11-22T22:25:15.746213292Z"))
    original = json.loads(FIXTURE.read_text())
    for resource in original["checkpoint"]["latest"]["resources"]:
        resource.pop("sourcePosition", None)
        resource.pop("stackTrace", None)
    original["checkpoint"]["latest"]["pending_operations"] = []
    assert written == original


def test_another_passphrase_is_refused() -> None:
    data = FIXTURE.read_bytes()
    wrong = Secrets.open("battery-staple", state.salt_of(data, "x") or "")
    with pytest.raises(WrongPassphrase):
        state.read(data, wrong, "x")


texts = st.lists(text, max_size=2).map(tuple)
resources = st.builds(
    Resource,
    urn=text.map(urn_of),
    type=text,
    custom=st.booleans(),
    id=text,
    inputs=st.dictionaries(text, marked, max_size=2),
    outputs=st.dictionaries(text, marked, max_size=2),
    protect=st.booleans(),
    external=st.booleans(),
    delete=st.booleans(),
    pending_replacement=st.booleans(),
    taint=st.booleans(),
    retain_on_delete=st.booleans(),
    init_errors=texts,
    additional_secret_outputs=texts,
    ignore_changes=texts,
    replace_on_changes=texts,
    custom_timeouts=st.dictionaries(st.sampled_from(["create", "update", "delete"]), st.integers(1, 9000)),
    property_dependencies=st.dictionaries(text, st.just(()), max_size=2),
    import_id=text,
    created=st.just(TIME),
    modified=st.just(""),
    extra=st.just({}) | st.just({"novel": {"key": [1]}}),
)


def as_recorded(value: Any) -> Any:
    """What is recorded has no outputs, and no secrets inside secrets."""
    value = values.downgrade(value)
    if values.is_secret(value):
        return secret(values.reveal(value))
    if isinstance(value, dict):
        return {key: as_recorded(item) for key, item in value.items()}
    return [as_recorded(item) for item in value] if isinstance(value, list) else value


@given(st.lists(resources, max_size=3))
def test_reading_gives_back_what_was_written(made: list[Resource]) -> None:
    recorded = [
        dataclasses.replace(one, inputs=as_recorded(one.inputs), outputs=as_recorded(one.outputs)) for one in made
    ]
    checkpoint = Checkpoint(
        stack="organization/shop/dev",
        resources=tuple(recorded),
        pending=tuple(Pending("creating", resource) for resource in recorded[:1]),
        extra={"metadata": {"integrity_error": {}}},
        outer={"config": {"a": "b"}},
    )
    again = state.read(state.write(checkpoint, secrets(), time=TIME), secrets(), "x")
    assert [dataclasses.asdict(resource) for resource in again.resources] == [
        dataclasses.asdict(resource) for resource in recorded
    ]
    assert [pending.kind for pending in again.pending] == ["creating"] * len(recorded[:1])
    assert (again.stack, again.extra, again.outer) == (checkpoint.stack, checkpoint.extra, checkpoint.outer)


def checkpoint_text(**changes: Any) -> bytes:
    return json.dumps({"version": 3, "checkpoint": {"stack": "s", "latest": {"resources": []}}} | changes).encode()


@pytest.mark.parametrize("latest", [None, {}])
def test_a_stack_that_was_only_made_has_no_resources(latest: Any) -> None:
    data = checkpoint_text(checkpoint={"stack": "organization/shop/dev", "latest": latest})
    assert state.read(data, secrets(), "x").resources == ()
    assert state.salt_of(data, "x") is None


@pytest.mark.parametrize(
    ("data", "error", "names"),
    [
        (b'{"version": 3, "checkp', StateError, "no checkpoint"),
        (b"[]", StateError, "no checkpoint"),
        (checkpoint_text(version=5), Unsupported, "version 4, not 5"),
        (checkpoint_text(version=2), Unsupported, "version 3 on, not 2"),
        (checkpoint_text(version=4, features=["hooks", "taint", "views"]), Unsupported, "hooks, views"),
        (checkpoint_text(checkpoint={"latest": {"resources": [{"urn": "x"}]}}), StateError, "malformed"),
    ],
)
def test_what_can_not_be_read_is_said_by_name(data: bytes, error: type[Exception], names: str) -> None:
    with pytest.raises(error, match=names):
        state.read(data, secrets(), "x")


def test_another_secrets_provider_is_refused_by_name() -> None:
    latest = {"secrets_providers": {"type": "cloud", "state": {}}}
    with pytest.raises(Unsupported, match="'cloud'"):
        state.salt_of(checkpoint_text(checkpoint={"latest": latest}), "x")


def test_known_features_are_read_and_written() -> None:
    recorded = (record("a"), record("b", replace_with=(urn_of("a"),), taint=True))
    written = state.write(Checkpoint(stack="s", resources=recorded), secrets(), time=TIME)
    assert json.loads(written)["version"] == 4
    assert json.loads(written)["features"] == ["replaceWith", "taint"]
    assert state.read(written, secrets(), "x").resources[1].taint


def test_a_graph_that_is_not_whole_is_refused() -> None:
    broken = Checkpoint(stack="s", resources=(record("b", uses=("a",)), record("a")))
    with pytest.raises(StateError, match="not whole") as caught:
        state.read(state.write(broken, secrets(), time=TIME), secrets(), "x")
    assert "::b uses" in caught.value.why


def test_no_secret_is_in_the_file_nor_in_the_repr() -> None:
    hidden = record("a", inputs={"x": secret("canary"), "y": [secret({"z": "canary"})]})
    assert b"canary" not in state.write(Checkpoint(stack="s", resources=(hidden,)), secrets(), time=TIME)
    assert "canary" not in repr(hidden)


def test_uses_are_all_ways_to_use() -> None:
    provider = "urn:pulumi:dev::shop::pulumi:providers:fake::default"
    resource = record(
        "a",
        uses=("b",),
        parent=urn_of("p"),
        provider=f"{provider}::1",
        deleted_with=urn_of("d"),
        property_dependencies={"x": (urn_of("c"), urn_of("a"))},
    )
    assert state.uses(resource) == {urn_of(name) for name in "bpdc"} | {provider}


def test_a_record_follows_when_what_it_uses_gets_another_name() -> None:
    old = "urn:pulumi:dev::shop::pulumi:providers:fake::old"
    new = "urn:pulumi:dev::shop::pulumi:providers:fake::new"
    resource = record("a", provider=f"{old}::1", property_dependencies={"x": (old,)})
    renamed = state.renamed(resource, old, new)
    assert renamed
    assert (renamed.provider, renamed.property_dependencies) == (f"{new}::1", {"x": (new,)})
    assert state.renamed(renamed, old, new) is None


def test_when_records_say_the_same() -> None:
    one = record("a", inputs={"x": 1}, created="then", uses=("b", "c"))
    assert state.equal(one, dataclasses.replace(one, created="now", dependencies=tuple(reversed(one.dependencies))))
    assert not state.equal(one, dataclasses.replace(one, inputs={"x": True}))
    assert not state.equal(one, dataclasses.replace(one, inputs={"x": secret(1)}))
    assert not state.equal(one, dataclasses.replace(one, protect=True))


def test_the_live_record_of_a_urn() -> None:
    old, live = record("a", delete=True), record("a")
    assert state.by_urn([live, old]) == {live.urn: live}


def test_times_are_rfc_3339() -> None:
    assert state.timestamp(0.25) == "1970-01-01T00:00:00.250000Z"

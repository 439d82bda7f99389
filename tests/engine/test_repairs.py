"""Records changed by hand: what is refused, what else changes with it, and that what is left is sound."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.engine import exports, state
from agentry.engine.repairs import Record, Remove, Rename, Unprotect, find, users_of
from agentry.engine.urn import PROVIDER_PREFIX, ROOT_STACK_TYPE, reference, stack_urn
from agentry.engine.values import secret
from agentry.errors import StateError
from tests.engine.records import record, secrets, urn_of

if TYPE_CHECKING:
    from agentry.engine.state import Resource

PROVIDER = f"{PROVIDER_PREFIX}fake"


def written(*resources: Resource) -> list[Record]:
    checkpoint = state.Checkpoint(stack="organization/shop/dev", resources=resources)
    found: list[Record] = json.loads(state.write(checkpoint, secrets(), time=""))["checkpoint"]["latest"]["resources"]
    return found


def names(records: list[Record]) -> list[str]:
    return [one["urn"].rpartition("::")[2] for one in records]


CHAIN = written(record("a"), record("b", uses=("a",)), record("c", uses=("b",)), record("d"))


def test_what_nothing_uses_is_forgotten() -> None:
    assert names(Remove((urn_of("d"),)).apply(CHAIN)) == ["a", "b", "c"]


def test_what_is_used_stays_and_its_users_are_named() -> None:
    with pytest.raises(StateError) as refused:
        Remove((urn_of("a"),)).apply(CHAIN)
    assert refused.value.what == "a is used"
    assert refused.value.why == "by b, c"


def test_its_users_go_with_it_where_that_is_said() -> None:
    assert names(Remove((urn_of("a"),), dependents=True).apply(CHAIN)) == ["d"]


def test_users_that_are_named_too_are_no_reason() -> None:
    assert names(Remove((urn_of("b"), urn_of("c"))).apply(CHAIN)) == ["a", "d"]


@pytest.mark.parametrize(
    "used",
    [
        {"parent": urn_of("a")},
        {"deleted_with": urn_of("a")},
        {"property_dependencies": {"value": (urn_of("a"),)}},
        {"replace_with": (urn_of("a"),)},
    ],
    ids=lambda used: next(iter(used)),
)
def test_every_way_of_use_counts_and_is_renamed(used: dict[str, Any]) -> None:
    records = written(record("a"), record("b", **used))
    assert names(users_of(records, records[:1])) == ["b"]
    renamed = Rename(urn_of("a"), "z").apply(records)
    assert names(users_of(renamed, renamed[:1])) == ["b"]
    assert urn_of("a") not in json.dumps(renamed)


def test_a_provider_is_used_and_renamed_by_its_reference() -> None:
    of = urn_of("p", PROVIDER)
    records = written(record("p", type=PROVIDER, id="7"), record("b", provider=reference(of, "7")))
    assert names(users_of(records, records[:1])) == ["b"]
    renamed = Rename(of, "q").apply(records)
    assert renamed[1]["provider"] == reference(urn_of("q", PROVIDER), "7")


def test_what_waits_for_its_deletion_goes_after_what_is_alive() -> None:
    records = written(record("a", id="new"), record("b", uses=("a",)), record("a", id="old", delete=True))
    left = Remove((urn_of("a"),)).apply(records)
    assert [one["id"] for one in left] == ["id-b", "old"]


def test_the_protected_stays_without_force() -> None:
    records = written(record("a", protect=True))
    with pytest.raises(StateError, match="a is protected"):
        Remove((urn_of("a"),)).apply(records)
    assert Remove((urn_of("a"),), force=True).apply(records) == []
    assert Remove((urn_of("a"),)).apply(Unprotect((urn_of("a"),)).apply(records)) == []


def test_all_lose_their_protection() -> None:
    records = written(record("a", protect=True), record("b"), record("c", protect=True))
    assert Unprotect(None).apply(records) == written(record("a"), record("b"), record("c"))


def test_only_the_named_lose_it() -> None:
    records = written(record("a", protect=True), record("c", protect=True))
    assert Unprotect((urn_of("a"),)).apply(records) == written(record("a"), record("c", protect=True))


@pytest.mark.parametrize(
    ("name", "what"), [("d", "there is a"), ("", "is no name"), ("x::y", "is no name"), ("b", "there is a")]
)
def test_a_name_that_can_not_be(name: str, what: str) -> None:
    with pytest.raises(StateError, match=what):
        Rename(urn_of("a"), name).apply(CHAIN)


def test_the_stack_itself_is_not_renamed() -> None:
    urn = stack_urn("dev", "shop")
    with pytest.raises(StateError, match="the stack itself"):
        Rename(urn, "x").apply(written(record("a"), state.Resource(urn=urn, type=ROOT_STACK_TYPE, custom=False)))


@pytest.mark.parametrize("repair", [Remove((urn_of("z"),)), Rename(urn_of("z"), "y"), Unprotect((urn_of("z"),))])
def test_what_is_not_there(repair: Remove | Rename | Unprotect) -> None:
    with pytest.raises(StateError, match="no such resource"):
        repair.apply(CHAIN)


def test_a_resource_is_found_by_urn_name_or_type_and_name() -> None:
    records = written(record("a"), record("a", type="fake:index:Other"), record("b"))
    assert find(records, "b") == urn_of("b")
    assert find(records, urn_of("a")) == urn_of("a")
    assert find(records, "Other::a") == urn_of("a", "fake:index:Other")
    assert find(records, "fake:index:Other::a") == urn_of("a", "fake:index:Other")
    with pytest.raises(StateError) as several:
        find(records, "a")
    assert several.value.fix == "say which, with its type: Item::a"
    for nothing in ("c", "ther::a", "::b", ""):
        with pytest.raises(StateError, match="no resource"):
            find(records, nothing)


def test_secrets_stay_closed_and_open_afterwards() -> None:
    before = state.Checkpoint(
        stack="organization/shop/dev",
        resources=(record("a", outputs={"token": secret("hunter22")}), record("b", uses=("a",))),
    )
    data = state.write(before, secrets(), time="2026-11-24T18:45:43Z")
    changed = exports.repaired(data, "here", Rename(urn_of("a"), "z"), time="2026-11-24T19:00:00Z")
    assert b"hunter22" not in changed
    after = state.read(changed, secrets(), "here")
    assert [one.urn for one in after.resources] == [urn_of("z"), urn_of("b")]
    assert after.resources[0].outputs == before.resources[0].outputs
    assert after.resources[1].dependencies == (urn_of("z"),)
    assert exports.overview(changed, "here").updated == exports.seconds("2026-11-24T19:00:00Z")


@st.composite
def graphs(draw: st.DrawFn) -> list[Record]:
    """Up to eight resources, each using some of those before it."""
    size = draw(st.integers(1, 8))
    return written(
        *(
            record(f"r{i}", uses=tuple(f"r{j}" for j in sorted(draw(st.sets(st.integers(0, i - 1)))) if i))
            if i
            else record("r0")
            for i in range(size)
        )
    )


@given(graphs(), st.data())
def test_whatever_is_removed_with_its_users_leaves_a_sound_state(records: list[Record], data: st.DataObject) -> None:
    urn = data.draw(st.sampled_from([one["urn"] for one in records]))
    left = Remove((urn,), dependents=True).apply(records)
    kept = {one["urn"] for one in left}
    assert urn not in kept
    assert all(used in kept for one in left for used in one.get("dependencies") or ())
    assert len(left) == len(records) - 1 - len(users_of(records, [one for one in records if one["urn"] == urn]))


@given(graphs(), st.data())
def test_a_name_and_back_is_the_same_state(records: list[Record], data: st.DataObject) -> None:
    urn = data.draw(st.sampled_from([one["urn"] for one in records]))
    there = Rename(urn, "elsewhere")
    assert Rename(there.becomes, urn.rpartition("::")[2]).apply(there.apply(records)) == records

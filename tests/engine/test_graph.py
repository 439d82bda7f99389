from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.engine import graph
from agentry.engine.events import Op
from agentry.engine.state import Resource, uses
from agentry.engine.values import UNKNOWN, Properties
from tests.engine.records import record, urn_of

PROVIDER = "pulumi:providers:fake"


def names(resources: tuple[Resource, ...]) -> list[str]:
    return [resource.name for resource in resources]


@st.composite
def graphs(draw: st.DrawFn) -> list[Resource]:
    """A checkpoint's resources: topological, every way to use another, marked and protected ones among them."""
    made: list[Resource] = []
    for number in range(draw(st.integers(0, 9))):
        before = [resource.urn for resource in made if resource.type != PROVIDER]
        providers = [resource for resource in made if resource.type == PROVIDER]
        some = st.lists(st.sampled_from(before), max_size=2, unique=True) if before else st.just([])
        one = st.sampled_from(["", *before])
        if draw(st.booleans()) and number % 3 == 0:
            made.append(record(f"r{number}", type=PROVIDER))
            continue
        # Some share a URN: a live record and others that were replaced.
        name = f"r{number}" if draw(st.integers(0, 3)) != 0 or not made else made[-1].name
        provider = draw(st.sampled_from(providers)) if providers else None
        taken = any(resource.name == name and not resource.delete for resource in made)
        made.append(
            Resource(
                urn=urn_of(name),
                type="fake:index:Item",
                custom=draw(st.booleans()),
                id=str(number),
                parent=draw(one),
                provider=f"{provider.urn}::{provider.id}" if provider else "",
                dependencies=tuple(draw(some)),
                property_dependencies={"x": tuple(draw(some))},
                deleted_with=draw(one),
                inputs={"x": 1},
                delete=taken or draw(st.booleans()),
                protect=draw(st.integers(0, 4)) == 0,
                retain_on_delete=draw(st.booleans()),
            )
        )
    return made


@given(graphs(), st.data())
def test_users_go_before_what_they_use_and_nothing_goes_that_is_used_by_what_stays(
    resources: list[Resource], data: st.DataObject
) -> None:
    urns = sorted({resource.urn for resource in resources})
    # A registered resource's dependencies are registered: the program could not have named them otherwise.
    registered: set[str] = set(data.draw(st.lists(st.sampled_from(urns), unique=True)) if urns else [])
    for resource in reversed(resources):
        if resource.urn in registered:
            registered |= uses(resource)
    found = graph.plan_deletes(resources, registered)

    going = [deletion.step.old for deletion in found.going]
    assert all(one is not None for one in going)
    identities = [id(one) for one in going]
    assert len(set(identities)) == len(identities)
    for position, deletion in enumerate(found.going):
        assert all(identities.index(id(user)) < position for user in deletion.after), "its users go first"
        assert deletion.step.old
        expected = [
            user
            for user in resources[resources.index(deletion.step.old) + 1 :]
            if id(user) in identities and deletion.step.old.urn in uses(user)
        ]
        assert {id(user) for user in expected} == {id(user) for user in deletion.after}

    stay = [one for one in resources if id(one) not in identities]
    assert {id(one) for one in resources if one.delete or one.urn not in registered} == {
        *identities,
        *map(id, found.protected),
        *map(id, found.needed),
    }
    live = {one.urn for one in resources if not one.delete}
    staying = {one.urn for one in stay if not one.delete}
    assert all(uses(one) & live <= staying for one in stay if not one.delete), "what stays has all that it uses"


def deletions(resources: list[Resource], *registered: str) -> list[tuple[str, Op, bool]]:
    found = graph.plan_deletes(resources, {urn_of(name) for name in registered})
    return [
        (deletion.step.old.name, deletion.step.op, deletion.step.record_only)
        for deletion in found.going
        if deletion.step.old
    ]


def test_everything_goes_users_first() -> None:
    recorded = [record("a"), record("b", uses=("a",)), record("c", parent=urn_of("b"))]
    assert deletions(recorded) == [("c", Op.DELETE, False), ("b", Op.DELETE, False), ("a", Op.DELETE, False)]


@pytest.mark.parametrize(
    ("fields", "op"),
    [
        ({"custom": False}, Op.DELETE),
        ({"external": True}, Op.DISCARD),
        ({"external": True, "delete": True}, Op.DISCARD_REPLACED),
        ({"retain_on_delete": True}, Op.DELETE),
        ({"pending_replacement": True}, Op.REMOVE_PENDING_REPLACE),
        ({"deleted_with": urn_of("a")}, Op.DELETE),
    ],
    ids=lambda value: "" if isinstance(value, Op) else "-".join(value),
)
def test_when_only_the_record_goes(fields: dict[str, Any], op: Op) -> None:
    assert deletions([record("a"), record("b", **fields)])[0] == ("b", op, True)


def test_deleted_with_counts_only_when_that_other_one_goes() -> None:
    assert deletions([record("a"), record("b", deleted_with=urn_of("a"))], "a") == [("b", Op.DELETE, False)]


def test_what_was_replaced_goes_also_when_it_is_registered_or_protected() -> None:
    live, old = record("a", protect=True), record("a", delete=True, protect=True)
    assert deletions([live, old], "a") == [("a", Op.DELETE_REPLACED, False)]


def test_a_protected_resource_stays_with_what_it_uses_and_its_siblings_go() -> None:
    provider = record("p", type=PROVIDER)
    recorded = [
        record("stack", custom=False),
        provider,
        record("used", parent=urn_of("stack"), provider=f"{provider.urn}::{provider.id}"),
        record("kept", uses=("used",), protect=True),
        record("sibling", uses=("used",), parent=urn_of("stack")),
    ]
    found = graph.plan_deletes(recorded, set())
    assert [deletion.step.old.name for deletion in found.going if deletion.step.old] == ["sibling"]
    assert names(found.protected) == ["kept"]
    assert names(found.needed) == ["stack", "p", "used"]


async def dependents(root: Resource, resources: list[Resource], replaced: set[str], **options: Any) -> list[str]:
    asked: dict[str, Properties] = {}

    async def would_replace(resource: Resource, inputs: Properties) -> bool:
        asked[resource.name] = inputs
        return resource.name in replaced

    found = await graph.dependents_to_replace(root, resources, would_replace, **options)
    assert all(UNKNOWN in inputs.values() for inputs in asked.values())
    return names(found)


def user(name: str, *used: str, **fields: Any) -> Resource:
    """A resource whose input x comes from others."""
    inputs = {"x": 1, "y": 2}
    return record(name, uses=used, property_dependencies={"x": tuple(map(urn_of, used))}, inputs=inputs, **fields)


async def test_only_those_go_along_that_their_provider_would_replace() -> None:
    root = record("a")
    recorded = [root, user("b", "a"), user("c", "a"), user("d", "b"), user("e", "c"), record("f", uses=("a",))]
    assert await dependents(root, recorded, {"b", "d", "e", "f"}) == ["b", "d"]


async def test_some_go_along_without_being_asked() -> None:
    root = record("p", type=PROVIDER)
    recorded = [
        root,
        record("of it", provider=f"{root.urn}::{root.id}"),
        record("with it", deleted_with=urn_of("of it")),
        record("replaced with", replace_with=(urn_of("with it"),)),
        record("apart"),
    ]
    assert await dependents(root, recorded, set()) == ["of it", "with it", "replaced with"]


async def test_some_never_go_along() -> None:
    root = record("a")
    recorded = [
        root,
        user("registered", "a"),
        user("component", "a", custom=False),
        user("external", "a", external=True),
        user("marked", "a", delete=True),
        user("other root", "b"),
    ]
    everybody = {resource.name for resource in recorded}
    assert await dependents(root, recorded, everybody, registered={urn_of("registered")}) == []

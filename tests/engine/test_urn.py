from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.engine import urn as urns
from agentry.engine.urn import Alias
from agentry.errors import StateError

STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
SHELF = "urn:pulumi:dev::shop::shop:index:Shelf::shelf"
BOOK = "urn:pulumi:dev::shop::shop:index:Shelf$fake:index:Item::shelf-book"
PROVIDER = "urn:pulumi:dev::shop::pulumi:providers:fake::default"

word = st.text("abcXYZ0-_./ ", min_size=1, max_size=8)


@given(word, word, word)
def test_a_urn_comes_apart_as_it_was_built(project: str, type: str, name: str) -> None:
    parts = urns.split(urns.build("dev", project, "", type, name))
    assert (parts.stack, parts.project, parts.type, parts.name) == ("dev", project, type, name)


def test_the_stack_is_not_part_of_a_type_and_components_are() -> None:
    assert urns.stack_urn("dev", "shop") == STACK
    assert urns.build("dev", "shop", STACK, "shop:index:Shelf", "shelf") == SHELF
    assert urns.build("dev", "shop", SHELF, "fake:index:Item", "shelf-book") == BOOK
    assert urns.split(BOOK).type == "fake:index:Item"


def test_a_name_may_have_colons() -> None:
    assert urns.split(f"{SHELF}::and::more").name == "shelf::and::more"


@pytest.mark.parametrize("bad", ["", "urn:pulumi:dev", "arn:pulumi:dev::shop::x::y", SHELF.removeprefix("urn:")])
def test_what_is_no_urn_is_refused(bad: str) -> None:
    with pytest.raises(StateError, match="no URN"):
        urns.split(bad)


def test_provider_references() -> None:
    reference = urns.reference(PROVIDER, "1")
    assert urns.split_reference(reference) == (PROVIDER, "1")
    with pytest.raises(StateError, match="reference to a provider"):
        urns.split_reference(f"{SHELF}::1")


@pytest.mark.parametrize(
    ("type", "package"),
    [("fake:index:Item", "fake"), ("pulumi:providers:fake", "fake"), ("pulumi:pulumi:Stack", "pulumi")],
)
def test_the_package_of_a_type(type: str, package: str) -> None:
    assert urns.package_of(type) == package


def test_names_of_default_providers() -> None:
    assert urns.default_provider_name() == "default"
    assert urns.default_provider_name("1.2.3-rc.1") == "default_1_2_3_rc_1"


@pytest.mark.parametrize(
    ("alias", "former"),
    [
        (Alias(urn="urn:pulumi:dev::old::x::y"), "urn:pulumi:dev::old::x::y"),
        (Alias(name="novel"), "urn:pulumi:dev::shop::shop:index:Shelf$fake:index:Item::novel"),
        (Alias(no_parent=True), "urn:pulumi:dev::shop::fake:index:Item::shelf-book"),
        (Alias(parent=STACK), "urn:pulumi:dev::shop::fake:index:Item::shelf-book"),
        (Alias(type="fake:old:Item"), "urn:pulumi:dev::shop::shop:index:Shelf$fake:old:Item::shelf-book"),
        (Alias(stack="prod", project="store"), "urn:pulumi:prod::store::shop:index:Shelf$fake:index:Item::shelf-book"),
    ],
)
def test_each_part_of_an_alias_says_what_was_different(alias: Alias, former: str) -> None:
    assert urns.expand_aliases([alias], urn=BOOK, parent=SHELF, former={}) == (former,)


def test_children_move_with_their_parent_and_its_name() -> None:
    former = "urn:pulumi:dev::shop::shop:index:Rack::rack"
    assert urns.expand_aliases([Alias(name="tome")], urn=BOOK, parent=SHELF, former={SHELF: former}) == (
        "urn:pulumi:dev::shop::shop:index:Shelf$fake:index:Item::tome",
        "urn:pulumi:dev::shop::shop:index:Rack$fake:index:Item::rack-book",
        "urn:pulumi:dev::shop::shop:index:Rack$fake:index:Item::tome",
    )


def test_the_present_name_is_no_alias() -> None:
    assert urns.expand_aliases([Alias(), Alias(urn=BOOK)], urn=BOOK, parent=SHELF, former={}) == ()


def test_a_former_parent_is_meant_under_its_own_former_name() -> None:
    rack = "urn:pulumi:dev::shop::shop:index:Rack::rack"
    assert urns.expand_aliases([Alias(parent=SHELF)], urn=BOOK, parent="", former={SHELF: rack}) == (
        "urn:pulumi:dev::shop::shop:index:Rack$fake:index:Item::shelf-book",
    )

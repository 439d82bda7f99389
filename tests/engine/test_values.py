from __future__ import annotations

import math
from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from agentry.engine import values
from agentry.engine.values import OUTPUT, RESOURCE, SECRET, SIGNATURE, UNKNOWN
from agentry.errors import Unsupported

# What can be a value: everything the wire has, but for what is refused by name.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text
    | st.just(UNKNOWN)
)
plain = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=12,
)


def output(value: Any, secret: bool, urns: list[str]) -> dict[str, Any]:
    return {SIGNATURE: OUTPUT, "value": value, "secret": secret, "dependencies": urns}


marked = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(text, inner, max_size=3)
        | inner.map(values.secret)
        | st.builds(values.resource_reference, text, st.none() | text)
        | st.builds(output, inner, st.booleans(), st.lists(text, max_size=2))
    ),
)
properties = st.dictionaries(text, marked, max_size=4)
CANARY = "canary-of-the-secret"


@given(properties)
def test_decoding_what_was_encoded_gives_it_back(value: dict[str, Any]) -> None:
    sent = struct_pb2.Struct.FromString(values.encode(value).SerializeToString())
    assert values.decode(sent) == value


@given(marked)
def test_one_value_goes_over_the_wire_alone(value: Any) -> None:
    assert values.decode_value(values.encode_value(value)) == value


@given(marked)
def test_a_value_is_equal_to_itself_revealed(value: Any) -> None:
    assert values.equal(value, values.reveal(value))


@given(plain, plain)
def test_equal_is_symmetric_and_true_only_of_what_json_calls_the_same(a: Any, b: Any) -> None:
    assert values.equal(a, b) == values.equal(b, a)
    if values.equal(a, b):
        assert values.encode_value(a) == values.encode_value(b)


@given(plain)
def test_a_masked_value_never_shows_what_is_in_a_secret(value: Any) -> None:
    hidden = {
        "outer": [
            values.secret({"inner": [value, CANARY]}),
            {"deep": {SIGNATURE: OUTPUT, "secret": True, "value": CANARY}},
        ]
    }
    assert CANARY not in repr(values.mask(hidden))


@given(marked)
def test_downgraded_values_have_no_outputs_and_lose_no_secret(value: Any) -> None:
    downgraded = values.downgrade(value)
    assert not any(values.signature(item) == OUTPUT for item in values.walk(downgraded))
    assert values.has_secret(downgraded) == values.has_secret(value)


def test_whole_doubles_become_ints_and_others_stay() -> None:
    struct = struct_pb2.Struct()
    struct.update({"whole": 3.0, "part": 0.5, "huge": 1e300})
    decoded = values.decode(struct)
    assert repr(decoded["whole"]) == "3"
    assert decoded["part"] == 0.5
    assert isinstance(decoded["huge"], float)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_has_no_word_for_are_refused(bad: float) -> None:
    with pytest.raises(Unsupported, match="number"):
        values.decode_value(struct_pb2.Value(number_value=bad))


@pytest.mark.parametrize(
    ("signature", "name"),
    [
        (rpc._special_asset_sig, "an asset"),
        (rpc._special_archive_sig, "an archive"),
        ("803fd3297a5875dc03ca845dda5d2a98", "a byte string"),
    ],
)
def test_what_the_engine_does_not_keep_is_refused_by_name(signature: str, name: str) -> None:
    with pytest.raises(Unsupported, match=name):
        values.decode_value(values.encode_value([{"deep": {SIGNATURE: signature}}]))


def test_signatures_are_those_of_the_pulumi_sdk() -> None:
    assert (
        rpc._special_sig_key,
        rpc._special_secret_sig,
        rpc._special_output_value_sig,
        rpc._special_resource_sig,
    ) == (SIGNATURE, SECRET, OUTPUT, RESOURCE)
    assert rpc.UNKNOWN == UNKNOWN


def test_every_marker_of_an_unknown_is_one() -> None:
    assert values.decode_value(struct_pb2.Value(string_value="dd056dcd-154b-4c76-9bd3-c8f88648b5ff")) == UNKNOWN


def test_what_is_no_json_value_can_not_be_sent() -> None:
    with pytest.raises(TypeError, match="object"):
        values.encode_value(object())


def test_secrets_are_marked_once() -> None:
    assert values.secret(values.secret(1)) == values.secret(1)


def test_masks_for_people() -> None:
    value = {
        "a": values.secret("x"),
        "b": UNKNOWN,
        "c": values.resource_reference("urn:x", "1"),
        "d": {SIGNATURE: OUTPUT, "value": 2},
        "e": {SIGNATURE: OUTPUT},
    }
    assert values.mask(value) == {"a": "[secret]", "b": "[unknown]", "c": "urn:x", "d": 2, "e": "[unknown]"}


def test_dependencies_are_those_of_outputs_and_references() -> None:
    value = [{SIGNATURE: OUTPUT, "value": 1, "dependencies": ["urn:a"]}, {"x": values.resource_reference("urn:b")}]
    assert values.dependencies(value) == {"urn:a", "urn:b"}


def test_true_is_not_one_and_an_unknown_output_is_unknown() -> None:
    assert not values.equal(True, 1)
    assert not values.equal({"a": [0]}, {"a": [False]})
    assert values.equal({SIGNATURE: OUTPUT}, UNKNOWN)
    assert values.has_unknown([{"a": {SIGNATURE: OUTPUT}}])


def test_outputs_are_secret_by_name_or_by_their_input() -> None:
    outputs = {"size": 1, "token": "x", "plain": 2}
    marked_outputs = values.mark_secrets(outputs, {"token": {"deep": values.secret("x")}, "plain": 2}, ("size",))
    assert marked_outputs == {"size": values.secret(1), "token": values.secret("x"), "plain": 2}


def test_what_is_in_the_place_of_a_secret_is_secret() -> None:
    inputs = {"tree": {"open": 1, "list": [values.secret("x"), 2]}}
    assert values.mark_secrets({"tree": {"open": 1, "list": ["x", 2], "more": 3}}, inputs) == {
        "tree": {"open": 1, "list": [values.secret("x"), 2], "more": 3}
    }
    other_shape = {"tree": {"list": ["x"]}}
    assert values.mark_secrets(other_shape, inputs) == {"tree": {"list": values.secret(["x"])}}
    assert values.mark_secrets({"tree": {"renamed": "x"}}, inputs) == {"tree": values.secret({"renamed": "x"})}
    assert values.mark_secrets({"tree": "x 2"}, inputs) == {"tree": values.secret("x 2")}
    already = {"tree": {"list": [values.secret("x"), 2]}}
    assert values.mark_secrets(already, inputs) == already

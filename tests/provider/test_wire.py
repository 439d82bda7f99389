from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from agentry.errors import ProgramError
from agentry.provider import wire
from agentry.provider.kinds.kind import UNKNOWN
from agentry.provider.wire import Secret

KEYS = st.text(max_size=8).filter(lambda key: key != wire.SIGNATURE)
TEXTS = st.text(max_size=12).filter(lambda text: text != UNKNOWN.value)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS | st.just(UNKNOWN)
OPEN = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3) | st.builds(Secret, inner),
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_what_is_encoded_is_decoded(properties: dict[str, Any]) -> None:
    text = wire.encode(properties).SerializeToString()
    assert wire.decode(struct_pb2.Struct.FromString(text)) == properties


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_secrets_that_were_opened_are_sealed_at_the_same_places(properties: dict[str, Any]) -> None:
    plain, paths = wire.open_secrets(properties)
    assert "Secret" not in repr(plain)
    sealed = wire.seal(plain, paths)
    assert wire.open_secrets(sealed) == (plain, paths)


def test_a_secret_in_a_secret_is_one_secret() -> None:
    plain, paths = wire.open_secrets({"a": Secret({"b": Secret("canary")})})
    assert plain == {"a": {"b": "canary"}}
    assert wire.seal(plain, paths) == {"a": Secret({"b": Secret("canary")})}


def test_a_secret_whose_place_is_gone_seals_what_is_left_there() -> None:
    assert wire.seal({"a": ["x"]}, [("a", 1, "b")]) == {"a": Secret(["x"])}
    assert wire.seal({"a": {"c": 1}, "d": 2}, [("a", "b")]) == {"a": Secret({"c": 1}), "d": 2}
    assert wire.seal({"d": 2}, [("a", "b")]) == {"d": 2}


def test_secret_texts_are_found_and_masked() -> None:
    plain, paths = wire.open_secrets(
        {"a": Secret({"b": "canary", "c": ["other"], "d": 1}), "e": "open", "f": Secret("abc")}
    )
    texts = wire.texts_at(plain, paths)
    assert texts == {"canary", "other"}, "a text of three letters would mask half of a message"
    assert wire.masked("the canary sings to other, open", texts) == "the [secret] sings to [secret], open"
    assert "canary" not in repr(Secret("canary"))
    key = "-----BEGIN KEY-----\n'canary' of \"many lines\"\n"
    for told in (key, repr(key), json.dumps(key), " ".join(key.split()), "says: 'canary' of \"many lines\"!"):
        assert "canary" not in wire.masked(f"can not take {told}", {key})


def test_integral_numbers_are_ints_and_truth_values_stay() -> None:
    decoded = wire.decode(wire.encode({"n": 3.0, "t": True, "f": 0.5}))
    assert [type(decoded[key]) for key in "ntf"] == [int, bool, float]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53 + 1, object()])
def test_what_the_wire_can_not_carry_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="the wire"):
        wire.encode({"a": value})


def _special(signature: str, **fields: Any) -> struct_pb2.Struct:
    return wire.encode({"a": {wire.SIGNATURE: signature, **fields}})


def test_outputs_are_taken_apart() -> None:
    assert wire.decode(_special(wire.OUTPUT, value="x", dependencies=["urn"])) == {"a": "x"}
    assert wire.decode(_special(wire.OUTPUT, value="x", secret=True)) == {"a": Secret("x")}
    assert wire.decode(_special(wire.OUTPUT, secret=False)) == {"a": UNKNOWN}
    assert wire.decode(_special(wire.OUTPUT, secret=True)) == {"a": Secret(UNKNOWN)}


@pytest.mark.parametrize("signature", [*wire.REFUSED, "another"])
def test_what_no_kind_has_is_refused_by_name(signature: str) -> None:
    with pytest.raises(ProgramError, match=wire.REFUSED.get(signature, "unknown sort")):
        wire.decode(_special(signature))


def test_private_names_of_pulumi() -> None:
    """Every private name of the pulumi SDK that the provider rests on; the pin moves only with this test."""
    assert rpc._special_sig_key == wire.SIGNATURE
    assert rpc._special_secret_sig == wire.SECRET
    assert rpc._special_output_value_sig == wire.OUTPUT
    assert {rpc._special_asset_sig, rpc._special_archive_sig, rpc._special_resource_sig} == set(wire.REFUSED)
    assert UNKNOWN.value == rpc.UNKNOWN

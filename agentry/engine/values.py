"""Property values as the engine keeps them: plain dicts, lists, strings, numbers, booleans and None.

What JSON has no word for is a dict with a signature, as on Pulumi's wire, or the marker string of an unknown:

    secret              {SIGNATURE: SECRET, "value": v}
    output              {SIGNATURE: OUTPUT, "value": v, "secret": bool, "dependencies": [urn]}; no value: unknown
    resource reference  {SIGNATURE: RESOURCE, "urn": u, "id": i, "packageVersion": v}
    unknown             UNKNOWN
"""

from __future__ import annotations

from typing import Any

from google.protobuf import struct_pb2

Properties = dict[str, Any]

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def decode(struct: struct_pb2.Struct) -> Properties:
    """Properties from the wire. Integral doubles become ints; assets, archives and NaN are `Unsupported`, by name."""


def decode_value(value: struct_pb2.Value) -> Any:
    """One value from the wire."""


def encode(properties: Properties) -> struct_pb2.Struct:
    """Properties for the wire."""


def encode_value(value: Any) -> struct_pb2.Value:
    """One value for the wire."""


def secret(value: Any) -> Any:
    """Mark a value as secret (once)."""


def resource_reference(urn: str, id: str | None = None) -> dict[str, Any]:
    """A reference to a resource; `id` is None for a component."""


def is_secret(value: Any) -> bool:
    """Whether this very value is marked secret."""


def is_unknown(value: Any) -> bool:
    """Whether this very value is not known yet."""


def has_secret(value: Any) -> bool:
    """Whether a secret is anywhere in it."""


def has_unknown(value: Any) -> bool:
    """Whether anything in it is not known yet."""


def reveal(value: Any) -> Any:
    """The value without secret markers, at any depth. Never for a person's eyes."""


def mask(value: Any) -> Any:
    """The value for a person's eyes: secrets as "[secret]", unknowns as "[unknown]", references as their URN."""


def downgrade(value: Any) -> Any:
    """Output values as what older receivers know: the plain value, a secret, or an unknown."""


def dependencies(value: Any) -> set[str]:
    """The URNs that the output values and resource references in it name."""


def equal(old: Any, new: Any) -> bool:
    """Whether two values are the same; whether they are marked secret does not count, nor 1 against 1.0."""


def mark_secrets(outputs: Properties, inputs: Properties, names: tuple[str, ...] = ()) -> Properties:
    """Outputs of which those are secret that are named, or whose input of the same name has a secret in it."""

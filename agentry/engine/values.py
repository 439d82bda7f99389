"""Property values as the engine keeps them: plain dicts, lists, strings, numbers, booleans and None.

What JSON has no word for is a dict with a signature, as on Pulumi's wire, or the marker string of an unknown:

    secret              {SIGNATURE: SECRET, "value": v}
    output              {SIGNATURE: OUTPUT, "value": v, "secret": bool, "dependencies": [urn]}; no value: unknown
    resource reference  {SIGNATURE: RESOURCE, "urn": u, "id": i, "packageVersion": v}
    unknown             UNKNOWN

The signatures and markers are Pulumi's (its Go SDK: resource/sig, resource/plugin/rpc.go); its Python SDK has the same.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from google.protobuf import struct_pb2

from agentry.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Properties = dict[str, Any]

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a type tag, no secret
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

_REFUSED = {
    "c44067f5952c0a294b673a41bacd8c17": "an asset",
    "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
    "803fd3297a5875dc03ca845dda5d2a98": "a byte string",
    "8ad145fe-0d11-4827-bfd7-1abcbf086f5c": "a number that JSON has no word for",
}
_USE_CLI = "deploy this stack with the Pulumi CLI: pulumi up"

# Pulumi has a marker for each type of unknown; which one it is tells nobody anything.
UNKNOWNS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)

# Above this not every integer is a double, and Python would write digits that were never there.
_EXACT = 2**53


def decode(struct: struct_pb2.Struct) -> Properties:
    """Properties from the wire. Integral doubles become ints.

    Raises:
        Unsupported: An asset, an archive, a byte string, NaN or an infinity, by name.
    """
    return {key: decode_value(value) for key, value in struct.fields.items()}


def decode_value(value: struct_pb2.Value) -> Any:
    """One value from the wire; see `decode`."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        return number(value.number_value)
    if kind == "struct_value":
        return refuse_unsupported(decode(value.struct_value))
    if kind == "list_value":
        return [decode_value(item) for item in value.list_value.values]
    return None


def encode(properties: Properties) -> struct_pb2.Struct:
    """Properties for the wire."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        _fill(struct.fields[key], value)
    return struct


def encode_value(value: Any) -> struct_pb2.Value:
    """One value for the wire."""
    target = struct_pb2.Value()
    _fill(target, value)
    return target


def _fill(target: struct_pb2.Value, value: Any) -> None:
    """Write a value in place: building messages apart and copying them costs twice the time."""
    if isinstance(value, str):
        target.string_value = value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        for key, item in value.items():
            _fill(target.struct_value.fields[key], item)
    elif isinstance(value, (list, tuple)):
        target.list_value.SetInParent()
        for item in value:
            _fill(target.list_value.values.add(), item)
    elif value is None:
        target.null_value = struct_pb2.NULL_VALUE
    else:
        raise TypeError(f"{type(value).__name__} is no property value")


def number(value: float) -> int | float:
    """A double as the checkpoint has it: an int where it is one."""
    if not math.isfinite(value):
        raise Unsupported(f"the embedded engine can not keep the number {value}", fix=_USE_CLI)
    return int(value) if abs(value) <= _EXACT and value == int(value) else value


def refuse_unsupported(value: dict[str, Any]) -> dict[str, Any]:
    """The dict itself, unless its signature is of something this engine does not keep (`Unsupported`, by name)."""
    kind = _REFUSED.get(signature(value) or "")
    if kind:
        raise Unsupported(f"the embedded engine does not support {kind} as a property value", fix=_USE_CLI)
    return value


def signature(value: Any) -> str | None:
    """The signature of a value that is marked with one."""
    found = value.get(SIGNATURE) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def secret(value: Any) -> Any:
    """Mark a value as secret (once)."""
    return value if is_secret(value) else {SIGNATURE: SECRET, "value": value}


def resource_reference(urn: str, id: str | None = None) -> dict[str, Any]:
    """A reference to a resource; `id` is None for a component."""
    return {SIGNATURE: RESOURCE, "urn": urn} | ({} if id is None else {"id": id})


def is_secret(value: Any) -> bool:
    """Whether this very value is marked secret."""
    return signature(value) == SECRET or (signature(value) == OUTPUT and bool(value.get("secret")))


def is_unknown(value: Any) -> bool:
    """Whether this very value is not known yet."""
    return value == UNKNOWN or (signature(value) == OUTPUT and "value" not in value)


def has_secret(value: Any) -> bool:
    """Whether a secret is anywhere in it."""
    return any(is_secret(item) for item in walk(value))


def has_unknown(value: Any) -> bool:
    """Whether anything in it is not known yet."""
    return any(is_unknown(item) for item in walk(value))


def walk(value: Any) -> Iterator[Any]:
    """The value and everything inside it, outermost first."""
    yield value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inside:
        yield from walk(item)


def _rebuild(value: Any, inside: Callable[[Any], Any]) -> Any:
    """The same value with each of its parts put through `inside`."""
    if isinstance(value, dict):
        return {key: inside(item) for key, item in value.items()}
    if isinstance(value, list):
        return [inside(item) for item in value]
    return value


def reveal(value: Any) -> Any:
    """The value without secret markers, at any depth. Never for a person's eyes."""
    if signature(value) == SECRET:
        return reveal(value.get("value"))
    return _rebuild(value, reveal)


def mask(value: Any) -> Any:
    """The value for a person's eyes: secrets as "[secret]", unknowns as "[unknown]", references as their URN."""
    if is_secret(value):
        return "[secret]"
    if is_unknown(value):
        return "[unknown]"
    kind = signature(value)
    if kind == OUTPUT:
        return mask(value["value"])
    if kind == RESOURCE:
        return value.get("urn", "")
    return _rebuild(value, mask)


def downgrade(value: Any) -> Any:
    """Output values as what older receivers know: the plain value, a secret, or an unknown."""
    if signature(value) == OUTPUT:
        plain = downgrade(value["value"]) if "value" in value else UNKNOWN
        return secret(plain) if value.get("secret") else plain
    return _rebuild(value, downgrade)


def dependencies(value: Any) -> set[str]:
    """The URNs that the output values and resource references in it name."""
    found: set[str] = set()
    for item in walk(value):
        kind = signature(item)
        if kind == OUTPUT:
            found.update(item.get("dependencies") or ())
        elif kind == RESOURCE:
            found.add(item["urn"])
    return found


def equal(old: Any, new: Any) -> bool:
    """Whether two values are the same; whether they are marked secret does not count, nor 1 against 1.0."""
    old, new = _unwrap(old), _unwrap(new)
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(equal(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(equal, old, new))
    # True == 1 in Python, and not in JSON.
    return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)


def _unwrap(value: Any) -> Any:
    while signature(value) in (SECRET, OUTPUT):
        value = value.get("value", UNKNOWN)
    return value


def mark_secrets(outputs: Properties, inputs: Properties, names: tuple[str, ...] = ()) -> Properties:
    """Outputs of which those are secret that are named, and all that is in the place of a secret of the inputs.

    Secrets come back in clear from a provider that does not know of them. Where the shape of an output is not that of
    the input, so that nobody can say where its secret went, the whole of it is secret.
    """
    return {
        key: secret(reveal(value)) if key in names else _marked(value, inputs.get(key))
        for key, value in outputs.items()
    }


def _marked(output: Any, input: Any) -> Any:
    if is_secret(output) or not has_secret(input):
        return output
    if isinstance(output, dict) and isinstance(input, dict) and not (signature(output) or signature(input)):
        if not has_secret([value for key, value in input.items() if key not in output]):
            return {key: _marked(value, input.get(key)) for key, value in output.items()}
    elif isinstance(output, list) and isinstance(input, list) and len(output) == len(input):
        return [_marked(one, other) for one, other in zip(output, input, strict=True)]
    return secret(reveal(output))

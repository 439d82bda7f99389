"""Pulumi's property values on the wire, as plain Python values and back.

Strings, numbers, booleans, None, lists and dicts are themselves. What is not known yet is `UNKNOWN`, a secret is
`Secret(value)`. Kinds never see a `Secret`: `open_secrets` takes the wrappers off and remembers where they were,
`seal` puts them on again. Output values are taken apart into the two; assets, archives and references to resources
are refused by name, for no kind has a field of such a type.

The signatures are Pulumi's (pulumi/runtime/rpc.py of its Python SDK has the same; a test compares them).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf import struct_pb2

from agentry.errors import ProgramError
from agentry.provider.kinds.kind import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agentry.provider.kinds.kind import Properties

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a type tag
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
REFUSED = {
    "c44067f5952c0a294b673a41bacd8c17": "an asset",
    "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
    "5cf8f73096256a8f31e491e813e4eb8e": "a reference to a resource",
}
_EXACT = 2**53  # above this not every integer is a double, and the wire has only doubles

_TELLING = 16
"""Characters of a line of a secret that is masked by itself; shorter ones are words that occur elsewhere."""

Path = tuple["str | int", ...]


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is masked wherever it is shown, and encrypted in the state."""

    value: Any

    def __repr__(self) -> str:
        return "Secret([secret])"


def decode(struct: struct_pb2.Struct) -> Properties:
    """Properties from the wire. Integral numbers become ints.

    Raises:
        ProgramError: A value of a type that no kind has.
    """
    return {key: _decode(value) for key, value in struct.fields.items()}


def _decode(value: struct_pb2.Value) -> Any:
    which = value.WhichOneof("kind")
    if which == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN.value else value.string_value
    if which == "bool_value":
        return value.bool_value
    if which == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if which == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if which == "struct_value":
        return _decode_object(value.struct_value)
    return None


def _decode_object(struct: struct_pb2.Struct) -> Any:
    if SIGNATURE not in struct.fields:
        return decode(struct)
    signature = struct.fields[SIGNATURE].string_value
    if signature == SECRET:
        return Secret(_decode(struct.fields["value"]))
    if signature == OUTPUT:
        value = _decode(struct.fields["value"]) if "value" in struct.fields else UNKNOWN
        is_secret = "secret" in struct.fields and struct.fields["secret"].bool_value
        return Secret(value) if is_secret else value
    raise ProgramError(
        f"{REFUSED.get(signature, 'a value of an unknown sort')} is given to a resource of Agentry",
        why="its fields are texts, numbers, truth values, lists and maps",
        fix="give a path or a name instead",
    )


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Properties to the wire.

    Raises:
        ValueError: A number that the wire can not carry, or a value of another type; both are bugs of a kind.
    """
    return struct_pb2.Struct(fields={key: _encode(value) for key, value in properties.items()})


def _encode(value: Any) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=UNKNOWN.value)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, (int, float)):
        return struct_pb2.Value(number_value=_number(value))
    if isinstance(value, Secret):
        return struct_pb2.Value(struct_value=encode({SIGNATURE: SECRET, "value": value.value}))
    if isinstance(value, dict):
        return struct_pb2.Value(struct_value=encode(value))
    if isinstance(value, (list, tuple)):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_encode(item) for item in value]))
    raise ValueError(f"the wire has no {type(value).__name__}")


def _number(value: float) -> float:
    if not math.isfinite(value) or (isinstance(value, int) and abs(value) > _EXACT):
        raise ValueError("a number that the wire can not carry")
    return float(value)


def open_secrets(value: Any) -> tuple[Any, frozenset[Path]]:
    """The value without the wrappers of secrets, and the paths where they were."""
    paths: set[Path] = set()
    return _opened(value, (), paths), frozenset(paths)


def _opened(value: Any, path: Path, paths: set[Path]) -> Any:
    if isinstance(value, Secret):
        paths.add(path)
        return _opened(value.value, path, paths)
    if isinstance(value, dict):
        return {key: _opened(item, (*path, key), paths) for key, item in value.items()}
    if isinstance(value, list):
        return [_opened(item, (*path, index), paths) for index, item in enumerate(value)]
    return value


def seal(properties: Mapping[str, Any], paths: Iterable[Path]) -> Properties:
    """The properties with secrets at these paths.

    Where a path leads nowhere any more (a list became shorter), the innermost value that is left on it is sealed:
    rather too much than too little.
    """
    sealed: Any = dict(properties)
    for path in sorted(paths, key=len, reverse=True):
        if path and path[0] in sealed:
            sealed = _sealed(sealed, path)
    return dict(sealed)


def _sealed(value: Any, path: Path) -> Any:
    if isinstance(value, Secret):
        return value
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and step in value:
        return {**value, step: _sealed(value[step], rest) if rest else _wrapped(value[step])}
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return [
            (_sealed(item, rest) if rest else _wrapped(item)) if index == step else item
            for index, item in enumerate(value)
        ]
    return Secret(value)


def _wrapped(value: Any) -> Any:
    return value if isinstance(value, Secret) else Secret(value)


def texts_at(properties: Mapping[str, Any], paths: Iterable[Path]) -> frozenset[str]:
    """The secret texts themselves, so that messages can be kept clear of them."""
    found: set[str] = set()
    for path in paths:
        value: Any = properties
        for step in path:
            value = value[step]
        found.update(text for text in _texts(value) if len(text) >= 4)
    return frozenset(found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def masked(text: str, secrets: Iterable[str]) -> str:
    """A message without any of the secret texts, however it quotes them."""
    forms = {form for secret in secrets for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "[secret]")
    return text


def _forms(secret: str) -> Iterator[str]:
    """A text as it is, as Python and JSON quote it, and on one line; of a key of many lines each line that says much."""
    yield secret
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield " ".join(secret.split()) or secret
    yield from (line.strip() for line in secret.splitlines() if len(line.strip()) >= _TELLING)


def has_unknown(value: Any) -> bool:
    """Whether something in it is not known yet."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN

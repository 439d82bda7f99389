"""Whether a value fits a type of MLflow's, and how it is written then. Pure: no numpy.

Pulumi's wire has one type of number, so 1 fits a double and is written 1.0. Everything else is as strict as MLflow's
own check of an input example (mlflow/models/utils.py, `_enforce_type`), or stricter.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from agentry.errors import AgentCodeError

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE = {"integer": 32, "long": 64}
_FIX = {
    "boolean": "true",
    "integer": "7",
    "long": "7",
    "float": "0.5",
    "double": "0.5",
    "string": '"text"',
    "binary": '"aGVsbG8=", the bytes in base64',
    "datetime": '"2026-01-31T12:00:00", without a time zone',
}
# What Python 3.10 reads too: a later one takes more forms, and who deploys may not decide.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{3}|\.\d{6})?)?)?")
_FLOATS = {"float16": "e", "float32": "f", "float64": "d"}


def fit(kind: dict[str, Any], value: Any, at: str, *, required: bool = True) -> Any:
    """The value, as MLflow writes one of that type.

    Args:
        kind: As `schema.read_type` gives it.
        value: A plain value of JSON.
        at: What it is, for errors.
        required: Whether null is refused.

    Raises:
        AgentCodeError: It does not fit.
    """
    if value is None and not required:
        return None
    name = kind["type"]
    if name == "any":
        return value
    if name == "object":
        return _object(kind["properties"], value, at)
    if name == "map" and isinstance(value, dict):
        return {key: fit(kind["values"], value[key], f"{at}.{key}") for key in value}
    if name in {"array", "sparkml_vector"} and isinstance(value, list):
        items = kind.get("items", {"type": "double"})
        return [fit(items, item, f"{at}[{number}]") for number, item in enumerate(value)]
    if name in {"map", "array", "sparkml_vector"}:
        raise misfit(value, name, at, "{...}" if name == "map" else "[...]")
    return scalar(name, value, at)


def scalar(name: str, value: Any, at: str) -> Any:
    """As `fit`, of one of MLflow's scalar types."""
    found: Any = None
    number = _is_number(value)
    if name in _WHOLE and number and value == int(value) and _holds(int(value), _WHOLE[name]):
        found = int(value)
    elif name in {"float", "double"} and number:
        found = floating("float32" if name == "float" else "float64", value)
    elif name == "boolean" and isinstance(value, bool):
        found = value
    elif isinstance(value, str):
        found = {"string": lambda text: text, "binary": _bytes, "datetime": _moment}.get(name, _nothing)(value)
    if found is None:
        raise misfit(value, name, at, _FIX[name])
    return found


def param_default(param: dict[str, Any], at: str) -> Any:
    """The default of a parameter of a signature."""
    default = param["default"]
    if default is None and param["type"] not in {"datetime", "object"} and param["shape"] is None:
        return None
    return param_value(param, default, at)


def param_value(param: dict[str, Any], value: Any, at: str) -> Any:
    """A value of a parameter of a signature.

    Raises:
        AgentCodeError: It does not fit.
    """
    if param["type"] == "object":
        return fit(param, value, at)
    if param["shape"] is None:
        return _param_scalar(param["type"], value, at)
    if not isinstance(value, list):
        raise misfit(value, f"list of {param['type']}", at, "[...]")
    return [_param_scalar(param["type"], item, f"{at}[{number}]") for number, item in enumerate(value)]


def _param_scalar(name: str, value: Any, at: str) -> Any:
    """Of a parameter, a float stays as it is written, and a date may stand alone."""
    if name == "datetime" and isinstance(value, str) and len(value) == len("2026-01-31"):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    return scalar("double" if name == "float" else name, value, at)


def tensor(dtype: str, shape: Sequence[int], value: Any, at: str) -> Any:
    """Nested lists, as numpy gives those of an array of that type and shape.

    Raises:
        AgentCodeError: They do not have that shape, or hold what does not fit.
    """
    if not shape:
        return _element(dtype, value, at)
    if not isinstance(value, list) or (shape[0] != -1 and len(value) != shape[0]):
        raise misfit(value, f"tensor of shape {list(shape)}", at, f"a list of {shape[0]}" if shape[0] > -1 else "[...]")
    rows = [tensor(dtype, shape[1:], item, f"{at}[{number}]") for number, item in enumerate(value)]
    if any(_sizes(row) != _sizes(rows[0]) for row in rows):
        raise AgentCodeError("its rows have different sizes", where=at, fix="rows of one size")
    return rows


def floating(dtype: str, value: float) -> float | None:
    """The number as that type of float holds it; None for one that is too large."""
    try:
        form = _FLOATS[dtype]
        return float(struct.unpack(form, struct.pack(form, value))[0])
    except (OverflowError, struct.error):
        return None


def misfit(value: Any, wanted: str, at: str, fix: str) -> AgentCodeError:
    """The error for a value that is none of what is wanted."""
    said = repr(value)
    return AgentCodeError(f"{said if len(said) <= 60 else said[:57] + '...'} is no {wanted}", where=at, fix=fix)


def _element(dtype: str, value: Any, at: str) -> Any:
    number = _is_number(value)
    found: Any = None
    if (dtype == "bool" and isinstance(value, bool)) or (dtype == "str" and isinstance(value, str)):
        found = value
    elif dtype in _FLOATS and number:
        found = floating(dtype, value)
    elif "int" in dtype and number and value == int(value):
        bits = int(dtype.lstrip("uint"))
        fits = 0 <= value < 2**bits if dtype.startswith("u") else _holds(int(value), bits)
        found = int(value) if fits else None
    if found is None:
        raise misfit(value, dtype, at, "leave input_example out, if JSON has no form for it")
    return found


def _sizes(value: Any) -> list[int]:
    return [len(value), *_sizes(value[0])] if isinstance(value, list) and value else []


def _object(properties: dict[str, Any], value: Any, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise misfit(value, "object", at, f"{{{', '.join(properties)}}}")
    refuse_others(set(value), {name: spec["required"] for name, spec in properties.items()}, at)
    return {
        name: fit(properties[name], item, f"{at}.{name}", required=properties[name]["required"])
        for name, item in value.items()
    }


def refuse_others(given: set[str], known: dict[str, bool], at: str) -> None:
    """Refuse names that are not known, and the lack of those that are required.

    Args:
        given: The names that are there.
        known: Those that may be, and whether each has to.
        at: What has them, for errors.
    """
    for name in sorted(given - set(known)):
        raise AgentCodeError(
            f"{name!r} is not in the signature", where=at, why=f"it has {', '.join(known)}", fix="take it out"
        )
    for name, required in known.items():
        if required and name not in given:
            raise AgentCodeError(
                f"{name!r} is missing", where=at, why="the signature requires it", fix=f'"{name}": ...'
            )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _holds(value: int, bits: int) -> bool:
    most = 1 << (bits - 1)
    return -most <= value < most


def _nothing(text: str) -> None:
    """A text fits no other type."""


def _bytes(text: str) -> str | None:
    """As MLflow writes bytes: base64 in lines."""
    try:
        return base64.encodebytes(base64.b64decode(text.replace("\n", ""), validate=True)).decode()
    except (binascii.Error, ValueError):
        return None


def _moment(text: str) -> str | None:
    """A moment as pandas writes it. With a time zone MLflow refuses it."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return None

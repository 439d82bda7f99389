"""MLflow's schemas as they are written in an MLmodel: read strictly, and brought into the form that MLflow writes. Pure.

A type is what MLflow's `to_dict` gives: `{"type": "long"}`, `{"type": "array", "items": TYPE}`, `{"type": "object",
"properties": {name: TYPE with required}}`, `{"type": "map", "values": TYPE}`, `{"type": "any"}`. A column is a type with
`name` and `required`; a tensor is `{"type": "tensor", "tensor-spec": {"dtype", "shape"}}` with a `name`
(mlflow/types/schema.py, 3.11.1 to 3.17.2).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentry.errors import AgentCodeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    Spec = dict[str, Any]

SCALARS = ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")
NESTED = {"array": "items", "object": "properties", "map": "values", "any": None, "sparkml_vector": None}
# The names of numpy's types, as `numpy.dtype(...).name` gives them and MLflow writes them.
DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128", "str", "bytes", "object"),
)
_COLUMN = '{"name": "amount", "type": "double"}'
_TENSOR = '{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}}'


def read_schema(given: Any, at: str) -> list[Spec]:
    """A list of columns, or of tensors, in the form that MLflow writes.

    Args:
        given: The list, or the JSON text of it, as an MLmodel has it.
        at: What it is of, for errors, such as `signature of agents/churn: inputs`.

    Raises:
        AgentCodeError: Something in it that MLflow would refuse, or that would not mean what it seems to.
    """
    specs = _listed(given, at, f"[{_COLUMN}]")
    if not specs:
        raise AgentCodeError("a schema has one column or tensor at least", where=at, fix=f"[{_COLUMN}]")
    read = [_spec(spec, f"{at}[{number}]") for number, spec in enumerate(specs)]
    tensors = [spec for spec in read if spec["type"] == "tensor"]
    if tensors and len(tensors) < len(read):
        raise AgentCodeError("a schema has columns or tensors, not both", where=at, fix=f"[{_COLUMN}] or [{_TENSOR}]")
    names = [spec["name"] for spec in read if "name" in spec]
    if names and len(names) < len(read):
        raise AgentCodeError("some have a name and some have none", where=at, fix="name all of them, or none")
    _refuse_doubled(names, at)
    if len(tensors) > 1 and not names:
        raise AgentCodeError("several tensors need a name each", where=at, fix='"name": "tokens"')
    if not names and not all(spec.get("required", True) for spec in read):
        raise AgentCodeError("what has no name can not be optional", where=at, fix="name all of them, or require them")
    return read


def is_tensor(schema: Sequence[Spec]) -> bool:
    """Whether a schema is one of tensors."""
    return bool(schema[0]["type"] == "tensor")


def listed_params(given: Any, at: str) -> list[Spec]:
    """The parameters of a signature, each with the keys that it may have; their defaults are not looked at.

    Raises:
        AgentCodeError: As `read_schema`.
    """
    fix = '[{"name": "limit", "type": "long", "default": 10}]'
    read = [_param(spec, f"{at}[{number}]", fix) for number, spec in enumerate(_listed(given, at, fix))]
    _refuse_doubled([spec["name"] for spec in read], at)
    return read


def read_type(given: Spec, at: str) -> Spec:
    """The type of a column, an item, a value or a property.

    Raises:
        AgentCodeError: None that MLflow has.
    """
    kind = given.get("type")
    if kind in SCALARS:
        return {"type": kind}
    if not isinstance(kind, str) or kind not in NESTED:
        raise AgentCodeError(
            f"{kind!r} is no type of MLflow" if kind is not None else "it has no type",
            where=f"{at}.type",
            why=f"there are {', '.join(SCALARS)}; and {', '.join(NESTED)}",
            fix='"type": "double"',
        )
    key = NESTED[kind]
    if key is None:
        return {"type": kind}
    inner, at = given.get(key), f"{at}.{key}"
    if not isinstance(inner, dict) or not inner:
        fix = {"properties": '{"city": {"type": "string"}}'}.get(key, '{"type": "string"}')
        raise AgentCodeError(f"{kind} needs {key}, a mapping", where=at, fix=f'"{key}": {fix}')
    if kind != "object":
        _only(inner, {"type", NESTED.get(str(inner.get("type")))}, at)
        return {"type": kind, key: read_type(inner, at)}
    return {"type": kind, key: {name: _property(inner[name], f"{at}.{name}") for name in sorted(inner)}}


def _property(given: Any, at: str) -> Spec:
    if not isinstance(given, dict):
        raise AgentCodeError("a property is a mapping", where=at, fix='{"type": "string", "required": true}')
    _only(given, {"type", "required", NESTED.get(str(given.get("type")))}, at)
    return {**read_type(given, at), "required": _required(given, at)}


def _spec(given: Any, at: str) -> Spec:
    if not isinstance(given, dict):
        raise AgentCodeError("a column is a mapping", where=at, fix=_COLUMN)
    name = {"name": _name(given, at)} if given.get("name") is not None else {}
    if given.get("type") == "tensor":
        _only(given, {"type", "name", "tensor-spec"}, at)
        return {**name, "type": "tensor", "tensor-spec": _tensor(given.get("tensor-spec"), f"{at}.tensor-spec")}
    _only(given, {"type", "name", "required", NESTED.get(str(given.get("type")))}, at)
    return {**read_type(given, at), **name, "required": _required(given, at)}


def _tensor(given: Any, at: str) -> Spec:
    if not isinstance(given, dict) or set(given) != {"dtype", "shape"}:
        raise AgentCodeError("a tensor has a dtype and a shape", where=at, fix=_TENSOR)
    dtype, shape = given["dtype"], given["shape"]
    if dtype not in DTYPES:
        raise AgentCodeError(
            f"{dtype!r} is not the name of a type of numpy",
            where=f"{at}.dtype",
            why=f"MLflow writes {', '.join(DTYPES)}",
            fix='"dtype": "float64"',
        )
    if not isinstance(shape, list | tuple) or not all(type(size) is int and size >= -1 for size in shape):
        raise AgentCodeError(
            f"{shape!r} is no shape",
            where=f"{at}.shape",
            why="it is a list of whole numbers, and -1 where any size will do",
            fix='"shape": [-1, 28, 28]',
        )
    return {"dtype": dtype, "shape": list(shape)}


def _param(given: Any, at: str, fix: str) -> Spec:
    if not isinstance(given, dict):
        raise AgentCodeError("a parameter is a mapping", where=at, fix=fix)
    # An MLmodel of an early MLflow 2 says dtype, and MLflow reads it still.
    given = {("type" if key == "dtype" else key): value for key, value in given.items()}
    _only(given, {"name", "type", "default", "shape", "properties"}, at)
    if "default" not in given:
        raise AgentCodeError("a parameter has a default", where=at, fix=fix)
    read = read_type(given, at)
    if read["type"] not in {*SCALARS, "object"} - {"binary"}:
        raise AgentCodeError(f"a parameter can not be of type {read['type']}", where=f"{at}.type", fix=fix)
    shape = given.get("shape")
    if shape not in (None, [-1]) or (shape and read["type"] == "object"):
        raise AgentCodeError(
            f"{shape!r} can not be the shape of this parameter",
            where=f"{at}.shape",
            why="a parameter is one value, or with shape [-1] a list of scalars",
            fix='"shape": null',
        )
    return {"name": _name(given, at), "default": given["default"], "shape": shape, **read}


def _listed(given: Any, at: str, fix: str) -> list[Any]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError as error:
            raise AgentCodeError("this is not JSON", where=at, why=str(error), fix=fix) from error
    if not isinstance(given, list | tuple):
        raise AgentCodeError("this is no list", where=at, fix=fix)
    return list(given)


def _name(given: Spec, at: str) -> str:
    name = given.get("name")
    if not isinstance(name, str) or not name:
        raise AgentCodeError(f"{name!r} is no name", where=f"{at}.name", fix='"name": "amount"')
    return name


def _required(given: Spec, at: str) -> bool:
    required = given.get("required", True)
    if not isinstance(required, bool):
        raise AgentCodeError("required is true or false", where=f"{at}.required", fix='"required": false')
    return required


def _only(given: Spec, known: set[str | None], at: str) -> None:
    unknown = sorted(str(key) for key in given if key not in known)
    if unknown:
        said = ", ".join(sorted(key for key in known if key))
        raise AgentCodeError(f"{unknown[0]} is not known here", where=at, why=f"there is {said}", fix="take it out")


def _refuse_doubled(names: list[str], at: str) -> None:
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise AgentCodeError(f"{doubled!r} is there twice", where=at, fix="a name of its own for each")

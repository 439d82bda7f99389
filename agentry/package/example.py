"""The input example of a PythonModel: a request, checked against the signature and written as MLflow writes it. Pure.

The program gives it in the form in which the endpoint is asked: `dataframe_split`, `dataframe_records` or `inputs`, with
`params` beside it; or, of a model with a column `messages`, `prompt` or `input`, the bare object. MLflow's own
`input_example=` is a data frame, an array or the value of `inputs` then; files and MLmodel are what it writes for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.errors import AgentCodeError
from agentry.package.schema import SCALARS, is_tensor
from agentry.package.values import fit, misfit, param_value, refuse_others, tensor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentry.package.signature import Signature

    Spec = dict[str, Any]

# mlflow/pyfunc/utils/serving_data_parser.py: an object with one of these is asked for and answered bare.
BARE = ("messages", "prompt", "input")
_FORMS = ("dataframe_split", "dataframe_records", "inputs")


@dataclass(frozen=True, slots=True)
class Example:
    """An input example, as it is written.

    Attributes:
        data: What input_example.json holds.
        serving: What serving_input_example.json holds: the request.
        info: What the MLmodel says of it beside the paths.
    """

    data: Any
    serving: Any
    info: Mapping[str, str]


def plain_example(request: Any) -> Example:
    """The example of an interface whose requests are bare objects."""
    return Example(request, request, {"type": "json_object"})


def read_example(given: dict[str, Any], signature: Signature, at: str) -> Example:
    """The example that a program gives.

    Args:
        given: The request, of plain values.
        signature: What it must fit.
        at: What it is of, for errors: `input_example of agents/churn`.

    Raises:
        AgentCodeError: It is in none of the forms, or does not fit.
    """
    if any(key in given for key in BARE) and not any(key in given for key in _FORMS):
        return _bare(given, signature, at)
    forms = [form for form in _FORMS if form in given]
    if len(forms) != 1 or not set(given) <= {*forms, "params"}:
        raise AgentCodeError(
            "an input example is a request",
            where=at,
            why=f"that is, an object with one of {', '.join(_FORMS)}, and params where there are some",
            fix=f'"input_example": {_suggested(signature)}',
        )
    form, params = forms[0], _params(given.get("params"), signature, f"{at}: params")
    data, at = given[form], f"{at}: {form}"
    if form == "inputs":
        return _of_inputs(data, params, signature, at)
    if is_tensor(signature.inputs) or signature.from_type_hint:
        why = "predict has a type hint" if signature.from_type_hint else "the signature has tensors, no columns"
        raise AgentCodeError(f"{form} is not taken", where=at, why=why, fix='{"inputs": [...]}')
    split = _frame(_split(data, signature.inputs, at) if form == "dataframe_records" else data, signature.inputs, at)
    orient = {"type": "dataframe", "pandas_orient": "split" if "columns" in split else "values"}
    return _example(split, {"dataframe_split": split}, params, orient)


def _of_inputs(data: Any, params: Spec, signature: Signature, at: str) -> Example:
    columns, kind = signature.inputs, {"type": "json_object"}
    if is_tensor(columns):
        data, kind = _tensors(data, columns, at), {"type": "ndarray"}
    elif signature.from_type_hint or not _named(columns):
        data = _unnamed(data, columns, signature, at)
    elif isinstance(data, list):
        data = _rows(data, columns, at)
    else:
        data = _record(data, columns, at)
        if any(key in data for key in BARE):
            return _example(data, data, params, kind, bare=True)
    return _example(data, {"inputs": data}, params, kind)


def _bare(given: Spec, signature: Signature, at: str) -> Example:
    """MLflow takes what the signature has as params out of the object, and the rest is the input."""
    known = {param["name"] for param in signature.params}
    data = {key: value for key, value in given.items() if key not in known}
    if is_tensor(signature.inputs) or not _named(signature.inputs):
        raise AgentCodeError("the signature has no column of that name", where=at, fix=_suggested(signature))
    params = _params({key: given[key] for key in given if key in known}, signature, at)
    record = _record(data, signature.inputs, at)
    return _example(record, record, params, {"type": "json_object"}, bare=True)


def _example(data: Any, serving: Spec, params: Spec, info: dict[str, str], *, bare: bool = False) -> Example:
    if not params:
        return Example(data, serving, info)
    serving = {**serving, **params} if bare else {**serving, "params": params}
    return Example({"inputs": data, "params": params}, serving, {**info, "params": "true"})


def _params(given: Any, signature: Signature, at: str) -> Spec:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise misfit(given, "object", at, '{"limit": 10}')
    known = {param["name"]: param for param in signature.params}
    refuse_others(set(given), dict.fromkeys(known, False), at)
    return {name: param_value(known[name], value, f"{at}.{name}") for name, value in given.items()}


def _tensors(data: Any, specs: Sequence[Spec], at: str) -> Any:
    def one(spec: Spec, value: Any, at: str) -> Any:
        return tensor(spec["tensor-spec"]["dtype"], spec["tensor-spec"]["shape"], value, at)

    if not _named(specs):
        return one(specs[0], data, at)
    if not isinstance(data, dict):
        raise misfit(data, "object", at, f"{{{', '.join(spec['name'] for spec in specs)}}}")
    refuse_others(set(data), {spec["name"]: True for spec in specs}, at)
    return {spec["name"]: one(spec, data[spec["name"]], f"{at}.{spec['name']}") for spec in specs}


def _unnamed(data: Any, columns: Sequence[Spec], signature: Signature, at: str) -> list[Any]:
    if not isinstance(data, list):
        raise misfit(data, "list", at, "[...], a value for each question")
    if not signature.from_type_hint and (len(columns) > 1 or columns[0]["type"] not in SCALARS):
        raise AgentCodeError(
            "an example of such columns is a data frame",
            where=at,
            why="MLflow makes columns of what is in lists and objects, and the signature names none",
            fix='{"dataframe_split": {"data": [[...]]}}',
        )
    return [fit(columns[0], value, f"{at}[{number}]") for number, value in enumerate(data)]


def _rows(data: list[Any], columns: Sequence[Spec], at: str) -> list[Spec]:
    rows = [_record(row, columns, f"{at}[{number}]", alone=False) for number, row in enumerate(data)]
    if any(set(row) != set(rows[0]) for row in rows):
        raise AgentCodeError(
            "its records have different keys", where=at, why="MLflow makes a data frame of them", fix="the same for all"
        )
    return rows


def _record(data: Any, columns: Sequence[Spec], at: str, *, alone: bool = True) -> Spec:
    if not isinstance(data, dict):
        raise misfit(data, "object", at, f"{{{', '.join(column['name'] for column in columns)}}}")
    known = {column["name"]: column for column in columns}
    refuse_others(set(data), {name: column["required"] for name, column in known.items()}, at)
    record = {name: fit(known[name], value, f"{at}.{name}") for name, value in data.items()}
    # mlflow/models/utils.py, _enforce_schema: any other object is a data frame's columns to it.
    one_row = any(column["type"] in {"array", "object"} for column in columns) or all(
        not isinstance(value, list | dict) or (isinstance(value, list) and all(isinstance(item, str) for item in value))
        for value in record.values()
    )
    if alone and not one_row:
        raise AgentCodeError("MLflow would not read this as one record", where=at, fix="[{...}], a list of one record")
    return record


def _split(data: Any, columns: Sequence[Spec], at: str) -> Spec:
    if not isinstance(data, list) or not data or not _named(columns):
        raise misfit(data, "list of records", at, '[{"amount": 0.5}]')
    rows = _rows(data, columns, at)
    names = [column["name"] for column in columns if column["name"] in rows[0]]
    return {"columns": names, "data": [[row[name] for name in names] for row in rows]}


def _frame(given: Any, columns: Sequence[Spec], at: str) -> Spec:
    """Rows of values. None of them is null: what becomes of it differs from one pandas to the next."""
    named = _named(columns)
    wanted = {"columns", "data"} if named else {"data"}
    if not isinstance(given, dict) or set(given) != wanted or not all(isinstance(given[key], list) for key in wanted):
        fix = '{"columns": ["amount"], "data": [[0.5]]}' if named else '{"data": [[0.5]]}'
        raise AgentCodeError(f"a data frame has {' and '.join(sorted(wanted))}", where=at, fix=fix)
    known: dict[Any, Spec] = {column["name"]: column for column in columns} if named else dict(enumerate(columns))
    names = given["columns"] if named else list(known)
    if named:
        if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
            raise misfit(names, "list of different names", f"{at}.columns", '["amount"]')
        refuse_others(set(names), {column["name"]: column["required"] for column in columns}, at)
    types = [known[name] for name in names]
    rows = [_row(row, types, f"{at}.data[{number}]") for number, row in enumerate(given["data"])]
    return {"columns": names, "data": rows} if named else {"data": rows}


def _row(row: Any, types: Sequence[Spec], at: str) -> list[Any]:
    if not isinstance(row, list) or len(row) != len(types):
        raise misfit(row, f"row of {len(types)} values", at, "a value for each column")
    return [fit(kind, value, f"{at}[{n}]") for n, (kind, value) in enumerate(zip(types, row, strict=True))]


def _named(specs: Sequence[Spec]) -> bool:
    return "name" in specs[0]


def _suggested(signature: Signature) -> str:
    if is_tensor(signature.inputs) or not _named(signature.inputs):
        return '{"inputs": [...]}'
    names = ", ".join(f'"{column["name"]}": ...' for column in signature.inputs)
    return f'{{"dataframe_records": [{{{names}}}]}}'

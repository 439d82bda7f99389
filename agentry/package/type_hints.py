"""The signature that MLflow takes from the type hints of `predict`, without running them. Pure.

mlflow/pyfunc/__init__.py (3.17, save_model): a hint `list[...]` of types that MLflow knows is the signature, whatever
signature was given; every other hint, such as a pandas.DataFrame, leaves the one that was given.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentry.errors import AgentCodeError
from agentry.package.signature import Signature

if TYPE_CHECKING:
    from agentry.package.modules import Module
    from agentry.package.search import Definition, Search

_SCALARS = {
    "int": "long",
    "str": "string",
    "bool": "boolean",
    "float": "double",
    "bytes": "binary",
    "datetime.datetime": "datetime",
}
_LISTS = {"list", "typing.List"}
_DICTS = {"dict", "typing.Dict"}
# mlflow/types/type_hints.py: the type is that of the input example, with which MLflow runs the model as it saves it.
_FROM_EXAMPLE = "mlflow.types.type_hints.TypeFromExample"
_NEVER_PYDANTIC = {*sys.stdlib_module_names, "numpy", "pandas", "scipy"}
_DEPTH = 40
ANY = {"type": "any"}


class _Unknown(Exception):
    """A hint that MLflow takes no signature from."""


class _Wrong(Exception):
    """A hint that MLflow refuses, with why."""


class _Unseen(Exception):
    """A hint that can not be decided without running the code."""


@dataclass(frozen=True)
class _Type:
    """A type, and whether it may be None."""

    spec: dict[str, Any]
    optional: bool = False


def hinted_signature(definition: Definition, search: Search) -> Signature | None:
    """The signature by the type hints of `predict`; None where MLflow takes the one that is given.

    Args:
        definition: What defines the model.
        search: Of its directory.

    Raises:
        AgentCodeError: A hint that MLflow refuses, or that can not be decided.
    """
    if definition.predict is None:
        return None
    module, function = definition.predict
    hint = _input_hint(function, method=definition.function is None)
    if hint is None:
        return None
    where = module.source.where(module.path, hint.lineno)
    reader = _Reader(search)
    try:
        column = reader.rows(module, hint)
        if column is None:
            return None
        if column.optional:
            raise _Wrong("its rows can not be optional")
        output = reader.output(module, function.returns)
    except _Wrong as error:
        raise AgentCodeError(
            f"MLflow refuses the type hint {ast.unparse(hint)}",
            where=where,
            why=str(error),
            fix="list[...] of int, str, bool, float, bytes, datetime, Any, a pydantic model, or lists and dicts of them",
        ) from error
    except _Unseen as error:
        raise AgentCodeError(
            f"what {error} stands for can not be seen",
            where=where,
            why="MLflow takes the signature from this type hint, and Agentry does not run the code",
            fix="define it in the agent's directory, or take the hint out and give signature=",
        ) from error
    return Signature([{**column.spec, "required": True}], [{**output, "required": True}], from_type_hint=True)


def _input_hint(function: ast.FunctionDef | ast.AsyncFunctionDef, *, method: bool) -> ast.expr | None:
    """The hint of the model's input: the first argument, or the second after a context."""
    positional = [*function.args.posonlyargs, *function.args.args]
    arguments = [argument for argument in positional if argument.arg != "self"]
    every = [*arguments, *function.args.kwonlyargs]
    # mlflow/models/signature.py, _is_context_in_predict_function_signature.
    second = "context" in {a.arg for a in every} or len([a for a in every if a.arg != "params"]) == 2
    index = 1 if method and second else 0
    return arguments[index].annotation if index < len(arguments) else None


@dataclass
class _Reader:
    """Types by their hints, through the files of the directory."""

    search: Search

    def rows(self, module: Module, hint: ast.expr) -> _Type | None:
        """What the elements of a hint for the input are; None for one that says nothing to MLflow."""
        module, hint = self._resolved(module, hint)
        name = module.dotted(hint) or ""
        if name == _FROM_EXAMPLE:
            raise _Wrong(
                "TypeFromExample takes the type from running the model with the example, which Agentry does not"
            )
        if name not in _LISTS:
            return None
        try:
            return self._type(module, _element(hint), 0)
        except _Unknown:
            return None

    def output(self, module: Module, hint: ast.expr | None) -> dict[str, Any]:
        """The column of an output; any for a hint that MLflow can not use."""
        if hint is None:
            return ANY
        module, hint = self._resolved(module, hint)
        try:
            of_list = module.dotted(hint) in _LISTS
            found = self._type(module, _element(hint) if of_list else hint, 0)
        except (_Unknown, _Wrong):
            return ANY
        return ANY if found.optional else found.spec

    def _resolved(self, module: Module, hint: ast.expr, depth: int = 0) -> tuple[Module, ast.expr]:
        """What a name, a text or `Annotated` stands for."""
        if depth > _DEPTH:
            raise _Unseen(ast.unparse(hint))
        if isinstance(hint, ast.Constant) and isinstance(hint.value, str):
            return self._resolved(module, _parsed(hint.value), depth + 1)
        if isinstance(hint, ast.Subscript) and _typing(module, hint) == "Annotated":
            first = hint.slice.elts[0] if isinstance(hint.slice, ast.Tuple) else hint.slice
            return self._resolved(module, first, depth + 1)
        if isinstance(hint, ast.Name) and hint.id in module.values:
            return self._resolved(module, module.values[hint.id], depth + 1)
        if isinstance(hint, ast.Name | ast.Attribute) and (found := self.search.elsewhere(module, hint)):
            return self._resolved(found[0], ast.Name(found[1]), depth + 1)
        return module, hint

    def _type(self, module: Module, hint: ast.expr, depth: int) -> _Type:
        if depth > _DEPTH:
            raise _Unseen(ast.unparse(hint))
        module, hint = self._resolved(module, hint)
        name = module.dotted(hint) or ""
        if name in _SCALARS:
            return _Type({"type": _SCALARS[name]})
        if _typing(module, hint) == "Any":
            return _Type(ANY)
        if isinstance(hint, ast.BinOp) and isinstance(hint.op, ast.BitOr):
            return self._union(module, _alternatives(hint), depth)
        if _typing(module, hint) in {"Optional", "Union"} and isinstance(hint, ast.Subscript):
            none = [ast.Constant(None)] if _typing(module, hint) == "Optional" else []
            return self._union(module, [*_arguments(hint), *none], depth)
        if name in _LISTS:
            return _Type({"type": "array", "items": self._type(module, _element(hint), depth + 1).spec})
        if name in _DICTS:
            return self._dict(module, hint, depth)
        if isinstance(hint, ast.Name) and hint.id in module.classes:
            return self._class(module, module.classes[hint.id], depth)
        if _may_be_pydantic(module, hint):
            raise _Unseen(ast.unparse(hint))
        raise _Unknown

    def _union(self, module: Module, members: list[ast.expr], depth: int) -> _Type:
        kinds = [member for member in members if not (isinstance(member, ast.Constant) and member.value is None)]
        optional = len(kinds) < len(members)
        if len(kinds) > 1:
            return _Type(ANY, optional)
        return _Type(self._type(module, kinds[0], depth + 1).spec, optional)

    def _dict(self, module: Module, hint: ast.expr, depth: int) -> _Type:
        arguments = _arguments(hint)
        if len(arguments) != 2:
            raise _Wrong("a dict has two element types: dict[str, float]")
        if module.dotted(arguments[0]) != "str":
            raise _Wrong("the keys of a dict are of type str")
        return _Type({"type": "map", "values": self._type(module, arguments[1], depth + 1).spec})

    def _class(self, module: Module, class_: ast.ClassDef, depth: int) -> _Type:
        properties = self._fields(module, class_, depth)
        if properties is None:
            raise _Unknown
        if not properties:
            raise _Wrong(f"{class_.name} has no fields")
        return _Type({"type": "object", "properties": {name: properties[name] for name in sorted(properties)}})

    def _fields(self, module: Module, class_: ast.ClassDef, depth: int) -> dict[str, Any] | None:
        """The fields of a pydantic model, those that it inherits among them; None for any other class."""
        found: dict[str, Any] | None = None
        for base in reversed(class_.bases):
            above, name = self._resolved(module, base)
            if above.dotted(name) in {"pydantic.BaseModel", "pydantic.main.BaseModel"}:
                found = found or {}
            elif isinstance(name, ast.Name) and name.id in above.classes and depth < _DEPTH:
                inherited = self._fields(above, above.classes[name.id], depth + 1)
                found = found if inherited is None else {**(found or {}), **inherited}
            elif _may_be_pydantic(above, name):
                raise _Unseen(ast.unparse(base))
        if found is None:
            return None
        for statement in class_.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                field = statement.target.id
                own = field == "model_config" or _typing(module, statement.annotation) == "ClassVar"
                if not (own or field.startswith("_")):
                    found[field] = self._field(module, class_.name, field, statement, depth)
        return found

    def _field(self, module: Module, model: str, field: str, statement: ast.AnnAssign, depth: int) -> dict[str, Any]:
        kind = self._type(module, statement.annotation, depth + 1)
        if kind.optional and not _has_default(statement.value):
            raise _Wrong(f"{model}.{field} is optional and has no default")
        return {**kind.spec, "required": not kind.optional}


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        raise _Unseen(repr(text)) from None


def _typing(module: Module, hint: ast.expr) -> str:
    """The name of something of `typing`, else empty."""
    package, _, name = (module.dotted(hint) or "").rpartition(".")
    return name if package in {"typing", "typing_extensions"} else ""


def _alternatives(hint: ast.expr) -> list[ast.expr]:
    if isinstance(hint, ast.BinOp) and isinstance(hint.op, ast.BitOr):
        return [*_alternatives(hint.left), *_alternatives(hint.right)]
    return [hint]


def _arguments(hint: ast.expr) -> list[ast.expr]:
    if not isinstance(hint, ast.Subscript):
        return []
    return list(hint.slice.elts) if isinstance(hint.slice, ast.Tuple) else [hint.slice]


def _element(hint: ast.expr) -> ast.expr:
    arguments = _arguments(hint)
    if len(arguments) != 1:
        raise _Wrong("a list has one element type: list[str]")
    return arguments[0]


def _has_default(value: ast.expr | None) -> bool:
    """Of a field: a value, or `Field(...)` with one."""
    if not isinstance(value, ast.Call):
        return value is not None and not (isinstance(value, ast.Constant) and value.value is Ellipsis)
    if value.args:
        return not (isinstance(value.args[0], ast.Constant) and value.args[0].value is Ellipsis)
    return any(keyword.arg in {"default", "default_factory"} for keyword in value.keywords)


def _may_be_pydantic(module: Module, hint: ast.expr) -> bool:
    """Whether a name is imported from a package whose classes may be pydantic's."""
    root = (module.dotted(hint) or "").partition(".")[0]
    imported = root in {full.partition(".")[0] for full in module.imports.values()}
    return isinstance(hint, ast.Name | ast.Attribute) and imported and root not in _NEVER_PYDANTIC

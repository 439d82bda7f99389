"""Classes whose bodies say what their objects hold: dataclasses, pydantic models and settings, named tuples, enums."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentry.inspector.code.growth import last_name
from agentry.inspector.evaluation.values import (
    Arguments,
    Entries,
    External,
    Frame,
    Instance,
    Items,
    Known,
    Local,
    Member,
    Unknown,
    Value,
    Values,
    unique,
    why,
)

if TYPE_CHECKING:
    from agentry.inspector.code.modules import Scope
    from agentry.inspector.evaluation.evaluate import Evaluator

_DATACLASS = frozenset({"dataclass", "define", "frozen", "mutable", "attrs", "attributes", "s"})
_MODELS = frozenset({"BaseModel", "BaseSettings", "NamedTuple", "TypedDict", "Struct", "SQLModel", "RootModel"})
_ENUMS = frozenset({"Enum", "StrEnum", "IntEnum", "Flag", "IntFlag", "ReprEnum"})
_FIELD = frozenset({"field", "Field", "attrib", "ib", "PrivateAttr"})
_VALIDATORS = frozenset({"field_validator", "validator", "model_validator", "root_validator"})
_MAKES = frozenset({"model_validate", "parse_obj", "model_construct", "construct", "_make"})
_DUMPS = frozenset({"model_dump", "dict", "_asdict"})
_COPIES = frozenset({"model_copy", "copy", "_replace"})
_MORE = "**"  # among the arguments of a model: why there may be more


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model: its default as an expression, or called to make one; its other names."""

    name: str
    cls: Scope
    node: ast.AnnAssign

    def option(self, *names: str) -> ast.expr | None:
        """An argument of `field(...)`, where it is written so."""
        call = self.call
        if call is None:
            return None
        found = next((keyword.value for keyword in call.keywords if keyword.arg in names), None)
        if found is None and "default" in names and call.args and last_name(call.func) in {"Field", "PrivateAttr"}:
            return call.args[0]
        return found

    @property
    def call(self) -> ast.Call | None:
        """The call of `field`, where there is one."""
        value = self.node.value
        return value if isinstance(value, ast.Call) and last_name(value.func) in _FIELD else None


class Models:
    """The part of evaluation that is about such classes."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    # what they are

    def _bases(self, cls: Scope) -> list[str]:
        """The last names of the bases that are not the agent's own, of the class and those it extends."""
        found: list[str] = []
        for each in self._evaluator.objects.ancestry(cls):
            for base in each.node.bases:  # type: ignore[attr-defined]
                expr = base.value if isinstance(base, ast.Subscript) else base
                for value in self._evaluator.values(expr, each.parent or each):
                    if isinstance(value, External):
                        found.append(value.path.rpartition(".")[2])  # noqa: PERF401
        return found

    def is_model(self, cls: Scope) -> bool:
        """Whether the annotated names of a class are the fields of its objects."""
        for each in self._evaluator.objects.ancestry(cls):
            for decorator in each.node.decorator_list:  # type: ignore[attr-defined]
                if last_name(decorator.func if isinstance(decorator, ast.Call) else decorator) in _DATACLASS:
                    return True
        return bool(_MODELS.intersection(self._bases(cls)))

    def is_enum(self, cls: Scope) -> bool:
        """Whether it is an enum."""
        return bool(_ENUMS.intersection(self._bases(cls)))

    def fields(self, cls: Scope) -> dict[str, Field]:
        """The fields of a model in their order, those of its bases first."""
        found: dict[str, Field] = {}
        for each in reversed(self._evaluator.objects.ancestry(cls)):
            for node in each.node.body:  # type: ignore[attr-defined]
                if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
                    continue
                if "ClassVar" not in ast.dump(node.annotation):
                    found[node.target.id] = Field(node.target.id, each, node)
        return found

    # objects

    def made(self, cls: Scope, given: Arguments) -> Values:
        """An object of the agent's own class, made with these arguments."""
        if self.is_enum(cls):
            return unique(
                [v for key in (given.positional[0] if given.positional else ()) for v in self._with(cls, key)]
            )
        found: list[Value] = []
        for method in self._evaluator.objects.initializers(cls):
            if getattr(method.scope.node, "name", "") == "__init__":
                bound = self._evaluator.calls.bind(Local(method.scope, Instance(cls), method.closure), given)
                made = Instance(cls, bound)
                object.__setattr__(bound, "instance", made)  # the two know each other
                found.append(made)
        if found:
            return unique(found)
        if not self.is_model(cls):
            return (Instance(cls, Frame(cls, {})),)
        names = [name for name, field in self.fields(cls).items() if not _is_off(field)]
        arguments = dict(zip(names, given.positional, strict=False)) | given.keywords
        if given.rest or given.more:
            arguments[_MORE] = (Unknown(given.rest or given.more),)
        if "TypedDict" in self._bases(cls):
            return (Entries(tuple((k, v) for k, v in arguments.items() if k != _MORE), given.more),)
        return (Instance(cls, Frame(cls, arguments)),)

    def field(self, instance: Instance, name: str) -> Values | None:
        """A field of an object; None where its class is no model, or has no such field."""
        if not self.is_model(instance.cls):
            return None
        field = self.fields(instance.cls).get(name)
        if field is None:
            return None
        arguments = instance.frame.arguments if instance.frame and instance.frame.scope is instance.cls else None
        checked = self._validated(instance.cls, name)
        if arguments is None:
            return unique((*self._unset(field), Unknown(f"what `{name}` is set to is not seen"), *checked))
        for key in (name, *self._aliases(field)):
            if key in arguments:
                return unique((*arguments[key], *checked))
        more = arguments.get(_MORE, ())
        if field.call and isinstance(field.option("init"), ast.Constant) and not more:
            return unique((*self._unset(field), *checked))
        return unique((*more, *self._unset(field), *checked))

    def _validated(self, cls: Scope, name: str) -> Values:
        for each in self._evaluator.objects.ancestry(cls):
            for node in each.node.body:  # type: ignore[attr-defined]
                for decorator in getattr(node, "decorator_list", ()):
                    call = decorator if isinstance(decorator, ast.Call) else None
                    if last_name(call.func if call else decorator) not in _VALIDATORS:
                        continue
                    said = [a.value for a in call.args if isinstance(a, ast.Constant)] if call else []
                    if not said or name in said or "*" in said:
                        return (Unknown(f"a validator may change `{name}`"),)
        return ()

    def _unset(self, field: Field) -> Values:
        """What a field is that is not given: of settings an environment variable, else its default."""
        default = self._default(field)
        if "BaseSettings" not in self._bases(field.cls):
            return default or (Unknown(f"`{field.name}` is not given"),)
        if not _is_text(field.node.annotation):
            wanted: Values = (Unknown(f"`{field.name}` is read from the environment, and is no text"),)
            names = [name for name in self._variables(field) if self._is_set(name) is not False]
            return wanted if names else default
        found: Values | None = default or None
        for name in reversed(self._variables(field)):
            found = self._variable(name, found)
        return found or (Unknown(f"`{field.name}` is not given"),)

    def _default(self, field: Field) -> Values:
        call, outside = field.call, field.cls
        if call is None:
            return self._evaluator.values(field.node.value, outside) if field.node.value else ()
        default = field.option("default")
        if default is not None:
            unset = isinstance(default, ast.Constant) and default.value is ...
            return () if unset else self._evaluator.values(default, outside)
        factory = field.option("default_factory", "factory")
        if factory is None:
            return ()
        made: list[Value] = []
        for callee in self._evaluator.values(factory, outside):
            made.extend(self._evaluator.calls.called(callee, Arguments()))
        return unique(made)

    # settings

    def _aliases(self, field: Field) -> list[str]:
        found: list[str] = []
        for option in (field.option("validation_alias"), field.option("alias"), field.option("env")):
            for node in ast.walk(option) if option else ():
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)  # noqa: PERF401
        return found

    def _variables(self, field: Field) -> list[str]:
        """The environment variables that a field of settings is read from."""
        aliases = self._aliases(field)
        return aliases or [f"{self._prefix(field.cls)}{field.name}"]

    def _prefix(self, cls: Scope) -> str:
        for each in self._evaluator.objects.ancestry(cls):
            for name in ("model_config", "Config"):
                for node in each.node.body:  # type: ignore[attr-defined]
                    own = node.name if isinstance(node, ast.ClassDef) else ""
                    targets = [last_name(t) for t in node.targets] if isinstance(node, ast.Assign) else []
                    if name != own and name not in targets:
                        continue
                    for inner in ast.walk(node):
                        if isinstance(inner, ast.keyword) and inner.arg == "env_prefix":
                            return _constant(inner.value)
                        if isinstance(inner, ast.Assign) and last_name(inner.targets[0]) == "env_prefix":
                            return _constant(inner.value)
                        if isinstance(inner, ast.Dict):
                            for key, value in zip(inner.keys, inner.values, strict=True):
                                if isinstance(key, ast.Constant) and key.value == "env_prefix":
                                    return _constant(value)
        return ""

    def _is_set(self, name: str) -> bool | None:
        settings = self._evaluator.settings
        return settings.has_variable(Known(self._spelled(name)))

    def _variable(self, name: str, default: Values | None) -> Values:
        return self._evaluator.settings.variable(Known(self._spelled(name)), default)

    def _spelled(self, name: str) -> str:
        """As the variable is declared: pydantic does not tell upper and lower case apart."""
        declared = self._evaluator.settings.environment or {}
        return next((each for each in declared if each.lower() == name.lower()), name.upper())

    # classes

    def class_attribute(self, cls: Scope, name: str) -> Values | None:
        """What a class has by being an enum; None for anything else."""
        if not self.is_enum(cls):
            return None
        members = self.members(cls, aliases=True)
        if name == "__members__" and members:
            return None
        nodes = [each for each, _ in self._member_nodes(cls)]
        return self._member(cls, name) if name in nodes else None

    # methods

    def has_method(self, cls: Scope, name: str) -> bool:
        """Whether a class has a method by being a model, of those that are followed."""
        return (name in _MAKES or name in _DUMPS or name in _COPIES) and self.is_model(cls)

    def call_method(self, of: Instance | Local, name: str, given: Arguments) -> Values:
        """What such a method returns."""
        if isinstance(of, Local):
            if name in {"model_construct", "construct"}:
                return self.made(of.scope, given)
            return unique([v for d in (given.positional or ((),))[0] for v in self._made_of(of.scope, d)])
        if name in _DUMPS:
            return (self.entries(of),)
        over = given.keywords
        if name != "_replace":
            update = over.get("update", ())
            entries = update[0] if len(update) == 1 else Unknown("what is copied over it is not known")
            if not isinstance(entries, Entries) or entries.why:
                return (Unknown(why(entries)),) if update else (of,)
            over = dict(entries.items)
        return (self.replaced(of, over),)

    def _made_of(self, cls: Scope, value: Value) -> Values:
        if isinstance(value, Instance):
            return (value,)
        if not isinstance(value, Entries):
            return (Unknown(why(value)),)
        return self.made(cls, Arguments((), {str(key): value.get(key) or () for key, _ in value.items}, "", value.why))

    def replaced(self, instance: Instance, over: dict[str, Values]) -> Value:
        """A copy of an object with other fields."""
        if instance.frame is None or instance.frame.scope is not instance.cls:
            return Unknown("what it was made with is not known")
        return Instance(instance.cls, Frame(instance.cls, instance.frame.arguments | over))

    def entries(self, instance: Instance) -> Value:
        """`asdict(object)`."""
        if not self.is_model(instance.cls):
            return Unknown("what the object holds is known only when it runs")
        names = self.fields(instance.cls)
        return Entries(tuple((name, self._evaluator.objects.attribute(instance, name)) for name in names))

    def items(self, instance: Instance) -> Items | None:
        """A named tuple as a tuple; None for anything else."""
        if "NamedTuple" not in self._bases(instance.cls):
            return None
        names = self.fields(instance.cls)
        return Items(tuple(self._evaluator.objects.attribute(instance, name) for name in names))

    def members(self, cls: Scope, *, aliases: bool = False) -> Items | None:
        """The members of an enum; None where it is none."""
        del aliases
        if not self.is_enum(cls):
            return None
        return Items(tuple(self._member(cls, name) for name, _ in self._member_nodes(cls)))

    def member(self, cls: Scope, key: Value) -> Values:
        """`Enum[name]`, or a class that is subscripted to say its types."""
        if not self.is_enum(cls):
            return (Local(cls),)
        if isinstance(key, Known) and str(key.value) in [name for name, _ in self._member_nodes(cls)]:
            return self._member(cls, str(key.value))
        members = self.members(cls)
        return members.all() if members and members.items else (Unknown(why(key)),)

    def _member_nodes(self, cls: Scope) -> list[tuple[str, ast.expr]]:
        return [
            (node.targets[0].id, node.value)
            for node in cls.node.body  # type: ignore[attr-defined]
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and not node.targets[0].id.startswith("_")
        ]

    def _member(self, cls: Scope, name: str) -> Values:
        expr = dict(self._member_nodes(cls))[name]
        bases = self._bases(cls)
        values = self._evaluator.values(expr, cls)
        if isinstance(expr, ast.Call) and last_name(expr.func) == "auto":
            values = (Known(name.lower()),) if "StrEnum" in bases else (Unknown("auto() of an enum is not followed"),)
        if "StrEnum" in bases:
            return tuple(replace(v, member=name) if isinstance(v, Known) else v for v in values)
        if "str" in bases:
            reason = "how the member of an enum is written depends on the version of Python"
            if any("__str__" in each.bindings or "__format__" in each.bindings for each in (cls,)):
                reason = "how the member of an enum is written is not followed"
            plain = [replace(v, format=reason, member=name) if isinstance(v, Known) else v for v in values]
            return unique(plain)
        return (Member(cls, name, values),)

    def _with(self, cls: Scope, key: Value) -> Values:
        """`Enum(value)`."""
        found: list[Value] = []
        for name, _ in self._member_nodes(cls):
            for member in self._member(cls, name):
                values = member.value if isinstance(member, Member) else (member,)
                plain = [value.value for value in values if isinstance(value, Known)]
                if not isinstance(key, Known) or key.value in plain or len(plain) < len(values):
                    found.append(member)
        return unique(found) or (Unknown("the enum has no such member"),)


def _is_off(field: Field) -> bool:
    """Whether a field is none of those that are given by position."""
    option = field.option("init")
    only = field.option("kw_only")
    return any(isinstance(each, ast.Constant) and each.value is said for each, said in ((option, False), (only, True)))


def _is_text(annotation: ast.expr) -> bool:
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    return names <= {"str", "Optional", "Union", "None", "Annotated", "typing"} and bool(names)


def _constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""

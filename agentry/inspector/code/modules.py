"""The modules of an agent, parsed: what each scope binds its names to, where calls are, what comments say.

Flow-insensitive on purpose: a name that is bound twice may be either, and whoever asks gets both.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentry.errors import AgentCodeError
from agentry.inspector.code.markers import Marker, markers
from agentry.inspector.code.syntax import parse_source, too_deep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentry.inspector.code.flow import Block, Place
    from agentry.inspector.code.tree import Tree

_RUN = re.compile(r"^[ \t]*pass  # %run (\.+)(.+)$", re.MULTILINE)

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Assigned:
    """`name = expr`; `path` leads into it where a tuple is unpacked, with `EACH` where something is iterated.

    A step that is a pair is a starred target, by how many come before it and after it; one of those after it counts
    from the end, in a tuple of one.
    """

    expr: ast.expr
    scope: Scope
    path: tuple[int | tuple[int, ...], ...] = ()


EACH = -1


@dataclass(frozen=True, slots=True)
class Imported:
    """`import a.b as name`, `from a import b as name`: the full path of what was imported."""

    path: str


@dataclass(frozen=True, slots=True)
class Defined:
    """`def name` or `class name`; `scope` is the scope of its body."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the function whose body `scope` is."""

    name: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Opaque:
    """Bound by something that is not followed."""

    why: str


Binding = Assigned | Imported | Defined | Parameter | Opaque


@dataclass(slots=True, eq=False)
class Scope:
    """A module, a function, a class or a comprehension, and the names it binds.

    Attributes:
        places: Where each of the bindings stands.
        attributes: Of a class: what its methods assign to `self.<name>`, with where.
        returns: Of a function: what it returns.
        yields: Of a function: what it yields.
        outer: Of a function: the names it declares `global` or `nonlocal`, with the scopes that they are in.
        loops: What is iterated in it, with the block that runs for each; None in a comprehension.
        at: Where in the scope around it it comes to be; None for a module.
    """

    module: Module
    node: ast.AST
    parent: Scope | None = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    places: dict[str, list[Place]] = field(default_factory=dict)
    attributes: dict[str, list[tuple[Assigned, Place]]] = field(default_factory=dict)
    returns: list[tuple[Assigned, Place]] = field(default_factory=list)
    yields: list[tuple[Assigned, Place]] = field(default_factory=list)
    outer: dict[str, Scope] = field(default_factory=dict)
    loops: list[tuple[Site, Block | None]] = field(default_factory=list)
    at: Place | None = None

    @property
    def function(self) -> Scope | None:
        """The function that this is inside of, or None at the level of a module or class."""
        scope: Scope | None = self
        while scope and not isinstance(scope.node, Function):
            scope = scope.parent
        return scope

    @property
    def is_comprehension(self) -> bool:
        """Whether it is one of a comprehension, which runs where it stands."""
        return isinstance(self.node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp)

    @property
    def owner(self) -> Scope | None:
        """Of a method: its class."""
        parent = self.parent
        return parent if parent and isinstance(parent.node, ast.ClassDef) else None

    def bind(self, name: str, binding: Binding, place: Place) -> None:
        """Add what `name` may be, and where it comes to be that."""
        self.bindings.setdefault(name, []).append(binding)
        self.places.setdefault(name, []).append(place)


@dataclass(frozen=True, slots=True)
class Site:
    """An expression, the scope that it stands in, and of a call the block."""

    node: ast.expr
    scope: Scope
    block: Block | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is changed after it was made: a list grows, a dict gets a key, an object an attribute.

    Attributes:
        kind: "item" and "items" of a list or set, "entry" of a dict, "attribute", or "order" when what is in it moves.
        target: What is changed.
        key: Of an entry or attribute: which, as an expression.
        value: What is added; None for "order".
    """

    kind: str
    target: Site
    key: ast.expr | None
    value: Assigned | None


@dataclass(slots=True, eq=False)
class Module:
    """One file.

    Attributes:
        name: As it is imported, for example `tools.search`.
        file: Its path in the tree.
        shown: How its path is said to people.
        variables: Environment variables that the code itself sets: name, value, and whether only where it is not set.
        references: Names and attributes that are read other than to be called, for finding what is passed on.
        changes: What is changed in place.
        read: Names, and attributes with a dot before them, that are read other than to be called: in the arguments of
            which call, None for anywhere else.
    """

    name: str
    file: str
    shown: str
    source: str
    tree: ast.Module
    scope: Scope = field(init=False)
    stars: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    calls: list[Site] = field(default_factory=list)
    references: list[Site] = field(default_factory=list)
    variables: list[tuple[Site, Site, bool]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    read: dict[str, list[ast.Call | None]] = field(default_factory=dict)
    markers: list[Marker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scope = Scope(self, self.tree)

    @property
    def package(self) -> str:
        """What a relative import starts from."""
        return self.name if self.file.endswith("__init__.py") else self.name.rpartition(".")[0]


def parse(file: str, content: bytes, shown: str, name: str) -> Module:
    """Parse one file.

    Args:
        file: Its path.
        content: What is in it.
        shown: How its path is said to people.
        name: As it is imported.

    Raises:
        AgentCodeError: It is no Python, or a marker comment is not understood.
    """
    from agentry.inspector.code.scopes import Binder  # noqa: PLC0415 - the two know each other

    tree, source = parse_source(content, file, shown)
    module = Module(name, file, shown, source, tree)
    binder = Binder(module)
    try:
        binder.walk()
    except RecursionError as error:  # whoever asks has used up most of what Python allows
        raise too_deep(f"{shown}:{binder.line}") from error
    module.markers.extend(markers(source, shown))
    _run_notebooks(module)
    return module


def _run_notebooks(module: Module) -> None:
    """Notebooks that this one runs by names that no import statement can have, as `cells.py` notes them."""
    for dots, name in _RUN.findall(module.source) if "# %run " in module.source else ():
        package = module.package.split(".") if module.package else []
        path = ".".join([*package[: len(package) - len(dots) + 1], name])
        module.imports.add(path)
        module.stars.append(path)


class Modules(Mapping[str, Module]):
    """The modules of an agent by name; one that is imported by two names is there once, and found by both."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._by_file: dict[str, Module] = {}
        self._files: dict[str, str] = {}

    def __getitem__(self, name: str) -> Module:
        return self._by_file[self._files[name]]

    def __iter__(self) -> Iterator[str]:
        return (module.name for module in self._by_file.values())

    def __len__(self) -> int:
        return len(self._by_file)

    def read(self, name: str) -> Module | None:
        """Parse the module of that name; None when it is known already, or not the agent's own."""
        file = "" if name in self._files else self.tree.find(name)
        if not file:
            return None
        self._files[name] = file
        if file in self._by_file:
            return None
        module = self._by_file[file] = self._parsed(file, name)
        self._files.setdefault(module.name, file)
        return module

    def _parsed(self, file: str, name: str) -> Module:
        content, shown = self.tree.files[file], self.tree.where(file)
        key = (file, shown, name, content)
        if key not in self.tree.parsed:
            try:
                self.tree.parsed[key] = parse(file, content, shown, name)
            except AgentCodeError as error:
                self.tree.parsed[key] = error
        found = self.tree.parsed[key]
        if isinstance(found, AgentCodeError):
            raise found
        return found


def reachable(tree: Tree) -> Modules:
    """The entry and every module of the directory that it imports, directly or not.

    Where a module is imported by a computed name, every module of the directory counts.
    """
    modules = Modules(tree)
    waiting = [tree.name(tree.entry)]
    while waiting:
        module = modules.read(waiting.pop())
        if module is None:
            continue
        if "*" in module.imports:
            waiting.extend(tree.names())
        for path in module.imports:
            parts = path.split(".")
            waiting.extend(".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return modules

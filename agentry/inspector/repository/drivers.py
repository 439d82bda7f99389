"""The calls of `log_model` and `save_model` in a repository, each with the arguments of the functions it is in.

A driver is a script or notebook. Where the call stands in a function that nothing in the file calls, the files that
import it are looked at: they say with what it is called.
"""

from __future__ import annotations

import ast
import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentry.errors import AgentCodeError
from agentry.inspector.code.modules import reachable
from agentry.inspector.evaluation.evaluate import Evaluator
from agentry.inspector.evaluation.library import Settings
from agentry.inspector.evaluation.values import External, Known, Made
from agentry.inspector.repository.checkout import CODE
from agentry.inspector.repository.configured import OpenSettings, development_config
from agentry.inspector.repository.views import Beside, View, readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agentry.inspector.code.modules import Module, Modules, Site
    from agentry.inspector.code.tree import Tree
    from agentry.inspector.evaluation.values import Values
    from agentry.inspector.repository.checkout import Checkout

# Flavour -> the argument that is the agent, and whether it is the first by position (mlflow 2.21 and 3.17).
FLAVOURS: dict[str, tuple[tuple[str, ...], int | None]] = {
    "pyfunc": (("python_model",), None),
    "langchain": (("lc_model",), 0),
    "dspy": (("dspy_model", "model"), 0),
    "llama_index": (("llama_index_model",), 0),
}
_LOG = re.compile(r"mlflow\.(?P<flavour>\w+)(?:\.\w+)*?\.(?:log_model|save_model)")
_TEXT = re.compile(rb"\b(?:log_model|save_model)\b")
_NAMES = frozenset({"log_model", "save_model"})
IMPORTERS = 8  # files that import a driver and are looked at for how they call it


@dataclass(frozen=True, slots=True)
class LogCall:
    """One call that logs an agent.

    Attributes:
        view: The repository as the driver sees it.
        tree: The driver's modules' files.
        evaluator: Over the driver's modules, as they are when the driver runs.
        made: The call, with the arguments of the function that it is in.
        flavour: A key of `FLAVOURS`.
    """

    view: View
    tree: Tree
    evaluator: Evaluator
    made: Made
    flavour: str

    @property
    def line(self) -> int:
        """The line of the call."""
        return self.made.call.lineno

    def argument(self, names: tuple[str, ...], position: int | None = None) -> Values | None:
        """An argument of the call; None where it is not given, also not among what a function collects as `**options`."""
        return self.evaluator.calls.argument(self.made, names, position)

    @property
    def depth(self) -> int:
        """How many calls lead to it, as far as they are known."""
        return self.made.frame.depth if self.made.frame else 0

    @property
    def where(self) -> str:
        """`file:line` of the call."""
        return f"{self.made.scope.module.shown}:{self.line}"


@dataclass(frozen=True, slots=True)
class Driver:
    """A file with its imports, ready to be asked.

    Attributes:
        broken: The modules that it imports and that can not be read.
    """

    view: View
    tree: Tree
    modules: Modules
    evaluator: Evaluator
    broken: tuple[AgentCodeError, ...]


class Drivers:
    """Finds the calls.

    Args:
        checkout: The repository.
        environment: Environment variables that are known when a driver runs.
    """

    def __init__(self, checkout: Checkout, environment: Mapping[str, str]) -> None:
        self._checkout = checkout
        self._environment = environment
        self.errors: dict[str, AgentCodeError] = {}
        """What can not be read, by its place."""

    def files(self) -> list[str]:
        """The files that hold such a call by their text."""
        return [file for file in self._checkout.files if file.endswith(CODE) and self._mentions(file, _TEXT)]

    def calls(self, file: str) -> list[LogCall]:
        """The calls of one file, once for each way that the functions they are in are called."""
        alone = self.alone(View(self._checkout, file), as_script=True)
        # Text that only mentions it is not worth the reading of all that the file imports.
        if alone is None or not any(True for module in alone.modules.values() for _ in _sites(module)):
            return []
        driver = self.open(file)
        if driver is None:
            return []
        calls = list(_in_module(driver, driver.tree.entry))
        open_ones = {call.line: call.depth for call in calls if _takes_arguments(call)}
        for importer in self._importers(file) if open_ones else ():
            called = self._called_from(importer, file, open_ones)
            # What a file that imports this one calls it with says more than this file alone.
            lines = {call.line for call in called}
            calls = [call for call in calls if call.line not in lines or call.depth > open_ones[call.line]] + called
        return calls

    def open(self, file: str) -> Driver | None:
        """A file with its imports; None, and an error, where it can not be read."""
        view = View(self._checkout, file)
        try:
            tree = view.tree(self._search_path(view), as_script=True)
            modules, broken = readable(tree)
        except AgentCodeError as error:
            self.errors[error.where] = error
            return None
        self.errors.update({error.where: error for error in broken})
        config = development_config(modules, view)
        settings = OpenSettings(Beside(view), config.values, config.origins, self._environment, unknown=config.why)
        return Driver(view, tree, modules, Evaluator(modules, settings), tuple(broken))

    def modules(self, view: View, more: Sequence[str]) -> Modules:
        """The modules of an agent; `more` directories that its imports start from.

        Raises:
            AgentCodeError: One of them can not be read.
        """
        tree = view.tree([*more, *self._search_path(view)])
        modules = reachable(tree)
        if not len(modules):
            raise AgentCodeError("its name is none that can be imported", where=view.where(view.home))
        return modules

    def alone(self, view: View, *, as_script: bool = False) -> Driver | None:
        """A file without its imports; None, and an error, where it can not be read."""
        try:
            tree = _only(view.tree(as_script=as_script))
            modules = reachable(tree)
        except AgentCodeError as error:
            self.errors[error.where] = error
            return None
        return Driver(view, tree, modules, Evaluator(modules, Settings({}, {}, {}, {})), ())

    def _search_path(self, view: View) -> list[str]:
        """The directories that a file puts on `sys.path`."""
        if b"sys.path" not in view.content(view.home):
            return []
        alone = self.alone(view)
        found: list[str] = []
        for module in alone.modules.values() if alone else ():
            for site in module.calls:
                assert isinstance(site.node, ast.Call)
                if ast.unparse(site.node.func) in {"sys.path.append", "sys.path.insert"} and site.node.args:
                    for value in alone.evaluator.values(site.node.args[-1], site.scope) if alone else ():
                        directory = view.find_directory(str(value.value)) if isinstance(value, Known) else None
                        found += [directory] if directory is not None else []
        return found

    def _mentions(self, file: str, pattern: re.Pattern[bytes]) -> bool:
        return bool(pattern.search(self._checkout.content(file)))

    def _importers(self, file: str) -> Iterator[str]:
        """Files that may import a file: its name is on a line that imports."""
        stem = posixpath.basename(file).rpartition(".")[0]
        if stem == "__init__":
            stem = posixpath.basename(posixpath.dirname(file))
        pattern = re.compile(rb"^[^#\n]*\b(?:import|from|%run)\b[^\n]*\b" + re.escape(stem).encode() + rb"\b", re.M)
        found = [each for each in self._checkout.files if each.endswith(CODE) and self._mentions(each, pattern)]
        near = sorted(found, key=lambda each: -len(posixpath.commonprefix([each, file])))
        yield from [each for each in near if each != file][:IMPORTERS]

    def _called_from(self, importer: str, file: str, depths: Mapping[int, int]) -> list[LogCall]:
        """The calls of a file with arguments that come from one that imports it."""
        driver = self.open(importer)
        calls = _in_module(driver, file) if driver else ()
        return [call for call in calls if call.depth > depths.get(call.line, call.depth)]


def _only(tree: Tree) -> Tree:
    """The same tree with nothing in it but its entry."""
    return replace(tree, files={tree.entry: tree.files[tree.entry]})


def _in_module(driver: Driver, file: str) -> Iterator[LogCall]:
    """The calls that log, of one module of a driver."""
    for module in driver.modules.values():
        for site in _sites(module) if module.file == file else ():
            yield from _at(driver, site)


def _sites(module: Module) -> Iterator[Site]:
    """The calls of a module that log something, by their names or by the names that these are imported as."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(module.tree)
        for alias in (node.names if isinstance(node, ast.ImportFrom) else ())
        if alias.name in _NAMES
    }
    for site in module.calls:
        assert isinstance(site.node, ast.Call)
        called = site.node.func
        if getattr(called, "attr", "") in _NAMES or (isinstance(called, ast.Name) and called.id in imported):
            yield site


def _at(driver: Driver, site: Site) -> Iterator[LogCall]:
    assert isinstance(site.node, ast.Call)
    for callee in driver.evaluator.values(site.node.func, site.scope):
        match = _LOG.fullmatch(callee.path) if isinstance(callee, External) else None
        if match and match["flavour"] in FLAVOURS:
            assert isinstance(callee, External)
            for frame in driver.evaluator.calls.frames(site):
                made = Made(site.node, site.scope, frame, callee)
                yield LogCall(driver.view, driver.tree, driver.evaluator, made, match["flavour"])


def _takes_arguments(call: LogCall) -> bool:
    function = call.made.scope.function
    node = function.node if function else None
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    arguments = node.args
    return bool(arguments.posonlyargs or arguments.args or arguments.kwonlyargs or arguments.kwarg)

"""One Python file of an agent's directory, parsed: what its names mean."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentry.errors import AgentCodeError

if TYPE_CHECKING:
    from collections.abc import Collection

    from agentry.source import Source


@dataclass
class Module:
    """One file.

    Attributes:
        source: The directory.
        path: Of the file in it.
        tree: Its syntax.
        nodes: All of it, as `ast.walk` has them: looked through more than once.
        imports: What a name stands for that was imported, such as `mlflow.pyfunc.ChatAgent`.
        classes: By name, wherever they are defined.
        functions: Likewise.
        values: What was assigned to a name last.
    """

    source: Source
    path: str
    tree: ast.Module
    nodes: list[ast.AST] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = field(default_factory=dict)
    values: dict[str, ast.expr] = field(default_factory=dict)

    @classmethod
    def read(cls, source: Source, path: str) -> Module:
        """Parse a file.

        Raises:
            AgentCodeError: It does not parse under the Python that deploys.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "\\d" in an agent's code is its author's business
                tree = ast.parse(source.files[path], filename=path)
        except (SyntaxError, ValueError) as error:
            line = error.lineno if isinstance(error, SyntaxError) else None
            raise AgentCodeError(
                "this file does not parse",
                where=source.where(path, line),
                why=getattr(error, "msg", str(error)),
                fix="mend it; if it is written for a newer Python than deploys it, deploy with that Python",
            ) from error
        module = cls(source, path, tree, list(ast.walk(tree)))
        for node in module.nodes:
            module._learn(node)
        return module

    def _learn(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                self.imports[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            package = self.path.rpartition("/")[0].replace("/", ".") if node.level else ""
            base = ".".join(part for part in (package, node.module or "") if part)
            for alias in node.names:
                self.imports[alias.asname or alias.name] = f"{base}.{alias.name}"
        elif isinstance(node, ast.ClassDef):
            self.classes[node.name] = node
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self.functions[node.name] = node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self.values[target.id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            self.values[node.target.id] = node.value

    def dotted(self, node: ast.expr) -> str | None:
        """The name that an expression stands for, with the imports of this file put in: `mlflow.pyfunc.ChatAgent`."""
        if isinstance(node, ast.Attribute):
            inner = self.dotted(node.value)
            return f"{inner}.{node.attr}" if inner else None
        if isinstance(node, ast.Name):
            return self.imports.get(node.id, node.id)
        if isinstance(node, ast.Subscript):  # Base[T]
            return self.dotted(node.value)
        return None

    def calls_of(self, names: Collection[str]) -> list[ast.Call]:
        """The calls of functions with these full names."""
        return [node for node in self.nodes if isinstance(node, ast.Call) and self.dotted(node.func) in names]

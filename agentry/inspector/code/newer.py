"""Code for a newer Python than the one that runs, said in words that Python 3.10 knows.

libcst parses the newest grammar on every Python; what 3.10 does not know is then written in another way, each line
where it was, and parsed again:

    type X[T] = int, def f[T](), class A[T]      without `type`, without the parameters (PEP 695, 696)
    f"{d["a"]}", t"{x}"                          calls, which become f-strings again in the tree (PEP 701, 750)
    except A, B:, except* A:                     except (A, B):, except A: (PEP 758, 654)
    x[*a, 1], *args: *Ts                         x[(*a, 1)], *args: Ts (PEP 646)
    lazy import x                                import x (PEP 810)

Other new syntax stays what it is for this Python: an error.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, ClassVar

from agentry.inspector.code import nesting
from agentry.inspector.code.edits import Edits
from agentry.inspector.code.syntax import quietly_parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# libcst takes half a second for 100 KB of usual code, seven for 200 KB of `x;x;x`, and time exponential in the depth
# of some things (see nesting.py).
MAX_LENGTH = 200_000
MAX_CHAIN, MAX_BRACKETS, MAX_PATTERNS = 300, 25, 6
_UNESCAPED = re.compile(r"\\.|\"|\n", re.DOTALL)


def parse_newer(text: str, file: str, first: SyntaxError) -> ast.Module:
    """Parse what `ast.parse` refused.

    Args:
        text: The code, its lines ending with LF.
        file: Its path.
        first: Why it was refused.

    Raises:
        SyntaxError: It is no Python, or what is new in it is not said in another way here.
    """
    import libcst  # noqa: PLC0415 - slow to import, and seldom needed
    from libcst.metadata import MetadataWrapper, PositionProvider  # noqa: PLC0415

    seen = nesting.look(text)
    too_deep = seen.chain > MAX_CHAIN or seen.brackets > MAX_BRACKETS or seen.patterns > MAX_PATTERNS
    if too_deep or len(text) > MAX_LENGTH:
        raise first
    try:
        module = libcst.parse_module(text)
    except libcst.ParserSyntaxError as error:
        # Python stopped at what is new to it, and the mistake is further down.
        further = first.msg == "invalid syntax" and error.raw_line > (first.lineno or 1)
        raise (SyntaxError("invalid syntax", (file, error.raw_line, 1, "")) if further else first) from None
    try:
        spans = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    except LookupError:  # what libcst makes of a RecursionError; its text is without end
        raise first from None
    respelling = _Respelling(text, spans)
    for node in spans:
        respelling.node(node)
    return respelling.parsed(file)


class _Respelling:
    """Writes one module in older words."""

    def __init__(self, text: str, spans: Any) -> None:
        self._text = text
        self._spans = spans
        self._edits = Edits(text)
        # Names of calls that stand for an f-string and for a value in one.
        self._string = _unused("_f", text)
        self._value = _unused("_v", text)
        # libcst has strings side by side as pairs of one and the others.
        self._continued = {each.right for each in spans if hasattr(each, "right") and hasattr(each, "left")}

    def parsed(self, file: str) -> ast.Module:
        """The tree of it, with everything in the place that it has in the text."""
        tree = quietly_parsed(self._edits.applied(), file)
        self._edits.restore(tree)
        return _FStrings(self._string, self._value).visit(tree)  # type: ignore[no-any-return]

    def node(self, node: Any) -> None:
        """Write what is new in one node, without what is in it, in another way."""
        respell = self._respelled.get(type(node).__name__)
        if respell:
            respell(self, node)

    def _span(self, node: Any) -> tuple[int, int]:
        span = self._spans[node]
        return self._edits.at(span.start.line, span.start.column), self._edits.at(span.end.line, span.end.column)

    # statements and subscripts

    def _type_alias(self, node: Any) -> None:
        self._edits.remove(self._span(node)[0], self._span(node.name)[0])

    def _type_parameters(self, node: Any) -> None:
        self._edits.remove(*self._span(node))

    def _lazy_import(self, node: Any) -> None:
        start = self._span(node)[0]
        self._edits.replace(start, start + len("lazy "), "")

    def _except_handler(self, node: Any) -> None:
        if getattr(node.type, "elements", None) and not node.type.lpar:
            self._edits.enclose(*self._span(node.type), "(", ")")

    def _except_star_handler(self, node: Any) -> None:
        star = self._text.index("*", self._span(node)[0])
        self._edits.replace(star, star + 1, " ")
        self._except_handler(node)

    def _annotation(self, node: Any) -> None:
        if type(node.annotation).__name__ == "StarredElement":
            start = self._span(node.annotation)[0]
            self._edits.replace(start, start + 1, " ")

    def _subscript(self, node: Any) -> None:
        elements = node.slice
        if any(getattr(element.slice, "star", None) == "*" for element in elements):
            start, end = self._span(elements[0])[0], self._span(node.rbracket)[0]
            alone = len(elements) == 1 and not self._text[start:end].rstrip().endswith(",")
            self._edits.enclose(start, end, "(", ",)" if alone else ")")

    # strings

    def _concatenated(self, node: Any) -> None:
        """Strings side by side are one f-string when one of them is."""
        if node in self._continued:
            return
        parts = [node.left, node.right]
        while hasattr(parts[-1], "right"):
            parts[-1:] = [parts[-1].left, parts[-1].right]
        if any(hasattr(part, "parts") for part in parts):
            start, end = self._span(node)
            apart = " " if re.match(r"\w", self._text[start - 1 : start]) else ""  # from a keyword right before it
            self._edits.enclose(start, end, f"{apart}{self._string}(", ")")
            for part in parts[1:]:
                self._edits.insert(self._span(part)[0], ", ")

    def _f_string(self, node: Any) -> None:
        start, end = self._span(node)
        self._edits.replace(start, start + len(node.start), f"{self._string}(")
        self._parts(node.parts, raw="r" in node.start.lower())
        self._edits.replace(end - len(node.end), end, ")")

    def _parts(self, parts: Iterable[Any], *, raw: bool) -> None:
        for part in parts:
            if hasattr(part, "value"):
                start, end = self._span(part)
                self._edits.replace(start, end, f"{_literal(part.value, raw=raw)!r}, ")
            else:
                self._formatted(part, raw=raw)

    def _formatted(self, node: Any, *, raw: bool) -> None:
        """`{value!r:format}` as `_v((value), 114, _f(format)), `."""
        start, end = self._span(node)
        before = f"{self._value}(("
        conversion = ord(node.conversion) if node.conversion else -1
        inner = end - 1
        if node.format_spec is not None:
            inner = self._text.rindex(":", start, self._span(node.format_spec[0])[0] if node.format_spec else end)
        if node.conversion:
            inner = self._text.rindex("!", start, inner)
        if node.equal is not None:
            before = f"{self._text[start + 1 : inner]!r}, {before}"
            inner = self._text.rindex("=", start, inner)
            if conversion == -1 and node.format_spec is None:
                conversion = ord("r")
        self._edits.replace(start, start + 1, before)
        if node.format_spec is None:
            self._edits.replace(inner, end, f"), {conversion}), ")
            return
        first = self._span(node.format_spec[0])[0] if node.format_spec else end - 1
        self._edits.replace(inner, first, f"), {conversion}, {self._string}(")
        self._parts(node.format_spec, raw=raw)
        self._edits.replace(end - 1, end, ")), ")

    _respelled: ClassVar[dict[str, Callable[[_Respelling, Any], None]]] = {
        "TypeAlias": _type_alias,
        "TypeParameters": _type_parameters,
        "LazyImport": _lazy_import,
        "LazyImportFrom": _lazy_import,
        "ExceptHandler": _except_handler,
        "ExceptStarHandler": _except_star_handler,
        "Annotation": _annotation,
        "Subscript": _subscript,
        "ConcatenatedString": _concatenated,
        "FormattedString": _f_string,
        "TemplatedString": _f_string,
    }


def _unused(name: str, text: str) -> str:
    while name in text:
        name += "_"
    return name


def _literal(written: str, *, raw: bool) -> str:
    """What the text of an f-string between braces says."""
    if not raw:
        quoted = _UNESCAPED.sub(lambda m: {'"': '\\"', "\n": "\\n"}.get(m[0], m[0]), written)
        try:
            (statement,) = quietly_parsed(f'"{quoted}"', "").body
        except SyntaxError as error:
            raise ValueError(error.msg) from error
        assert isinstance(statement, ast.Expr)
        written = ast.literal_eval(statement.value)
    return written.replace("{{", "{").replace("}}", "}")


class _FStrings(ast.NodeTransformer):
    """Makes f-strings of the calls that stand for them."""

    def __init__(self, string: str, value: str) -> None:
        self._string = string
        self._value = value

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == self._string:
            return ast.copy_location(ast.JoinedStr(_joined(node.args)), node)
        if name == self._value:
            value, conversion, *spec = node.args
            assert isinstance(conversion, ast.Constant | ast.UnaryOp)
            made = ast.FormattedValue(value, ast.literal_eval(conversion), spec[0] if spec else None)
            return ast.copy_location(made, node)
        return node


def _joined(arguments: Iterable[ast.expr]) -> list[ast.expr]:
    """The parts of strings side by side, as ast has them."""
    parts: list[ast.expr] = []
    for each in arguments:
        for part in each.values if isinstance(each, ast.JoinedStr) else [each]:
            last = parts[-1] if parts else None
            if isinstance(part, ast.Constant) and isinstance(last, ast.Constant):
                parts[-1] = ast.copy_location(ast.Constant(str(last.value) + str(part.value)), last)
            elif not isinstance(part, ast.Constant) or part.value:
                parts.append(part)
    return parts

"""Changes of YAML text that leave everything else of it as it is, byte for byte: comments, order, quotes, blank lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from agentry.engine import documents
from agentry.engine.layout import block, flow
from agentry.engine.values import equal
from agentry.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentry.engine.documents import Document

_STEP = 2


@dataclass(frozen=True, slots=True)
class _Edit:
    """Put `text` in place of the characters from `start` on, up to `end`."""

    start: int
    end: int
    text: str


def rewrite(document: Document, content: dict[str, Any]) -> str:
    """The text of a document with other content; the smallest changes that say it.

    New keys come after those of their mapping. Comments stay, but for one behind a value on a line that goes.

    Raises:
        ConfigError: The text is written in a way that can not be changed piece by piece (anchors, for one).
    """
    for token in yaml.scan(document.text):
        if isinstance(token, (yaml.AnchorToken, yaml.AliasToken)):
            raise _unchangeable(document, "it uses anchors, so a change in one place is one in others", token)
    root = documents.compose(document.text)
    if isinstance(root, yaml.MappingNode):
        text = _applied(document.text, _Editor(document.text, _step(root)).root(root, document.content, content))
    else:
        text = _on_new_line(document.text) + "".join(f"{line}\n" for line in block(content, 0)) if content else ""
    _verify(document, content, text)
    return text


def _verify(document: Document, content: dict[str, Any], text: str) -> None:
    """Whatever was overlooked must not reach the file."""
    try:
        read = documents.parse(document.file, text).content
    except (yaml.YAMLError, ConfigError) as error:
        raise _unchangeable(document, str(error)) from error
    if not equal(read, content):
        raise _unchangeable(document, "it has no line of its own for the key")


def _unchangeable(document: Document, why: str, token: yaml.Token | None = None) -> ConfigError:
    line = token.start_mark.line + 1 if token else None
    return ConfigError(
        "this file can not be changed from here",
        where=documents.shown(document.file, line),
        why=why,
        fix="make the change in an editor",
    )


def _on_new_line(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _applied(text: str, edits: list[_Edit]) -> str:
    # From the end on. Of two that put something in the same place, the inner one comes first in the list and the text.
    for _, _, _, edit in sorted(((one.start, one.end, place, one) for place, one in enumerate(edits)), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


class _Editor:
    """Finds the edits of one text. What `_inside` finds no way to do is None: the whole node is written anew then."""

    def __init__(self, text: str, step: int) -> None:
        self._text = text
        self._step = step

    def root(self, node: yaml.MappingNode, old: Any, new: Any) -> list[_Edit]:
        edits = self._inside(node, old, new)
        if edits is not None:
            return edits
        flowing = node.flow_style or not new
        text = flow(new) if flowing else "\n".join(block(new, node.start_mark.column)).lstrip(" ")
        return [_Edit(node.start_mark.index, self._end(node), text)]

    def _inside(self, node: yaml.Node, old: Any, new: Any) -> list[_Edit] | None:
        if not new or not getattr(node, "value", None) or getattr(node, "flow_style", False):
            return None
        if isinstance(node, yaml.MappingNode) and isinstance(new, dict):
            return self._mapping(node, old, new)
        if isinstance(node, yaml.SequenceNode) and isinstance(new, list):
            return self._sequence(node, old, new)
        return None

    def _mapping(self, node: yaml.MappingNode, old: dict[str, Any], new: dict[str, Any]) -> list[_Edit] | None:
        pairs = [(str(key.value), key, value) for key, value in node.value]
        kept = [pair for pair in pairs if pair[0] in new]
        if not kept:
            return None
        edits: list[_Edit] = []
        for index, (name, key, value) in enumerate(pairs):
            if name not in new:
                following = pairs[index + 1][1] if index + 1 < len(pairs) else None
                edits.append(self._gone(key, value, following))
            elif not equal(old[name], new[name]):
                edits += self._pair(key, value, old[name], new[name])
        added = {name: new[name] for name in new if name not in {pair[0] for pair in pairs}}
        if added:
            lines = block(added, node.start_mark.column, step=self._step)
            end = self._line_end(self._end(kept[-1][2]))
            edits.append(_Edit(end, end, "".join(f"\n{line}" for line in lines)))
        return edits

    def _sequence(self, node: yaml.SequenceNode, old: list[Any], new: list[Any]) -> list[_Edit] | None:
        before = _same(old, new)
        after = min(_same(old[::-1], new[::-1]), len(old) - before, len(new) - before)
        if before == len(old):
            lines = block(new[before:], node.start_mark.column, step=self._step)
            end = self._line_end(self._end(node))
            return [_Edit(end, end, "".join(f"\n{line}" for line in lines))]
        if before + after == len(new):
            return self._items_gone(node, before, len(old) - after)
        if len(old) != len(new):
            return None
        edits: list[_Edit] = []
        for item, was, becomes in zip(node.value, old, new, strict=True):
            if equal(was, becomes):
                continue
            inner = self._inside(item, was, becomes)
            if inner is None and self._is_inline(item) and len(block([becomes], 0)) == 1:
                inner = [_Edit(item.start_mark.index, item.end_mark.index, block([becomes], 0)[0].removeprefix("- "))]
            if inner is None:
                return None
            edits += inner
        return edits

    def _items_gone(self, node: yaml.SequenceNode, first: int, last: int) -> list[_Edit] | None:
        begin = 0 if first == 0 else self._end(node.value[first - 1])
        dash = self._text.rfind("-", begin, node.value[first].start_mark.index)
        start = self._line_start(dash)
        if self._text[start:dash].strip():
            return None
        return [self._lines_gone(start, self._end(node.value[last - 1]))]

    def _pair(self, key: yaml.Node, node: yaml.Node, old: Any, new: Any) -> list[_Edit]:
        inner = self._inside(node, old, new)
        if inner is not None:
            return inner
        text, column = self._text, key.start_mark.column
        colon = text.index(":", key.end_mark.index) + 1
        start, end = node.start_mark.index, self._end(node)
        if isinstance(node, yaml.CollectionNode) and node.flow_style and node.value:
            return [_Edit(start, end, flow(new))]
        head, *lines = block({"": new}, column, step=self._step)
        head = head.lstrip(" ").removeprefix('"":')
        if self._is_inline(node) and not lines:
            return [_Edit(colon, end, head)] if start == colon else [_Edit(start, end, head.lstrip(" "))]
        gap = text[colon:start].rstrip()
        below = "".join(f"\n{line}" for line in lines)
        if not self._is_inline(node):
            return [_Edit(colon, end, head + gap + self._comments(node) + below)]
        line_end = self._line_end(end)
        return [_Edit(colon, line_end, head + gap + text[end:line_end].rstrip() + below)]

    def _comments(self, node: yaml.Node) -> str:
        """The comments on lines of their own inside a block, each after a line break."""
        scalars = [(one.start_mark.index, one.end_mark.index) for one in _scalars(node)]
        index, end, found = node.start_mark.index, self._end(node), ""
        while (index := self._line_end(index) + 1) < end:
            line = self._text[index : self._line_end(index)]
            if line.lstrip().startswith("#") and not any(start <= index < stop for start, stop in scalars):
                found += f"\n{line}"
        return found

    def _gone(self, key: yaml.Node, node: yaml.Node, following: yaml.Node | None) -> _Edit:
        start = self._line_start(key.start_mark.index)
        if self._text[start : key.start_mark.index].strip() and following:
            return _Edit(key.start_mark.index, following.start_mark.index, "")
        return self._lines_gone(start, self._end(node))

    def _lines_gone(self, start: int, end: int) -> _Edit:
        end = self._line_end(end) + 1
        # The last line of a text that does not end with one takes the line break before it along.
        return _Edit(start - 1 if end > len(self._text) and start else start, min(end, len(self._text)), "")

    def _line_start(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        end = self._text.find("\n", index)
        return len(self._text) if end < 0 else end

    def _end(self, node: yaml.Node) -> int:
        """Where what a node says ends. PyYAML lets a block end where the next one begins, behind comments."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(node, yaml.MappingNode) else last)
        end: int = node.end_mark.index
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            return len(self._text[:end].rstrip())
        return end

    @staticmethod
    def _is_inline(node: yaml.Node) -> bool:
        if isinstance(node, yaml.ScalarNode):
            return node.style not in ("|", ">")
        return not isinstance(node, yaml.CollectionNode) or bool(node.flow_style) or not node.value


def _step(root: yaml.MappingNode) -> int:
    """How far the text indents what is inside of something."""
    inner = [
        value.start_mark.column
        for _, value in root.value
        if isinstance(value, yaml.MappingNode) and not value.flow_style and value.value
    ]
    return inner[0] - root.start_mark.column if inner else _STEP


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.CollectionNode):
        for item in node.value:
            for part in item if isinstance(node, yaml.MappingNode) else (item,):
                yield from _scalars(part)


def _same(old: list[Any], new: list[Any]) -> int:
    """How many items are the same from the beginning on."""
    count = 0
    for was, becomes in zip(old, new, strict=False):
        if not equal(was, becomes):
            break
        count += 1
    return count

"""Arguments of a tool, found in a question by their schemas."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentry.sandbox.chat import words
from agentry.sandbox.chat.schemas import Schema, allowed, choices, kind, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentry.sandbox.chat.words import Span

_NEGATIONS = frozenset(("no", "not", "without", "never", "disable", "false", "exclude"))
_YES, _NO = frozenset(("true", "yes", "on")), frozenset(("false", "no", "off"))
_MISSING = object()


@dataclass
class Filling:
    """The search for one tool's arguments in one question.

    Args:
        question: What was asked.
        root: The schema of all arguments; references lead into it.
        about: Stems of the words that say what the tool is: they are no values.
    """

    question: str
    root: Schema
    about: set[str]
    used: list[Span] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)

    def fill(self) -> dict[str, Any] | None:
        """All required arguments, and the others that the question speaks of; None if a required one is not found.

        After it, `chosen` has the enumerated values that the question names.
        """
        return self._object(self.root)

    def _object(self, whole: Schema) -> dict[str, Any] | None:
        properties: dict[str, Schema] = whole.get("properties") or {}
        required = [name for name in whole.get("required") or () if name in properties]
        names = [*required, *(name for name in properties if name not in required)]
        found: dict[str, Any] = {}
        # Values that the question names ("width 3") go first, or another argument would take them by its place.
        for cued in (True, False):
            for name in names:
                schema = resolved(properties[name], self.root)
                # An enumerated value is named as clearly as an argument can be.
                if name not in found and (cued or name in required or choices(schema)):
                    value = self._value(name, schema, names, cued=cued)
                    said = cued or name in required or str(value).lower() not in words.STOP_WORDS
                    if said and value is not _MISSING:
                        found[name] = value
        if any(name not in found for name in required):
            return None
        return {name: found[name] for name in properties if name in found}

    def _value(self, name: str, schema: Schema, names: list[str], *, cued: bool) -> Any:
        enumerated = choices(schema)
        if enumerated is not None:
            return self._choice(name, schema, enumerated, cued=cued)
        if kind(schema) == "boolean":
            return self._truth(name, cued=cued)
        if kind(schema) == "object":
            # All of it or nothing; an optional one is not guessed.
            inner = None if cued else self._object(schema)
            return _MISSING if inner is None else inner
        if kind(schema) == "array":
            return _MISSING if cued else self._all(resolved(schema.get("items") or {}, self.root))
        for span, value in self._candidates(schema):
            if not span.overlaps(self.used) and (not cued or self._is_cued(span, name, names)):
                self.used.append(span)
                return value
        return _MISSING

    def _choice(self, name: str, schema: Schema, enumerated: list[Any], *, cued: bool) -> Any:
        if "const" in schema:
            return _MISSING if cued else enumerated[0]
        for span, choice in named(self.question, enumerated):
            if span.overlaps(self.used):
                continue
            if not cued or self._is_cued(span, name, [name]):
                self.used.append(span)
                if _as_text(choice).lower() not in words.STOP_WORDS:
                    self.chosen.append(_as_text(choice))
                return choice
        return _MISSING

    def _truth(self, name: str, *, cued: bool) -> Any:
        """Named in the question: true, unless it is negated or said to be false."""
        wanted = words.words(name)
        tokens = words.tokens(self.question)
        for place, token in enumerate(tokens):
            if words.stem(token.text) in wanted:
                after = _until_and(tokens[place + 1 : place + 3])
                before = _until_and(tokens[max(0, place - 2) : place][::-1])
                said = after & (_YES | _NO)
                return bool(said & _YES) if said else not before & _NEGATIONS
        return _MISSING if cued else False

    def _all(self, item: Schema) -> Any:
        """Every value in the question that fits the items of a list."""
        enumerated = choices(item)
        if enumerated is not None:
            found = named(self.question, enumerated)
            self.chosen += [_as_text(choice) for _, choice in found]
        else:
            found = []
            for span, value in self._candidates(item):
                if not span.overlaps([*self.used, *(s for s, _ in found)]):
                    found.append((span, value))
            found.sort(key=lambda pair: pair[0].start)
        self.used += [span for span, _ in found]
        return [value for _, value in found] or _MISSING

    def _candidates(self, schema: Schema) -> Iterator[tuple[Span, Any]]:
        """Pieces of the question that may be the value, best first."""
        if kind(schema) in ("integer", "number"):
            for span in words.numbers(self.question):
                number = _number(span.text, whole=kind(schema) == "integer")
                if number is not None and allowed(number, schema):
                    yield span, number
            return
        if kind(schema) == "string":
            for span in self._texts(schema):
                if allowed(span.text, schema):
                    yield span, span.text

    def _texts(self, schema: Schema) -> Iterator[Span]:
        if "pattern" in schema or "format" in schema:
            shapes = {"email": "@", "uri": "://", "date": "-", "date-time": "T"}
            sign = shapes.get(schema.get("format", ""), "")
            yield from (span for span in words.raw_words(self.question) if sign in span.text)
        yield from words.quoted(self.question)
        yield from words.proper_names(self.question)
        about = self.about
        yield from (span for span in words.after_prepositions(self.question) if not words.words(span.text) <= about)
        yield from words.content_words(self.question, about)

    def _is_cued(self, span: Span, name: str, names: list[str]) -> bool:
        """Whether the argument's name stands just before the value: `width 3`, `the width is 3`, `from here`."""
        before = self.question[: span.start].rstrip("\"'“`( ")
        last = [token.text.lower() for token in words.tokens(before)[-3:]]
        wanted = {word.lower() for word in name.replace("-", "_").split("_")}
        others = {word.lower() for other in names if other != name for word in other.split("_")} - wanted
        for word in reversed(last):
            if word in wanted or words.stem(word) in wanted:
                return True
            # Another argument's name, or another value, stands between.
            if word in others or word.isdigit() or word == "and":
                return False
        return False


def named(question: str, enumerated: list[Any]) -> list[tuple[Span, Any]]:
    """The enumerated values that the question names, in its order; of two at one place the longer one."""
    spans = [(span, choice) for choice in enumerated for span in words.phrase(question, _as_text(choice))]
    spans.sort(key=lambda pair: (pair[0].start, -pair[0].end))
    found: list[tuple[Span, Any]] = []
    for span, choice in spans:
        if not span.overlaps(other for other, _ in found):
            found.append((span, choice))
    return found


def _until_and(tokens: list[Span]) -> set[str]:
    """The words up to the next `and` or `or`, where another argument may begin."""
    found: set[str] = set()
    for token in tokens:
        if token.text.lower() in ("and", "or", "but"):
            break
        found.add(token.text.lower())
    return found


def _as_text(choice: Any) -> str:
    return str(choice).lower() if isinstance(choice, bool) else str(choice)


def _number(text: str, *, whole: bool) -> int | float | None:
    value = float(text)
    if value.is_integer() and "." not in text and "e" not in text.lower():
        return int(text)
    if whole:
        return int(value) if value.is_integer() else None
    return value

"""A text taken apart: its words, and the pieces of it that may be the value of something."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STOP_WORDS = """
a about after all am an and any are as at be been before but by call can could did do does else every find for from get
give had has have he hello her hi him his how i if in into is it its just let like make me more my need no not now of
on one or our out please right run say set she should show so some such tell than thank thanks that the their them then
there these they this to too tool up us use using value want was we were what when where which who why will with would
yes you your
"""
_PREPOSITIONS = """
about after at before between by for from in into named called near of on over since to under until with
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
PREPOSITIONS = frozenset(_PREPOSITIONS.split())
_ARTICLES = frozenset(("a", "an", "the"))
_ENDS = frozenset(("and", "or", "but", "then", "please", "now", "right"))
_NUMBER_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w]|\.\d)")
_QUOTED = re.compile(r'"([^"]+)"|\u201c([^\u201d]+)\u201d|`([^`]+)`|(?<!\w)\'([^\']+)\'(?!\w)')
_SENTENCE_END = re.compile(r"[.!?:]\s*$|^\s*$")


@dataclass(frozen=True)
class Span:
    """A piece of the text and what it would mean as a value."""

    start: int
    end: int
    text: str

    def overlaps(self, others: Iterable[Span]) -> bool:
        """Whether it shares characters with one of the others."""
        return any(self.start < other.end and other.start < self.end for other in others)


def stem(word: str) -> str:
    """One form for singular and plural, roughly."""
    word = word.lower()
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def words(text: str) -> set[str]:
    """The words that carry meaning; names such as `look_up` and `lookUp` are taken apart."""
    found = _WORD.findall(_CAMEL.sub(" ", text).replace("_", " "))
    return {stem(word) for word in found if word.lower() not in STOP_WORDS}


def tokens(text: str) -> list[Span]:
    """The words with their places."""
    return [Span(match.start(), match.end(), match.group()) for match in _WORD.finditer(text)]


def numbers(text: str) -> list[Span]:
    """Numbers in digits, and in words up to twelve; their text reads as a number."""
    found = [Span(m.start(), m.end(), m.group().replace(",", "")) for m in _NUMBER.finditer(text)]
    found += [
        Span(token.start, token.end, str(_NUMBER_WORDS.index(token.text.lower())))
        for token in tokens(text)
        # "one" is a pronoun more often than a number.
        if token.text.lower() in _NUMBER_WORDS and token.text.lower() != "one"
    ]
    return sorted(found, key=lambda span: span.start)


def quoted(text: str) -> list[Span]:
    """What stands in quotes."""
    return [Span(m.start(), m.end(), next(filter(None, m.groups()))) for m in _QUOTED.finditer(text)]


def phrase(text: str, wanted: str) -> list[Span]:
    """Where a phrase stands, whatever its case; `-` and `_` may be spaces."""
    parts = [re.escape(part) for part in re.split(r"[\s_-]+", wanted) if part]
    if not parts:
        return []
    pattern = re.compile(r"(?<![^\W_])" + r"[\s_-]+".join(parts) + r"(?![^\W_])", re.IGNORECASE)
    return [Span(m.start(), m.end(), m.group()) for m in pattern.finditer(text)]


def proper_names(text: str) -> list[Span]:
    """Runs of capitalised words that do not just begin a sentence, such as `New York`."""
    found: list[Span] = []
    for token in tokens(text):
        begins = _SENTENCE_END.search(text[: token.start]) is not None
        if not token.text[0].isupper() or token.text.lower() in STOP_WORDS or begins:
            continue
        if found and not text[found[-1].end : token.start].strip(" -"):
            found[-1] = Span(found[-1].start, token.end, text[found[-1].start : token.end])
        else:
            found.append(token)
    return found


def after_prepositions(text: str) -> list[Span]:
    """What follows `in`, `for`, `from` and the like, up to the next such word or punctuation."""
    found: list[Span] = []
    run: list[Span] = []
    open_ = False
    previous_end = 0
    for token in tokens(text):
        word = token.text.lower()
        cut = re.search(r"[.,;:!?]", text[previous_end : token.start]) is not None
        previous_end = token.end
        if cut or word in PREPOSITIONS or word in _ENDS:
            found += _joined(text, run)
            run, open_ = [], word in PREPOSITIONS
        elif open_ and (run or word not in _ARTICLES):
            run.append(token)
    return found + _joined(text, run)


def content_words(text: str, besides: set[str]) -> list[Span]:
    """Words that carry meaning and are not among these stems."""
    return [t for t in tokens(text) if t.text.lower() not in STOP_WORDS and stem(t.text) not in besides]


def raw_words(text: str) -> Iterator[Span]:
    """What stands between spaces, without the punctuation around it: addresses, dates, codes."""
    for match in re.finditer(r"\S+", text):
        bare = match.group().strip(".,;:!?\"'()[]{}")
        if bare:
            start = match.start() + match.group().index(bare)
            yield Span(start, start + len(bare), bare)


def _joined(text: str, run: list[Span]) -> list[Span]:
    return [Span(run[0].start, run[-1].end, text[run[0].start : run[-1].end])] if run else []

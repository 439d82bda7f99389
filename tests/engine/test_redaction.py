from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentry.engine import values
from agentry.engine.redaction import MASK, SHORTEST, Redactor


def test_secrets_of_a_value_are_taken_out_of_texts() -> None:
    redactor = Redactor()
    redactor.learn({"open": "sesame", "hidden": values.secret({"deep": ["hunter22"], "number": 7})})
    assert redactor.redact("sesame hunter22 7") == f"sesame {MASK} 7"


def test_the_longest_secret_goes_first_and_lines_count_alone() -> None:
    redactor = Redactor()
    redactor.add("abcd", "abcdefgh", "first line\nsecond line")
    assert redactor.redact("abcdefgh abcd: second line") == f"{MASK} {MASK}: {MASK}"


def test_short_texts_and_the_mark_of_the_unknown_are_no_secrets() -> None:
    redactor = Redactor()
    redactor.add("abc", values.UNKNOWN)
    assert redactor.redact(f"abc {values.UNKNOWN}") == f"abc {values.UNKNOWN}"


@given(st.text(min_size=SHORTEST).filter(lambda text: len(text.strip()) >= SHORTEST), st.text(), st.text())
def test_no_secret_is_left(secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    shown = redactor.redact(f"{before}{secret}{after}")
    assert secret.strip() not in shown.replace(MASK, "\0")

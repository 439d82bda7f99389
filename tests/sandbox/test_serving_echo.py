from __future__ import annotations

import json
from typing import Any

import pytest

from agentry.cli.questions import answer_text, chunk_text, events
from agentry.sandbox.serving.answers import EVENTS
from agentry.sandbox.serving.echo import CHAT_AGENT, answer

ASKED = [{"role": "user", "content": "before"}, {"role": "user", "content": "What is  new?"}]
PARTS = [{"role": "user", "content": [{"type": "input_text", "text": "What is  new?"}]}]


def said(body: Any, task: str = "") -> Any:
    answered = answer(json.dumps(body).encode(), task)
    assert answered.status == 200
    return json.loads(b"".join(answered.body))


@pytest.mark.parametrize(
    ("body", "task", "form"),
    [
        ({"input": ASKED}, "agent/v1/responses", "output"),
        ({"input": PARTS}, "agent/v1/responses", "output"),
        ({"input": "What is  new?"}, "", "output"),
        ({"messages": ASKED}, CHAT_AGENT, "messages"),
        ({"messages": ASKED}, "agent/v1/chat", "choices"),
        ({"messages": ASKED}, "", "choices"),
    ],
)
def test_the_newest_message_in_the_form_of_the_agent(body: Any, task: str, form: str) -> None:
    answered = said(body, task)
    assert form in answered
    assert answer_text(answered) == "What is  new?"
    streamed = answer(json.dumps({**body, "stream": True}).encode(), task)
    assert streamed.media_type == EVENTS
    lines = b"".join(streamed.body).decode().splitlines()
    assert "".join(chunk_text(event) for event in events(iter(lines))) == "What is  new?"
    assert lines[-2] == "data: [DONE]"


def test_a_plain_model_gives_back_what_it_got() -> None:
    assert said({"inputs": [1, 2]}) == {"predictions": [1, 2]}
    assert said({"dataframe_records": [{"a": 1}]}) == {"predictions": [{"a": 1}]}


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}"])
def test_what_is_no_question_is_refused(body: bytes) -> None:
    answered = answer(body, "")
    assert answered.status == 400
    assert json.loads(answered.body[0])["error_code"] == "BAD_REQUEST"

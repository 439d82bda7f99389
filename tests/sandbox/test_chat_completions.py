from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.sandbox import chat
from agentry.sandbox.chat.completions import NotUnderstood, complete, stream
from tests.sandbox.chat_tools import Generated, Json, ask, calls, generated, tool

COLOUR = tool("paint_wall", "Paint a wall.", colour={"type": "string", "enum": ["dark green", "green", "red"]})
TRIP = tool("book_trip", "Book a trip.", origin={"type": "string"}, destination={"type": "string"})
ADD = tool("add", "Add two numbers.", a={"type": "integer"}, b={"type": "integer"})


def answer(request: Json) -> Json:
    return complete("llm", request)


@given(generated())
def test_a_question_that_names_a_tool_and_its_arguments_calls_it(made: Generated) -> None:
    assert calls(answer(ask(made.question, made.tool))) == [(made.name, made.arguments)]


@pytest.mark.parametrize(
    "kinds", [("string", "string"), ("integer", "integer"), ("enum", "enum"), ("string", "integer")]
)
@given(data=st.data())
def test_two_required_arguments(kinds: tuple[str, str], data: st.DataObject) -> None:
    made = data.draw(generated(kinds))
    assert calls(answer(ask(made.question, made.tool))) == [(made.name, made.arguments)]


@given(generated(), generated())
def test_of_two_tools_the_one_that_is_named(first: Generated, second: Generated) -> None:
    # Two tools that share a word are no fair question.
    if set(first.name.split("_")) & set(second.question.split()) or first.name == second.name:
        return
    got = calls(answer(ask(second.question, first.tool, second.tool)))
    assert [name for name, _ in got] == [second.name]


@given(generated(), st.sampled_from(["Hello!", "What can you do?", "Thank you very much.", "Tell me a joke", ""]))
def test_a_question_that_fits_no_tool_calls_none(made: Generated, question: str) -> None:
    got = answer(ask(question, made.tool))
    assert calls(got) == []
    assert "stand-in" in got["choices"][0]["message"]["content"]


@given(generated(), st.text(max_size=200))
def test_whatever_is_asked_the_arguments_are_of_their_types(made: Generated, question: str) -> None:
    types: dict[str, Any] = {"integer": int, "number": (int, float), "string": str, "boolean": bool}
    for name, arguments in calls(answer(ask(f"{made.name} {question}", made.tool))):
        assert name == made.name
        properties = made.tool["function"]["parameters"]["properties"]
        assert set(arguments) == set(properties)
        for argument, value in arguments.items():
            assert isinstance(value, types[properties[argument]["type"]])
            assert value in properties[argument].get("enum", [value])


@given(generated())
def test_the_same_request_has_the_same_answer(made: Generated) -> None:
    request = ask(made.question, made.tool)
    assert answer(request) == answer(json.loads(json.dumps(request)))


@pytest.mark.parametrize(
    ("question", "arguments"),
    [
        ("Paint the wall green", ["green"]),
        ("Paint the wall DARK GREEN, please", ["dark green"]),
        ("paint walls in dark-green", ["dark green"]),
        ("Should the wall be red?", ["red"]),
        ("Paint one wall red and one green", ["red", "green"]),
    ],
)
def test_enumerated_values(question: str, arguments: list[str]) -> None:
    assert calls(answer(ask(question, COLOUR))) == [("paint_wall", {"colour": colour}) for colour in arguments]


@pytest.mark.parametrize("question", ["Paint the wall blue", "Paint the evergreen wall", "What is a wall?"])
def test_a_value_that_is_not_among_them_calls_nothing(question: str) -> None:
    assert calls(answer(ask(question, COLOUR))) == []


def test_one_call_at_a_time_when_the_client_wants_it_so() -> None:
    request = ask("Paint one wall red and one green", COLOUR, parallel_tool_calls=False)
    assert calls(answer(request)) == [("paint_wall", {"colour": "red"})]


@pytest.mark.parametrize(
    ("question", "origin", "destination"),
    [
        ("Book a trip from Oslo to New York", "Oslo", "New York"),
        ("I want to book a trip, destination Rome, origin Bonn.", "Bonn", "Rome"),
        ('book a trip from "a" to "b c"', "a", "b c"),
        ("book a trip from work to the sea", "work", "sea"),
    ],
)
def test_two_texts(question: str, origin: str, destination: str) -> None:
    got = calls(answer(ask(question, TRIP)))
    assert got == [("book_trip", {"origin": origin, "destination": destination})]


@pytest.mark.parametrize(
    ("question", "a", "b"),
    [
        ("Add 2 and 3", 2, 3),
        ("add -1,000 and +7", -1000, 7),
        ("Add two and twelve", 2, 12),
        ("add: b is 5, a is 4", 4, 5),
    ],
)
def test_two_numbers(question: str, a: int, b: int) -> None:
    assert calls(answer(ask(question, ADD))) == [("add", {"a": a, "b": b})]


@pytest.mark.parametrize("question", ["Add 2", "Add 2.5 and 3.5", "Add nothing"])
def test_a_number_too_few(question: str) -> None:
    assert calls(answer(ask(question, ADD))) == []


def test_limits_are_kept() -> None:
    short = tool("rate", "Rate a film.", stars={"type": "integer", "minimum": 1, "maximum": 5}, film={"type": "string"})
    got = calls(answer(ask('Rate "Alien" of 1979 with 4 stars', short)))
    assert got == [("rate", {"stars": 4, "film": "Alien"})]


def test_optional_arguments_are_given_only_when_they_are_spoken_of() -> None:
    search = tool(
        "search_papers",
        "Search papers.",
        required=["topic"],
        topic={"type": "string"},
        limit={"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        recent={"type": "boolean"},
        order={"type": "string", "enum": ["newest", "cited"]},
        sort={"type": "string", "enum": ["by"]},
    )
    assert calls(answer(ask("search papers about black holes", search)))[0][1] == {"topic": "black holes"}
    got = calls(answer(ask("search recent papers about black holes, limit 5", search)))[0][1]
    assert got == {"topic": "black holes", "limit": 5, "recent": True}
    got = calls(answer(ask("search papers about black holes, newest ones by far", search)))[0][1]
    assert got == {"topic": "black holes", "order": "newest"}
    assert calls(answer(ask("search papers about holes, not recent", search)))[0][1]["recent"] is False


def test_references_lists_and_objects() -> None:
    parameters = {
        "type": "object",
        "$defs": {"Size": {"enum": ["small", "large"], "type": "string"}},
        "properties": {
            "size": {"$ref": "#/$defs/Size"},
            "toppings": {"type": "array", "items": {"type": "string", "enum": ["olives", "onions", "capers"]}},
            "table": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]},
        },
        "required": ["size", "toppings", "table"],
    }
    pizza = {"type": "function", "function": {"name": "order_pizza", "description": "", "parameters": parameters}}
    got = calls(answer(ask("Order a large pizza with capers and olives for table 7", pizza)))
    assert got == [("order_pizza", {"size": "large", "toppings": ["capers", "olives"], "table": {"number": 7}})]


def test_a_tool_without_arguments() -> None:
    assert calls(answer(ask("What is the current time?", tool("current_time", "The time.")))) == [("current_time", {})]


class TestToolChoice:
    def test_none(self) -> None:
        assert calls(answer(ask("Add 2 and 3", ADD, tool_choice="none"))) == []

    def test_required(self) -> None:
        got = calls(answer(ask("Hello", COLOUR, tool_choice="required")))
        assert got == [("paint_wall", {"colour": "dark green"})]

    def test_by_name(self) -> None:
        choice = {"type": "function", "function": {"name": "add"}}
        assert calls(answer(ask("2 and 3 in red", COLOUR, ADD, tool_choice=choice))) == [("add", {"a": 2, "b": 3})]

    def test_of_a_tool_that_is_not_offered(self) -> None:
        with pytest.raises(NotUnderstood, match="nowhere"):
            answer(ask("x", ADD, tool_choice={"type": "function", "function": {"name": "nowhere"}}))


class TestResults:
    def messages(self, *results: str) -> list[Json]:
        asked: list[Json] = [{"role": "user", "content": "Add 2 and 3"}]
        called = answer({"messages": asked, "tools": [ADD]})["choices"][0]["message"]
        return [*asked, called, *({"role": "tool", "tool_call_id": "1", "content": result} for result in results)]

    def test_it_answers_from_what_a_tool_returned(self) -> None:
        got = answer({"messages": self.messages("5"), "tools": [ADD]})["choices"][0]
        assert (got["message"]["content"], got["finish_reason"]) == ("5", "stop")
        assert "tool_calls" not in got["message"]

    def test_it_answers_from_all_of_them(self) -> None:
        got = answer({"messages": self.messages("5", "6"), "tools": [ADD]})
        assert got["choices"][0]["message"]["content"] == "5\n6"

    def test_a_new_question_is_a_new_start(self) -> None:
        messages = [*self.messages("5"), {"role": "assistant", "content": "5"}]
        got = answer({"messages": [*messages, {"role": "user", "content": "add 4 and 5"}], "tools": [ADD]})
        assert calls(got) == [("add", {"a": 4, "b": 5})]

    def test_content_in_parts(self) -> None:
        messages = self.messages()
        parts = [{"type": "text", "text": "5 "}, {"type": "text", "text": "or so"}]
        got = answer({"messages": [*messages, {"role": "tool", "content": parts}]})
        assert got["choices"][0]["message"]["content"] == "5 or so"


def test_a_wanted_form_is_filled_in() -> None:
    schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    got = answer({**ask("I am 33 years old"), "response_format": form})
    assert json.loads(got["choices"][0]["message"]["content"]) == {"age": 33}


def test_it_says_what_it_is() -> None:
    got = answer(ask("Hello"))
    assert got["model"] == "sandbox-stand-in (llm)"
    assert "no-language-model" in got["system_fingerprint"]
    assert got["object"] == "chat.completion"
    assert got["usage"]["total_tokens"] == got["usage"]["prompt_tokens"] + got["usage"]["completion_tokens"]


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": ["hello"]}, "messages"),
        ({"messages": [{"role": "user", "content": "x"}], "tools": [{"name": "f"}]}, "tools"),
    ],
)
def test_what_it_does_not_understand(request_: Json, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        answer(request_)


def put_together(chunks: list[Json]) -> Json:
    """The message that a client makes of chunks."""
    message: Json = {"content": None}
    calls: dict[int, Json] = {}
    for delta in (chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]):
        if delta.get("content") is not None:
            message["content"] = (message["content"] or "") + delta["content"]
        message["role"] = delta.get("role", message.get("role"))
        for piece in delta.get("tool_calls", ()):
            call = calls.setdefault(piece["index"], {"id": "", "type": "", "function": {"name": "", "arguments": ""}})
            call["id"] += piece.get("id", "")
            call["type"] += piece.get("type", "")
            for key, value in piece["function"].items():
                call["function"][key] += value
    return {**message, "tool_calls": list(calls.values())} if calls else message


@given(generated(), st.booleans())
def test_chunks_put_together_are_the_whole_answer(made: Generated, named: bool) -> None:
    request = ask(made.question if named else "Hello there", made.tool)
    chunks = stream("llm", request)
    whole = answer(request)["choices"][0]
    assert put_together(chunks) == whole["message"]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks][-1] == whole["finish_reason"]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}


def test_usage_comes_last_when_it_is_asked_for() -> None:
    request = ask("Hello", stream_options={"include_usage": True})
    assert stream("llm", request)[-1]["usage"] == answer(request)["usage"]


def test_its_source_names_no_sample_tool() -> None:
    sources = Path(chat.__file__).parent.glob("*.py")
    text = " ".join(source.read_text(encoding="utf-8").lower() for source in sources)
    assert text
    for word in ("weather", "nyc", "city", "francisco", "sunny", "cloudy"):
        assert word not in text

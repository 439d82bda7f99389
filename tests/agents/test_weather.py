from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.agents.chat import Chat, chat
from tests.agents.packaged import ask

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]


def about(city: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"What is the weather in {city}?"}]}


async def asked(scratch: Path, endpoint: Chat) -> list[Any]:
    steps: list[dict[str, Any]] = [
        {"question": about("sf"), "token": None},
        {"question": about("sf"), "token": "first"},
        {"question": about("nyc"), "token": "second"},
        {"forward": 400},
        {"question": about("nyc"), "stream": True},
    ]
    results: list[Any] = await ask("weather", {"llm_endpoint": "some-chat"}, steps, scratch, endpoint.address)
    return results


async def test_weather_as_it_is_served(tmp_path: Path) -> None:
    """One process, since loading takes seconds: no credentials, credentials, rotated ones, a stream."""
    with chat() as endpoint:
        without, sf, nyc, _, stream = await asked(tmp_path, endpoint)

    assert without["error"].startswith("ValueError: default auth: cannot configure default credentials")

    assert [message["role"] for message in sf["messages"]] == ["assistant", "tool", "assistant"]
    assert sf["messages"][0]["tool_calls"][0]["function"] == {"name": "get_weather", "arguments": '{"city": "sf"}'}
    assert sf["messages"][-1]["content"] == "It's always sunny in sf"
    assert nyc["messages"][-1]["content"] == "It might be cloudy in nyc"

    words = [chunk["delta"] for chunk in stream if chunk["delta"]["role"] == "assistant" and chunk["delta"]["content"]]
    assert "".join(word["content"] for word in words).strip() == "It might be cloudy in nyc"
    assert len(words) > 3
    assert len({word["id"] for word in words}) == 1
    assert any(chunk["delta"]["role"] == "tool" for chunk in stream)

    assert {request.path for request in endpoint.asked} == {"/serving-endpoints/chat/completions"}
    assert {request.model for request in endpoint.asked} == {"some-chat"}
    assert {request.tools for request in endpoint.asked} == {("get_weather",)}
    # The SDK keeps a token for five minutes; then the agent, which never restarted, asks with the new one.
    assert [request.authorization for request in endpoint.asked] == ["Bearer first"] * 4 + ["Bearer second"] * 2
    assert [request.streamed for request in endpoint.asked] == [False] * 4 + [True] * 2

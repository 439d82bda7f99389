"""The smallest chat endpoint that can be asked: it calls the tool for the city of the question, then says its answer."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    authorization: str
    model: str
    streamed: bool
    tools: tuple[str, ...]


@dataclass
class Chat:
    """A running endpoint: its address, and what it was asked."""

    address: str = ""
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def chat() -> Iterator[Chat]:
    """Serve until the block ends."""
    running = Chat()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(404, "application/json", b"{}")

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            tools = tuple(tool["function"]["name"] for tool in body.get("tools", ()))
            asked = Asked(self.path, self.headers["authorization"], body["model"], bool(body.get("stream")), tools)
            running.asked.append(asked)
            message = reply(body["messages"])
            if asked.streamed:
                self._answer(200, "text/event-stream", streamed(message))
            else:
                choice = {"index": 0, "message": message, "finish_reason": "stop"}
                whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
                self._answer(200, "application/json", json.dumps(whole).encode())

        def _answer(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing on the console."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def reply(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The tool's result, else a call of the tool."""
    newest = messages[-1]
    if newest["role"] == "tool":
        return {"role": "assistant", "content": newest["content"]}
    city = "sf" if "sf" in newest["content"] else "nyc"
    function = {"name": "get_weather", "arguments": json.dumps({"city": city})}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": function}]}


def streamed(message: dict[str, Any]) -> bytes:
    """A message as server-sent events, word by word."""
    if "tool_calls" in message:
        deltas = [{"role": "assistant", "tool_calls": [{"index": 0, **call} for call in message["tool_calls"]]}]
    else:
        deltas = [{"role": "assistant", "content": f"{word} "} for word in message["content"].split(" ")]
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    events = [{**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    events.append({**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode() + b"data: [DONE]\n\n"

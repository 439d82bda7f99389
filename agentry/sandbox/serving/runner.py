"""The process of one served version: it loads the model and answers questions. Runs under the agent's own Python.

It is started as a file, not as a module: the agent's environment has what the agent asked for and nothing of Agentry,
so only the standard library and the agent's mlflow are used here. What it is told comes as one line of JSON on stdin:

    {"model": "/path/of/the/model", "endpoint": "its name", "key": "what requests must carry", "report": 5}

`report` is a file descriptor that gets one line of JSON when it is clear how the start went: `{"port": 40123}`, or
`{"failed": "ImportError: ..."}`. stdout and stderr are the service log. The process ends when its stdin is closed, so
it never outlives the sandbox, whatever kills that.
"""

from __future__ import annotations

import hmac
import importlib
import json
import os
import sys
import threading
import traceback
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

KEY_HEADER = "X-Sandbox-Key"
# mlflow/pyfunc/scoring_server (3.17.2): what holds one of these is given to the model as it is and answered as it is.
UNWRAPPED = ("messages", "input", "prompt")
# What the platform takes out of a request before the model sees it: traces and the like, not built here.
PLATFORM_ONLY = ("databricks_options",)
# Words seen on the platform: github.com/databricks-industry-solutions/fraud-orchestration/issues/2, and mlflow's server.
FAILED = (
    "Encountered an unexpected error while evaluating the model. Verify that the input is compatible with the model "
    "for inference. Error '{}'"
)


class Refused(Exception):
    """A request that is answered with 400, with what is wrong with it."""


@dataclass(frozen=True)
class Question:
    """One request, read.

    Attributes:
        data: What `predict` gets.
        params: Inference parameters of a plain model.
        stream: Whether the answer comes piece by piece.
        wrapped: Whether the answer goes below `predictions`, as that of a plain model does.
    """

    data: Any
    params: dict[str, Any] | None
    stream: bool
    wrapped: bool


def read_question(body: bytes) -> Question:
    """The request of a client.

    Raises:
        Refused: Not JSON, or none of the forms that MLflow knows.
    """
    try:
        said = json.loads(body)
    except ValueError as error:
        raise Refused(f"The request is not JSON: {error}") from error
    if not isinstance(said, dict):
        raise Refused(f"The request must be a JSON object, not {type(said).__name__}.")
    said = {key: value for key, value in said.items() if key not in PLATFORM_ONLY}
    stream = bool(said.get("stream", False))
    if any(key in said for key in UNWRAPPED):
        return Question(said, None, stream, wrapped=False)
    params = said.get("params")
    if "inputs" in said or "instances" in said:
        return Question(said.get("inputs", said.get("instances")), params, stream, wrapped=True)
    return Question(_data_frame(said), params, stream, wrapped=True)


def _data_frame(said: dict[str, Any]) -> Any:
    if "dataframe_records" not in said and "dataframe_split" not in said:
        known = (*UNWRAPPED, "dataframe_records", "dataframe_split", "inputs", "instances")
        raise Refused(f"The request has none of the fields {', '.join(known)}; it has: {', '.join(said) or 'none'}.")
    # Not at the top: an agent that is never asked this way need not have it.
    pandas = importlib.import_module("pandas")

    try:
        if "dataframe_records" in said:
            return pandas.DataFrame(said["dataframe_records"])
        return pandas.DataFrame(**said["dataframe_split"])
    except (TypeError, ValueError) as error:
        raise Refused(f"The data frame can not be read: {error}") from error


def plain(value: Any) -> Any:
    """What `json` can not write by itself: numpy, pandas, pydantic, dates."""
    for method in ("model_dump", "to_pydatetime", "isoformat", "tolist"):
        if hasattr(value, method):
            return getattr(value, method)()
    if hasattr(value, "to_dict"):
        return value.to_dict("records") if hasattr(value, "columns") else value.to_dict()
    if isinstance(value, (set, tuple, frozenset)):
        return list(value)
    return str(value)


def to_json(value: Any) -> bytes:
    """One line of JSON."""
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        value = value.to_dict("records")
    return json.dumps(value, default=plain).encode()


class Answers:
    """Asks the model.

    Args:
        model: What `mlflow.pyfunc.load_model` gave.
        in_context: Gives a new block for each question, within which MLflow knows that it is a request: its tracing
            in Model Serving rests on that.
    """

    def __init__(self, model: Any, in_context: Callable[[], AbstractContextManager[None]]) -> None:
        self._model = model
        self._in_context = in_context

    def whole(self, question: Question) -> bytes:
        """The answer in one piece."""
        with self._in_context():
            said = self._model.predict(question.data, **_parameters(question))
        return to_json({"predictions": said} if question.wrapped else said)

    def pieces(self, question: Question) -> Iterator[bytes]:
        """The answer as server-sent events; an error after the first one is an event too, for 200 is said by then."""
        with self._in_context():
            for piece in self._model.predict_stream(question.data, **_parameters(question)):
                yield b"data: " + to_json(piece) + b"\n\n"
        yield b"data: [DONE]\n\n"


def _parameters(question: Question) -> dict[str, Any]:
    return {} if question.params is None else {"params": question.params}


def failure(error: Exception) -> dict[str, str]:
    """What a client is told when the model fails."""
    said = str(error) if isinstance(error, Refused) else FAILED.format(f"{type(error).__name__}: {error}")
    return {"error_code": "BAD_REQUEST", "message": said}


class Server(ThreadingHTTPServer):
    """One thread a connection; the sandbox is the only client, and keeps its connections."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, answers: Answers, key: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        self.key = key


class Handler(BaseHTTPRequestHandler):
    """HTTP, as far as the sandbox speaks it."""

    protocol_version = "HTTP/1.1"
    # Head and body are two writes; without this the kernel holds the second back for 40 ms.
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        """A question."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not hmac.compare_digest(self.headers.get(KEY_HEADER, ""), self.server.key):
            self._say(403, to_json({"error_code": "PERMISSION_DENIED", "message": "Only the sandbox asks here."}))
            return
        try:
            question = read_question(body)
            if question.stream:
                self._stream(self.server.answers.pieces(question))
            else:
                self._say(200, self.server.answers.whole(question))
        except Exception as error:  # noqa: BLE001 - whatever the agent's code raises is the answer
            traceback.print_exc()
            self._say(400, to_json(failure(error)))

    def _stream(self, pieces: Iterator[bytes]) -> None:
        first = next(pieces)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self._chunk(first)
            for piece in pieces:
                self._chunk(piece)
        except OSError:
            self.close_connection = True
            return
        except Exception as error:  # noqa: BLE001 - as above, but 200 was said already
            traceback.print_exc()
            self._chunk(b"data: " + to_json({"error": failure(error)}) + b"\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The service log is the agent's; requests are not written to it."""


def follow(descriptor: int) -> None:
    """End with the sandbox: its end of the pipe closes when it dies, however it dies."""

    def wait() -> None:
        while os.read(descriptor, 1024):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True, name="sandbox").start()


def load(model: str, endpoint: str) -> Answers:
    """The model of a directory; whatever importing the agent raises comes through."""
    import mlflow.pyfunc  # noqa: PLC0415 - slow, and a failure belongs in the service log
    from mlflow.pyfunc.context import Context, set_prediction_context  # noqa: PLC0415 - as above

    def in_context() -> AbstractContextManager[None]:
        block: AbstractContextManager[None] = set_prediction_context(
            Context(request_id=str(uuid.uuid4()), endpoint_name=endpoint)
        )
        return block

    return Answers(mlflow.pyfunc.load_model(model), in_context)


def main() -> int:
    """Load, report, serve."""
    told = json.loads(sys.stdin.buffer.readline())
    follow(os.dup(0))
    # An agent that reads stdin finds nothing there, neither ours nor the sandbox's.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.set_inheritable(told["report"], False)  # noqa: FBT003 - the standard library's own signature
    with os.fdopen(told["report"], "w", encoding="utf-8") as report:
        try:
            server = Server(load(told["model"], told["endpoint"]), told["key"])
        except BaseException as error:  # noqa: BLE001 - an agent may raise SystemExit as it is imported
            traceback.print_exc()
            report.write(json.dumps({"failed": f"{type(error).__name__}: {error}"}) + "\n")
            return 1
        report.write(json.dumps({"port": server.server_address[1]}) + "\n")
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())

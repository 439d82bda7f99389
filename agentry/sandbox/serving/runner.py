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
JSON = "application/json"
# What the platform takes out of a request before the model sees it: traces and the like, not built here.
PLATFORM_ONLY = ("databricks_options",)
# Words seen on the platform: github.com/databricks-industry-solutions/fraud-orchestration/issues/2, and mlflow's server.
FAILED = (
    "Encountered an unexpected error while evaluating the model. Verify that the input is compatible with the model "
    "for inference. Error '{}'"
)


@dataclass(frozen=True)
class Question:
    """One request, as far as it is not MLflow that reads it.

    Attributes:
        body: What MLflow gets.
        stream: Whether the answer comes piece by piece.
    """

    body: bytes
    stream: bool


@dataclass(frozen=True)
class Answer:
    """What a client is told."""

    status: int
    media_type: str
    body: bytes


def read_question(body: bytes) -> Question:
    """The request of a client. What is not JSON, MLflow refuses in its own words."""
    try:
        said = json.loads(body)
    except ValueError:
        return Question(body, stream=False)
    if not isinstance(said, dict):
        return Question(body, stream=False)
    kept = {key: value for key, value in said.items() if key not in PLATFORM_ONLY}
    return Question(body if len(kept) == len(said) else json.dumps(kept).encode(), bool(said.get("stream", False)))


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


class Listening:
    """Stands before a model while MLflow asks it.

    Args:
        model: It; None to be given what it would be asked, and to ask nothing.
        metadata: What MLflow reads the request by.
    """

    def __init__(self, model: Any, metadata: Any) -> None:
        self._model = model
        self.metadata = metadata
        self.asked: tuple[Any, dict[str, Any] | None] = (None, None)
        self.raised: Exception | None = None

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """What MLflow calls. It puts an exception that is not its own into words of its own: the original is kept."""
        self.asked = data, params
        if self._model is None:
            return []
        try:
            return self._model.predict(data, **_params(params))
        except Exception as error:
            self.raised = None if _is_mlflows(error) else error
            raise


class Answers:
    """Asks the model, as `mlflow models serve` does: MLflow's own code reads requests and writes answers.

    Args:
        model: What `mlflow.pyfunc.load_model` gave.
        in_context: Gives a new block for each question, within which MLflow knows that it is a request: its tracing
            in Model Serving rests on that.
        invocations: `mlflow.pyfunc.scoring_server.invocations`.
    """

    def __init__(
        self, model: Any, in_context: Callable[[], AbstractContextManager[None]], invocations: Callable[..., Any]
    ) -> None:
        self._model = model
        self._in_context = in_context
        self._invocations = invocations

    def whole(self, question: Question) -> Answer:
        """The answer in one piece."""
        asked = Listening(self._model, self._model.metadata)
        with self._in_context():
            try:
                said = self._invoke(question, asked)
            except Exception as error:
                if asked.raised is None:
                    raise
                raise asked.raised from error
        return Answer(said.status, said.mimetype, said.response.encode())

    def pieces(self, question: Question) -> Iterator[bytes]:
        """The answer as server-sent events; an error after the first one is an event too, for 200 is said by then."""
        asked = Listening(None, self._model.metadata)
        self._invoke(question, asked)
        data, params = asked.asked
        with self._in_context():
            for piece in self._model.predict_stream(data, **_params(params)):
                yield b"data: " + to_json(piece) + b"\n\n"
        yield b"data: [DONE]\n\n"

    def _invoke(self, question: Question, model: Listening) -> Any:
        return self._invocations(question.body, JSON, model, self._model.metadata.get_input_schema())


def _params(params: dict[str, Any] | None) -> dict[str, Any]:
    return {} if params is None else {"params": params}


def _is_mlflows(error: Exception) -> bool:
    return hasattr(error, "serialize_as_json") and hasattr(error, "get_http_status_code")


def failure(error: Exception) -> Answer:
    """What a client is told when it does not go well: MLflow's own errors as MLflow tells them, others in its form."""
    if _is_mlflows(error):
        return Answer(error.get_http_status_code(), JSON, error.serialize_as_json().encode())  # type: ignore[attr-defined]
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    message = FAILED.format(f"{type(error).__name__}: {error}")
    return Answer(400, JSON, to_json({"error_code": "BAD_REQUEST", "message": message, "stack_trace": trace}))


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
            refusal = {"error_code": "PERMISSION_DENIED", "message": "Only the sandbox asks here."}
            self._say(Answer(403, JSON, to_json(refusal)))
            return
        try:
            question = read_question(body)
            if question.stream:
                self._stream(self.server.answers.pieces(question))
            else:
                self._say(self.server.answers.whole(question))
        except Exception as error:  # noqa: BLE001 - whatever the agent's code raises is the answer
            traceback.print_exc()
            self._say(failure(error))

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
            self._chunk(b"data: " + to_json({"error": json.loads(failure(error).body)}) + b"\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _say(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

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
    # As MLflow's own server sets it: type hints of requests from JSON are read by it.
    os.environ["_MLFLOW_IS_IN_SERVING_ENVIRONMENT"] = "true"
    import mlflow.pyfunc  # noqa: PLC0415 - slow, and a failure belongs in the service log
    from mlflow.pyfunc.context import Context, set_prediction_context  # noqa: PLC0415 - as above
    from mlflow.pyfunc.scoring_server import invocations  # noqa: PLC0415 - as above

    def in_context() -> AbstractContextManager[None]:
        block: AbstractContextManager[None] = set_prediction_context(
            Context(request_id=str(uuid.uuid4()), endpoint_name=endpoint)
        )
        return block

    return Answers(mlflow.pyfunc.load_model(model), in_context, invocations)


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

"""Moves model files with MLflow's client: a fork server, run as a script of its own.

MLflow's client knows every storage route of real workspaces (the Files API, presigned addresses, the clouds' own
stores with temporary credentials, chosen by the workspace), but keeps global state, reads the environment and can
hang for minutes. So this process imports it once, and forks children that upload: a child is given address and bearer
over a pipe, uploads one directory after the other with them, and never works for another identity. After the time
limit of an upload the child's own alarm ends it, also where this process is gone; after an error it ends by itself.
No agent is ever imported here. Of Agentry it imports nothing, so any environment with MLflow runs it.

A child is used again because a fork of all that MLflow imports costs as much as an upload: 0.04 of 0.07 s (measured).

Requests are JSON lines on stdin, `{"cancel": id}` or `{"id", "limit", "host", "token", "directory"}` with either
`"logged_model"`, an id, or `"model"`, `"version"` and `"storage_location"`. Answers are JSON lines on stdout:
`{"ready": {...}}` once, then for each request one of `{"id", "done": {...}}`, `{"id", "error": {"code", "message"}}`,
`{"id", "ended": how}`.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import gc
import importlib.util
import json
import os
import select
import shutil
import signal
import socket
import sys
import threading
import types
from dataclasses import dataclass
from functools import partial
from typing import Any

SDK = "databricks.sdk"
Json = dict[str, Any]


def lean_sdk() -> None:
    """Put a databricks-sdk in place that has the Files API and none of its other 60 services.

    They are half of what this process would import (0.7 of 1.4 s), and each child and each client would carry them.
    MLflow's uploads use `WorkspaceClient(...).files` and its `api_client`; whoever asks for anything else gets the
    whole SDK after all. One that is laid out otherwise (before 0.45) is left as it is.
    """
    spec = importlib.util.find_spec(SDK)
    if SDK in sys.modules or spec is None:
        return
    lean = sys.modules[SDK] = types.ModuleType(SDK)
    lean.__spec__, lean.__path__ = spec, list(spec.submodule_search_locations or ())
    try:
        config: Any = importlib.import_module(f"{SDK}.config")
        from databricks.sdk.core import ApiClient, Config  # noqa: PLC0415
        from databricks.sdk.mixins.files import FilesExt  # noqa: PLC0415
    except ImportError:
        del sys.modules[SDK]
        return

    if hasattr(config, "get_host_metadata"):
        config.get_host_metadata = asked_once(config.get_host_metadata)

    class WorkspaceClient:
        """The SDK's, as far as uploads go."""

        def __init__(self, *, config: Any = None, **settings: Any) -> None:
            self.config = config.copy() if config else Config(**settings)
            self.api_client = ApiClient(self.config)
            self.files = FilesExt(self.api_client, self.config)

        def __getattr__(self, name: str) -> Any:
            return getattr(whole_sdk().WorkspaceClient(config=self.config), name)

    sys.modules["databricks"].sdk = lean  # type: ignore[attr-defined]
    lean.WorkspaceClient = WorkspaceClient  # type: ignore[attr-defined]
    lean.__getattr__ = lambda name: getattr(whole_sdk(), name)  # type: ignore[method-assign]


def asked_once(ask: Any) -> Any:
    """The SDK asks a host what it is for each client, and MLflow makes two for each upload; a child has one host."""
    known: Json = {}

    def answer_of(host: str, *rest: Any, **options: Any) -> Any:
        if host not in known:
            known[host] = ask(host, *rest, **options)
        return known[host]

    return answer_of


@functools.lru_cache(maxsize=1)
def whole_sdk() -> Any:
    """The SDK with all that it has; while it is imported, nothing of it is looked for in the lean one."""
    del sys.modules[SDK], sys.modules["databricks"].sdk
    return importlib.import_module(SDK)


# Everything that an upload imports is imported here, so that no child pays for it; what is made meanwhile stays.
gc.disable()
lean_sdk()
import databricks.sdk.useragent  # noqa: E402
import mlflow  # noqa: E402
import mlflow.store.artifact.databricks_logged_model_artifact_repo  # noqa: E402
import mlflow.store.artifact.databricks_sdk_models_artifact_repo  # noqa: E402
import mlflow.store.artifact.presigned_url_artifact_repo  # noqa: E402
import mlflow.tracking.request_header.registry  # noqa: E402
from mlflow.protos.databricks_uc_registry_messages_pb2 import ModelVersion  # noqa: E402
from mlflow.store._unity_catalog.registry.rest_store import UcModelRegistryStore  # noqa: E402

gc.enable()


class OurName:
    """Our name beside MLflow's, where a request does not go through databricks-sdk."""

    def in_context(self) -> bool:
        """In every request."""
        return True

    def request_headers(self) -> dict[str, str]:
        """Joined with those of other providers."""
        return {"User-Agent": os.environ["AGENTRY_USER_AGENT"]}


mlflow.tracking.request_header.registry._request_header_provider_registry.register(OurName)  # noqa: SLF001
# MLflow makes its clients of databricks-sdk as an unknown product, whatever the product of the process is.
databricks.sdk.useragent.with_extra(*os.environ["AGENTRY_USER_AGENT"].split("/"))

MOST = 24
"""Children at once: each holds some 15 MB of its own."""
MESSAGE = 600
"""Characters of an error. A line of at most PIPE_BUF (4096) bytes is never mixed with those of other children."""


def main() -> None:
    """Serve until stdin ends."""
    # Python warns of a fork where there are threads, and rightly: MLflow must have started none.
    answer({"ready": {"mlflow": mlflow.__version__, "threads": threading.active_count()}})
    # What is there now stays for ever: a collection in a child does not look at it, which would copy its pages.
    gc.freeze()
    try:
        Server().run()
    finally:
        if "AGENTRY_SCRATCH" in os.environ:  # who started us may not be there to do it
            shutil.rmtree(os.environ["AGENTRY_SCRATCH"], ignore_errors=True)


@dataclass
class Child:
    """A forked process: who it works for, on what, and our end of the pipe to it."""

    bearer: tuple[str, str]
    pipe: socket.socket
    work: str | None


class Server:
    """The parent: reads requests, gives each to a child that is free, forks and reaps."""

    def __init__(self) -> None:
        self.children: dict[int, Child] = {}
        self.waiting: collections.deque[Json] = collections.deque()
        self.rest = b""
        self.wake, wake_up = os.pipe()
        os.set_blocking(wake_up, False)
        signal.set_wakeup_fd(wake_up)
        # Only this process keeps the writing end: where it is gone, however it went, its children read an end of file.
        self.alive, self.living = os.pipe()
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> None:
        """Until stdin ends."""
        while True:
            pipes = {child.pipe: child for child in self.children.values()}
            watched: list[int | socket.socket] = [0, self.wake, *pipes]
            readable, _, _ = select.select(watched, [], [])
            for pipe in [pipe for pipe in pipes if pipe in readable]:
                if pipe.recv(1):  # nothing means that it ended: it is reaped
                    pipes[pipe].work = None
            if self.wake in readable or any(pipe in readable for pipe in pipes):
                self.drain()
            if 0 in readable and not self.read():
                self.kill(*self.children)
                return
            self.distribute()

    def drain(self) -> None:
        """Take note of children that ended."""
        while select.select([self.wake], [], [], 0)[0]:
            os.read(self.wake, 4096)
        self.reap()

    def read(self) -> bool:
        """Take what came; False at the end of stdin: whoever started us is gone."""
        data = os.read(0, 65536)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "cancel" in message:
                self.cancel(message["cancel"])
            else:
                self.waiting.append(message)
        return bool(data)

    def cancel(self, id: str) -> None:
        """Nobody waits for this request any more."""
        self.waiting = collections.deque(request for request in self.waiting if request["id"] != id)
        self.kill(*(pid for pid, child in self.children.items() if child.work == id))

    def distribute(self) -> None:
        """Give what waits to children that are free, or to new ones."""
        while self.waiting:
            request = self.waiting[0]
            bearer = (request["host"], request["token"])
            idle = {pid: child for pid, child in self.children.items() if child.work is None}
            same = next((child for child in idle.values() if child.bearer == bearer), None)
            if same is None and len(self.children) >= MOST:
                self.kill(*list(idle)[:1])  # of another identity; once it is reaped there is room
                return
            self.waiting.popleft()
            if same is None:
                self.fork(request, bearer)
            else:
                same.work = request["id"]
                # A child that just died does not read it; that it ended is its answer.
                with contextlib.suppress(OSError):
                    same.pipe.sendall(json.dumps(request).encode() + b"\n")

    def fork(self, request: Json, bearer: tuple[str, str]) -> None:
        """One child more, which begins with this request."""
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid:
            theirs.close()
            self.children[pid] = Child(bearer, ours, request["id"])
            return
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process wherever it hangs
            with open(os.devnull) as nothing:
                os.dup2(nothing.fileno(), 0)
            os.close(self.living)
            for pipe in (ours, *(child.pipe for child in self.children.values())):
                pipe.close()
            threading.Thread(target=self.end_with_parent, daemon=True).start()
            work(request, theirs)
        finally:
            os._exit(0)

    def end_with_parent(self) -> None:
        """In a child: nobody hears its answer any more."""
        os.read(self.alive, 1)
        os._exit(1)

    def reap(self) -> None:
        """Say how children ended."""
        while self.children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            child = self.children.pop(pid)
            child.pipe.close()
            code = os.waitstatus_to_exitcode(status)
            how = "time limit" if code == -signal.SIGALRM else f"signal {-code}" if code < 0 else "done"
            if child.work is not None:
                answer({"id": child.work, "ended": how})

    def kill(self, *pids: int) -> None:
        """End children wherever they are."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def work(request: Json, pipe: socket.socket) -> None:
    """In a child: one request after the other, until one fails or the parent is gone."""
    os.environ.update(DATABRICKS_HOST=request["host"], DATABRICKS_TOKEN=request["token"], DATABRICKS_AUTH_TYPE="pat")
    with pipe.makefile("rb") as requests:
        while True:
            signal.alarm(request["limit"])
            if not serve(request):
                return
            signal.alarm(0)
            pipe.sendall(b".")
            line = requests.readline()
            if not line:
                return
            request = json.loads(line)


def serve(request: Json) -> bool:
    """One request; whether it went well."""
    try:
        upload(request)
        answer({"id": request["id"], "done": {}})
    except Exception as error:  # noqa: BLE001 whatever MLflow raises is the answer
        # databricks-sdk appends its whole configuration to what the workspace said.
        message = str(error).partition(". Config: ")[0].replace(request["token"], "[secret]")
        answer({"id": request["id"], "error": {"code": code_of(error), "message": message[:MESSAGE]}})
        return False
    return True


def code_of(error: BaseException | None) -> str:
    """The platform's error code that an exception carries, or one of those that it was raised from."""
    while error is not None:
        code = getattr(error, "error_code", None)
        if isinstance(code, str) and code:
            return code
        error = error.__cause__ or error.__context__
    return ""


def upload(request: Json) -> None:
    """All files of a directory, to a logged model or to a version that is pending."""
    directory = request["directory"]
    if "logged_model" in request:
        client, model = mlflow.MlflowClient(tracking_uri="databricks"), request["logged_model"]
        one, whole = partial(client.log_model_artifact, model), partial(client.log_model_artifacts, model)
    else:
        repository = version_files(request)
        one, whole = repository.log_artifact, repository.log_artifacts
    try:
        whole(directory)
    except mlflow.MlflowException:
        # MLflow uploads in threads and tells of their errors in a text. One file alone has its error told by class.
        one(os.path.join(directory, "MLmodel"))
        raise


def version_files(request: Json) -> Any:
    """Where the files of a version go, by the route that the workspace chooses."""
    store = UcModelRegistryStore("databricks-uc", "databricks")
    version = ModelVersion(
        name=request["model"], version=request["version"], storage_location=request["storage_location"]
    )
    # MLflow chooses the route in this method, and offers it only together with making a version, for which it would
    # need numpy. A test names it under both ends of the supported versions.
    return store._get_artifact_repo(version, request["model"])  # noqa: SLF001


def answer(message: Json) -> None:
    """One line, written at once."""
    os.write(1, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    # What libraries print must not get between the answers.
    sys.stdout = sys.stderr
    main()

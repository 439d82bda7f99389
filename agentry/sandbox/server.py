"""The server process of a sandbox: `python -m agentry.sandbox serve`."""

from __future__ import annotations

import json
import logging
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from agentry.errors import SandboxError
from agentry.sandbox.app import create_app
from agentry.sandbox.mode import recall
from agentry.sandbox.places import acquire, read_json, write_private, write_profiles
from agentry.sandbox.seed import PEOPLE, seed_people, token_of
from agentry.sandbox.state import Settings, open_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentry.sandbox.places import Places
    from agentry.sandbox.state import State

LOOPBACK = "127.0.0.1"


def serve(places: Places, *, port: int = 0, ready: int | None = None) -> None:
    """Run the sandbox until SIGTERM or SIGINT.

    Args:
        places: Its files.
        port: The port to use; 0 for the one of last time if it is free, else any.
        ready: A file descriptor that gets one line of JSON, `{"address", "pid"}`, when requests are answered.

    Raises:
        SandboxError: It runs already, or the port is taken.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    places.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one(places), listening(places, port) as listener:
        address = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        state = open_state(Settings(places.name, places.directory, places.cache, address, recall(places)))
        seed_people(state)
        app = create_app(state)
        write_profiles(places, address, _tokens(places, state))
        running = json.dumps({"address": address, "pid": os.getpid()})
        write_private(places.running_file, running)
        if ready is not None:
            # The listener accepts already: a request that comes now waits for the event loop, and is answered.
            with os.fdopen(ready, "w") as pipe:
                pipe.write(running + "\n")
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="on",
            # Clients that reuse a connection must not find it closed: longer than any of them keeps one.
            timeout_keep_alive=600,
            timeout_graceful_shutdown=5,
        )
        try:
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            state.store.close()


@contextmanager
def _only_one(places: Places) -> Iterator[None]:
    # Not without waiting: somebody who asks whether a server runs holds a shared lock for a moment.
    with places.lock_file.open("a") as lock:
        if not acquire(lock, seconds=1):
            raise SandboxError(f"the sandbox {places.name} runs already", fix=places.command("stop"))
        yield


@contextmanager
def listening(places: Places, port: int) -> Iterator[socket.socket]:
    """A socket that listens on loopback: on the port asked for, else on the one of last time, else on any."""
    last = str(read_json(places.running_file).get("address", "")).rpartition(":")[2]
    candidates = [port] if port else [int(last), 0] if last.isdigit() else [0]
    for candidate in candidates:
        # asyncio switches Nagle's algorithm off only where the protocol is named; with it every answer, whose head
        # and body are sent apart, waits 40 ms for the client's delayed acknowledgement.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        # Without it the port of last time is refused for a minute after every stop.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, candidate))
        except OSError as error:
            listener.close()
            if candidate == candidates[-1]:
                raise SandboxError(f"port {candidate} of {LOOPBACK} is taken", why=str(error)) from error
            continue
        with listener:
            listener.listen(512)
            yield listener
        return


def _tokens(places: Places, state: State) -> dict[str, str]:
    """The tokens of last time, or new ones: they are random, and differ between sandboxes."""
    file = places.directory / "tokens.json"
    known = {person: str(token) for person, token in read_json(file).items()}
    tokens = {person: known.get(person) or token_of(state, person) for person in PEOPLE}
    write_private(file, json.dumps(tokens))
    return tokens

"""A sandbox workspace that this process serves: every request passes a watch, and the whole can be copied and put back.

Clients reach it over loopback as they reach any other, so it does not matter to them, nor to what kills them, whose
process it is in.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import sqlite3
import threading
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn

from agentry.sandbox.app import create_app
from agentry.sandbox.metastore import DATABASE
from agentry.sandbox.mode import Mode
from agentry.sandbox.places import Places
from agentry.sandbox.seed import PEOPLE, seed_people, token_of
from agentry.sandbox.server import LOOPBACK, listening
from agentry.sandbox.state import Settings, State, open_state

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine
    from pathlib import Path

    from starlette.types import Message, Receive, Scope, Send

NAME = "local"


@dataclass(frozen=True)
class Copy:
    """A workspace as it was at one moment: its rows, those of the metastore, and its files."""

    rows: sqlite3.Connection
    metastore: sqlite3.Connection
    files: Path


@dataclass(frozen=True)
class Call:
    """A request that arrived.

    Attributes:
        number: Counted from 1, since `watch` was last set.
        method: Its method.
        path: Its path.
    """

    number: int
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Watch:
    """What happens beside each request. This one lets all pass."""

    async def before(self, call: Call) -> None:
        """A request has arrived, and nothing was done."""

    async def after(self, call: Call, *, changed: bool) -> None:
        """It was carried out, and its answer not sent; `changed` says whether the workspace is another one now."""


class World:
    """The workspace. Made by `start`; `stop` it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._copies = 0
        self._numbers = 0
        self._watch = Watch()
        self._held: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="world", daemon=True)
        self.state: State
        self.tokens: dict[str, str] = {}

    @classmethod
    def start(cls, root: Path) -> World:
        """Begin to serve an empty workspace.

        Args:
            root: A directory for its files.
        """
        self = cls(root)
        self._thread.start()
        if not self._ready.wait(60):
            raise RuntimeError("the workspace does not start")
        return self

    def stop(self) -> None:
        """End it."""
        self._server.should_exit = True
        self._thread.join(30)
        self.state.store.close()

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self.state.address

    def watch(self, watch: Watch) -> None:
        """Have somebody told of every request from now on; they are counted anew."""
        self._numbers = 0
        self._watch = watch

    def let_go(self) -> None:
        """End the requests that a watch holds, of which nobody waits for the answer."""
        self._on_loop(self._let_go())

    async def _let_go(self) -> None:
        for task in list(self._held):
            task.cancel()
        await asyncio.gather(*self._held, return_exceptions=True)

    def copy(self) -> Copy:
        """The workspace as it is now."""
        copy: Copy = self._on_loop(self.copy_now())
        return copy

    async def copy_now(self) -> Copy:
        """The same, from the loop that serves: no handler is in the middle of a step."""
        store = self.state.store
        rows, metastore = (sqlite3.connect(":memory:", check_same_thread=False) for _ in range(2))
        with store._lock:
            store._connection.backup(rows, name="main")
            store._connection.backup(metastore, name="metastore")
            self._copies += 1
            files = self._root / "copies" / str(self._copies)
            for place in self._files():
                if place.is_dir():
                    shutil.copytree(place, files / place.parent.name)
        return Copy(rows, metastore, files)

    def put_back(self, copy: Copy) -> None:
        """Make the workspace what it was at that moment."""
        self._on_loop(self._put_back(copy))

    async def _put_back(self, copy: Copy) -> None:
        await self._exits.aclose()
        store = self.state.store
        with store._lock:
            settings = self.state.settings
            places = (settings.directory / "sandbox.db", settings.metastore / DATABASE)
            for kept, place in zip((copy.rows, copy.metastore), places, strict=True):
                with contextlib.closing(sqlite3.connect(place)) as live:
                    kept.backup(live)
            store._tables.clear()
            for place in self._files():
                shutil.rmtree(place, ignore_errors=True)
                if (copy.files / place.parent.name).is_dir():
                    shutil.copytree(copy.files / place.parent.name, place)
        await self._enter()

    def _files(self) -> tuple[Path, Path]:
        return self.state.files, self.state.settings.metastore / "files"

    def _on_loop(self, work: Awaitable[Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)  # type: ignore[arg-type]

    def _serve(self) -> None:
        places = Places(self._root, NAME)
        with listening(places, 0) as listener:
            address = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
            mode = Mode(instant=True)
            self.state = open_state(Settings(NAME, places.directory, places.cache, address, mode))
            seed_people(self.state)
            self._app: Any = create_app(self.state)
            self.tokens = {person: token_of(self.state, person) for person in PEOPLE}
            config = uvicorn.Config(
                self, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
            )
            # A request that is held and let go has no answer, which is meant.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            self._server = uvicorn.Server(config)
            asyncio.run(self._run(listener))

    async def _run(self, listener: Any) -> None:
        self._loop = asyncio.get_running_loop()
        await self._enter()
        self._ready.set()
        try:
            # Not `serve`, which takes the signals of whoever runs this.
            await self._server._serve(sockets=[listener])
        finally:
            await self._exits.aclose()

    async def _enter(self) -> None:
        self._exits = AsyncExitStack()
        await self._exits.enter_async_context(self._app.router.lifespan_context(self._app))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with the watch told before and after."""
        if scope["type"] != "http":
            return
        self._numbers += 1
        call, watch = Call(self._numbers, scope["method"], scope["path"]), self._watch
        if not await self._passed(watch.before(call)):
            return
        changes = self._changes()
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, keep)
        stored = call.method == "PUT" and call.path.startswith(("/api/2.0/fs/files", "/storage"))
        if not await self._passed(watch.after(call, changed=stored or self._changes() != changes)):
            return
        with contextlib.suppress(OSError):
            for message in answer:
                await send(message)

    async def _passed(self, watching: Coroutine[Any, Any, None]) -> bool:
        """Whether a request goes on after its watch; not where it was held and let go."""
        task = asyncio.create_task(watching)
        self._held.add(task)
        task.add_done_callback(self._held.discard)
        await asyncio.wait({task})
        return not task.cancelled() and task.exception() is None

    def _changes(self) -> int:
        return int(self.state.store._connection.total_changes)

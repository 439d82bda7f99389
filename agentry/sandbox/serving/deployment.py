"""One deployment of a served entity: brought up, kept running, taken away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.sandbox.errors import ApiError
from agentry.sandbox.mode import IDLE
from agentry.sandbox.serving import mlmodel
from agentry.sandbox.serving.config import FAILED, READY, RECOVERING
from agentry.sandbox.serving.credentials import Mount, Rotation, scopes_of
from agentry.sandbox.serving.environments import BuildFailed, Environments, Requirements
from agentry.sandbox.serving.idle import SCALED_TO_ZERO, idle
from agentry.sandbox.serving.process import Start, StartFailed, process_environment, start_process

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.sandbox.identity import Tokens
    from agentry.sandbox.principals import Principal
    from agentry.sandbox.serving.answers import Answering
    from agentry.sandbox.serving.config import ServedEntity
    from agentry.sandbox.serving.process import ServedProcess

    Report = Callable[[str, str], None]

# After a crash: at once, then less and less often.
RESTART_SECONDS = (0.0, 1.0, 5.0, 15.0, 60.0)
_log = logging.getLogger("agentry.sandbox")


@dataclass(frozen=True)
class Means:
    """What every deployment rests on.

    Attributes:
        host: The sandbox's address, for the served versions.
        environments: Where their environments come from.
        tokens: Where their credentials come from.
        clock: For rotation and restarts.
        rotation: How often credentials change.
        files: The model directory of a version.
        idle: Seconds without a question after which one that may scale to zero is stopped.
        secret: The value behind `{{secrets/scope/key}}`, for the endpoint's creator; raises ApiError.
    """

    host: str
    environments: Environments
    tokens: Tokens
    clock: Clock
    rotation: Rotation
    files: Callable[[str, str], Path]
    secret: Callable[[Principal, str], str]
    idle: float = IDLE


class Deployment:
    """One deployment.

    Args:
        means: What it rests on.
        endpoint: The endpoint's name.
        entity: What is served.
        creator: Who made the endpoint.
        directory: Its own, for logs, HOME, credentials and a copy of the model.
        report: Takes its state and message whenever they change.
    """

    def __init__(
        self, means: Means, endpoint: str, entity: ServedEntity, creator: Principal, directory: Path, report: Report
    ) -> None:
        self._means = means
        self._endpoint = endpoint
        self._entity = entity
        self._creator = creator
        self._served = f"{endpoint}/{entity.name}/{entity.run}"
        self.directory = directory
        self._report = report
        self._process: ServedProcess | None = None
        self._settled = asyncio.Event()
        self._wanted = asyncio.Event()
        self._mount: Mount | None = None
        # When it scaled to zero, while it is there.
        self._slept: float | None = None
        self._life: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Bring it up in the background."""
        self._life = asyncio.create_task(self._live(), name=f"served {self._served}")

    @property
    def process(self) -> Answering | None:
        """The process that answers, if one does."""
        return self._process

    def wake(self) -> None:
        """Somebody waits for an answer: one that is scaled to zero is started again."""
        self._wanted.set()

    async def settled(self, seconds: float) -> bool:
        """Wait until it is known whether it answers; False when that takes too long."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._settled.wait(), seconds)
        return self._settled.is_set()

    async def retire(self, *, drain: bool) -> None:
        """Stop it.

        Args:
            drain: Whether questions that it got are answered first.
        """
        if self._life is not None:
            self._life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._life
        self._settled.set()
        served, self._process = self._process, None
        try:
            if served is not None and drain:
                await served.drain()
        finally:
            if served is not None:
                await served.stop()
            if self._mount is not None:
                self._mount.remove(self._means.tokens)

    async def _live(self) -> None:
        try:
            await self._run(await self._bring_up())
        except (BuildFailed, StartFailed) as error:
            self._fail(error.what)
        except ApiError as error:
            self._fail(error.message)
        except Exception as error:  # noqa: BLE001 - a bug of ours must show in the state, not leave it in progress
            _log.exception("served entity %s failed", self._served)
            self._fail(f"The sandbox failed: {type(error).__name__}; see its log.")

    def _fail(self, message: str) -> None:
        self._build_log(message)
        if self._mount is not None:
            self._mount.remove(self._means.tokens)
        self._report(FAILED, message)
        self._settled.set()

    async def _run(self, start: Start) -> None:
        """Keep credentials fresh and a process running; returns only by an exception of the first start."""
        assert self._mount is not None
        rotating = asyncio.create_task(self._mount.keep(self._means.tokens, self._means.rotation, self._means.clock))
        try:
            await self._keep_running(start)
        finally:
            rotating.cancel()

    async def _keep_running(self, start: Start) -> None:
        started, crashes = False, 0
        while True:
            began = self._means.clock.monotonic()
            try:
                served = await start_process(start)
            except StartFailed as error:
                if not started:
                    raise StartFailed(f"The model failed to load: {error.what}. The service logs say more.") from error
                self._report(RECOVERING, f"The process does not start again: {error.what}")
            else:
                if self._slept is not None:
                    took = self._means.clock.monotonic() - began
                    self._say(start, f"cold start: {took:.1f} s, asked after {began - self._slept:.0f} s at zero")
                    self._slept = None
                started = True
                code = await self._serve(served)
                if code is None:
                    await self._sleep(start)
                    continue
                self._report(RECOVERING, f"The process ended with code {code}; it is started again.")
            crashes += 1
            await self._means.clock.sleep(RESTART_SECONDS[min(crashes, len(RESTART_SECONDS)) - 1])

    async def _serve(self, served: ServedProcess) -> int | None:
        """Let it answer until it ends; its exit code, or None when nobody asks any more."""
        self._process = served
        self._wanted.clear()
        self._settled.set()
        self._report(READY, "")
        exited = asyncio.create_task(served.exited())
        try:
            while not exited.done():
                if await self._idle(served, exited):
                    break
            code = exited.result() if exited.done() else None
            # No await since the last look: from here on a question waits for the next start.
            self._settled.clear()
            self._process = None
        finally:
            exited.cancel()
        await served.stop()
        return code

    async def _idle(self, served: ServedProcess, exited: asyncio.Task[int]) -> bool:
        """Wait until it ends, or until it may be stopped because nobody asks; whether it may."""
        if not self._entity.settings.get("scale_to_zero_enabled"):
            await asyncio.wait([exited])
            return False
        waiting = asyncio.create_task(idle(served, self._means.idle, self._means.clock))
        try:
            await asyncio.wait([exited, waiting], return_when=asyncio.FIRST_COMPLETED)
            # A question may have come in since the task ended.
            return waiting.done() and not served.asking and served.asked == waiting.result()
        finally:
            waiting.cancel()

    async def _sleep(self, start: Start) -> None:
        """Stay at zero until somebody asks."""
        self._slept = self._means.clock.monotonic()
        self._say(start, f"scaled to zero: no question for {self._means.idle:g} s")
        self._report(READY, SCALED_TO_ZERO)
        await self._wanted.wait()

    def _say(self, start: Start, line: str) -> None:
        """A line of the platform in the service log."""
        with start.log_file.open("a", encoding="utf-8") as log:
            log.write(f"[serving] {line}\n")

    async def _bring_up(self) -> Start:
        means, entity = self._means, self._entity
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        model = await self._copy_model(means.files(entity.entity_name, entity.entity_version))
        about = mlmodel.read(model)
        self._report(self._entity.deployment, "Building the environment.")
        python = await means.environments.ready(Requirements(model, about.python), self._build_log)
        self._report(self._entity.deployment, "Loading the model.")
        scopes = scopes_of(about.resources, entity.environment_vars)
        self._mount = Mount(self.directory / "credentials", self._served, self._creator, scopes)
        self._mount.remove(means.tokens)
        self._mount.write(means.tokens, means.rotation)
        variables = {**self._variables(), **self._mount.variables(means.host)}
        return Start(
            python, model, self._endpoint, self.directory, process_environment(variables, self.directory, python)
        )

    async def _copy_model(self, files: Path) -> Path:
        """A copy of its own: Python writes bytecode beside the code, and the version may be deleted meanwhile."""
        model = self.directory / "model"
        if not model.exists():
            unfinished = self.directory / f"model.{os.getpid()}"
            await asyncio.to_thread(shutil.copytree, files, unfinished, dirs_exist_ok=True)
            unfinished.rename(model)
        return model

    def _variables(self) -> Mapping[str, str]:
        return {
            name: self._means.secret(self._creator, value) if value.startswith("{{secrets/") else value
            for name, value in self._entity.environment_vars.items()
        }

    def _build_log(self, line: str) -> None:
        with (self.directory / "build.log").open("a", encoding="utf-8") as log:
            log.write(line + "\n")

"""A start that goes wrong because somebody asked for it: before another deployment, or in place of it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Protocol

from agentry.sandbox.faults.fault import SAID
from agentry.sandbox.faults.starts import BUILD, LOAD, NEVER, SLOW
from agentry.sandbox.serving.config import ABORTED, CREATING, FAILED

if TYPE_CHECKING:
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.sandbox.faults.fault import Fault
    from agentry.sandbox.serving.answers import Answering
    from agentry.sandbox.serving.deployment import Report

MODULE = "a_module_that_is_missing"
# docs.databricks.com, machine-learning/model-serving/model-serving-debug; the last as in answers that people publish.
NOT_BUILT = "Container image creation failed. Please see build logs for more information."
NOT_LOADED = f"An error occurred while loading the model. No module named '{MODULE}'."
TIMED_OUT = "Served entity creation aborted because the endpoint update timed out. Please see service logs for more information."
_BUILD_LOG = """\
Collecting {module}==1.0
ERROR: Could not find a version that satisfies the requirement {module}==1.0 (from versions: none)
ERROR: No matching distribution found for {module}==1.0
{said}
"""
_SERVICE_LOG = """\
Traceback (most recent call last):
  File "/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/mlflow/pyfunc/__init__.py", line 1, in load_model
    model_impl = importlib.import_module(conf[MAIN])._load_pyfunc(data_path)
  File "/model/agent.py", line 1, in <module>
    import {module}
ModuleNotFoundError: No module named '{module}'
{said}
"""


class Deployed(Protocol):
    """What endpoints know of a deployment."""

    directory: Path

    def begin(self) -> None:
        """Bring it up in the background."""

    @property
    def process(self) -> Answering | None:
        """The process that answers, if one does."""

    def wake(self) -> None:
        """Somebody waits for an answer."""

    async def settled(self, seconds: float) -> bool:
        """Wait until it is known whether it answers."""

    async def retire(self, *, drain: bool) -> None:
        """Stop it."""


class TroubledDeployment:
    """One whose start takes its time, fails, or has no end.

    Args:
        made: The deployment that is meant; it begins only when a slow start is over.
        fault: What goes wrong.
        clock: For what takes its time.
        report: Takes its state and message whenever they change.
    """

    def __init__(self, made: Deployed, fault: Fault, clock: Clock, report: Report) -> None:
        self._made = made
        self._fault = fault
        self._clock = clock
        self._report = report
        self._begun = False
        self._life: asyncio.Task[None] | None = None
        self.directory = made.directory

    def begin(self) -> None:
        """Let it go wrong in the background."""
        self._life = asyncio.create_task(self._live())

    @property
    def process(self) -> Answering | None:
        """The one that is meant, once it began."""
        return self._made.process if self._begun else None

    def wake(self) -> None:
        """Somebody waits for an answer."""
        self._made.wake()

    async def settled(self, seconds: float) -> bool:
        """Wait until it is known whether it answers; False while that is not to be waited for."""
        return self._begun and await self._made.settled(seconds)

    async def retire(self, *, drain: bool) -> None:
        """Stop it.

        Args:
            drain: Whether questions that it got are answered first.
        """
        if self._life is not None:
            self._life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._life
        await self._made.retire(drain=drain)

    async def _live(self) -> None:
        fault = self._fault
        self._report(CREATING, "Loading the model." if fault.start == LOAD else "Building the environment.")
        if fault.seconds:
            await self._clock.sleep(fault.seconds)
        if fault.start == SLOW:
            self._begun = True
            self._made.begin()
        elif fault.start == BUILD:
            self._fail(FAILED, "build.log", _BUILD_LOG, NOT_BUILT)
        elif fault.start == LOAD:
            self._fail(FAILED, "service.log", _SERVICE_LOG, NOT_LOADED)
        elif fault.start == NEVER and fault.seconds is not None:
            self._fail(ABORTED, "service.log", "{said}\n", TIMED_OUT)

    def _fail(self, deployment: str, file: str, log: str, usual: str) -> None:
        said = usual if self._fault.message == SAID else self._fault.message
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.directory / file).open("a", encoding="utf-8") as lines:
            lines.write(log.format(module=MODULE, said=said))
        self._report(deployment, said)

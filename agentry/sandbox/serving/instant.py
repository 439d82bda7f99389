"""Deployments without environment and process: stand-ins that are ready at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agentry.sandbox.errors import ApiError
from agentry.sandbox.serving import echo, external, mlmodel, standin
from agentry.sandbox.serving.config import FAILED, READY
from agentry.sandbox.serving.deployment import Deployment

if TYPE_CHECKING:
    from agentry.sandbox.serving.answers import Answer, Answering


class InstantDeployment(Deployment):
    """For trials and benchmarks of many agents: repeats the questions that it gets. It has no credentials and no logs."""

    def begin(self) -> None:
        """Ready with the next turn of the loop: whoever wants it has not written it down yet."""
        self._settled.set()
        asyncio.get_running_loop().call_soon(self._report, *self._outcome())

    def _outcome(self) -> tuple[str, str]:
        return READY, ""

    @property
    def process(self) -> Answering | None:
        """It is its own process."""
        return self

    async def ask(self, body: bytes) -> Answer:
        """Repeat the question, in the form of the version that would run here."""
        files = self._means.files(self._entity.entity_name, self._entity.entity_version)
        return echo.answer(body, mlmodel.read(files).task)


class ExternalDeployment(InstantDeployment):
    """For a model of another provider: nothing leaves this machine, the stand-in for an LLM answers."""

    def _outcome(self) -> tuple[str, str]:
        try:
            for reference in external.references(self._entity.external_model):
                self._means.secret(self._creator, reference)
        except ApiError as error:
            return FAILED, error.message
        return READY, ""

    async def ask(self, body: bytes) -> Answer:
        """Ask the stand-in."""
        model = self._entity.external_model
        return standin.answer(str(model["name"]), str(model["task"]), body)

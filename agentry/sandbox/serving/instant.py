"""Deployments without environment and process: ready at once, for trials and benchmarks of many agents."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agentry.sandbox.serving import echo, mlmodel
from agentry.sandbox.serving.config import READY
from agentry.sandbox.serving.deployment import Deployment

if TYPE_CHECKING:
    from agentry.sandbox.serving.answers import Answer, Answering


class InstantDeployment(Deployment):
    """Says at once that it is ready, and repeats the questions that it gets. It has no credentials and no logs."""

    def begin(self) -> None:
        """Ready with the next turn of the loop: whoever wants it has not written it down yet."""
        self._settled.set()
        asyncio.get_running_loop().call_soon(self._report, READY, "")

    @property
    def process(self) -> Answering | None:
        """It is its own process."""
        return self

    async def ask(self, body: bytes) -> Answer:
        """Repeat the question, in the form of the version that would run here."""
        files = self._means.files(self._entity.entity_name, self._entity.entity_version)
        return echo.answer(body, mlmodel.read(files).task)

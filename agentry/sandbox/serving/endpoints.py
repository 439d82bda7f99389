"""The endpoints of a sandbox: what is remembered of them, and what runs because of it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agentry.sandbox.errors import NotFound
from agentry.sandbox.principals import Principal
from agentry.sandbox.serving import endpoint as steps
from agentry.sandbox.serving.answers import Chosen
from agentry.sandbox.serving.config import FAILED
from agentry.sandbox.serving.deployment import Deployment, Means
from agentry.sandbox.serving.endpoint import Endpoint
from agentry.sandbox.serving.instant import ExternalDeployment
from agentry.sandbox.serving.limits import Limits
from agentry.sandbox.serving.metrics import Metrics
from agentry.sandbox.serving.rights import CAN_MANAGE, OBJECT
from agentry.sandbox.serving.traffic import Shares
from agentry.sandbox.serving.troubled import TroubledDeployment

if TYPE_CHECKING:
    from pathlib import Path

    from agentry.sandbox.serving.config import Config, ServedEntity
    from agentry.sandbox.serving.troubled import Deployed
    from agentry.sandbox.state import State

# A question that comes while what serves is starting again waits as long as the platform's own limit allows.
WAIT_SECONDS = 297.0


class Endpoints:
    """Keeps what runs in step with what is remembered.

    Attributes:
        limits: What was used of rate limits.
        metrics: What was asked.

    Args:
        state: The sandbox.
        means: What deployments rest on.
        deploy: Makes a deployment of a model version.
    """

    def __init__(self, state: State, means: Means, deploy: type[Deployment] = Deployment) -> None:
        self._state = state
        self._store = state.store
        self._means = means
        self._deploy = deploy
        self._directory = state.settings.directory / "serving"
        self._deployments: dict[str, dict[str, Deployed]] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._others: set[asyncio.Task[None]] = set()
        self._shares: dict[str, Shares] = {}
        self.limits = Limits(state.clock)
        self.metrics = Metrics(state.clock)

    def start(self) -> None:
        """Start again what served when the sandbox stopped, and take up the updates that were under way."""
        for endpoint in self.all():
            self._save(steps.restarted(endpoint))

    async def stop(self) -> None:
        """Stop everything. What is remembered stays, for the next start."""
        # A deployment that ends reports nothing from here on: it would look like a crash.
        running = [d for deployments in self._deployments.values() for d in deployments.values()]
        self._deployments.clear()
        tasks = self._retiring | self._others
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(deployment.retire(drain=False) for deployment in running))

    def all(self) -> list[Endpoint]:
        """Every endpoint, oldest first."""
        return self._store.rows(Endpoint)

    def get(self, name: str) -> Endpoint:
        """By name.

        Raises:
            NotFound: There is none.
        """
        endpoint = self._store.get(Endpoint, name)
        if endpoint is None:
            raise NotFound(f"Endpoint with name '{name}' does not exist.")
        return endpoint

    def create(self, endpoint: Endpoint, config: Config, creator: Principal) -> Endpoint:
        """Remember a new endpoint, give its creator CAN_MANAGE, and bring it up."""
        begun = steps.begin(endpoint, config, self._state.milliseconds())
        with self._store.transaction():
            self._store.add(begun)
            self._state.permissions.give(OBJECT, begun.id, [(creator, CAN_MANAGE)])
        return self._save(begun)

    def update(self, name: str, config: Config, task: str) -> Endpoint:
        """Bring up another configuration; what serves goes on serving until it is ready.

        Raises:
            Conflict: Another update runs.
        """
        endpoint = replace(self.get(name), task=task)
        return self._save(steps.begin(endpoint, config, self._state.milliseconds()))

    def occupy(self, name: str, seconds: float) -> None:
        """Let somebody else update an endpoint, for so long; nothing if none serves by this name, or is updated."""
        endpoint = self._store.get(Endpoint, name)
        begun = endpoint and steps.occupied(endpoint, self._state.milliseconds())
        if begun is None or begun is endpoint:
            return
        self._save(begun)

        async def end() -> None:
            await self._state.clock.sleep(seconds)
            current = self._store.get(Endpoint, name)
            if current is not None and current.wanted == begun.wanted:
                self._save(steps.settled(current))

        task = asyncio.create_task(end())
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    def change(self, name: str, **values: Any) -> Endpoint:
        """Change what does not touch what runs: tags, description, AI Gateway."""
        return self._save(replace(self.get(name), updated=self._state.milliseconds(), **values))

    def delete(self, name: str) -> None:
        """Forget an endpoint and stop what runs for it."""
        endpoint = self.get(name)
        with self._store.transaction():
            self._state.permissions.clear(OBJECT, endpoint.id)
            self._store.delete(Endpoint, name)
        for run in list(self._deployments.get(name, {})):
            self._retire(name, run, keep_logs=False)
        self._deployments.pop(name, None)
        self._shares.pop(name, None)
        self.metrics.forget(name)

    async def choose(self, name: str, entity: str | None = None) -> Chosen | None:
        """Where a question goes: to the named entity, or to the next by weight. None when nothing serves.

        Between this and `ServedProcess.ask` nothing may be awaited, so that a process that is being replaced waits
        for the question.

        Args:
            name: The endpoint.
            entity: Name of a served entity.

        Raises:
            NotFound: There is no such endpoint, or it serves no such entity.
        """
        wanted = entity
        while picked := self._pick(self.get(name), wanted):
            served, deployment = picked
            if deployment.process is not None:
                return Chosen(served, deployment.process)
            deployment.wake()
            if not await deployment.settled(WAIT_SECONDS):
                return None
            # It has had its turn: others only if it is gone by now.
            serving = self.get(name).serving
            wanted = served if entity or (serving and serving.entity(served)) else None
        return None

    def _pick(self, endpoint: Endpoint, entity: str | None) -> tuple[str, Deployed] | None:
        config = endpoint.serving
        if config is None:
            return None
        served = config.entity(entity or self._next(endpoint.name, config))
        if served is None:
            raise NotFound(f"Endpoint '{endpoint.name}' does not serve '{entity}'.")
        deployment = self._deployments.get(endpoint.name, {}).get(served.run)
        return None if served.deployment == FAILED or deployment is None else (served.name, deployment)

    def _next(self, name: str, config: Config) -> str:
        """The entity whose turn it is."""
        shares = self._shares.get(name)
        if shares is None or shares.routes != config.routes:
            shares = self._shares[name] = Shares(config.routes)
        return shares.next()

    def logs(self, endpoint: str, entity: str, file: str) -> Path:
        """The log file of the newest deployment of an entity.

        Raises:
            NotFound: There is no such entity.
        """
        served = self.get(endpoint).find(entity)
        if served is None:
            raise NotFound(f"Endpoint '{endpoint}' has no served model '{entity}'.")
        return self._home(endpoint, served.run) / file

    def _home(self, endpoint: str, run: str) -> Path:
        return self._directory / endpoint / run

    def _save(self, endpoint: Endpoint) -> Endpoint:
        """Remember, and start and stop what follows from it."""
        self._store.put(endpoint)
        wanted = endpoint.deployments()
        running = self._deployments.setdefault(endpoint.name, {})
        logged = {entity.run for entity in endpoint.wanted.entities} if endpoint.wanted else set()
        for run in [run for run in running if run not in wanted]:
            self._retire(endpoint.name, run, keep_logs=run in logged)
        for run, entity in wanted.items():
            if run not in running:
                running[run] = self._deployment(endpoint, entity)
                running[run].begin()
        self._sweep(endpoint.name, {*wanted, *logged})
        return endpoint

    def _deployment(self, endpoint: Endpoint, entity: ServedEntity) -> Deployed:
        # Somebody who was deleted meanwhile: tokens issued for them are refused.
        gone = Principal("", "User", endpoint.creator, endpoint.creator, active=False)
        creator = self._state.principals.named(endpoint.creator, "User", "ServicePrincipal") or gone
        home = self._home(endpoint.name, entity.run)

        def report(deployment: str, message: str) -> None:
            # By the time of the report the endpoint may be gone, or this deployment no longer wanted.
            current = self._store.get(Endpoint, endpoint.name)
            if current and entity.run in current.deployments() and endpoint.name in self._deployments:
                self._save(steps.report(current, entity.run, deployment, message))

        deploy = ExternalDeployment if entity.external_model else self._deploy
        made = deploy(self._means, endpoint.name, entity, creator, home, report)
        fault = self._state.faults.starting(endpoint.name)
        return made if fault is None else TroubledDeployment(made, fault, self._state.clock, report)

    def _retire(self, endpoint: str, run: str, *, keep_logs: bool) -> None:
        deployment = self._deployments[endpoint].pop(run)

        async def leave() -> None:
            await deployment.retire(drain=True)
            if not keep_logs:
                await asyncio.to_thread(shutil.rmtree, deployment.directory, ignore_errors=True)
                with contextlib.suppress(OSError):
                    deployment.directory.parent.rmdir()

        task = asyncio.create_task(leave(), name=run)
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    def _sweep(self, endpoint: str, runs: set[str]) -> None:
        """Remove what failed updates left, once their logs are no longer asked for."""
        directory = self._directory / endpoint
        leaving = {task.get_name() for task in self._retiring}
        for old in directory.iterdir() if directory.exists() else ():
            if old.name not in runs and old.name not in leaving:
                shutil.rmtree(old, ignore_errors=True)


def new_id() -> str:
    """What the permissions API calls an endpoint by."""
    return uuid.uuid4().hex

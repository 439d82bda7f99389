"""Preview and up: the program asks, the deployment does; at the end goes what nobody asked for."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from agentry.engine import destroy, values
from agentry.engine.registration import Registrations
from agentry.engine.steps import Steps
from agentry.engine.urn import ROOT_STACK_TYPE, split
from agentry.errors import ProgramError, ProviderError
from agentry.protocol import provider_pb2, resource_pb2

if TYPE_CHECKING:
    from agentry.engine.deployment import Deployment
    from agentry.engine.goal import Goal, Invocation, Reading
    from agentry.engine.state import Resource
    from agentry.engine.values import Properties


class Update:
    """What the monitor talks to while a program runs (see `monitor.Target`)."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._steps = Steps(deployment)
        self._registrations = Registrations(deployment, self._steps)

    async def register(self, goal: Goal) -> Resource:
        """Make a resource so."""
        return await self._deployment.run(self._registrations.register(goal))

    async def read(self, reading: Reading) -> Resource:
        """Look at a resource that is managed elsewhere."""
        return await self._deployment.run(self._registrations.read(reading))

    async def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Record what a component says of itself; what the stack says is recorded at the end, when it is known to hold."""
        deployment = self._deployment
        if urn not in deployment.registered:
            raise ProgramError("outputs of a resource that was never registered", where=urn)
        deployment.redactor.learn(outputs)
        if split(urn).type == ROOT_STACK_TYPE:
            deployment.stack_outputs = outputs
        else:
            self._record_outputs(deployment.registered[urn], outputs)

    def _record_outputs(self, resource: Resource, outputs: Properties) -> None:
        deployment = self._deployment
        current = deployment.snapshot.current(resource)
        if current.outputs != outputs:
            changed = dataclasses.replace(current, outputs=outputs)
            deployment.snapshot.replace(current, changed)
            deployment.registered[resource.urn] = changed

    async def invoke(self, question: Invocation) -> Any:
        """Call a provider's function.

        Raises:
            ProviderError: It does not answer. That is the program's to deal with, and no end of the run.
        """
        answer = await self._deployment.run(self._invoke(question))
        if isinstance(answer, ProviderError):
            raise answer
        return answer

    async def _invoke(self, question: Invocation) -> Any:
        deployment = self._deployment
        client = await self._registrations.client(question)
        if not client.known or any(map(self._awaited, question.depends_on)):
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        try:
            returned, failures = await client.invoke(question.token, question.arguments, preview=deployment.preview)
        except ProviderError as error:
            return ProviderError(f"invocation of {question.token} returned an error: {error.what}", why=error.why)
        answer = resource_pb2.ResourceInvokeResponse(
            failures=[provider_pb2.CheckFailure(property=one.property, reason=one.reason) for one in failures]
        )
        getattr(answer, "return").CopyFrom(values.encode(returned))
        return answer

    def _awaited(self, urn: str) -> bool:
        """Whether a resource is still to be made, as in a preview."""
        resource = self._deployment.registered.get(urn)
        return resource is None or (resource.custom and not resource.id)

    def complete(self) -> None:
        """The program has asked for all it wants."""
        self._deployment.completed = True

    def fail(self, error: BaseException) -> None:
        """End the run with this error."""
        self._deployment.fail(error)

    async def finish(self) -> None:
        """After the program ended: wait for what is under way, delete what it did not ask for, record its outputs."""
        deployment = self._deployment
        await deployment.drain()
        if deployment.completed and not (deployment.stopped or deployment.failures):
            await destroy.delete(deployment, self._steps, frozenset(deployment.registered))
        self._record_stack()
        await deployment.snapshot.flush()

    def _record_stack(self) -> None:
        deployment = self._deployment
        stack = next((one for one in deployment.registered.values() if one.type == ROOT_STACK_TYPE), None)
        if stack is None or deployment.stack_outputs is None:
            return
        whole = deployment.completed and not (deployment.stopped or deployment.failures)
        # After a failure some exports were never resolved: what is known of them is what was recorded before.
        recorded = {} if whole else deployment.snapshot.current(stack).outputs
        self._record_outputs(stack, {**recorded, **deployment.stack_outputs})

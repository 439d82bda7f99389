"""Pulumi's own package, whose provider is the engine itself: what other stacks export, values put by, resources looked up.

Source: pkg/resource/deploy/builtins.go of Pulumi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.engine import values
from agentry.engine.calls import Checked, Failure, Made
from agentry.engine.plan import Change, Diff
from agentry.engine.urn import split
from agentry.engine.values import UNKNOWN, Properties
from agentry.errors import ConfigError, ProviderError, StateError, Unsupported

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agentry.engine.state import Resource

PACKAGE = "pulumi"
STACK_REFERENCE = "pulumi:pulumi:StackReference"
STASH = "pulumi:index:Stash"


class NoProcess:
    """The plugin of a provider that is no process."""

    async def cancel(self) -> None:
        """Nothing waits."""

    async def close(self, grace: float = 5.0) -> None:
        """Nothing runs."""


class Builtin:
    """Answers for the resources and functions of package `pulumi`; see `Client` for what each call is.

    Args:
        stack_outputs: What a stack exports, by the name that a program gives it.
        registered: The resources of this run by URN.
        new_id: Makes the id of a resource.
    """

    known = True

    def __init__(
        self,
        stack_outputs: Callable[[str], Awaitable[Properties]],
        registered: Callable[[str], Resource | None],
        new_id: Callable[[], str],
    ) -> None:
        self.plugin = NoProcess()
        self._stack_outputs = stack_outputs
        self._registered = registered
        self._new_id = new_id

    async def check_config(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """It takes any configuration, and has no use for it."""
        del urn, olds
        return Checked(news)

    async def diff_config(self, urn: str, old: Resource, news: Properties, ignored: tuple[str, ...] = ()) -> Diff:
        """No configuration makes a difference."""
        del urn, old, news, ignored
        return Diff(Change.NONE)

    async def configure(self, urn: str, id: str, inputs: Properties) -> None:
        """Nothing to configure."""

    async def check(self, urn: str, olds: Properties, news: Properties, seed: bytes | None = None) -> Checked:
        """Only `Stash` is made; `Unsupported` for what an SDK of long ago registers."""
        del olds, seed
        _only_stash(urn)
        unknown = [Failure(name, f"unknown property {name!r}") for name in news if name != "input"]
        missing = [] if "input" in news else [Failure("input", "missing required property 'input'")]
        return Checked(news, (*unknown, *missing))

    async def diff(
        self,
        urn: str,
        old: Resource,
        news: Properties,
        *,
        ignored: tuple[str, ...] = (),
        old_inputs: Properties | None = None,
    ) -> Diff:
        """A stash whose input is another."""
        del urn, ignored
        before = old.inputs if old_inputs is None else old_inputs
        same = values.equal(before.get("input"), news.get("input"))
        return Diff(Change.NONE) if same else Diff(Change.SOME, changed=("input",))

    async def create(self, urn: str, inputs: Properties, *, timeout: float, preview: bool) -> Made:
        """Put a value by."""
        del urn, timeout
        return Made("" if preview else self._new_id(), {"input": inputs["input"], "output": inputs["input"]})

    async def update(
        self, urn: str, old: Resource, inputs: Properties, *, ignored: tuple[str, ...], timeout: float, preview: bool
    ) -> Made:
        """The value that was put by stays: that is what a stash is for."""
        del urn, ignored, timeout, preview
        return Made(old.id, {"input": inputs["input"], "output": old.outputs.get("output")})

    async def delete(self, urn: str, old: Resource, *, timeout: float) -> None:
        """Only the record goes."""

    async def read(
        self, urn: str, id: str, *, inputs: Properties | None = None, outputs: Properties | None = None
    ) -> Made:
        """What a stack exports, or a stash as it is recorded.

        Raises:
            ProviderError: It has no name (an import), or there is no such stack.
        """
        kind = split(urn).type
        if not inputs:
            raise ProviderError(f"a {kind.rpartition(':')[2]} can not be imported", where=urn)
        if kind != STACK_REFERENCE:
            return Made(id, outputs or {}, inputs)
        return Made(id, await self._reference(inputs["name"]), inputs)

    async def invoke(
        self, token: str, arguments: Properties, *, preview: bool
    ) -> tuple[Properties, tuple[Failure, ...]]:
        """The functions by which the SDK looks at stacks and resources; `Unsupported` for any other, by name."""
        del preview
        plain = values.reveal(arguments)
        if token == "pulumi:pulumi:readStackOutputs":  # noqa: S105 - a function's token
            return await self._reference(plain["name"]), ()
        if token == "pulumi:pulumi:getResource":  # noqa: S105 - a function's token
            return self._resource(plain["urn"]), ()
        raise _unsupported(f"the function {token}")

    async def _reference(self, name: Any) -> Properties:
        if values.is_unknown(name):
            return {"name": UNKNOWN, "outputs": UNKNOWN, "secretOutputNames": UNKNOWN}
        try:
            outputs = await self._stack_outputs(str(values.reveal(name)))
        except (ConfigError, StateError) as error:
            # It is about this reference, not about the project's own state.
            raise ProviderError(str(error), reasons=(str(error),)) from error
        # Sorted, or a reference would differ from run to run.
        hidden = sorted(key for key, value in outputs.items() if values.has_secret(value))
        return {"name": name, "outputs": outputs, "secretOutputNames": hidden}

    def _resource(self, urn: str) -> Properties:
        resource = self._registered(urn)
        if resource is None:
            raise ProviderError(f"unknown resource {urn}")
        return {"urn": urn, "id": resource.id, "provider": resource.provider, "state": resource.outputs}


def _only_stash(urn: str) -> None:
    if split(urn).type != STASH:
        raise _unsupported(f"registering resources of type {split(urn).type}")


def _unsupported(what: str) -> Unsupported:
    return Unsupported(
        f"the embedded engine does not support {what}", fix="deploy this stack with the Pulumi CLI: pulumi up"
    )

"""From what the program asks for to what is recorded: one RegisterResource."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

from agentry.engine import graph, plan
from agentry.engine.deployment import NOT_OF_A_STEP, Aborted, Deployment
from agentry.engine.events import Op
from agentry.engine.goal import Goal
from agentry.engine.plan import Diff, Step, Verdict
from agentry.engine.requests import refuse_builtin, unsupported
from agentry.engine.urn import (
    PROVIDER_PREFIX,
    build,
    default_provider_name,
    expand_aliases,
    is_provider,
    package_of,
    reference,
    split_reference,
)
from agentry.errors import AgentryError, ProgramError, ProviderError

if TYPE_CHECKING:
    from agentry.engine.calls import Checked
    from agentry.engine.client import Client
    from agentry.engine.providers import Handler
    from agentry.engine.state import Resource
    from agentry.engine.steps import Steps
    from agentry.engine.values import Properties


class Registrations:
    """Registers resources with one deployment. Many can be under way at once."""

    def __init__(self, deployment: Deployment, steps: Steps) -> None:
        self._deployment = deployment
        self._steps = steps
        self._claimed: set[str] = set()
        self._deleted_first: dict[str, tuple[str, ...]] = {}

    async def register(self, goal: Goal) -> Resource:
        """Do what a goal asks for; the record of the resource then.

        Raises:
            Aborted: It is not done; why was told.
        """
        deployment = self._deployment
        deployment.go_on()
        goal = self._inherit(goal)
        urn = build(deployment.stack, deployment.project, goal.parent, goal.type, goal.name)
        deployment.redactor.learn(goal.inputs)
        old: Resource | None = None
        try:
            self._claim(urn, goal)
            old = plan.find_old(urn, self._expand_aliases(urn, goal), deployment.before)
            return await self._register(goal, urn, old)
        except NOT_OF_A_STEP as error:
            deployment.fail(error)
            raise Aborted from error
        except AgentryError as error:
            deployment.step_failed(urn, Op.UPDATE if old else Op.CREATE, error, parent=goal.parent)
            raise Aborted from error

    def _inherit(self, goal: Goal) -> Goal:
        """Children do as their parent does where they say nothing themselves, as in Pulumi's engine."""
        parent = self._deployment.goals.get(goal.parent)
        if parent is None:
            return goal
        return dataclasses.replace(
            goal,
            protect=parent.protect if goal.protect is None else goal.protect,
            retain_on_delete=parent.retain_on_delete if goal.retain_on_delete is None else goal.retain_on_delete,
            deleted_with=goal.deleted_with or parent.deleted_with,
            providers={**parent.providers, **goal.providers},
        )

    def _claim(self, urn: str, goal: Goal) -> None:
        deployment = self._deployment
        if goal.parent and goal.parent not in deployment.goals:
            raise ProgramError(f"its parent was never registered: {goal.parent}", where=urn)
        if urn in self._claimed:
            raise ProgramError(
                f"there are two resources of type {goal.type} named {goal.name!r}",
                where=urn,
                fix="give each its own name",
            )
        self._claimed.add(urn)
        refuse_builtin(goal)
        deployment.goals[urn] = goal

    def _expand_aliases(self, urn: str, goal: Goal) -> tuple[str, ...]:
        deployment = self._deployment
        inherited = deployment.aliases.get(goal.parent, ())
        aliases = expand_aliases(goal.aliases, urn=urn, parent=goal.parent, parent_aliases=inherited)
        deployment.aliases[urn] = aliases
        # An alias that another resource of the program has is no former name of this one.
        return tuple(alias for alias in aliases if alias not in self._claimed)

    async def _register(self, goal: Goal, urn: str, old: Resource | None) -> Resource:
        if old and old.urn != urn:
            self._deployment.renamed[old.urn] = urn
        provider = await self._provider(goal)
        handler = self._handler(goal, provider)
        if imported := plan.needs_import(goal, old):
            old = await self._import(goal, urn, provider, old)
        if urn in self._deleted_first and old:
            return await self._recreate(goal, urn, provider, handler, old)
        new = await self._checked(goal, urn, provider, handler, old)
        if old is None:
            return await self._perform(plan.plan_resource(None, new))
        return await self._change(goal, handler, old, new, imported=imported)

    async def _change(
        self, goal: Goal, handler: Handler | None, old: Resource, new: Resource, *, imported: bool
    ) -> Resource:
        """What there is becomes what is wanted: by nothing, an update or a replacement."""
        deployment = self._deployment
        replaced = await self._provider_replaced(old, new)
        diff: Diff | None = None
        if handler and not replaced and old.custom:
            diff = await handler.diff(new.urn, old, new.inputs, ignored=goal.ignore_changes)
        judgement = plan.judge(goal, old, new, diff, provider_replaced=replaced, replaced=deployment.replaced)
        if imported and judgement.verdict is Verdict.SAME:
            return old
        dependents: tuple[Resource, ...] = ()
        if judgement.verdict is Verdict.REPLACE:
            # Defaults that the old inputs gave (a generated name) are not those of another resource.
            new = await self._checked(goal, new.urn, new.provider, handler, old, afresh=True)
            if judgement.delete_first:
                dependents = await self._dependents(old)
        return await self._perform(plan.plan_resource(old, new, judgement, dependents=dependents))

    async def _perform(self, steps: list[Step]) -> Resource:
        for step in steps:
            await self._steps.perform(step)
        return self._deployment.registered[steps[-1].urn]

    async def _recreate(self, goal: Goal, urn: str, provider: str, handler: Handler | None, old: Resource) -> Resource:
        """It was deleted in this run already, because something it used was deleted before its replacement."""
        new = await self._checked(goal, urn, provider, handler, old, afresh=True)
        return await self._perform(plan.plan_recreate(old, new, self._deleted_first[urn]))

    async def _checked(
        self,
        goal: Goal,
        urn: str,
        provider: str,
        handler: Handler | None,
        old: Resource | None,
        *,
        afresh: bool = False,
    ) -> Resource:
        """The record wanted, with inputs that the provider has checked; `afresh` without regard to the old ones."""
        known = None if afresh or (old and old.external) else old
        inputs = plan.wanted_inputs(goal, known)
        if handler:
            checked = await handler.check(urn, known.inputs if known else {}, inputs)
            if checked.failures:
                raise _refused(checked)
            inputs = checked.inputs
        self._deployment.redactor.learn(inputs)
        return plan.desired(goal, urn, inputs, provider, old)

    def _handler(self, goal: Goal, provider: str) -> Handler | None:
        if not goal.custom:
            return None
        if is_provider(goal.type):
            return self._deployment.provider_resources
        return self._deployment.providers.get(provider)

    async def client(self, token: str, provider: str, version: str) -> Client:
        """The provider of a function's token."""
        self._deployment.go_on()
        name = self._known(provider) if provider else await self._default(package_of(token), version, "")
        return self._deployment.providers.get(name)

    async def _provider(self, goal: Goal) -> str:
        """The reference of the provider that manages a resource; empty for components and provider resources."""
        if not goal.custom or is_provider(goal.type):
            return ""
        package = package_of(goal.type)
        if named := goal.provider or goal.providers.get(package, ""):
            return self._known(named)
        return await self._default(package, goal.version, goal.plugin_download_url)

    async def _default(self, package: str, version: str, url: str) -> str:
        """The reference of the provider of a package that nobody declared; it is registered when first needed."""
        name = default_provider_name(version)
        key = f"{package}:{name}:{url}"
        tasks = self._deployment.default_providers
        if key not in tasks:
            inputs = dict(self._deployment.provider_config(package))
            inputs |= {"version": version} if version else {}
            inputs |= {"pluginDownloadURL": url} if url else {}
            wanted = Goal(type=f"{PROVIDER_PREFIX}{package}", name=name, custom=True, inputs=inputs)
            tasks[key] = self._deployment.spawn(self._register_provider(wanted))
        return await asyncio.shield(tasks[key])

    async def _register_provider(self, goal: Goal) -> str:
        resource = await self.register(goal)
        return reference(resource.urn, resource.id)

    def _known(self, name: str) -> str:
        """A reference as it holds now: the SDK sends an unknown id for a provider that is not made yet."""
        urn, _ = split_reference(name)
        resource = self._deployment.registered.get(urn)
        return reference(resource.urn, resource.id) if resource else name

    async def _provider_replaced(self, old: Resource, new: Resource) -> bool:
        """Whether the provider of a resource is another one now, and says that it can not manage what the old one made."""
        if old.provider == new.provider or not (old.provider and new.provider):
            return False
        deployment = self._deployment
        old_urn, _ = split_reference(old.provider)
        new_urn, _ = split_reference(new.provider)
        recorded = deployment.recorded_provider(old.provider) or deployment.before.get(old_urn)
        if deployment.renamed.get(old_urn) == new_urn or recorded is None:
            return False
        inputs = deployment.registered[new_urn].inputs
        diff = await deployment.providers.get(new.provider).diff_config(new_urn, recorded, inputs)
        return bool(diff.replaces) or any(kind.endswith("-replace") for kind in diff.detailed.values())

    async def _dependents(self, root: Resource) -> tuple[Resource, ...]:
        """What has to be deleted before a resource is, and is made again when the program asks for it."""
        deployment = self._deployment

        async def would_replace(resource: Resource, inputs: Properties) -> bool:
            if is_provider(resource.type):
                return False
            client = await deployment.provider(resource.provider)
            diff = await client.diff(resource.urn, resource, inputs)
            return bool(diff.replaces) or any(kind.endswith("-replace") for kind in diff.detailed.values())

        found = await graph.dependents_to_replace(
            root, tuple(deployment.before.values()), would_replace, registered=frozenset(self._claimed)
        )
        for resource in found:
            self._deleted_first[resource.urn] = (f"it uses {root.urn}",)
        return found

    async def _import(self, goal: Goal, urn: str, provider: str, old: Resource | None) -> Resource:
        """Adopt what exists; a record of another thing under this name is replaced by it."""
        if old:
            raise unsupported("importing over a resource that is recorded already", urn)
        new = plan.desired(goal, urn, goal.inputs, provider, None)
        resource = await self._steps.perform(Step(Op.IMPORT, urn, old, new))
        assert resource is not None
        return resource


def _refused(checked: Checked) -> ProviderError:
    """What Check has against the inputs, as one error."""
    reasons = tuple(str(failure) for failure in checked.failures)
    return ProviderError("\n".join(reasons), reasons=reasons)

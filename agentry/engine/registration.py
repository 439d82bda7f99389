"""From what the program asks for to what is recorded: one RegisterResource."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from typing import TYPE_CHECKING

from agentry.engine import graph, paths, plan, values
from agentry.engine.builtin import PACKAGE
from agentry.engine.deployment import NOT_OF_A_STEP, Aborted, Deployment
from agentry.engine.events import Op
from agentry.engine.goal import Goal
from agentry.engine.plan import Diff, Step, Verdict
from agentry.engine.urn import (
    PROVIDER_PREFIX,
    build,
    default_provider_name,
    expand_aliases,
    is_provider,
    package_of,
    reference,
    split,
    split_reference,
)
from agentry.errors import AgentryError, ProgramError, ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from agentry.engine.calls import Checked
    from agentry.engine.goal import Invocation, Reading
    from agentry.engine.providers import Handler, Provider
    from agentry.engine.state import Resource
    from agentry.engine.steps import Steps
    from agentry.engine.urn import Alias
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
        if is_provider(goal.type):
            goal = dataclasses.replace(goal, inputs=_of_plugin(goal.inputs, goal.version, goal.plugin_download_url))
        urn = build(deployment.stack, deployment.project, goal.parent, goal.type, goal.name)
        deployment.redactor.learn(goal.inputs)
        deployment.redactor.learn(goal.replacement_trigger)
        old: Resource | None = None
        with self._told(urn, lambda: Op.UPDATE if old else Op.CREATE, goal.parent):
            self._claim(urn, goal)
            old = self._find_old(urn, goal.parent, goal.aliases)
            return await self._register(goal, urn, old)

    async def read(self, reading: Reading) -> Resource:
        """Look at a resource that is managed elsewhere; its record then.

        Raises:
            Aborted: It is not there, or could not be read; why was told.
        """
        deployment = self._deployment
        deployment.go_on()
        urn = build(deployment.stack, deployment.project, reading.parent, reading.type, reading.name)
        deployment.redactor.learn(reading.inputs)
        wanted = Goal(
            type=reading.type,
            name=reading.name,
            custom=True,
            inputs=reading.inputs,
            parent=reading.parent,
            provider=reading.provider,
            version=reading.version,
            plugin_download_url=reading.plugin_download_url,
        )
        with self._told(urn, lambda: Op.READ, reading.parent):
            self._claim(urn, wanted)
            old = self._find_old(urn, reading.parent, ())
            provider = await self._provider(wanted)
            return await self._perform(plan.plan_read(old, plan.external(reading, urn, provider, old)))

    @contextlib.contextmanager
    def _told(self, urn: str, op: Callable[[], Op], parent: str) -> Iterator[None]:
        """What goes wrong in here is told: of the run when it is about the project, else of this resource."""
        try:
            yield
        except NOT_OF_A_STEP as error:
            self._deployment.fail(error)
            raise Aborted from error
        except AgentryError as error:
            self._deployment.step_failed(urn, op(), error, parent=parent)
            raise Aborted from error

    def _inherit(self, goal: Goal) -> Goal:
        """Children do as their parent does where they say nothing themselves, as in Pulumi's engine."""
        parent = self._deployment.goals.get(goal.parent)
        if parent is None:
            return goal
        provider = goal.provider
        if parent.provider and not provider and _fits(parent.provider, goal):
            provider = parent.provider
        return dataclasses.replace(
            goal,
            provider=provider,
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
        deployment.goals[urn] = goal

    def _find_old(self, urn: str, parent: str, aliases: Sequence[Alias]) -> Resource | None:
        """The record of a resource, taken over from the URN that an alias names if need be."""
        deployment = self._deployment
        if taker := deployment.renamed.get(urn):
            raise _claimed_twice(urn, taker, urn)
        names = expand_aliases(aliases, urn=urn, parent=parent, former=deployment.former)
        old = plan.find_old(urn, names, deployment.before)
        if old and old.urn != urn:
            if taker := old.urn if old.urn in self._claimed else deployment.renamed.get(old.urn):
                raise _claimed_twice(urn, taker, old.urn)
            deployment.renamed[old.urn] = urn
            deployment.former[urn] = old.urn
        return old

    async def _register(self, goal: Goal, urn: str, old: Resource | None) -> Resource:
        provider = await self._provider(goal)
        handler = self._handler(goal, provider)
        if imported := plan.needs_import(goal, old):
            old = await self._import(goal, urn, provider, old)
        if urn in self._deleted_first and old and not imported:
            return await self._recreate(goal, urn, provider, handler, old)
        new = await self._checked(goal, urn, provider, handler, old)
        if old is None:
            return await self._perform(plan.plan_resource(None, new))
        if old.external:
            return await self._perform(plan.plan_takeover(old, new))
        return await self._change(goal, handler, old, new, imported=imported)

    async def _change(
        self, goal: Goal, handler: Handler | None, old: Resource, new: Resource, *, imported: bool
    ) -> Resource:
        """What there is becomes what is wanted: by nothing, an update or a replacement."""
        forced = plan.must_replace(goal, old, self._deployment.replaced)
        if not forced and await self._provider_replaced(old, new):
            forced = "provider"
        diff: Diff | None = None
        if handler and not forced and old.custom:
            diff = await handler.diff(new.urn, old, new.inputs, ignored=goal.ignore_changes)
        judgement = plan.judge(goal, old, new, diff, forced=forced)
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
        if goal.ignore_changes and known and not (known.external or afresh):
            self._tell_not_kept(urn, goal, known)
        if handler:
            checked = await handler.check(urn, known.inputs if known else {}, inputs)
            if checked.failures:
                raise _refused(checked)
            inputs = checked.inputs
        self._deployment.redactor.learn(inputs)
        return plan.desired(goal, urn, inputs, provider, old)

    def _tell_not_kept(self, urn: str, goal: Goal, old: Resource) -> None:
        if paths_not_kept := paths.not_kept(goal.inputs, old.inputs, goal.ignore_changes):
            self._deployment.message(
                "info",
                f"ignore_changes has no effect where a path leads to what only one side has: {', '.join(paths_not_kept)}",
                urn=urn,
            )

    def _handler(self, goal: Goal, provider: str) -> Handler | None:
        if not goal.custom:
            return None
        if is_provider(goal.type):
            return self._deployment.provider_resources
        return self._deployment.providers.get(provider)

    async def client(self, question: Invocation) -> Provider:
        """The provider of a function."""
        self._deployment.go_on()
        if question.provider:
            name = self._known(question.provider)
        else:
            package = package_of(question.token)
            name = await self._default(package, question.version, question.plugin_download_url)
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
        self._refuse_disabled(package)
        name = default_provider_name(version)
        key = f"{package}:{name}:{url}"
        tasks = self._deployment.default_providers
        if key not in tasks:
            inputs = _of_plugin(self._deployment.provider_config(package), version, url)
            wanted = Goal(type=f"{PROVIDER_PREFIX}{package}", name=name, custom=True, inputs=inputs)
            tasks[key] = self._deployment.spawn(self._register_provider(wanted))
        return await asyncio.shield(tasks[key])

    def _refuse_disabled(self, package: str) -> None:
        """Refuse the default provider of a package that the stack says has none (`pulumi:disable-default-providers`)."""
        said = self._deployment.provider_config(PACKAGE).get("disable-default-providers")
        if not said or package == PACKAGE:
            return
        disabled = json.loads(str(values.reveal(said)))
        if not {"*", package}.isdisjoint(str(one).strip() for one in disabled):
            raise ProgramError(
                f"the default provider of package {package!r} is disabled",
                why="pulumi:disable-default-providers of the stack",
                fix="give the resource a provider: ResourceOptions(provider=...)",
            )

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
        if urn in self._deleted_first:
            old = None  # what was recorded is deleted already
        return await self._perform(plan.plan_import(old, plan.desired(goal, urn, goal.inputs, provider, None)))


def _of_plugin(inputs: Properties, version: str, url: str) -> Properties:
    """The inputs of a provider with the plugin that it wants, as Pulumi keeps that beside them."""
    chosen = dict(inputs)
    if version or url:
        chosen["__internal"] = {"pluginDownloadURL": url} if url else {}
    if version:
        chosen["version"] = version
    return chosen


def _fits(provider: str, goal: Goal) -> bool:
    """Whether the provider of a parent is that of a child too: it is of its package, or the child hands it on."""
    return not goal.custom or package_of(split(split_reference(provider)[0]).type) == package_of(goal.type)


def _claimed_twice(urn: str, taker: str, name: str) -> ProgramError:
    return ProgramError(
        "two resources of the program claim one record",
        where=urn,
        why=f"{taker} goes by {name} too: by its own name or an alias",
        fix="take the alias off one of them",
    )


def _refused(checked: Checked) -> ProviderError:
    """What Check has against the inputs, as one error."""
    reasons = tuple(str(failure) for failure in checked.failures)
    return ProviderError("\n".join(reasons), reasons=reasons)

"""A serving endpoint that serves one version of an agent, and keeps serving the old one until the new one is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from agentry.errors import AgentryError, AlreadyExists, InvalidRequest, NotFound
from agentry.provider.fields import Does
from agentry.provider.kinds.endpoint_adopted import carried_over, name_of_others
from agentry.provider.kinds.endpoint_calls import (
    creation_route,
    free_prefix,
    live_endpoint,
    outputs_of,
    table_prefix,
)
from agentry.provider.kinds.endpoint_checks import (
    agent_failures,
    resolve,
    table_failures,
    unknown_shares,
    version_failures,
)
from agentry.provider.kinds.endpoint_config import (
    MAX_ENTITIES,
    config_body,
    create_body,
    inference_table,
    our_name,
    served_name,
    served_words,
    sort_of,
    variables,
)
from agentry.provider.kinds.endpoint_differences import (
    config_differences,
    declared,
    differences,
    part_differences,
    seen,
    tried,
    untold_changes,
)
from agentry.provider.kinds.endpoint_fields import FIELDS
from agentry.provider.kinds.endpoint_health import entities, find_entity, health
from agentry.provider.kinds.endpoint_notes import refuse_what_stays, tell_of_other_traffic, warn_of_another_creator
from agentry.provider.kinds.endpoint_places import CREATION, ENTITY, PLACES, SIDE_CALLS
from agentry.provider.kinds.endpoint_rules import failures, with_defaults
from agentry.provider.kinds.endpoint_secrets import reference_failures, references, secret_variables
from agentry.provider.kinds.endpoint_side_calls import side_calls
from agentry.provider.kinds.endpoint_waits import gone, idle, put_config, settled, still_different
from agentry.provider.kinds.kind import (
    UNKNOWN,
    Checked,
    Context,
    Failure,
    Found,
    Kind,
    Made,
    PartialCreation,
    Properties,
    Replacement,
)
from agentry.provider.kinds.ownership import is_ours, tag_failures, taken, workspace_of
from agentry.provider.kinds.read_back import shown
from agentry.provider.kinds.traffic import lately
from agentry.workspace.serving import ENDPOINTS

if TYPE_CHECKING:
    from agentry.provider.fields import Field


class ServingEndpoint(Kind):
    """See the module."""

    token: ClassVar[str] = "agentry:index:ServingEndpoint"
    doc: ClassVar[str] = "A model serving endpoint: one version of an agent, a foundation model or an external one."
    fields: ClassVar[tuple[Field, ...]] = FIELDS

    def __init__(self) -> None:
        self._claimed: dict[str, str] = {}
        self._held: set[tuple[str, str]] = set()
        self._tables: set[str] = set()

    def _claim(self, name: Any, ctx: Context) -> list[Failure]:
        """Two resources of one run can not be one endpoint; a provider process lives for one run."""
        if name is UNKNOWN or self._claimed.setdefault(name, ctx.urn) == ctx.urn:
            return []
        other = self._claimed[name].rpartition("::")[2]
        return [Failure("name", f"endpoint {name} is {other}'s already; give one of them another endpoint name")]

    async def check(self, inputs: Properties, old_inputs: Properties, ctx: Context) -> Checked:
        """Names, variables and shares; the version exists, the name is free or ours, secrets and table may be had."""
        checked = Checked(with_defaults(inputs))
        checked.failures += await resolve(checked.inputs, ctx)
        checked.inputs |= carried_over(old_inputs, checked.inputs)
        checked.failures += [*failures(checked.inputs), *tag_failures(inputs.get("tags"))]
        checked.failures += self._claim(inputs["name"], ctx)
        found, cut_short = references(checked.inputs)
        checked.failures += cut_short
        if not checked.failures:
            checked.failures += await reference_failures(found, ctx)
        if not checked.failures and ctx.workspace is not None:
            checked.failures += await self._workspace_failures(checked.inputs, old_inputs, ctx)
        return checked

    async def _workspace_failures(self, inputs: Properties, old_inputs: Properties, ctx: Context) -> list[Failure]:
        """What the workspace says against it: version, name, table, shares."""
        workspace = workspace_of(ctx)
        found = await version_failures(inputs, workspace)
        name = inputs["name"]
        live = None if name is UNKNOWN else await live_endpoint(workspace, name)
        if live is None:
            inputs.pop("entityName", None)
            return [*found, *await table_failures(inputs, ctx)]
        inputs["entityName"] = name_of_others(live, inputs) or None
        if old_inputs.get("name") == name:
            # A replacement is checked a second time, as if it were new; the name is ours all the same.
            self._held.add((ctx.urn, name))
        elif (ctx.urn, name) not in self._held and not is_ours(live, ctx):
            reason = str(taken(f"endpoint {name}", name, live, ctx))
            return [*found, Failure("name", reason)]
        return [*found, *unknown_shares(inputs, live), *agent_failures(inputs, live)]

    def secrets(self, properties: Properties) -> set[tuple[Any, ...]]:
        """Credentials that were written out among the variables."""
        return {("environmentVars", name) for name in secret_variables(properties.get("environmentVars"))}

    def replacement(self, old: Properties, new: Properties) -> Replacement:
        """With another name the new one answers first; with the same name the old one has to go before."""
        if new.get("name") is not UNKNOWN and old.get("name") != new.get("name"):
            return Replacement(
                delete_first=False,
                cost=f"the new endpoint is ready before {old.get('name')} goes; its address, and the permissions and "
                "tags that others gave the old one, are lost",
            )
        return Replacement(
            delete_first=True,
            cost=f"{old.get('name')} is deleted first and answers nobody until the new one is ready (up to 15 minutes); "
            "the permissions and served entities of others are lost, and so is its address where it has one of its own"
            "\n→ a new name as well, and both serve side by side until the new one is ready",
        )

    async def drift(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> dict[str, str]:
        """Not ready, another version, other settings than declared: all of it needs an update."""
        if ctx.workspace is None:
            ctx.report.unchecked(f"whether endpoint {id} is ready")
            return {"health": state["health"]} if state.get("health") else {}
        warn_of_another_creator(state, ctx)
        live = await live_endpoint(ctx.workspace, id)
        if live is None:
            return {"name": "it was deleted outside of this stack, and is made again"}
        wanted = served_name(inputs)
        if wanted is None:
            return {}
        if wanted != state.get("servedEntity", wanted) and not tried(state, inputs):
            return {}  # it is about to serve another version, which is no news of the world
        now = health(live, wanted)
        if now.problem or not now.settled:
            return {"health": now.problem or now.progress}
        tell_of_other_traffic(live, inputs, wanted, ctx)
        # To declare such a field no more is no change of the inputs, since nobody may ever have declared it.
        before = {p.field: state.get(p.field) for p in PLACES if p.declared.has(Does.BACKEND_DEFAULT)}
        found = differences(live, inputs, _ours(state), ctx.owner_tag, _prefix(state, live), before)
        found |= part_differences(CREATION, live, inputs, {}, "")
        return {field: f"{field} is not as declared: the workspace has: {there}" for field, there in found.items()}

    async def in_use(self, id: str, ctx: Context) -> str:
        """Whether somebody asked it lately."""
        live = await live_endpoint(workspace_of(ctx), id) if ctx.traffic_minutes else None
        return await lately(workspace_of(ctx), live, ctx.traffic_minutes, ctx) if live else ""

    def preview(self, inputs: Properties, state: Properties | None) -> Properties:
        """Its name decides the address; creator and table prefix stay what they were."""
        known = {k: (state or {})[k] for k in ("endpointId", "url", "creator", "playgroundUrl") if state}
        table = None if inputs.get("inferenceTable") is UNKNOWN else inference_table(inputs, "")
        if state and (state.get("tablePrefix") or not (table and table["enabled"])):
            known["tablePrefix"] = (table or {}).get("tableNamePrefix") or state.get("tablePrefix", "")
        name = served_name(inputs)
        if name is not None:
            known["servedEntity"] = name
            known["servedVersion"] = inputs.get("version") or ""
        return known

    async def create(self, inputs: Properties, ctx: Context) -> Made:
        """Create and wait; an endpoint that carries our owner tag (a run that was killed) is taken up instead."""
        workspace = workspace_of(ctx)
        live = await live_endpoint(workspace, inputs["name"])
        if live is not None:
            if not is_ours(live, ctx):
                raise taken(f"endpoint {inputs['name']}", inputs["name"], live, ctx)
            ctx.report.info(f"taking up endpoint {inputs['name']}, made by an earlier run of this stack")
            state = {"tablePrefix": table_prefix(live), "servedEntity": _left_by_us(live, inputs)}
            return Made(inputs["name"], await self.update(inputs["name"], state, {}, inputs, ctx))
        prefix = await free_prefix(workspace, inputs, self._tables)
        ctx.report.progress("creating the endpoint")

        async def found() -> Properties | None:
            made = await live_endpoint(workspace, inputs["name"])
            return made if made is not None and is_ours(made, ctx) else None

        await workspace.create(creation_route(inputs), create_body(inputs, ctx.owner_tag, prefix), found)
        if any(sort_of(inputs) not in part.created for part in SIDE_CALLS):
            await self._finish(inputs, prefix, ctx)
        _, outputs = await settled(inputs, prefix, ctx, before={})
        return Made(inputs["name"], outputs)

    async def _finish(self, inputs: Properties, prefix: str, ctx: Context) -> None:
        """What the create call does not take; the endpoint exists already, so a refusal is recorded with it."""
        name = inputs["name"]
        live = await shown(lambda: live_endpoint(workspace_of(ctx), name), what=f"endpoint {name}", ctx=ctx)
        try:
            await side_calls(live, {}, inputs, prefix, ctx)
        except AgentryError as error:
            outputs = outputs_of(live, inputs, prefix, workspace_of(ctx), problem=error.what)
            raise PartialCreation(Made(inputs["name"], outputs), [str(error)]) from error

    async def update(
        self, id: str, state: Properties, old_inputs: Properties, inputs: Properties, ctx: Context
    ) -> Properties:
        """Side calls first, then the config; the old version serves until the new one is ready."""
        workspace = workspace_of(ctx)
        live = await live_endpoint(workspace, id)
        if live is None:
            return (await self.create(inputs, ctx)).outputs
        live = await idle(live, inputs, ctx)
        refuse_what_stays(live, inputs)
        prefix = await self._prefix(live, state, inputs, ctx)
        await side_calls(live, old_inputs, inputs, prefix, ctx)
        now, before = health(live, our_name(inputs)), None
        if now.settled and (now.problem or _config_changes(live, inputs, old_inputs, _ours(state))):
            body = config_body(inputs, live, _ours(state))
            if len(body["served_entities"]) > MAX_ENTITIES:
                raise AlreadyExists(
                    f"{id} would serve more than {MAX_ENTITIES} entities", fix="remove one of the others"
                )
            ctx.report.progress(f"updating to {served_words(inputs)}")
            before = live
            await put_config(inputs, body, ctx)
        live, outputs = await settled(inputs, prefix, ctx, _ours(state), before=before)

        def differs(now: Properties) -> dict[str, str]:
            return differences(now, inputs, {our_name(inputs)}, ctx.owner_tag, prefix)

        for field, value in (await still_different(live, differs, inputs, ctx)).items():
            # A call that answers well has not always done something.
            ctx.report.warning(f"{field} was sent, and the workspace still says: {value}")
        return outputs

    async def _prefix(self, live: Properties, state: Properties, inputs: Properties, ctx: Context) -> str:
        """The prefix of its inference table: what it has, or one that is free where a table is switched on."""
        return _prefix(state, live) or await free_prefix(workspace_of(ctx), inputs, self._tables)

    async def read(self, id: str, inputs: Properties, state: Properties, ctx: Context) -> Found | None:
        """The endpoint as it is; on a refresh what was not declared is not taken into the inputs."""
        workspace = workspace_of(ctx)
        live = await live_endpoint(workspace, id)
        if live is None:
            return None
        name = str(state.get("servedEntity") or "")
        found = seen(live, inputs, name) if inputs else declared(live, name)
        if served_name(found) is None:
            raise InvalidRequest(
                f"endpoint {id} serves nothing that can be declared here",
                why="it serves neither a version of a model of Unity Catalog nor an external model",
                fix="import another one; an endpoint of the workspace itself is used as it is",
            )
        now = health(live, our_name(found))
        outputs = outputs_of(live, found, _prefix(state, live), workspace, problem=now.problem, ours=_ours(state))
        return Found(id, found, outputs)

    async def delete(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> None:
        """Delete and wait until the name is free; the inference table stays, and is named."""
        workspace = workspace_of(ctx)
        try:
            await workspace.delete(f"{ENDPOINTS}/{id}")
        except NotFound:
            return
        await gone(id, ctx)
        kept = inference_table(inputs, str(state.get("tablePrefix") or ""))
        if kept and kept["enabled"]:
            payload = f"{kept['catalogName']}.{kept['schemaName']}.{kept['tableNamePrefix']}_payload"
            ctx.report.info(f"the inference table stays: {payload}")


def _ours(state: Properties) -> set[str]:
    return {str(state["servedEntity"])} if state.get("servedEntity") else set()


def _left_by_us(live: Properties, inputs: Properties) -> str:
    """The served entity that an interrupted run of ours made: the endpoint is ours, so what serves our model is too."""
    model = inputs.get("model")
    kin = [one for one in entities(live.get("config")) if one.get("entity_name") == model or one.get("external_model")]
    return str(kin[0].get("name") or "") if kin else ""


def _prefix(state: Properties, live: Properties) -> str:
    return str(state.get("tablePrefix") or table_prefix(live))


def _config_changes(live: Properties, inputs: Properties, before: Properties, ours: set[str]) -> bool:
    """Whether the config has to be sent: it differs, or it may, since the platform keeps some things to itself."""
    if config_differences(live, inputs, ours, before) or untold_changes(ENTITY, inputs, before):
        return True
    served = find_entity(live.get("config"), our_name(inputs)) or {}
    return served.get("environment_vars") is None and variables(before) != variables(inputs)

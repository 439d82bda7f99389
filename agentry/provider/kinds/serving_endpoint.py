"""A serving endpoint that serves one version of an agent, and keeps serving the old one until the new one is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from agentry.errors import AgentryError, AlreadyExists, Conflict, NotFound, WaitTimeout
from agentry.provider.fields import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    Field,
    backend_default,
    map_of,
    object_of,
    output,
    replace,
    table,
)
from agentry.provider.kinds.endpoint_calls import (
    ENDPOINTS,
    free_prefix,
    live_endpoint,
    log_tails,
    outputs_of,
    table_prefix,
)
from agentry.provider.kinds.endpoint_config import (
    MAX_ENTITIES,
    config_body,
    create_body,
    failures,
    inference_table,
    parse_source,
    served_entity_name,
)
from agentry.provider.kinds.endpoint_health import (
    config_differences,
    declared,
    differences,
    entities,
    health,
    tag_change,
    updating,
)
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
)
from agentry.provider.kinds.model_alias import alias_target
from agentry.provider.kinds.ownership import OWNER_TAG, tag_failures, tags_of, taken, workspace_of
from agentry.workspace.privileges import missing_in_schema
from agentry.workspace.waits import Pending

if TYPE_CHECKING:
    from agentry.workspace import Workspace

TIMEOUT = 30 * 60.0
"""Seconds; the documentation says that a deployment takes up to 15 minutes."""


class ServingEndpoint(Kind):
    """See the module."""

    token: ClassVar[str] = "agentry:index:ServingEndpoint"
    doc: ClassVar[str] = "A model serving endpoint that serves one version of an agent."
    fields: ClassVar[tuple[Field, ...]] = table(
        (
            Field(
                "name", STRING, "At most 63 characters.", (replace("a name is the endpoint's identity"),), required=True
            ),
            Field("model", STRING, "Three-level name of the model; given together with `version`, or neither."),
            Field("version", STRING, "The version to serve."),
            Field("source", STRING, "Instead of model and version: `models:/c.s.m/7`, or `models:/c.s.m@alias`."),
            Field(
                "environmentVars", map_of(STRING), "Variables of the agent; `{{secrets/scope/key}}` is resolved there."
            ),
            Field("workloadSize", STRING, "Small, Medium or Large.", default="Small"),
            Field("scaleToZero", BOOLEAN, "Whether it may stop when nobody asks.", default=True),
            Field("traffic", map_of(INTEGER), "Percent for served entities of others; ours gets the rest."),
            Field("tags", map_of(STRING), "Tags of the endpoint.", default={}),
            Field("description", STRING, "What people read beside it."),
            Field("experimentId", STRING, "Where the agent's traces go; kept equal in a variable and a tag."),
            Field(
                "inferenceTable",
                object_of(
                    "InferenceTable",
                    Field("enabled", BOOLEAN, "Whether requests and answers are recorded.", default=True),
                    Field("catalogName", STRING, "Default: the model's."),
                    Field("schemaName", STRING, "Default: the model's."),
                    Field("tableNamePrefix", STRING, "Default: the model's name, with a number where that is taken."),
                ),
                "The table that records requests and answers; on by default.",
                (backend_default("agents.deploy() switches it on, and so do we"),),
            ),
            Field("endpointId", STRING, "What the permissions interface calls it.", (output(),)),
            Field("url", STRING, "Where questions go.", (output(),)),
            Field("creator", STRING, "Whose privileges bound the agent's; recorded for ever.", (output(),)),
            Field("ready", BOOLEAN, "Whether it answers.", (output(),)),
            Field("configUpdate", STRING, "The platform's word for its last update.", (output(),)),
            Field("servedEntity", STRING, "The name of our served entity.", (output(),)),
            Field("servedVersion", STRING, "The version of ours that serves.", (output(),)),
            Field("tablePrefix", STRING, "Chosen once, kept for the endpoint's life.", (output(),)),
            Field("playgroundUrl", STRING, "Where a person can talk to it.", (output(),)),
            Field("health", STRING, "Empty, or what is wrong with it.", (output(),)),
            Field("task", ANY, "The interface, as the platform calls it.", (output(),)),
        )
    )

    def __init__(self) -> None:
        self._claimed: dict[str, str] = {}

    def _claim(self, name: Any, ctx: Context) -> list[Failure]:
        """Two resources of one run can not be one endpoint; a provider process lives for one run."""
        if name is UNKNOWN or self._claimed.setdefault(name, ctx.urn) == ctx.urn:
            return []
        other = self._claimed[name].rpartition("::")[2]
        return [Failure("name", f"endpoint {name} is {other}'s already; give one of them another endpoint name")]

    async def check(self, inputs: Properties, old_inputs: Properties, ctx: Context) -> Checked:
        """Names, variables and shares; the version exists, the name is free or ours, the inference table may be made."""
        checked = Checked(dict(inputs))
        checked.failures += await self._resolve(checked.inputs, ctx)
        checked.failures += [*failures(checked.inputs), *tag_failures(inputs.get("tags"))]
        checked.failures += self._claim(inputs["name"], ctx)
        if checked.failures or ctx.workspace is None:
            return checked
        checked.failures += await self._version_failures(checked.inputs, ctx.workspace)
        live = None if inputs["name"] is UNKNOWN else await live_endpoint(ctx.workspace, inputs["name"])
        if live is None:
            checked.failures += await self._table_failures(checked.inputs, ctx)
        elif not old_inputs and tags_of(live).get(OWNER_TAG) != ctx.owner_tag:
            checked.failures.append(
                Failure(
                    "name", str(taken(f"endpoint {inputs['name']}", inputs["name"], tags_of(live).get(OWNER_TAG), ctx))
                )
            )
        else:
            checked.failures += _unknown_shares(checked.inputs, live)
        return checked

    async def _resolve(self, inputs: Properties, ctx: Context) -> list[Failure]:
        """Turn `source` into model and version, so that the pin is an input and a moved alias previews as an update."""
        source = inputs.get("source")
        if source in (None, UNKNOWN):
            if inputs.get("model") is None or inputs.get("version") is None:
                return [] if source is UNKNOWN else [Failure("version", "give model and version, or source")]
            return []
        parsed = parse_source(source)
        if parsed is None:
            return [
                Failure("source", f"{source!r} is no version: models:/catalog.schema.model/7 or models:/c.s.m@alias")
            ]
        version = parsed.version
        if version is None:
            if ctx.workspace is None:
                ctx.report.unchecked(f"which version {source} is")
                version = UNKNOWN  # type: ignore[assignment]
            else:
                version = await alias_target(ctx.workspace, parsed.model, parsed.alias or "")
                if version is None:
                    return [Failure("source", f"{parsed.model} has no alias {parsed.alias!r}")]
        inputs["model"], inputs["version"] = parsed.model, version
        return []

    async def _version_failures(self, inputs: Properties, workspace: Workspace) -> list[Failure]:
        model, version = inputs.get("model"), inputs.get("version")
        if UNKNOWN in (model, version) or model is None:
            return []
        try:
            await workspace.get(f"/api/2.1/unity-catalog/models/{model}/versions/{version}")
        except NotFound:
            return [Failure("version", f"{model} has no version {version}, or we may not see it")]
        return []

    async def _table_failures(self, inputs: Properties, ctx: Context) -> list[Failure]:
        """The creator needs CREATE TABLE for the inference table, beside the use of catalog and schema."""
        if ctx.workspace is None or inputs["model"] is UNKNOWN:
            return []
        target = inference_table(inputs, "")["inference_table_config"]
        if not target["enabled"]:
            return []
        schema = f"{target['catalog_name']}.{target['schema_name']}"
        return [
            Failure("inferenceTable", reason)
            for reason in await missing_in_schema(ctx.workspace, schema, "CREATE TABLE")
        ]

    async def drift(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> dict[str, str]:
        """Not ready, another version, other settings than declared: all of it needs an update."""
        if ctx.workspace is None:
            ctx.report.unchecked(f"whether endpoint {id} is ready")
            return {"health": state["health"]} if state.get("health") else {}
        _warn_of_another_creator(state, ctx)
        live = await live_endpoint(ctx.workspace, id)
        if live is None:
            return {"name": "it was deleted outside of this stack, and is made again"}
        if UNKNOWN in (inputs.get("model"), inputs.get("version")):
            return {}
        wanted = served_entity_name(inputs["model"], inputs["version"])
        if wanted != state.get("servedEntity", wanted):
            return {}  # it is about to serve another version, which is no news of the world
        now = health(live, wanted)
        if now.problem or not now.settled:
            return {"health": now.problem or now.progress}
        return differences(live, inputs, _ours(state), ctx.owner_tag)

    def preview(self, inputs: Properties, state: Properties | None) -> Properties:
        """Its name decides the address; creator and table prefix stay what they were."""
        known = {k: (state or {})[k] for k in ("endpointId", "url", "creator", "tablePrefix", "playgroundUrl") if state}
        if UNKNOWN not in (inputs.get("model"), inputs.get("version")):
            known["servedEntity"] = served_entity_name(inputs["model"], inputs["version"])
            known["servedVersion"] = inputs["version"]
        return known

    async def create(self, inputs: Properties, ctx: Context) -> Made:
        """Create and wait; an endpoint that carries our owner tag (a run that was killed) is taken up instead."""
        workspace = workspace_of(ctx)
        live = await live_endpoint(workspace, inputs["name"])
        if live is not None:
            if tags_of(live).get(OWNER_TAG) != ctx.owner_tag:
                raise taken(f"endpoint {inputs['name']}", inputs["name"], tags_of(live).get(OWNER_TAG), ctx)
            ctx.report.info(f"taking up endpoint {inputs['name']}, made by an earlier run of this stack")
            outputs = await self.update(inputs["name"], {"tablePrefix": table_prefix(live)}, inputs, inputs, ctx)
            return Made(inputs["name"], outputs)
        prefix = await free_prefix(workspace, inputs)
        ctx.report.progress("creating the endpoint")
        await workspace.post(ENDPOINTS, create_body(inputs, ctx.owner_tag, prefix))
        return Made(inputs["name"], await self._settled(inputs, prefix, ctx))

    async def update(
        self, id: str, state: Properties, old_inputs: Properties, inputs: Properties, ctx: Context
    ) -> Properties:
        """Side calls first, then the config; the old version serves until the new one is ready."""
        workspace = workspace_of(ctx)
        live = await live_endpoint(workspace, id)
        if live is None:
            return (await self.create(inputs, ctx)).outputs
        live = await self._idle(live, inputs, ctx)
        prefix = state.get("tablePrefix") or table_prefix(live)
        await self._side_calls(live, old_inputs, inputs, prefix, ctx)
        now = health(live, served_entity_name(inputs["model"], inputs["version"]))
        if now.settled and (now.problem or config_differences(live, inputs, _ours(state))):
            body = config_body(inputs, live, _ours(state))
            if len(body["served_entities"]) > MAX_ENTITIES:
                raise AlreadyExists(
                    f"{id} would serve more than {MAX_ENTITIES} entities", fix="remove one of the others"
                )
            ctx.report.progress(f"updating to version {inputs['version']}")
            await self._put_config(id, body, ctx)
        return await self._settled(inputs, prefix, ctx)

    async def _side_calls(
        self, live: Properties, old_inputs: Properties, inputs: Properties, prefix: str, ctx: Context
    ) -> None:
        workspace, path = workspace_of(ctx), f"{ENDPOINTS}/{inputs['name']}"
        tags = tag_change(live, old_inputs, inputs, ctx.owner_tag)
        if tags is not None:
            await workspace.patch(f"{path}/tags", tags)
        description = inputs.get("description") or ("" if old_inputs.get("description") else None)
        if description is not None and (live.get("description") or "") != description:
            # Not in the SDK (0.156); agents.deploy() 1.13.0 calls it (observed).
            await workspace.patch(f"{path}/description", {"description": description})
        if old_inputs.get("inferenceTable") != inputs.get("inferenceTable"):
            await workspace.put(
                f"{path}/ai-gateway", {**(live.get("ai_gateway") or {}), **inference_table(inputs, prefix)}
            )

    async def _idle(self, live: Properties, inputs: Properties, ctx: Context) -> Properties:
        """Wait for an update that somebody else started: the platform takes one at a time."""
        if not updating(live):
            return live

        async def poll() -> Properties | Pending:
            now = await workspace_of(ctx).get(f"{ENDPOINTS}/{inputs['name']}")
            return Pending("an update runs already") if updating(now) else now

        return await workspace_of(ctx).wait(
            poll, what=f"endpoint {inputs['name']}", timeout=ctx.timeout or TIMEOUT, report=ctx.report
        )

    async def _put_config(self, id: str, body: Properties, ctx: Context) -> None:
        """PUT the config; a 409 says that another update came first, and is waited out."""

        async def poll() -> bool | Pending:
            try:
                await workspace_of(ctx).put(f"{ENDPOINTS}/{id}/config", body)
            except Conflict:
                return Pending("another update runs")
            return True

        await workspace_of(ctx).wait(poll, what=f"endpoint {id}", timeout=ctx.timeout or TIMEOUT, report=ctx.report)

    async def _settled(self, inputs: Properties, prefix: str, ctx: Context) -> Properties:
        """Wait until it is ready or failed; what exists is recorded either way."""
        workspace, name = workspace_of(ctx), inputs["name"]
        wanted = served_entity_name(inputs["model"], inputs["version"])
        last: Properties = {"name": name}

        async def poll() -> Properties | Pending:
            nonlocal last
            last = await workspace.get(f"{ENDPOINTS}/{name}")
            now = health(last, wanted)
            return last if now.settled else Pending(now.progress)

        try:
            live = await workspace.wait(
                poll, what=f"version {inputs['version']}", timeout=ctx.timeout or TIMEOUT, report=ctx.report
            )
        except AgentryError as error:
            # A time-out, a cancel or a lost connection: the endpoint exists and is recorded, never deleted.
            made = Made(name, outputs_of(last, inputs, prefix, workspace, problem=error.what))
            reasons = [
                str(error),
                *(await log_tails(workspace, name, wanted) if isinstance(error, WaitTimeout) else []),
            ]
            raise PartialCreation(made, reasons) from error
        problem = health(live, wanted).problem
        outputs = outputs_of(live, inputs, prefix, workspace, problem=problem)
        if problem:
            raise PartialCreation(Made(name, outputs), [problem, *await log_tails(workspace, name, wanted)])
        return outputs

    async def read(self, id: str, inputs: Properties, state: Properties, ctx: Context) -> Found | None:
        """The endpoint as it is; on a refresh what was not declared is not taken into the inputs."""
        workspace = workspace_of(ctx)
        live = await live_endpoint(workspace, id)
        if live is None:
            return None
        seen = declared(live, str(state.get("servedEntity") or ""))
        if inputs:
            # Tags of others are carried, not ours to declare.
            seen["tags"] = {k: v for k, v in seen["tags"].items() if k in (inputs.get("tags") or {})}
            seen = {**inputs, **{key: value for key, value in seen.items() if key in inputs}}
        elif not seen.get("environmentVars"):
            seen.pop("environmentVars", None)
        wanted = served_entity_name(seen["model"], seen["version"])
        now = health(live, wanted)
        prefix = str(state.get("tablePrefix") or table_prefix(live))
        return Found(id, seen, outputs_of(live, seen, prefix, workspace, problem=now.problem))

    async def delete(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> None:
        """Delete and wait until the name is free; the inference table stays, and is named."""
        workspace = workspace_of(ctx)
        try:
            await workspace.delete(f"{ENDPOINTS}/{id}")
        except NotFound:
            return

        async def poll() -> bool | Pending:
            return True if await live_endpoint(workspace, id) is None else Pending("being deleted")

        await workspace.wait(poll, what=f"endpoint {id} to go", timeout=ctx.timeout or TIMEOUT, report=ctx.report)
        kept = inference_table(inputs, str(state.get("tablePrefix") or ""))["inference_table_config"]
        if kept["enabled"]:
            payload = f"{kept['catalog_name']}.{kept['schema_name']}.{kept['table_name_prefix']}_payload"
            ctx.report.info(f"the inference table stays: {payload}")


def _ours(state: Properties) -> set[str]:
    return {str(state["servedEntity"])} if state.get("servedEntity") else set()


def _unknown_shares(inputs: Properties, live: Properties) -> list[Failure]:
    names = {one.get("name") for one in entities(live.get("config"))}
    given = inputs.get("traffic")
    strangers = [] if given in (None, UNKNOWN) else [name for name in given if name not in names]
    return [Failure(f"traffic.{name}", f"the endpoint serves no entity {name!r}") for name in strangers]


def _warn_of_another_creator(state: Properties, ctx: Context) -> None:
    """Passthrough stays within the privileges of who created the endpoint; that can not be changed afterwards."""
    creator, me = state.get("creator"), ctx.workspace.me.name if ctx.workspace else None
    if creator and me and creator != me:
        ctx.report.warning(f"created by {creator}, you are {me}: the agent keeps using {creator}'s privileges")

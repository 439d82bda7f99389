"""What a workspace says against a declared endpoint, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.errors import NotFound
from agentry.provider.kinds.endpoint_config import inference_table, parse_source
from agentry.provider.kinds.endpoint_health import entities
from agentry.provider.kinds.endpoint_places import GATEWAY, places
from agentry.provider.kinds.kind import UNKNOWN, Failure
from agentry.provider.kinds.model_alias import alias_target
from agentry.workspace.privileges import missing_in_schema

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Context, Properties
    from agentry.workspace import Workspace


async def resolve(inputs: Properties, ctx: Context) -> list[Failure]:
    """Turn `source` into model and version, so that the pin is an input and a moved alias previews as an update."""
    source = inputs.get("source")
    if inputs.get("externalModel") is not None:
        return []
    if source in (None, UNKNOWN):
        if inputs.get("model") is None or inputs.get("version") is None:
            return [] if source is UNKNOWN else [Failure("version", "give model and version, source or externalModel")]
        return []
    parsed = parse_source(source)
    if parsed is None:
        return [Failure("source", f"{source!r} is no version: models:/catalog.schema.model/7 or models:/c.s.m@alias")]
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


async def version_failures(inputs: Properties, workspace: Workspace) -> list[Failure]:
    """The version has to be there."""
    model, version = inputs.get("model"), inputs.get("version")
    if UNKNOWN in (model, version) or model is None:
        return []
    try:
        await workspace.get(f"/api/2.1/unity-catalog/models/{model}/versions/{version}")
    except NotFound:
        return [Failure("version", f"{model} has no version {version}, or we may not see it")]
    return []


async def table_failures(inputs: Properties, ctx: Context) -> list[Failure]:
    """The creator needs CREATE TABLE for the inference table, beside the use of catalog and schema."""
    table = None if inputs.get("model") is UNKNOWN else inference_table(inputs, "")
    if ctx.workspace is None or table is None or not table["enabled"]:
        return []
    if UNKNOWN in (table["catalogName"], table["schemaName"]):
        return []
    schema = f"{table['catalogName']}.{table['schemaName']}"
    return [
        Failure("inferenceTable", reason) for reason in await missing_in_schema(ctx.workspace, schema, "CREATE TABLE")
    ]


def agent_failures(inputs: Properties, live: Properties) -> list[Failure]:
    """What agents do not have: "agent endpoints currently only support inference tables" (databricks-sdk 0.156)."""
    if not str(live.get("task") or "").startswith("agent/"):
        return []
    return [
        Failure(place.field, "is not for agents: their AI gateway has an inference table and nothing else")
        for place in places(GATEWAY)
        if place.field != "inferenceTable" and inputs.get(place.field) not in (None, False, [])
    ]


def unknown_shares(inputs: Properties, live: Properties) -> list[Failure]:
    """Shares for entities that are not served."""
    names = {one.get("name") for one in entities(live.get("config"))}
    given = inputs.get("traffic")
    strangers = [] if given in (None, UNKNOWN) else [name for name in given if name not in names]
    return [Failure(f"traffic.{name}", f"the endpoint serves no entity {name!r}") for name in strangers]

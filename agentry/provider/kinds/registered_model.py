"""A registered model of Unity Catalog: the name under which an agent's versions are kept."""

# ruff: noqa: ARG002 the signatures are those of Kind

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, ClassVar

from agentry.errors import AlreadyExists, Conflict, NotFound, PermissionDenied
from agentry.provider.fields import ANY, BOOLEAN, STRING, Field, input_only, map_of, output, refused, replace
from agentry.provider.kinds.kind import UNKNOWN, Checked, Context, Failure, Found, Kind, Made, Properties
from agentry.provider.kinds.ownership import (
    catalog_tag_failures,
    declared_tags,
    drifted,
    failures_of,
    is_ours,
    settle,
    tag_list,
    tags_of,
    taken,
    workspace_of,
)
from agentry.provider.kinds.read_back import shown
from agentry.workspace import serving
from agentry.workspace.model_versions import REGISTRY
from agentry.workspace.privileges import missing_in_schema

if TYPE_CHECKING:
    from agentry.workspace import Json, Workspace

_CATALOG = "/api/2.1/unity-catalog"
_NAME = re.compile(r"[^./\s]+\.[^./\s]+\.[^./\s]+")


def name_failures(path: str, name: Any) -> list[Failure]:
    """What is wrong with the name of a model."""
    if name is UNKNOWN or _NAME.fullmatch(name):
        return []
    return [Failure(path, f"{name!r} is no three-level name: write catalog.schema.model")]


def as_recorded(field: str, inputs: Properties, old: Properties) -> Properties:
    """The inputs with the name as the state has it, where only its letters differ: Unity Catalog lowers them all.

    As another name it would be a replacement: the new one would be found there already, and then removed as the old.
    """
    name, recorded = inputs.get(field), old.get(field)
    same = isinstance(name, str) and isinstance(recorded, str) and name.casefold() == recorded.casefold()
    return {**inputs, field: recorded} if same else inputs


class RegisteredModel(Kind):
    """See the module."""

    token: ClassVar[str] = "agentry:index:RegisteredModel"
    doc: ClassVar[str] = "A registered model of Unity Catalog, the home of an agent's versions."
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "name",
            STRING,
            "`catalog.schema.model`.",
            (replace("its name is its identity; a rename would leave every reader behind"),),
            required=True,
        ),
        Field("description", STRING, "What people read beside it."),
        Field("tags", map_of(STRING), "Tags, without `. , - = / :` in their keys; those of others stay.", default={}),
        Field(
            "forceDestroy",
            BOOLEAN,
            "Whether destroy also takes versions that others made, or that an endpoint serves.",
            (input_only("only this stack knows it"),),
            default=False,
        ),
        Field("aliases", ANY, "Its aliases.", (refused("an alias is a resource of its own; give a ModelAlias"),)),
        Field("comment", ANY, "Unity Catalog's word for it.", (refused("give description"),)),
        Field(
            "storageLocation",
            ANY,
            "Where the files of its versions are.",
            (refused("Unity Catalog keeps them where schema and catalog say; set the schema's storage"),),
        ),
        Field(
            "browseOnly",
            ANY,
            "Whether only its metadata may be seen.",
            (refused("Unity Catalog tells it by who asks; nobody sets it"),),
        ),
        Field("owner", STRING, "Who owns it in Unity Catalog.", (output(),)),
    )

    async def check(self, inputs: Properties, old_inputs: Properties, ctx: Context) -> Checked:
        """The name, the tags, and that we may make it."""
        inputs = as_recorded("name", inputs, old_inputs)
        failures = name_failures("name", inputs["name"]) + catalog_tag_failures(inputs.get("tags"))
        if not failures and inputs["name"] is not UNKNOWN:
            failures = await self._may_be(inputs["name"], ctx, new=not old_inputs)
            failures += await self._may_be_left(inputs["name"], old_inputs, ctx)
        return Checked(inputs, failures)

    async def _may_be(self, name: str, ctx: Context, *, new: bool) -> list[Failure]:
        schema = name.rpartition(".")[0]
        if ctx.workspace is None:
            ctx.report.unchecked(f"whether model {name} may be made in schema {schema}")
            return []
        try:
            live = await _get(ctx.workspace, name)
        except PermissionDenied as error:
            # Without the use of catalog and schema nobody says whether it exists; with it, it is somebody else's.
            lacking = await missing_in_schema(ctx.workspace, schema, "CREATE MODEL")
            return failures_of("name", lacking or [str(error)])
        wanted = ["CREATE MODEL"] if live is None else []
        missing = failures_of("name", await missing_in_schema(ctx.workspace, schema, *wanted))
        if not missing and new and live is not None and not is_ours(live, ctx):
            missing.append(Failure("name", str(taken(f"model {live['name']}", live["name"], live, ctx))))
        return missing

    async def _may_be_left(self, name: str, old: Properties, ctx: Context) -> list[Failure]:
        """A rename removes the model of the old name: what its delete would refuse is refused before anything is made.

        Endpoints do not count: those of this stack move to the new model before the old one goes.
        """
        left = str(old.get("name") or "")
        if ctx.workspace is None or not left or left.casefold() == name.casefold() or old.get("forceDestroy"):
            return []
        if await _get(ctx.workspace, left) is None:
            return []
        refused = _refusal(left, await _versions(ctx.workspace, left), [], ctx)
        return failures_of("name", [str(refused)] if refused else [])

    async def drift(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> dict[str, str]:
        """A model that somebody removed is made again, under the same name; description and tags are set again."""
        if ctx.workspace is None:
            ctx.report.unchecked(f"whether model {id} is there")
            return {}
        live = await _get(ctx.workspace, id)
        if live is None:
            return {"name": f"model {id} was removed outside of this stack, and is made again"}
        return drifted(_described(live), inputs)

    async def in_use(self, id: str, ctx: Context) -> str:
        """Its versions are what readers and a way back need."""
        workspace = workspace_of(ctx)
        if await _get(workspace, id) is None:
            return ""
        numbers = sorted(await _versions(workspace, id))
        return (
            f"it has {'version' if len(numbers) == 1 else 'versions'} {', '.join(map(str, numbers))}" if numbers else ""
        )

    def preview(self, inputs: Properties, state: Properties | None) -> Properties:
        """An update keeps the owner."""
        return {"owner": state["owner"]} if state and "owner" in state else {}

    async def create(self, inputs: Properties, ctx: Context) -> Made:
        """Make it with its tags, or take up the one that an interrupted run of this stack made."""
        workspace, name = workspace_of(ctx), inputs["name"]
        live = await _get(workspace, name)
        if live is None:
            body = {"name": name, "tags": tag_list(inputs["tags"], ctx)}
            if inputs.get("description"):
                body["description"] = inputs["description"]

            async def found() -> Json | None:
                made = await _get(workspace, name)
                return made if made is not None and is_ours(made, ctx) else None

            try:
                await workspace.create(f"{REGISTRY}/registered-models/create", body, found)
            except AlreadyExists:
                # Somebody was faster; reads may be slower to know it than the create.
                live = await shown(lambda: _get(workspace, name), what=f"model {name}", ctx=ctx)
        if live is not None:
            if not is_ours(live, ctx):
                raise taken(f"model {name}", live["name"], live, ctx)
            ctx.report.info(f"taking up model {name}, made by an earlier run of this stack")
            await _settle(live, {}, inputs, ctx)
        return Made(name, await shown(lambda: _seen(workspace, name), what=f"model {name}", ctx=ctx))

    async def read(self, id: str, inputs: Properties, state: Properties, ctx: Context) -> Found | None:
        """What is there."""
        workspace = workspace_of(ctx)
        live = await _get(workspace, id)
        if live is None:
            return None
        # Unity Catalog lowers the letters of names; a declaration may write others.
        given = str(inputs.get("name") or "")
        name = given if given.casefold() == str(live["name"]).casefold() else live["name"]
        seen = {
            "name": name,
            "description": live.get("description") or None,
            "tags": declared_tags(tags_of(live), inputs),
        }
        return Found(id, seen, await _outputs(workspace, id))

    async def update(
        self,
        id: str,
        state: Properties,
        old_inputs: Properties,
        inputs: Properties,
        ctx: Context,
    ) -> Properties:
        """Set description and tags."""
        workspace = workspace_of(ctx)
        live = await _get(workspace, id)
        if live is None:
            return (await self.create(inputs, ctx)).outputs
        await _settle(live, old_inputs, inputs, ctx)
        return await _outputs(workspace, id)

    async def delete(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> None:
        """Remove this stack's versions, then the model; refuse while others need it."""
        workspace = workspace_of(ctx)
        if await _get(workspace, id) is None:
            return
        versions = await _versions(workspace, id)
        if not inputs.get("forceDestroy"):
            await self._refuse_if_needed(id, versions, ctx)
        for number in sorted(versions, reverse=True):
            ctx.report.progress(f"removing version {number}")
            await _remove_version(workspace, id, number, versions[number])
        try:
            await workspace.delete(f"{REGISTRY}/registered-models/delete", {"name": id})
        except NotFound:
            return

    async def _refuse_if_needed(self, id: str, versions: dict[int, Json], ctx: Context) -> None:
        """Say who still needs the model, before anything is removed."""
        refused = _refusal(id, versions, await _endpoints_of(workspace_of(ctx), id), ctx)
        if refused:
            raise refused


def _refusal(id: str, versions: dict[int, Json], serving: list[str], ctx: Context) -> Conflict | None:
    """Why a model can not go, if it can not."""
    theirs = [number for number, version in versions.items() if not is_ours(version, ctx)]
    reasons = []
    if theirs:
        reasons.append(f"versions of others: {', '.join(map(str, sorted(theirs)))}")
    if serving:
        reasons.append(f"served by {', '.join(serving)}")
    if not reasons:
        return None
    return Conflict(
        f"model {id} stays",
        why="; ".join(reasons),
        fix="remove those first, or set force_destroy=True and `up` before it goes",
    )


async def _get(workspace: Workspace, name: str) -> Json | None:
    try:
        found: Json = (await workspace.get(f"{REGISTRY}/registered-models/get", {"name": name}))["registered_model"]
    except NotFound:
        return None
    return found


async def _seen(workspace: Workspace, name: str) -> Properties | None:
    """The outputs, or None where it is not there, or not shown yet."""
    try:
        return await _outputs(workspace, name)
    except NotFound:
        return None


async def _outputs(workspace: Workspace, name: str) -> Properties:
    return {"owner": str((await workspace.get(f"{_CATALOG}/models/{name}")).get("owner") or "")}


async def _settle(live: Json, old: Properties, new: Properties, ctx: Context) -> None:
    await settle("registered-models", {"name": new["name"]}, _described(live), old, new, ctx)


def _described(live: Json) -> tuple[str, dict[str, str]]:
    return str(live.get("description") or ""), tags_of(live)


async def _versions(workspace: Workspace, name: str) -> dict[int, Json]:
    """All versions by number, each with its tags: lists leave tags out, so every one is asked for."""
    numbers: list[int] = []
    query: dict[str, Any] = {"max_results": 100}
    while True:
        page = await workspace.get(f"{_CATALOG}/models/{name}/versions", query)
        numbers += [int(version["version"]) for version in page.get("model_versions") or ()]
        if not page.get("next_page_token"):
            break
        query["page_token"] = page["next_page_token"]
    path = f"{REGISTRY}/model-versions/get"
    found = await asyncio.gather(*(workspace.get(path, {"name": name, "version": str(n)}) for n in numbers))
    return {number: answer["model_version"] for number, answer in zip(numbers, found, strict=True)}


async def _remove_version(workspace: Workspace, name: str, number: int, version: Json) -> None:
    """Remove a version; aliases that point at it go first, they would point at nothing."""
    for alias in version.get("aliases") or ():
        called = alias.get("alias") if isinstance(alias, dict) else alias
        await workspace.delete(f"{_CATALOG}/models/{name}/aliases/{called}")
    try:
        await workspace.delete(f"{REGISTRY}/model-versions/delete", {"name": name, "version": str(number)})
    except NotFound:
        return


async def _endpoints_of(workspace: Workspace, model: str) -> list[str]:
    """The endpoints of this workspace that serve, or are about to serve, a version of the model."""
    every = await serving.endpoints(workspace)
    return sorted(f"endpoint {endpoint['name']}" for endpoint in every if any(serving.serves(endpoint, model)))

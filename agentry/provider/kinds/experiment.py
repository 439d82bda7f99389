"""An MLflow experiment: where the traces of an agent go.

Traces are production records, so an experiment stays on destroy unless `forceDestroy`; a later `up` of the same stack
takes it up again by its owner tag, also out of the trash.
"""

# ruff: noqa: ARG002 the signatures are those of Kind

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, ClassVar

from agentry.errors import AlreadyExists, NotFound
from agentry.provider.fields import ANY, BOOLEAN, STRING, Field, input_only, map_of, output, refused, replace
from agentry.provider.kinds.kind import UNKNOWN, Checked, Context, Failure, Found, Gone, Kind, Made, Properties
from agentry.provider.kinds.ownership import (
    declared_tags,
    drifted,
    is_ours,
    tag_changes,
    tag_failures,
    tag_list,
    tags_of,
    taken,
    workspace_of,
)

if TYPE_CHECKING:
    from agentry.workspace import Json, Workspace

_API = "/api/2.0/mlflow/experiments"


class Experiment(Kind):
    """See the module."""

    token: ClassVar[str] = "agentry:index:Experiment"
    doc: ClassVar[str] = "An MLflow experiment; kept on destroy unless `forceDestroy`."
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "name",
            STRING,
            "Path in the workspace, such as `/Shared/agentry/agents/dev/weather`; its folders are made.",
            (replace("the path is what people find it by"),),
            required=True,
        ),
        Field("tags", map_of(STRING), "Tags; those of others stay.", default={}),
        Field(
            "forceDestroy",
            BOOLEAN,
            "Whether destroy moves it to the trash, with its traces.",
            (input_only("only this stack knows it"),),
            default=False,
        ),
        Field(
            "artifactLocation",
            ANY,
            "Where its files are.",
            (refused("the workspace's own storage is used: one elsewhere needs credentials that no agent has"),),
        ),
        Field(
            "traceLocation",
            ANY,
            "Where its traces are.",
            (refused("traces go to MLflow; for spans in tables of Unity Catalog give the endpoint's `telemetry`"),),
        ),
        Field("experimentId", STRING, "Its id, a number.", (output(),)),
    )

    async def check(self, inputs: Properties, old_inputs: Properties, ctx: Context) -> Checked:
        """A path, tags that may be, and a name that is free or ours."""
        name = inputs["name"]
        failures = tag_failures(inputs.get("tags"))
        if name is UNKNOWN:
            return Checked(inputs, failures)
        if not name.startswith("/") or posixpath.normpath(name) != name or name == "/":
            failures.append(Failure("name", f"{name!r} is no path in the workspace: write /Shared/... or /Users/..."))
        elif not old_inputs:
            failures += await self._free(name, ctx)
        return Checked(inputs, failures)

    async def _free(self, name: str, ctx: Context) -> list[Failure]:
        if ctx.workspace is None:
            ctx.report.unchecked(f"whether experiment {name} exists already")
            return []
        live = await _by_name(ctx.workspace, name)
        if live is None or is_ours(live, ctx) or _in_trash(live):
            return []
        return [Failure("name", str(_taken(live, ctx)))]

    async def drift(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> dict[str, str]:
        """One in the trash comes back; one that is gone, or renamed, is made anew with another id; tags are set again."""
        if ctx.workspace is None:
            ctx.report.unchecked(f"whether experiment {inputs.get('name', id)} is there")
            return {}
        live = await _by_id(ctx.workspace, id)
        name = inputs["name"]
        if live is None:
            raise Gone("name", f"experiment {name} was removed outside of this stack: another one is made")
        if _in_trash(live):
            return {"name": f"experiment {name} is in the trash, and comes back with its traces"}
        if name not in (UNKNOWN, live["name"]):
            raise Gone("name", f"experiment {id} is called {live['name']} now: another one is made of the name {name}")
        return drifted(("", tags_of(live)), inputs)

    def preview(self, inputs: Properties, state: Properties | None) -> Properties:
        """An update keeps the id."""
        return {"experimentId": state["experimentId"]} if state and "experimentId" in state else {}

    async def create(self, inputs: Properties, ctx: Context) -> Made:
        """Make it with its folders, or take up the one that this stack made before."""
        workspace, name = workspace_of(ctx), inputs["name"]
        live = await _by_name(workspace, name)
        if live is not None and is_ours(live, ctx):
            return await self._take_up(live, inputs, ctx)
        if live is not None and not _in_trash(live):
            raise _taken(live, ctx)
        await workspace.post("/api/2.0/workspace/mkdirs", {"path": posixpath.dirname(name)})

        async def found() -> Json | None:
            there = await _by_name(workspace, name)
            return there if there is not None and is_ours(there, ctx) and not _in_trash(there) else None

        body = {"name": name, "tags": tag_list(inputs["tags"], ctx)}
        try:
            made = await workspace.create(f"{_API}/create", body, found)
        except AlreadyExists:
            # Somebody was faster.
            live = await _by_name(workspace, name)
            if live is None or not is_ours(live, ctx):
                raise
            return await self._take_up(live, inputs, ctx)
        return _made(str(made["experiment_id"]))

    async def _take_up(self, live: Json, inputs: Properties, ctx: Context) -> Made:
        workspace, id_ = workspace_of(ctx), str(live["experiment_id"])
        ctx.report.info(f"taking up experiment {inputs['name']} again, which this stack made before")
        if _in_trash(live):

            async def restored() -> Json | None:
                there = await _by_id(workspace, id_)
                return there if there is not None and not _in_trash(there) else None

            await workspace.create(f"{_API}/restore", {"experiment_id": id_}, restored)
        await self._set_tags(id_, live, {}, inputs, ctx)
        return _made(id_)

    async def _set_tags(self, id: str, live: Json, old: Properties, new: Properties, ctx: Context) -> None:
        workspace = workspace_of(ctx)
        wanted, gone = tag_changes(tags_of(live), old, new, ctx)
        for key, value in wanted.items():
            await workspace.post(f"{_API}/set-experiment-tag", {"experiment_id": id, "key": key, "value": value})
        for key in gone:
            await _remove_tag(workspace, id, key, ctx)

    async def read(self, id: str, inputs: Properties, state: Properties, ctx: Context) -> Found | None:
        """What is there; one in the trash is gone."""
        live = await _by_id(workspace_of(ctx), id)
        if live is None or _in_trash(live):
            return None
        return Found(id, {"name": live["name"], "tags": declared_tags(tags_of(live), inputs)}, {"experimentId": id})

    async def update(
        self,
        id: str,
        state: Properties,
        old_inputs: Properties,
        inputs: Properties,
        ctx: Context,
    ) -> Properties:
        """Set the tags; bring it back out of the trash, and to its name."""
        workspace = workspace_of(ctx)
        live = await _by_id(workspace, id)
        if live is None:
            raise NotFound(
                f"experiment {inputs['name']} is gone", why=f"there is none with id {id}", fix="run `up` again"
            )
        if _in_trash(live):
            await workspace.post(f"{_API}/restore", {"experiment_id": id})
        await self._set_tags(id, live, old_inputs, inputs, ctx)
        return {"experimentId": id}

    async def delete(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> None:
        """Keep it, or move it to the trash."""
        name = inputs.get("name", id)
        if not inputs.get("forceDestroy"):
            ctx.report.info(f"experiment {name} stays with its traces (forceDestroy is not set)")
            return
        workspace = workspace_of(ctx)
        live = await _by_id(workspace, id)
        if live is None or _in_trash(live):
            return
        if live["name"] != name:
            ctx.report.info(f"experiment {id} stays: somebody renamed it to {live['name']}")
            return
        await workspace.post(f"{_API}/delete", {"experiment_id": id})
        ctx.report.info(f"experiment {name} is in the trash; its traces can be restored until that is emptied")


async def _remove_tag(workspace: Workspace, id: str, key: str, ctx: Context) -> None:
    try:
        await workspace.post(f"{_API}/delete-experiment-tag", {"experiment_id": id, "key": key})
    except NotFound:
        # MLflow's own interface has this call; Databricks' reference does not list it.
        ctx.report.warning(f"this workspace can not remove tag {key} of an experiment; it is emptied instead")
        await workspace.post(f"{_API}/set-experiment-tag", {"experiment_id": id, "key": key, "value": ""})


def _made(id: str) -> Made:
    return Made(id, {"experimentId": id})


async def _by_name(workspace: Workspace, name: str) -> Json | None:
    """The experiment of this name; an active one before one in the trash, as the platform prefers."""
    try:
        found: Json = (await workspace.get(f"{_API}/get-by-name", {"experiment_name": name}))["experiment"]
    except NotFound:
        return None
    return found


async def _by_id(workspace: Workspace, id: str) -> Json | None:
    try:
        found: Json = (await workspace.get(f"{_API}/get", {"experiment_id": id}))["experiment"]
    except NotFound:
        return None
    return found


def _in_trash(live: Json) -> bool:
    return str(live.get("lifecycle_stage")) == "deleted"


def _taken(live: Json, ctx: Context) -> AlreadyExists:
    return taken(f"experiment {live['name']}", str(live["experiment_id"]), live, ctx)

"""An alias of a registered model, such as `champion`: the name by which readers ask for the version that counts."""

# ruff: noqa: ARG002 the signatures are those of Kind

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from agentry.errors import NotFound, WaitTimeout
from agentry.provider.fields import STRING, Field, replace
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
from agentry.provider.kinds.ownership import workspace_of
from agentry.provider.kinds.read_back import read_back
from agentry.provider.kinds.registered_model import as_recorded, name_failures

if TYPE_CHECKING:
    from agentry.workspace import Workspace

_API = "/api/2.1/unity-catalog/models"
# MLflow reserves these (mlflow/utils/validation.py): `models:/m@latest` and `@v7` would be read as something else.
_RESERVED = re.compile(r"latest|v\d+", re.IGNORECASE)
_ALIAS = re.compile(r"[\w-]{1,255}")


class ModelAlias(Kind):
    """See the module."""

    token: ClassVar[str] = "agentry:index:ModelAlias"
    doc: ClassVar[str] = "An alias of a registered model. One that somebody moved is drift; destroy leaves it."
    fields: ClassVar[tuple[Field, ...]] = (
        Field("model", STRING, "`catalog.schema.model`.", (replace("an alias is one of its model"),), required=True),
        Field("alias", STRING, "Its name.", (replace("its name is its identity"),), required=True),
        Field("version", STRING, "The number of the version it points at.", required=True),
    )

    async def check(self, inputs: Properties, old_inputs: Properties, ctx: Context) -> Checked:
        """Names that may be, and a version that exists."""
        inputs = as_recorded("model", inputs, old_inputs)
        failures = name_failures("model", inputs["model"])
        alias, version = inputs["alias"], inputs["version"]
        if alias is not UNKNOWN and (_RESERVED.fullmatch(alias) or not _ALIAS.fullmatch(alias)):
            failures.append(
                Failure("alias", f"{alias!r} can not be an alias: letters, digits, - and _, not `latest` or a `v7`")
            )
        if version is not UNKNOWN and not version.isdecimal():
            failures.append(Failure("version", f"{version!r} is no number of a version"))
        elif version is not UNKNOWN:
            inputs = {**inputs, "version": str(int(version))}
        if not failures and UNKNOWN not in (inputs["model"], version):
            failures = await self._version_exists(inputs, ctx)
        return Checked(inputs, failures)

    async def _version_exists(self, inputs: Properties, ctx: Context) -> list[Failure]:
        if ctx.workspace is None:
            ctx.report.unchecked(f"whether {inputs['model']} has a version {inputs['version']}")
            return []
        try:
            await ctx.workspace.get(f"{_API}/{inputs['model']}/versions/{inputs['version']}")
        except NotFound:
            return [Failure("version", f"model {inputs['model']} has no version {inputs['version']}")]
        return []

    async def drift(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> dict[str, str]:
        """One that is gone is set again, and one that somebody moved is moved back: the declaration decides."""
        if ctx.workspace is None:
            ctx.report.unchecked(f"where alias {id} points")
            return {}
        there = await alias_target(ctx.workspace, inputs["model"], inputs["alias"])
        if there is None:
            return {"version": f"alias {id} is gone"}
        if there != str(state.get("version")):
            return {"version": f"alias {id} points at version {there}: somebody moved it"}
        return {}

    async def create(self, inputs: Properties, ctx: Context) -> Made:
        """Set it; one that is there already, and points elsewhere, is said."""
        made = Made(f"{inputs['model']}@{inputs['alias']}", {})
        there = await alias_target(workspace_of(ctx), inputs["model"], inputs["alias"])
        if there not in (None, inputs["version"]):
            ctx.report.warning(f"alias {made.id} was there already, and pointed at version {there}")
        try:
            await self._set(inputs, ctx)
        except WaitTimeout as error:
            # It was taken: what does not show yet must not be lost.
            raise PartialCreation(made, [str(error)]) from error
        return made

    async def _set(self, inputs: Properties, ctx: Context) -> None:
        workspace, model, alias, version = workspace_of(ctx), inputs["model"], inputs["alias"], inputs["version"]
        await workspace.put(f"{_API}/{model}/aliases/{alias}", {"version_num": int(version)})

        async def look() -> str:
            there = await alias_target(workspace, model, alias)
            return "" if there == version else f"it points at {f'version {there}' if there else 'nothing'}"

        await read_back(look, what=f"alias {model}@{alias} at version {version}", fix="run `up` again", ctx=ctx)

    async def read(self, id: str, inputs: Properties, state: Properties, ctx: Context) -> Found | None:
        """Where it points."""
        model, _, alias = id.partition("@")
        there = await alias_target(workspace_of(ctx), model, alias)
        return None if there is None else Found(id, {"model": model, "alias": alias, "version": there}, {})

    async def update(
        self,
        id: str,
        state: Properties,
        old_inputs: Properties,
        inputs: Properties,
        ctx: Context,
    ) -> Properties:
        """Move it."""
        there = await alias_target(workspace_of(ctx), inputs["model"], inputs["alias"])
        if there not in (None, str(state.get("version")), inputs["version"]):
            ctx.report.warning(f"alias {id} pointed at version {there}, where somebody had moved it")
        await self._set(inputs, ctx)
        return {}

    async def delete(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> None:
        """Remove it, if it still points where we put it."""
        workspace = workspace_of(ctx)
        there = await alias_target(workspace, inputs["model"], inputs["alias"])
        if there is None:
            return
        if there != str(state.get("version")):
            ctx.report.warning(f"alias {id} stays: somebody moved it to version {there}")
            return
        try:
            await workspace.delete(f"{_API}/{inputs['model']}/aliases/{inputs['alias']}")
        except NotFound:
            return


async def alias_target(workspace: Workspace, model: str, alias: str) -> str | None:
    """The version that an alias points at, or None where there is none."""
    try:
        found: dict[str, Any] = await workspace.get(f"{_API}/{model}/aliases/{alias}")
    except NotFound:
        return None
    return str(found.get("version") or "") or None

"""Privileges of one principal: what it holds already is recorded, what it lacks is given, and only that taken back.

Grants are additive: what others granted is never touched. A privilege that is held (directly, by a group, as owner,
as manager) costs no write; one that is missing and not ours to give is an error at preview.
"""

# ruff: noqa: ARG002 the signatures are those of Kind

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, ClassVar

from agentry.errors import ConfigError, Interrupted, InvalidRequest, NotFound, PermissionDenied, WorkspaceError
from agentry.provider.fields import (
    BOOLEAN,
    STRING,
    Field,
    computed,
    input_only,
    list_of,
    object_of,
    output,
    replace,
    silent,
    unordered,
)
from agentry.provider.kinds.grant_import import inputs_of
from agentry.provider.kinds.grant_principal import identity_of_inputs, principal_of
from agentry.provider.kinds.grant_rules import (
    entry,
    key_of,
    made_by_this_run,
    privilege_failures,
    problem,
    securable_of,
    words,
)
from agentry.provider.kinds.grant_use import other_users
from agentry.provider.kinds.grant_writes import GRANTED, Record, give, lacking, left_by_us, take_back
from agentry.provider.kinds.kind import Checked, Context, Failure, Found, Kind, Made, PartialCreation, Properties
from agentry.provider.kinds.ownership import workspace_of
from agentry.provider.wire import has_unknown
from agentry.workspace import grants

if TYPE_CHECKING:
    from agentry.workspace import Identity, Workspace
    from agentry.workspace.standing import Standing

_PRIVILEGE = (
    Field(
        "securableType", STRING, "CATALOG, SCHEMA, TABLE, FUNCTION (models too), SERVING_ENDPOINT, ...", required=True
    ),
    Field("securable", STRING, "Its name; the id of a warehouse or Genie space.", required=True),
    Field("privilege", STRING, "Such as `SELECT`, `EXECUTE` or `CAN_QUERY`.", required=True),
)
PRIVILEGE = object_of("Privilege", *_PRIVILEGE)
ADDED = object_of("AddedPrivilege", *_PRIVILEGE, Field("before", STRING, "The lower level that it replaced, if any."))
HELD = object_of("HeldPrivilege", *_PRIVILEGE, Field("how", STRING, "How it is held.", required=True))


class Grant(Kind):
    """See the module."""

    token: ClassVar[str] = "agentry:index:Grant"
    doc: ClassVar[str] = "Privileges of one principal; additive, and taken back only where this resource gave them."
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "principal",
            STRING,
            "`user:a@b`, `group:analysts` or `sp:<application id>`; without it, who owns `forEndpoint`.",
            (silent("the principal that it resolves to decides"), input_only("the workspace knows no spelling")),
        ),
        Field(
            "forEndpoint",
            STRING,
            "Name of the endpoint whose creator is meant: the recorded one if it exists, else who runs.",
            (silent("the principal that it resolves to decides"), input_only("the workspace does not tell")),
        ),
        Field("privileges", list_of(PRIVILEGE), "What the principal needs.", (unordered("a set"),), required=True),
        Field(
            "ensure",
            BOOLEAN,
            "Never taken back: for USE CATALOG and USE SCHEMA, which agents share.",
            (input_only("only this stack knows it"),),
            default=False,
        ),
        Field(
            "reason",
            STRING,
            "Why it is needed, for messages: the line of the code that uses it.",
            (silent("it explains, and grants nothing"), input_only("the workspace does not keep it")),
        ),
        Field(
            "resolvedPrincipal",
            object_of(
                "Principal",
                Field("kind", STRING, "user, group or sp.", required=True),
                Field("id", STRING, "Its SCIM id.", required=True),
                Field("name", STRING, "What grants call it.", required=True),
            ),
            "Who that is.",
            (
                computed("looked up by Check"),
                replace("another principal is another grant", by="id"),
                input_only("found by Check"),
            ),
        ),
        Field(
            "lacking",
            list_of(PRIVILEGE),
            "What was missing when it was declared, so that a run that is killed while it gives is known by it.",
            (
                computed("seen by Check"),
                silent("it says what was, and grants nothing"),
                input_only("only this stack knows it"),
            ),
        ),
        Field("added", list_of(ADDED), "What this resource gave, and takes back.", (output(),)),
        Field("held", list_of(HELD), "What was held already, and how.", (output(),)),
    )

    async def check(self, inputs: Properties, old_inputs: Properties, ctx: Context) -> Checked:
        """Who is meant, and that each privilege is held or ours to give."""
        checked = Checked(dict(inputs), privilege_failures(inputs["privileges"]))
        try:
            resolved = await principal_of(inputs, old_inputs, ctx)
        except ConfigError as error:
            checked.failures.append(Failure("principal", str(error)))
            return checked
        checked.inputs["resolvedPrincipal"] = resolved.input
        if checked.failures or ctx.workspace is None or resolved.identity is None:
            return checked
        if not has_unknown(inputs["privileges"]):
            found = await _standings(inputs["privileges"], resolved.identity, ctx)
            checked.failures += self._problems(found, inputs, resolved.identity, ctx, is_new=not old_inputs)
            checked.inputs["lacking"] = lacking(found, inputs, old_inputs, ctx)
        return checked

    def _problems(
        self,
        found: list[tuple[Properties, Standing]],
        inputs: Properties,
        identity: Identity,
        ctx: Context,
        *,
        is_new: bool,
    ) -> list[Failure]:
        """A failure for each privilege that is missing and that we may not give; of a new one, what it will give."""
        failures = []
        for index, (item, stands) in enumerate(found):
            if not stands.exists and made_by_this_run(item, inputs, ctx):
                continue
            if stands.exists and not stands.visible:
                ctx.report.warning(f"whether {identity.name} holds {words(item)} is not yours to see")
            reason = problem(item, stands, identity)
            if reason:
                because = f"\nneeded by {inputs['reason']}" if inputs.get("reason") else ""
                failures.append(Failure(f"privileges[{index}]", f"{reason}{because}"))
            elif is_new and not stands.how and stands.visible:
                ctx.report.info(f"{identity.name} lacks {words(item)}: it is given")
        return failures

    async def drift(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> dict[str, str]:
        """A privilege that was lost is given again."""
        if ctx.workspace is None:
            ctx.report.unchecked(f"whether {_who(inputs)} still holds what was granted")
            return {}
        identity = await identity_of_inputs(ctx.workspace, inputs)
        if identity is None or has_unknown(inputs["privileges"]):
            return {}
        found = await _standings(inputs["privileges"], identity, ctx)
        lost = [words(item) for item, stands in found if not stands.how and stands.visible]
        return {"privileges": f"{identity.name} no longer holds {', '.join(lost)}"} if lost else {}

    async def create(self, inputs: Properties, ctx: Context) -> Made:
        """Give what is missing; what is held is recorded."""
        record = Record()
        made = Made(_id(inputs), record.outputs)
        try:
            await self._give(inputs, inputs["privileges"], record, ctx)
        except (WorkspaceError, Interrupted) as error:
            if not record.added:
                raise
            raise PartialCreation(made, [str(error)]) from error
        return made

    async def _give(self, inputs: Properties, wanted: list[Properties], record: Record, ctx: Context) -> None:
        """Give what is missing of `wanted`; the record is kept as it goes, so that nothing given is forgotten."""
        workspace, identity = await _principal(inputs, ctx)
        left = left_by_us(inputs, ctx)
        for item, stands in await _standings(wanted, identity, ctx):
            if reason := problem(item, stands, identity):
                raise PermissionDenied(reason)
            key = (identity.principal.casefold(), *key_of(item))
            if stands.how == GRANTED and key_of(item) in left:
                ctx.given.add(key)
            if stands.how and key not in ctx.given:
                record.held.append({**entry(item), "how": stands.how})
            elif not stands.how and not stands.may_give:
                record.held.append({**entry(item), "how": "not ours to see"})
            elif stands.how and not inputs["ensure"]:
                record.added.append({**entry(item), "before": ""})
            else:
                if not stands.how:
                    await give(workspace, item, identity, record, ours=not inputs["ensure"])
                if inputs["ensure"]:
                    record.held.append({**entry(item), "how": "ensured, never taken back"})
                else:
                    ctx.given.add(key)

    async def read(self, id: str, inputs: Properties, state: Properties, ctx: Context) -> Found | None:
        """What of it is still held; a grant of which nothing is left is gone."""
        if not inputs:
            return await self._imported(inputs_of(id), ctx)
        try:
            _, identity = await _principal(inputs, ctx)
        except NotFound:
            return None
        found = await _standings(inputs["privileges"], identity, ctx)
        # What we may not see is taken as it was recorded.
        kept = [item for item, stands in found if stands.how or not stands.visible]
        if not kept:
            return None
        keys = {key_of(item) for item in kept}
        outputs = {name: [item for item in state.get(name) or () if key_of(item) in keys] for name in ("added", "held")}
        return Found(id, {"privileges": kept}, outputs)

    async def _imported(self, inputs: Properties, ctx: Context) -> Found:
        """What others gave, recorded as held."""
        wrong = privilege_failures(inputs["privileges"])
        if wrong:
            raise InvalidRequest(f"{wrong[0].path}: {wrong[0].reason}")
        resolved = await principal_of(inputs, {}, ctx)
        inputs["resolvedPrincipal"] = resolved.input
        _, identity = await _principal(inputs, ctx)
        found = await _standings(inputs["privileges"], identity, ctx)
        lacking = [words(item) for item, stands in found if stands.visible and not stands.how]
        if lacking:
            raise NotFound(
                f"{identity.name} does not hold {', '.join(lacking)}",
                why="there is nothing to import",
                fix="declare it without an import: the next `up` gives it",
            )
        record = Record(held=[{**entry(item), "how": stands.how or "not ours to see"} for item, stands in found])
        return Found(_id(inputs), inputs, record.outputs)

    async def update(
        self,
        id: str,
        state: Properties,
        old_inputs: Properties,
        inputs: Properties,
        ctx: Context,
    ) -> Properties:
        """Take back what is not declared any more, give what is missing."""
        wanted = {key_of(item): item for item in inputs["privileges"]}
        ours = state.get("added") or []
        await self._take_back([item for item in ours if key_of(item) not in wanted], inputs, ctx)
        _, identity = await _principal(inputs, ctx)
        kept = await _standings([item for item in ours if key_of(item) in wanted], identity, ctx)
        record = Record(added=[item for item, stands in kept if stands.how or not stands.visible])
        known = {key_of(item) for item in record.added}
        try:
            await self._give(inputs, [item for key, item in wanted.items() if key not in known], record, ctx)
        except (WorkspaceError, Interrupted) as error:
            raise PartialCreation(Made(id, record.outputs), [str(error)]) from error
        return record.outputs

    async def delete(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> None:
        """Take back what this resource gave, unless another agent lives on it."""
        if not inputs.get("ensure"):
            await self._take_back(state.get("added") or [], inputs, ctx)

    async def _take_back(self, items: list[Properties], inputs: Properties, ctx: Context) -> None:
        if not items:
            return
        try:
            workspace, identity = await _principal(inputs, ctx)
        except NotFound as error:
            ctx.report.info(f"nothing is taken back: {error.what}")
            return
        for item in items:
            securable = securable_of(item)
            users = await other_users(workspace, identity, securable, str(inputs.get("forEndpoint") or ""))
            if users:
                ctx.report.info(f"{identity.name} keeps {words(item)}: endpoint {', '.join(users)} lives on it too")
                continue
            with contextlib.suppress(NotFound):
                await take_back(workspace, item, identity, ctx)
            ctx.given.discard((identity.principal.casefold(), *key_of(item)))


async def _standings(wanted: list[Properties], identity: Identity, ctx: Context) -> list[tuple[Properties, Standing]]:
    """How the principal stands to each of the privileges, asked side by side."""
    workspace = workspace_of(ctx)
    asked = (grants.standing(workspace, securable_of(item), item["privilege"], identity) for item in wanted)
    return list(zip(wanted, await asyncio.gather(*asked), strict=True))


async def _principal(inputs: Properties, ctx: Context) -> tuple[Workspace, Identity]:
    """The workspace, and the identity that Check found."""
    workspace = workspace_of(ctx)
    identity = await identity_of_inputs(workspace, inputs)
    if identity is None:
        raise ConfigError("nobody is named whom to grant to", fix="give principal or forEndpoint")
    return workspace, identity


def _who(inputs: Properties) -> str:
    resolved = inputs.get("resolvedPrincipal")
    if isinstance(resolved, dict):
        return str(resolved.get("name"))
    return str(inputs.get("principal") or f"the owner of {inputs.get('forEndpoint')}")


def _id(inputs: Properties) -> str:
    names = ", ".join(str(item["privilege"]) for item in inputs["privileges"])
    return f"{_who(inputs)} on {inputs['privileges'][0]['securable']} ({names})"

"""What the provider does with one resource, apart from the wire: secrets are open, unknowns are `UNKNOWN`.

Rules that all kinds share live here: fields against the table, the workspace that the state belongs to, what is kept
on a refresh, which outputs are unknown in a preview.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from agentry.errors import AgentryError, Interrupted, InUse
from agentry.provider.diff import Change, Edit, changes
from agentry.provider.fields import COMMON, Does, Field, table
from agentry.provider.inputs import validated
from agentry.provider.kinds.kind import UNKNOWN, Checked, Failure, Found, Gone, Kind, Made, Properties
from agentry.provider.session import same_workspace
from agentry.stacks import ALLOW_DESTRUCTIVE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentry.provider.kinds.kind import Context
    from agentry.provider.session import Session, Urn
    from agentry.workspace import Workspace


def fields_of(kind: Kind) -> tuple[Field, ...]:
    """A kind's table with the fields that all kinds share."""
    return kind.fields if COMMON[0] in kind.fields else table(kind.fields)


async def check(kind: Kind, given: Properties, old: Properties, context: Context) -> Checked:
    """Inputs with defaults and computed ones; everything that is wrong with them, each at its path."""
    # An import hands over what Read found, computed inputs among it, and ignoreChanges what was recorded.
    repeated = {f.name for f in fields_of(kind) if f.has(Does.COMPUTED) and given.get(f.name) == old.get(f.name)}
    inputs, failures = validated(
        fields_of(kind), {name: value for name, value in given.items() if name not in repeated}
    )
    if failures:
        return Checked(inputs, failures)
    try:
        inputs = {**inputs, **_place(old, context)}
        checked = await kind.check(inputs, old, context)
    except Interrupted:
        raise
    except AgentryError as error:
        return Checked(inputs, [Failure("", str(error))])
    checked.inputs = {name: value for name, value in checked.inputs.items() if value is not None}
    return checked


def _place(old: Properties, context: Context) -> Properties:
    """Workspace and metastore of the resource: where we are, or what was recorded when nobody was asked."""
    if context.workspace is None:
        return {field.name: old[field.name] for field in COMMON if field.name in old}
    same_workspace(old, context.workspace, context.stack)
    return here(context.workspace)


def here(workspace: Workspace) -> Properties:
    """What `COMMON` says of a workspace."""
    found = {"workspaceId": workspace.workspace_id, "metastoreId": workspace.metastore_id}
    return {name: value for name, value in found.items() if value}


async def diff(
    kind: Kind, id: str, state: Properties, old: Properties, new: Properties, ignored: Iterable[str], context: Context
) -> list[Change]:
    """What is to be done: differences of the inputs, and of the world from what was recorded."""
    ignored = list(ignored)
    found = changes(fields_of(kind), old, new, ignored)
    if any(change.replaces for change in found):
        await unused(kind, id, "replaced", context)
        return found
    try:
        drifted = await kind.drift(id, state, new, context)
    except Gone as gone:
        return [*found, Change(gone.path, Edit.UPDATE, replaces=True, reason=gone.reason, drift=True)]
    told = {change.path for change in found}
    return found + [
        Change(path, Edit.UPDATE, reason=there, drift=True)
        for path, there in drifted.items()
        if not _told(path, told) and path.partition(".")[0].partition("[")[0] not in ignored
    ]


def _told(path: str, told: set[str]) -> bool:
    """Whether the program's own change says it: the workspace can not have yet what was declared just now."""
    return any(other == path or other.startswith((f"{path}.", f"{path}[")) for other in told)


def previewed(kind: Kind, inputs: Properties, state: Properties | None) -> Properties:
    """Properties before the work: what the kind can tell, and unknown for every other output."""
    known = kind.preview(inputs, state)
    outputs = {f.name: known.get(f.name, UNKNOWN) for f in fields_of(kind) if f.has(Does.OUTPUT)}
    return {**inputs, **outputs}


async def create(kind: Kind, inputs: Properties, context: Context) -> Made:
    """Make it; properties are inputs and outputs together."""
    made = await kind.create(inputs, context)
    return Made(made.id, {**inputs, **made.outputs})


async def update(
    kind: Kind, id: str, state: Properties, old: Properties, new: Properties, context: Context
) -> Properties:
    """Make it what is declared now; properties are inputs and outputs together."""
    return {**new, **await kind.update(id, state, old, new, context)}


async def read(kind: Kind, id: str, inputs: Properties, state: Properties, context: Context) -> Found | None:
    """What is there now; what the workspace does not tell is kept as it was declared."""
    assert context.workspace is not None
    found = await kind.read(id, inputs, state, context)
    if found is None:
        return None
    kept: Properties = {}
    for field in fields_of(kind):
        name = field.name
        if not field.has(Does.INPUT_ONLY) or name in found.inputs:
            continue
        if name in inputs:
            kept[name] = inputs[name]
        elif not inputs and field.default is not None:
            kept[name] = copy.deepcopy(field.default)  # an import: as if it had been declared without a word of it
    declared = {name: value for name, value in {**found.inputs, **kept}.items() if value is not None}
    for field in fields_of(kind):
        # What nobody declared and the workspace chose is no input: it would show as a change of the declaration.
        if field.has(Does.BACKEND_DEFAULT) and inputs and field.name not in inputs:
            declared.pop(field.name, None)
    declared |= here(context.workspace)
    return Found(found.id, declared, {**declared, **found.outputs})


async def delete(kind: Kind, id: str, state: Properties, inputs: Properties, context: Context) -> None:
    """Take it away as the kind does."""
    await unused(kind, id, "deleted", context)
    await kind.delete(id, state, inputs, context)


async def unused(kind: Kind, id: str, what: str, context: Context) -> None:
    """Whether it may go: nobody uses it, or the stack is not of production, or it may all the same.

    Raises:
        InUse: It may not.
    """
    if not context.guarded:
        return
    if context.workspace is None:
        context.report.unchecked(f"whether {id} is in use, which would be {what}")
        return
    if why := await kind.in_use(id, context):
        raise InUse(
            f"{id} is in use and would be {what}",
            why=f"{why}; this stack says agentry:production",
            fix=f"agentry {'up' if context.preview else 'up or destroy'} --allow-destructive; "
            f"or {ALLOW_DESTRUCTIVE}=true pulumi {'up' if context.preview else 'up or destroy'}",
        )


async def ready(session: Session, urn: Urn, recorded: Properties) -> Workspace:
    """The workspace for real work on a resource, which has to be the one that the resource is in.

    Raises:
        AgentryError: It does not answer, is another one, or the engine asked to stop.
    """
    session.still_wanted()
    workspace = await session.workspace()
    same_workspace(recorded, workspace, urn.stack)
    return workspace


def secret_paths(kind: Kind, properties: Properties) -> set[tuple[Any, ...]]:
    """Paths of the values that are always secret: by the table of fields, and by what the kind says of them."""
    return _secrets_within(fields_of(kind), properties) | kind.secrets(properties)


def _secrets_within(fields: tuple[Field, ...], properties: Properties) -> set[tuple[Any, ...]]:
    found: set[tuple[Any, ...]] = set()
    for field in fields:
        value = properties.get(field.name)
        if field.has(Does.SECRET):
            found.add((field.name,))
        elif field.type.fields and isinstance(value, dict):
            found |= {(field.name, *path) for path in _secrets_within(field.type.fields, value)}
    return {path for path in found if path[0] in properties}

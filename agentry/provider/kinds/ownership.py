"""Who made what: our tag on what a stack makes, what tags may be called, and what to say where a name is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.errors import AlreadyExists, ConfigError
from agentry.provider.inputs import join_path
from agentry.provider.kinds.kind import UNKNOWN, Failure
from agentry.provider.session import Urn
from agentry.workspace.model_versions import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentry.provider.kinds.kind import Context, Properties
    from agentry.workspace import Json, Workspace

OWNER_TAG = "agentry_owner"
MANAGED = "agentry_"
"""Tags of ours begin so; a declaration can not set them."""
_FORBIDDEN = (
    ".,-=/:"  # in the keys of tags of Unity Catalog's objects (docs.databricks.com/aws/en/database-objects/tags)
)


def workspace_of(ctx: Context) -> Workspace:
    """The workspace, for real work."""
    if ctx.workspace is None:
        raise ConfigError("nothing is read or written offline", fix="pulumi config rm agentry:offline")
    return ctx.workspace


def tags_of(found: Mapping[str, Any]) -> dict[str, str]:
    """Tags as MLflow lists them, as a map."""
    return {str(tag["key"]): str(tag.get("value") or "") for tag in found.get("tags") or ()}


def tag_list(tags: Mapping[str, str], ctx: Context) -> list[Json]:
    """The declared tags and our owner tag, as MLflow's create calls take them."""
    return [{"key": key, "value": value} for key, value in {**tags, OWNER_TAG: ctx.owner_tag}.items()]


def declared_tags(live: Mapping[str, str], inputs: Mapping[str, Any]) -> dict[str, str]:
    """Of the tags that are there, those that a declaration would name; on import, all that nobody's machinery set."""
    if inputs:
        return {key: value for key, value in live.items() if key in (inputs.get("tags") or {})}
    return {key: value for key, value in live.items() if not key.startswith((MANAGED, "mlflow."))}


def tag_failures(tags: Any, forbidden: str = "") -> list[Failure]:
    """What is wrong with declared tags.

    Args:
        tags: The input.
        forbidden: Characters that the platform does not take in the keys.
    """
    if tags is UNKNOWN or not tags:
        return []
    failures = []
    for key in tags:
        found = [character for character in forbidden if character in key]
        if key.startswith(MANAGED):
            failures.append(Failure(join_path("tags", key), f"keys that begin with {MANAGED} are Agentry's own"))
        elif found:
            failures.append(
                Failure(
                    join_path("tags", key),
                    f"Unity Catalog takes no {' '.join(found)!s} in the key of a tag; write "
                    f"{key.translate(str.maketrans(dict.fromkeys(forbidden, '_')))}",
                )
            )
    return failures


def catalog_tag_failures(tags: Any) -> list[Failure]:
    """What is wrong with tags of an object of Unity Catalog."""
    return tag_failures(tags, _FORBIDDEN)


def tag_changes(
    live: Mapping[str, str], old: Mapping[str, Any], new: Mapping[str, Any], ctx: Context
) -> tuple[dict[str, str], list[str]]:
    """What to set, and which keys to remove: those that we declared before and do not any more."""
    wanted = {**(new.get("tags") or {}), OWNER_TAG: ctx.owner_tag}
    gone = [key for key in (old.get("tags") or {}) if key not in wanted and key in live]
    return {key: value for key, value in wanted.items() if live.get(key) != value}, gone


def drifted(live: tuple[str, Mapping[str, str]], inputs: Properties) -> dict[str, str]:
    """What somebody else made of the declared description and tags: field -> what there is to say.

    Args:
        live: Description and tags as they are.
        inputs: What is declared. A tag that is not declared is somebody's own.
    """
    described, tags = live
    found = {}
    wanted = inputs.get("description")
    if wanted is not UNKNOWN and wanted is not None and wanted != described:
        found["description"] = "the description was changed outside of this stack, and is set again"
    declared = inputs.get("tags")
    for key, value in declared.items() if isinstance(declared, dict) else ():
        if value is not UNKNOWN and tags.get(key) != value:
            was = "changed" if key in tags else "removed"
            found[join_path("tags", key)] = f"tag {key} was {was} outside of this stack, and is set again"
    return found


async def settle(
    what: str,
    named: Mapping[str, str],
    live: tuple[str, Mapping[str, str]],
    old: Properties,
    new: Properties,
    ctx: Context,
) -> None:
    """Make description and tags of a model or a version what is declared.

    Args:
        what: `registered-models` or `model-versions`.
        named: What calls it by name there.
        live: Its description and tags as they are.
        old: The inputs before.
        new: The inputs now.
        ctx: Of the step.
    """
    workspace, path = workspace_of(ctx), f"{REGISTRY}/{what}"
    described, tags = live
    description = new.get("description") or ""
    if description != described and ("description" in new or "description" in old):
        await workspace.patch(f"{path}/update", {**named, "description": description})
    wanted, gone = tag_changes(tags, old, new, ctx)
    for key, value in wanted.items():
        await workspace.post(f"{path}/set-tag", {**named, "key": key, "value": value})
    for key in gone:
        await workspace.delete(f"{path}/delete-tag", {**named, "key": key})


def is_ours(live: Mapping[str, Any], ctx: Context) -> bool:
    """Whether something that has MLflow's tags was made by this stack."""
    return tags_of(live).get(OWNER_TAG) == ctx.owner_tag


def taken(what: str, id: str, live: Mapping[str, Any], ctx: Context) -> AlreadyExists:
    """The error for something that exists and is not this stack's."""
    urn, owner = Urn.parse(ctx.urn), tags_of(live).get(OWNER_TAG)
    # An endpoint is taken over with all that belongs to it.
    agent = urn.type.endswith(":ServingEndpoint") and not owner
    command = f"agentry adopt {id} --stack {ctx.stack}" if agent else f"pulumi import {urn.type} {urn.name} {id}"
    return AlreadyExists(
        f"{what} exists already",
        why=f"it belongs to {owner}" if owner else "it was made outside of this stack",
        fix=f"choose another name, or take it over: {command}",
    )


def failures_of(path: str, reasons: Iterable[str]) -> list[Failure]:
    """One failure for each reason."""
    return [Failure(path, reason) for reason in reasons]

"""Model versions of Unity Catalog: which there are, which holds a content, and taking one away.

In the dialect of MLflow's client (`/api/2.0/mlflow/unity-catalog`), the one that carries tags of versions.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentry.errors import NotFound
from agentry.workspace import serving

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentry.workspace.door import Json, Workspace

REGISTRY = "/api/2.0/mlflow/unity-catalog"
DIGEST_TAG = "agentry_digest"
OWNER_TAG = "agentry_owner"
READY, FAILED = "READY", "FAILED_REGISTRATION"
AT_ONCE = 16
"""Versions that are asked for side by side; others want to ask at the same time."""


@dataclass(frozen=True, slots=True)
class Version:
    """One model version.

    Attributes:
        model: `catalog.schema.model`.
        number: Its version.
        status: `READY`, `PENDING_REGISTRATION` or `FAILED_REGISTRATION`.
        message: Why it failed, as the platform words it.
        tags: Its tags.
        aliases: Names that point to it.
        description: What people read beside it.
        model_id: Its logged model, or "".
        storage_location: Where Unity Catalog keeps its files.
        created: Seconds since the epoch.
    """

    model: str
    number: int
    status: str
    message: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    description: str = ""
    model_id: str = ""
    storage_location: str = ""
    created: float = 0.0

    @property
    def pending(self) -> bool:
        """Whether it is still to become READY or FAILED."""
        return self.status not in (READY, FAILED)

    @property
    def digest(self) -> str:
        """Of its content, where Agentry made it."""
        return self.tags.get(DIGEST_TAG, "")

    @property
    def owner(self) -> str:
        """`project/stack` that made it, where Agentry did."""
        return self.tags.get(OWNER_TAG, "")


@dataclass(frozen=True, slots=True)
class Held:
    """What holds a content.

    Attributes:
        ready: The newest version that is READY with it, whoever made it.
        left: Versions of one owner with it that never became READY, newer than that.
    """

    ready: Version | None
    left: tuple[Version, ...] = ()


async def numbers(workspace: Workspace, model: str) -> list[int]:
    """The numbers of all versions, newest first; none where the model does not exist."""
    query: Json = {"filter": f"name='{model}'", "max_results": 1000}
    found: list[int] = []
    while True:
        try:
            page = await workspace.get(f"{REGISTRY}/model-versions/search", query)
        except NotFound:
            return []
        found += [int(version["version"]) for version in page.get("model_versions") or ()]
        if not page.get("next_page_token"):
            return sorted(found, reverse=True)
        query["page_token"] = page["next_page_token"]


async def get(workspace: Workspace, model: str, number: int) -> Version | None:
    """One version with its tags, or None."""
    try:
        found = await workspace.get(f"{REGISTRY}/model-versions/get", {"name": model, "version": str(number)})
    except NotFound:
        return None
    return _version(found["model_version"])


async def get_all(workspace: Workspace, model: str, wanted: Sequence[int]) -> list[Version]:
    """These versions with their tags, as far as they are there still."""
    found = await asyncio.gather(*(get(workspace, model, number) for number in wanted))
    return [version for version in found if version is not None]


async def holding(workspace: Workspace, model: str, digest: str, owner: str) -> Held:
    """What holds a content: newest first, side by side, until a READY one is found.

    A search leaves tags out (MLflow's client drops them, and so may the platform), so each version is asked for.

    Args:
        workspace: Where.
        model: `catalog.schema.model`.
        digest: Of the content.
        owner: Whose leftovers are wanted, `project/stack`.
    """
    left: list[Version] = []
    for some in _windows(await numbers(workspace, model)):
        same = [version for version in await get_all(workspace, model, some) if version.digest == digest]
        ready = next((version for version in same if version.status == READY), None)
        left += [
            version
            for version in same
            if version.status != READY and version.owner == owner and (ready is None or version.number > ready.number)
        ]
        if ready is not None:
            return Held(ready, tuple(left))
    return Held(None, tuple(left))


async def delete(workspace: Workspace, model: str, number: int) -> None:
    """Remove a version; gone already is fine."""
    try:
        await workspace.delete(f"{REGISTRY}/model-versions/delete", {"name": model, "version": str(number)})
    except NotFound:
        return


async def served(workspace: Workspace, model: str) -> set[int]:
    """The versions of a model that an endpoint of this workspace serves, or is about to serve."""
    return {
        int(entity["entity_version"])
        for endpoint in await serving.endpoints(workspace)
        for entity in serving.serves(endpoint, model)
        if entity.get("entity_version")
    }


def _windows(wanted: Sequence[int]) -> Iterable[Sequence[int]]:
    return (wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE))


def _version(found: Json) -> Version:
    return Version(
        model=str(found["name"]),
        number=int(found["version"]),
        status=str(found.get("status") or ""),
        message=str(found.get("status_message") or ""),
        tags={str(tag["key"]): str(tag.get("value") or "") for tag in found.get("tags") or ()},
        aliases=tuple(str(alias["alias"]) for alias in found.get("aliases") or ()),
        description=str(found.get("description") or ""),
        model_id=str(found.get("model_id") or ""),
        storage_location=str(found.get("storage_location") or ""),
        created=float(found.get("creation_timestamp") or 0) / 1000,
    )

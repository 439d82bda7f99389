"""See `tests.matrix.case`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from databricks.sdk.service import catalog

from agentry.provider.kinds.registered_model import RegisteredModel
from tests.matrix.case import Case, Inputs, Platform, Variant
from tests.matrix.ground import SCHEMA

if TYPE_CHECKING:
    from tests.matrix.ground import Ground

REGISTRY = "/api/2.0/mlflow/unity-catalog"
MODEL = f"{SCHEMA}.weather"
RECORDED = "the platform's own record of it"
CALLS = ("create", "update")


async def make(ground: Ground, name: str = MODEL, **more: Any) -> None:
    """A model that the deployer made by hand."""
    await ground.done("POST", f"{REGISTRY}/registered-models/create", {"name": name, **more}, "deployer")


class RegisteredModels(Case):
    """A registered model."""

    kind: ClassVar[Any] = RegisteredModel()
    drifts: ClassVar[tuple[str, ...]] = ("description", "tags.team")
    variants: ClassVar[dict[str, Variant]] = {
        "name": Variant(f"{SCHEMA}.clouds"),
        "description": Variant("asks the sea"),
        "tags": Variant({"team": "sea", "more": "1"}),
        "forceDestroy": Variant(True),
        "owner": Variant("somebody@sandbox.example", refused="known once it exists"),
        "aliases": Variant([], refused="ModelAlias"),
        "comment": Variant("asks", refused="description"),
        "storageLocation": Variant("s3://x", refused="Unity Catalog"),
        "browseOnly": Variant(True, refused="Unity Catalog"),
    }
    platform: ClassVar[Platform] = Platform(
        requests=(catalog.RegisteredModelsAPI.create, catalog.RegisteredModelsAPI.update),
        ours={
            **{f"{call}.{argument}": "name" for call in CALLS for argument in ("name", "catalog_name", "schema_name")},
            **{
                f"{call}.{argument}": field
                for call in CALLS
                for argument, field in {
                    "comment": "description",
                    "owner": "owner",
                    "aliases": "aliases",
                    "storage_location": "storageLocation",
                    "browse_only": "browseOnly",
                }.items()
            },
        },
        reasons={
            **{
                f"{call}.{argument}": RECORDED
                for call in CALLS
                for argument in ("created_at", "created_by", "updated_at", "updated_by", "metastore_id")
            },
            **{f"{call}.full_name": "formed of its three names: field `name`" for call in CALLS},
            "update.new_name": "another name is another model: a rename would leave every reader behind",
        },
    )

    def inputs(self) -> Inputs:
        return {"name": MODEL, "description": "asks the sky", "tags": {"team": "sky"}}

    async def live(self, ground: Ground) -> Any:
        found = await ground.found(f"{REGISTRY}/registered-models/get", name=MODEL)
        if found is None:
            return None
        model = found["registered_model"]
        tags = {tag["key"]: tag["value"] for tag in model.get("tags") or () if tag["key"] == "team"}
        return {"description": model.get("description"), "tags": tags}

    async def change(self, ground: Ground, id: str) -> None:
        await ground.done("PATCH", f"{REGISTRY}/registered-models/update", {"name": MODEL, "description": "somebody's"})
        await ground.done("DELETE", f"{REGISTRY}/registered-models/delete-tag", {"name": MODEL, "key": "team"})

    async def remove(self, ground: Ground, id: str) -> None:
        await ground.done("DELETE", f"{REGISTRY}/registered-models/delete", {"name": MODEL})

    async def add_theirs(self, ground: Ground, id: str) -> None:
        tag = {"name": MODEL, "key": "theirs", "value": "kept"}
        await ground.done("POST", f"{REGISTRY}/registered-models/set-tag", tag)

    async def theirs(self, ground: Ground) -> Any:
        model = (await ground.found(f"{REGISTRY}/registered-models/get", name=MODEL))["registered_model"]
        return [tag["value"] for tag in model["tags"] if tag["key"] == "theirs"]

    async def by_hand(self, ground: Ground) -> str:
        await make(ground, description="asks the sky", tags=[{"key": "team", "value": "sky"}])
        return MODEL

    def canaries(self, canary: Any) -> Inputs:
        return {"name": MODEL, "description": canary, "tags": {"team": canary}}


CASE = RegisteredModels()

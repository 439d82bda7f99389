"""See `tests.matrix.case`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from databricks.sdk.service import catalog

from agentry.provider.kinds.model_alias import ModelAlias
from tests.matrix.case import Case, Inputs, Platform, Variant
from tests.matrix.ground import SCHEMA
from tests.matrix.kinds.registered_model import MODEL, make
from tests.matrix.kinds.serving_endpoint import version

if TYPE_CHECKING:
    from tests.matrix.ground import Ground

ALIASES = f"/api/2.1/unity-catalog/models/{MODEL}/aliases"


class ModelAliases(Case):
    """An alias of a model with two versions."""

    kind: ClassVar[Any] = ModelAlias()
    sends_secrets: ClassVar[bool] = False
    drifts: ClassVar[tuple[str, ...]] = ("version",)
    variants: ClassVar[dict[str, Variant]] = {
        "model": Variant(f"{SCHEMA}.clouds"),
        "alias": Variant("challenger"),
        "version": Variant("2"),
    }
    platform: ClassVar[Platform] = Platform(
        requests=(catalog.RegisteredModelsAPI.set_alias,),
        ours={"set_alias.full_name": "model", "set_alias.alias": "alias", "set_alias.version_num": "version"},
    )

    async def prepare(self, ground: Ground) -> None:
        for model in (MODEL, f"{SCHEMA}.clouds"):
            await make(ground, model)
            await version(ground, model)
            await version(ground, model)

    def inputs(self) -> Inputs:
        return {"model": MODEL, "alias": "champion", "version": "1"}

    async def live(self, ground: Ground) -> Any:
        found = await ground.found(f"{ALIASES}/champion")
        return None if found is None else str(found["version"])

    async def change(self, ground: Ground, id: str) -> None:
        await ground.done("PUT", f"{ALIASES}/champion", {"version_num": 2})

    async def remove(self, ground: Ground, id: str) -> None:
        await ground.done("DELETE", f"{ALIASES}/champion")

    async def add_theirs(self, ground: Ground, id: str) -> None:
        await ground.done("PUT", f"{ALIASES}/theirs", {"version_num": 2})

    async def theirs(self, ground: Ground) -> Any:
        return (await ground.found(f"{ALIASES}/theirs") or {}).get("version")

    async def by_hand(self, ground: Ground) -> str:
        await ground.done("PUT", f"{ALIASES}/champion", {"version_num": 1}, "deployer")
        return f"{MODEL}@champion"

    def canaries(self, canary: Any) -> Inputs:
        return self.inputs()


CASE = ModelAliases()

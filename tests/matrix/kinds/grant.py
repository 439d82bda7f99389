"""See `tests.matrix.case`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from databricks.sdk.service import catalog, iam

from agentry.provider.kinds.grant import Grant
from tests.matrix.case import Case, Inputs, Platform, Variant
from tests.matrix.kinds.registered_model import MODEL, make

if TYPE_CHECKING:
    from tests.matrix.ground import Ground

ASKER = "asker@sandbox.example"
PERMISSIONS = f"/api/2.1/unity-catalog/permissions/FUNCTION/{MODEL}"
MORE, THEIRS = "CREATE MODEL VERSION", "APPLY TAG"


def item(privilege: str) -> dict[str, str]:
    """A privilege on the model."""
    return {"securableType": "FUNCTION", "securable": MODEL, "privilege": privilege}


class Grants(Case):
    """Two privileges of one person on a model."""

    kind: ClassVar[Any] = Grant()
    essential: ClassVar[tuple[str, ...]] = ("principal",)
    sends_secrets: ClassVar[bool] = False
    drifts: ClassVar[tuple[str, ...]] = ("privileges",)
    import_id: ClassVar[str] = f"user:{ASKER}|FUNCTION|{MODEL}|EXECUTE|FUNCTION|{MODEL}|{MORE}"
    variants: ClassVar[dict[str, Variant]] = {
        "principal": Variant("group:analysts", seen="resolvedPrincipal.id"),
        "forEndpoint": Variant("clouds", first="weather", seen=""),
        "privileges": Variant([item("EXECUTE")]),
        "ensure": Variant(True),
        "reason": Variant("agents/weather/agent.py:3", seen=""),
    }
    platform: ClassVar[Platform] = Platform(
        requests=(
            catalog.GrantsAPI.update,
            catalog.PermissionsChange,
            iam.PermissionsAPI.update,
            iam.AccessControlRequest,
        ),
        ours={
            "update.securable_type": "privileges",
            "update.full_name": "privileges",
            "update.changes": "privileges",
            "update.request_object_type": "privileges",
            "update.request_object_id": "privileges",
            "update.access_control_list": "privileges",
            "PermissionsChange.add": "privileges",
            "PermissionsChange.remove": "privileges",
            "PermissionsChange.principal": "principal",
            "AccessControlRequest.permission_level": "privileges",
            "AccessControlRequest.user_name": "principal",
            "AccessControlRequest.group_name": "principal",
            "AccessControlRequest.service_principal_name": "principal",
        },
        reasons={"update.omit_permissions_in_response": "what is answered, and nothing that is granted"},
    )

    async def prepare(self, ground: Ground) -> None:
        await make(ground)

    def inputs(self) -> Inputs:
        return {"principal": f"user:{ASKER}", "privileges": [item("EXECUTE"), item(MORE)]}

    async def _of(self, ground: Ground, principal: str) -> list[str]:
        found = (await ground.found(PERMISSIONS) or {}).get("privilege_assignments") or ()
        return sorted(one for row in found if row["principal"] == principal for one in row["privileges"])

    async def live(self, ground: Ground) -> Any:
        return [one for one in await self._of(ground, ASKER) if one != THEIRS] or None

    async def _take(self, ground: Ground, *privileges: str) -> None:
        changes = [{"principal": ASKER, "remove": list(privileges)}]
        await ground.done("PATCH", PERMISSIONS, {"changes": changes})

    async def change(self, ground: Ground, id: str) -> None:
        await self._take(ground, "EXECUTE")

    async def remove(self, ground: Ground, id: str) -> None:
        await self._take(ground, "EXECUTE", MORE)

    async def add_theirs(self, ground: Ground, id: str) -> None:
        changes = [{"principal": ASKER, "add": [THEIRS]}, {"principal": "admin@sandbox.example", "add": ["EXECUTE"]}]
        await ground.done("PATCH", PERMISSIONS, {"changes": changes})

    async def theirs(self, ground: Ground) -> Any:
        held = await self._of(ground, ASKER)
        return [*(one for one in held if one == THEIRS), *await self._of(ground, "admin@sandbox.example")]

    async def by_hand(self, ground: Ground) -> str:
        changes = [{"principal": ASKER, "add": ["EXECUTE", MORE]}]
        await ground.done("PATCH", PERMISSIONS, {"changes": changes}, "deployer")
        return self.import_id

    def canaries(self, canary: Any) -> Inputs:
        return {**self.inputs(), "reason": canary}


CASE = Grants()

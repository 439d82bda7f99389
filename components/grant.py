"""Who may do what with which objects of a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pulumi

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentry.resources import Resource


@dataclass(frozen=True, slots=True)
class Privilege:
    """One privilege on one object.

    Args:
        securable_type: CATALOG, SCHEMA, TABLE, FUNCTION (models too), CONNECTION, SERVING_ENDPOINT, SQL_WAREHOUSE,
            GENIE_SPACE, APP or LAKEBASE.
        securable: Its full name or id.
        privilege: For example SELECT, EXECUTE, USE SCHEMA, CAN_QUERY.
    """

    securable_type: str
    securable: str
    privilege: str


class Grant(pulumi.CustomResource):
    """Privileges of one principal. What it holds already is recorded and costs no write; nothing of others is removed.

    Args:
        resource_name: Pulumi's name of this resource.
        privileges: What is granted; at least one.
        principal: `user:<name>`, `group:<name>` or `sp:<application id>`; None is whoever the endpoint's privileges
            are bounded by.
        for_endpoint: With principal None: the name of that endpoint, which need not exist yet.
        ensure: Whether the privileges are only seen to, and never revoked. Default: False.
        opts: Pulumi's options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        privileges: Sequence[Privilege],
        principal: pulumi.Input[str] | None = None,
        for_endpoint: pulumi.Input[str] | None = None,
        ensure: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "principal": principal,
            "forEndpoint": for_endpoint,
            "privileges": [_wire(privilege) for privilege in privileges],
            "ensure": ensure,
            **dict.fromkeys(("resolvedPrincipal", "added", "held")),
        }
        super().__init__("agentry:index:Grant", resource_name, properties, opts)

    @property
    def resolved_principal(self) -> pulumi.Output[dict[str, str]]:
        """Who it is for: `{"kind": "user", "id": ..., "name": ...}`."""
        return cast("pulumi.Output[dict[str, str]]", pulumi.get(self, "resolvedPrincipal"))

    @property
    def added(self) -> pulumi.Output[list[Any]]:
        """What this stack gave, and takes back when the grant goes."""
        return cast("pulumi.Output[list[Any]]", pulumi.get(self, "added"))

    @property
    def held(self) -> pulumi.Output[list[Any]]:
        """What was there already, and by what way."""
        return cast("pulumi.Output[list[Any]]", pulumi.get(self, "held"))


# The permissions interface of the workspace says a type in its path, a grant in one word.
_WORKSPACE_TYPES = {
    "serving-endpoints": "SERVING_ENDPOINT",
    "sql/warehouses": "SQL_WAREHOUSE",
    "genie": "GENIE_SPACE",
    "apps": "APP",
    "database-instances": "LAKEBASE",
}


def needed_for(resource: Resource) -> Privilege:
    """What the identity behind a served agent needs on a resource that the agent uses."""
    about = resource.about
    type = about.securable or _WORKSPACE_TYPES[about.permissions or ""]  # noqa: A001 - what Unity Catalog calls it
    return Privilege(type, resource.name, about.privilege)


def parents_of(resources: Sequence[Resource]) -> list[Privilege]:
    """USE CATALOG and USE SCHEMA on what contains the resources, each once, in order."""
    found: dict[Privilege, None] = {}
    for resource in resources:
        if resource.about.parents:
            catalog, schema, _ = resource.name.split(".", 2)
            found[Privilege("CATALOG", catalog, "USE CATALOG")] = None
            found[Privilege("SCHEMA", f"{catalog}.{schema}", "USE SCHEMA")] = None
    return sorted(found, key=lambda privilege: (privilege.securable, privilege.securable_type))


def _wire(privilege: Privilege) -> dict[str, str]:
    return {
        "securableType": privilege.securable_type,
        "securable": privilege.securable,
        "privilege": privilege.privilege,
    }

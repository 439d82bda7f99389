"""The privileges that an agent's own use needs: per resource, and on the catalogs and schemas around it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def needed_for(resource: Resource) -> Privilege:
    """What the identity behind a served agent needs on a resource that the agent uses as itself."""
    about = resource.about
    # What Unity Catalog does not govern is called by the resource type's own name.
    return Privilege(about.securable or about.key.upper(), resource.name, about.privilege)


def parents_of(resources: Iterable[Resource]) -> list[Privilege]:
    """USE CATALOG and USE SCHEMA on what contains the resources, each once, in order."""
    found: dict[Privilege, None] = {}
    for resource in resources:
        if resource.about.parents:
            catalog, schema, _ = resource.name.split(".", 2)
            found[Privilege("CATALOG", catalog, "USE CATALOG")] = None
            found[Privilege("SCHEMA", f"{catalog}.{schema}", "USE SCHEMA")] = None
    return sorted(found, key=lambda privilege: (privilege.securable, privilege.securable_type))


def needed(resources: Iterable[Resource]) -> list[Privilege]:
    """All that the owner of the endpoint needs: what is done as the caller needs nothing of the owner."""
    own = [resource for resource in resources if not resource.on_behalf_of_user]
    return [*parents_of(own), *dict.fromkeys(map(needed_for, own))]

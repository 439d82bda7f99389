"""Unity Catalog: who holds a privilege (granted, through a group, from what contains it, as owner), who may give it.

Effective permissions list grants on an object and on what contains it; they name neither owners nor who is in a
group, so both are asked for besides. Who does not manage an object sees there what he and his groups hold, nothing
of others (docs.databricks.com, "Show, grant and revoke privileges").
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from agentry.errors import NotFound, PermissionDenied
from agentry.workspace.identity import groups_of
from agentry.workspace.standing import Securable, Standing

if TYPE_CHECKING:
    from agentry.workspace.door import Identity, Json, Workspace

_API = "/api/2.1/unity-catalog"
_COLLECTIONS = {
    "CATALOG": ("catalogs",),
    "SCHEMA": ("schemas",),
    "TABLE": ("tables",),
    "FUNCTION": ("functions", "models"),  # a registered model is a securable of type FUNCTION
    "CONNECTION": ("connections",),
}
PARENTS = ("CATALOG", "SCHEMA")
"""What contains the things of a run: looked at once, and again only after a change of ours."""
_DATA = frozenset({"SELECT", "MODIFY", "EXECUTE"})
"""What the owner of a catalog or schema does not hold on the things inside without a grant."""
_ALL, _MANAGE = "ALL PRIVILEGES", "MANAGE"


class Granted(NamedTuple):
    """One grant that counts on an object; `place` is where it was given."""

    principal: str
    privilege: str
    place: Securable


@dataclass(frozen=True, slots=True)
class Effective:
    """What counts on one object, as far as we may see it."""

    securable: Securable
    exists: bool
    grants: tuple[Granted, ...]
    owners: dict[Securable, str]
    metastore_owner: str

    def how(self, names: set[str], privilege: str, own: str) -> str:
        """How one who has these names (his own and his groups') holds the privilege; "" if he does not."""
        for place, owner in self.owners.items():
            if owner.casefold() in names and (place == self.securable or privilege not in _DATA):
                return f"owner of {place}"
        for grant in self.grants:
            if grant.principal.casefold() in names and grant.privilege in (privilege, _ALL):
                by = "granted" if grant.principal.casefold() == own else f"by group {grant.principal}"
                return by if grant.place == self.securable else f"{by} on {grant.place}"
        return ""

    def managed_by(self, names: set[str]) -> bool:
        """Whether one who has these names may grant on the object."""
        owners = {owner.casefold() for owner in (*self.owners.values(), self.metastore_owner) if owner}
        managers = {g.principal.casefold() for g in self.grants if g.privilege == _MANAGE}
        return bool(names & (owners | managers))

    @property
    def givers(self) -> str:
        """Who may grant on it, for messages."""
        known = [f"{owner} (owner of {place})" for place, owner in self.owners.items() if owner]
        known += [f"{g.principal} (MANAGE on {g.place})" for g in self.grants if g.privilege == _MANAGE]
        if self.metastore_owner:
            known.append(f"{self.metastore_owner} (metastore admin)")
        return ", ".join(known) or f"an owner of {self.securable}, or a metastore admin"


async def effective(workspace: Workspace, securable: Securable) -> Effective:
    """What counts on an object: grants and owners, of it and of what contains it."""
    places = (securable, *securable.containers)
    grants, owners = await asyncio.gather(
        _grants(workspace, securable), asyncio.gather(*(_owner(workspace, place) for place in places))
    )
    return Effective(
        securable,
        grants is not None,
        grants or (),
        {place: owner for place, owner in zip(places, owners, strict=True) if owner},
        workspace.metastore_owner,
    )


async def _grants(workspace: Workspace, securable: Securable) -> tuple[Granted, ...] | None:
    """The grants that count on it; None where there is no such object."""
    if securable.type in PARENTS:
        key = f"grants on {securable.type} {securable.name.casefold()}"
        return await workspace.once.get(key, lambda: _grants_now(workspace, securable))
    return await _grants_now(workspace, securable)


async def _grants_now(workspace: Workspace, securable: Securable) -> tuple[Granted, ...] | None:
    try:
        answer = await workspace.get(f"{_API}/effective-permissions/{securable.type}/{securable.name}")
    except NotFound:
        return None
    except PermissionDenied:
        return ()
    return tuple(
        Granted(row["principal"], entry["privilege"].replace("_", " "), _place(entry, securable))
        for row in answer.get("privilege_assignments") or ()
        for entry in row.get("privileges") or ()
    )


def _place(entry: Json, securable: Securable) -> Securable:
    name = entry.get("inherited_from_name")
    return Securable(str(entry["inherited_from_type"]).upper(), name) if name else securable


async def _owner(workspace: Workspace, securable: Securable) -> str:
    """Who owns it; "" where we may not see it, or it is not there."""
    if securable.type in PARENTS:
        key = f"owner of {securable.type} {securable.name.casefold()}"
        return await workspace.once.get(key, lambda: _owner_now(workspace, securable))
    return await _owner_now(workspace, securable)


async def _owner_now(workspace: Workspace, securable: Securable) -> str:
    for collection in _COLLECTIONS[securable.type]:
        with contextlib.suppress(NotFound, PermissionDenied):
            return str((await workspace.get(f"{_API}/{collection}/{securable.name}")).get("owner") or "")
    return ""


async def standing(workspace: Workspace, securable: Securable, privilege: str, identity: Identity) -> Standing:
    """How somebody stands to a privilege on a securable of Unity Catalog."""
    found, names, ours = await asyncio.gather(
        effective(workspace, securable), _names(workspace, identity), _names(workspace, workspace.me)
    )
    manages = found.managed_by(ours)
    return Standing(
        how=found.how(names, privilege, identity.name.casefold()),
        exists=found.exists,
        visible=manages or names <= ours,
        may_give=manages,
        givers=found.givers,
    )


async def _names(workspace: Workspace, identity: Identity) -> set[str]:
    groups = await groups_of(workspace, identity)
    return {identity.name.casefold(), *(group.casefold() for group in groups)}


async def change(
    workspace: Workspace, securable: Securable, identity: Identity, *, add: list[str], remove: list[str]
) -> None:
    """Grant and revoke on one object, in one call."""
    body = {"principal": identity.name, "add": _wire(add), "remove": _wire(remove)}
    try:
        await workspace.patch(f"{_API}/permissions/{securable.type}/{securable.name}", {"changes": [body]})
    finally:
        # What counts on a schema may have been given on its catalog.
        workspace.once.forget(*(f"grants on {parent} " for parent in PARENTS if securable.type in PARENTS))


async def given(workspace: Workspace, securable: Securable, identity: Identity) -> set[str]:
    """What is granted to somebody himself, on the object itself.

    Raises:
        NotFound: There is no such object.
        PermissionDenied: It is not ours to see.
    """
    answer = await workspace.get(f"{_API}/permissions/{securable.type}/{securable.name}", {"principal": identity.name})
    return {
        str(privilege).replace("_", " ")
        for row in answer.get("privilege_assignments") or ()
        if str(row.get("principal") or "").casefold() == identity.name.casefold()
        for privilege in row.get("privileges") or ()
    }


def _wire(privileges: list[str]) -> list[str]:
    return [privilege.replace(" ", "_") for privilege in privileges]


async def missing_in_schema(workspace: Workspace, schema: str, *privileges: str) -> list[str]:
    """What we lack to make something in a schema: USE CATALOG, USE SCHEMA and the given privileges on the schema.

    Args:
        workspace: Where, and who we are.
        schema: `catalog.schema`.
        privileges: Such as "CREATE MODEL".

    Returns:
        One sentence for each that is missing: the privilege, the object and who can give it. Empty if none is.
    """
    place = Securable("SCHEMA", schema)
    catalog = place.containers[0]
    outer, inner, names = await asyncio.gather(
        effective(workspace, catalog), effective(workspace, place), _names(workspace, workspace.me)
    )
    wanted = [(outer, "USE CATALOG"), *((inner, privilege) for privilege in ("USE SCHEMA", *privileges))]
    missing = []
    for found, privilege in wanted:
        if not found.exists:
            sentence = f"{found.securable} does not exist in {workspace.host}, or {workspace.me.name} may not see it"
        elif found.how(names, privilege, workspace.me.name.casefold()):
            continue
        else:
            sentence = (
                f"{workspace.me.name} lacks {privilege} on {found.securable}; {found.givers} can give it: "
                f"GRANT {privilege} ON {found.securable.type} {found.securable.name} TO `{workspace.me.name}`"
            )
        if sentence not in missing:
            missing.append(sentence)
    return missing

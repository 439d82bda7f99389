"""A grant as an import names it: the workspace keeps no record of a grant, only of who holds what.

    endpoint:agents_main-ai-weather|SERVING_ENDPOINT|claude|CAN_QUERY
    ensure:endpoint:agents_main-ai-weather|CATALOG|main|USE CATALOG|SCHEMA|main.ai|USE SCHEMA
    group:analysts|SERVING_ENDPOINT|agents_main-ai-weather|CAN_QUERY

What is imported was given by others: it is recorded as held, and never taken back. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentry.provider.kinds.kind import Properties

_ENSURE, _BEHIND = "ensure:", "endpoint:"
_FIELDS = ("securableType", "securable", "privilege")
FORM = "endpoint:<its endpoint>, or a principal, then |<securable type>|<securable>|<privilege> for each privilege"


def import_id(
    privileges: Iterable[Properties], *, principal: str = "", endpoint: str = "", ensure: bool = False
) -> str:
    """What `pulumi import` calls a grant.

    Args:
        privileges: Each with `securableType`, `securable` and `privilege`.
        principal: `user:`, `group:` or `sp:`; or nothing, and then
        endpoint: the name of the endpoint whose creator is meant.
        ensure: Whether it is never taken back, whoever gave it.
    """
    head = f"{_ENSURE if ensure else ''}{principal or _BEHIND + endpoint}"
    return "|".join([head, *(str(one[field]) for one in privileges for field in _FIELDS)])


def inputs_of(id: str) -> Properties:
    """The inputs that such a name stands for.

    Raises:
        InvalidRequest: It has another form.
    """
    head, *rest = id.split("|")
    ensure, whom = head.startswith(_ENSURE), head.removeprefix(_ENSURE)
    if not rest or len(rest) % len(_FIELDS) or not all((whom, *rest)) or ":" not in whom:
        raise InvalidRequest(
            f"a grant can not be imported as {id!r}",
            why="the workspace keeps no record of grants, so its name has to say all of it",
            fix=FORM,
        )
    groups = [rest[start : start + len(_FIELDS)] for start in range(0, len(rest), len(_FIELDS))]
    privileges: list[dict[str, Any]] = [dict(zip(_FIELDS, group, strict=True)) for group in groups]
    who = {"forEndpoint": whom.removeprefix(_BEHIND)} if whom.startswith(_BEHIND) else {"principal": whom}
    return {**who, "privileges": privileges, "ensure": ensure}

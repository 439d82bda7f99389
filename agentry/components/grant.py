"""Who may do what with which objects of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pulumi

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentry.privileges import Privilege


class Grant(pulumi.CustomResource):
    """Privileges of one principal. What it holds already is recorded and costs no write; nothing of others is removed.

    Args:
        resource_name: Pulumi's name of this resource.
        privileges: What is granted; at least one.
        principal: `user:<name>`, `group:<name>` or `sp:<application id>`; None is whoever the endpoint's privileges
            are bounded by.
        for_endpoint: With principal None: the name of that endpoint, which need not exist yet.
        reason: Why they are needed, for messages. Default: none.
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
        reason: pulumi.Input[str] | None = None,
        ensure: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "principal": principal,
            "forEndpoint": for_endpoint,
            "privileges": [_wire(privilege) for privilege in privileges],
            "reason": reason,
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


def _wire(privilege: Privilege) -> dict[str, str]:
    return {
        "securableType": privilege.securable_type,
        "securable": privilege.securable,
        "privilege": privilege.privilege,
    }

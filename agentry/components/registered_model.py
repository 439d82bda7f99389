"""The Unity Catalog model whose versions an agent is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping


class RegisteredModel(pulumi.CustomResource):
    """A registered model of Unity Catalog. One that exists already, and is not this stack's, has to be imported.

    Destroy removes this stack's versions, then the model when it is empty; it is refused while versions of others or
    an endpoint use it, unless `force_destroy`. In stacks of `agentry:production` it is protected unless `opts` say
    otherwise, or `agentry:allowDestructive`.

    Args:
        resource_name: Pulumi's name of this resource.
        name: `catalog.schema.model`; a change makes a new model.
        description: What people read beside it. Default: none.
        tags: Tags; keys without `. , - = / :`. Default: none.
        force_destroy: Whether destroy removes versions of others too. Default: False.
        opts: Pulumi's options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        description: pulumi.Input[str] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        force_destroy: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {
            "name": name,
            "description": description,
            "tags": tags,
            "forceDestroy": force_destroy,
            "owner": None,
        }
        super().__init__("agentry:index:RegisteredModel", resource_name, properties, _guarded(opts))

    @property
    def owner(self) -> pulumi.Output[str]:
        """Who owns it in Unity Catalog."""
        return cast("pulumi.Output[str]", pulumi.get(self, "owner"))


def _guarded(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
    """The options, with protection where a stack of production says nothing of it."""
    config = pulumi.Config("agentry")
    if not config.get_bool("production") or config.get_bool("allowDestructive") or (opts and opts.protect is not None):
        return opts
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=True))

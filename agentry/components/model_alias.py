"""A name for one version of a model, which moves."""

from __future__ import annotations

import pulumi


class ModelAlias(pulumi.CustomResource):
    """An alias of a registered model, for example `champion`. Destroy removes it if it still points where we put it.

    Args:
        resource_name: Pulumi's name of this resource.
        model: `catalog.schema.model`; a change makes a new alias there.
        alias: The alias; a change makes a new one.
        version: The version that it points to.
        opts: Pulumi's options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        model: pulumi.Input[str],
        alias: pulumi.Input[str],
        version: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {"model": model, "alias": alias, "version": version}
        super().__init__("agentry:index:ModelAlias", resource_name, properties, opts)

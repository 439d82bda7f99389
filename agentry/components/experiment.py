"""Where the traces of an agent go."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping


class Experiment(pulumi.CustomResource):
    """An MLflow experiment. It outlives the stack, since traces are production records, unless `force_destroy`.

    Args:
        resource_name: Pulumi's name of this resource.
        name: Its path in the workspace, for example `/Shared/agentry/agents/dev/weather`; directories are made. A
            change makes a new experiment.
        tags: Tags of the experiment. Default: none.
        force_destroy: Whether destroy removes it with its traces. Default: False.
        opts: Pulumi's options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        force_destroy: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {"name": name, "tags": tags, "forceDestroy": force_destroy, "experimentId": None}
        super().__init__("agentry:index:Experiment", resource_name, properties, opts)

    @property
    def experiment_id(self) -> pulumi.Output[str]:
        """MLflow's id of it."""
        return cast("pulumi.Output[str]", pulumi.get(self, "experimentId"))

"""The endpoint that answers: one version of an agent, served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping


class ServingEndpoint(pulumi.CustomResource):
    """A model serving endpoint. The old version keeps answering until the new one is ready.

    Whoever creates it lends the agent its privileges, for ever: the platform records the creator.

    Args:
        resource_name: Pulumi's name of this resource.
        name: At most 63 letters, digits, dashes and underscores; a change makes a new endpoint.
        model: `catalog.schema.model`, together with `version`.
        version: The version that is served.
        source: Instead of model and version: `models:/c.s.m/7`, or `models:/c.s.m@alias`, resolved at every preview.
        environment_vars: Variables of the agent; `{{secrets/scope/key}}` is resolved by the platform. Default: none.
        workload_size: `Small`, `Medium` or `Large`. Default: `Small`.
        scale_to_zero: Whether it may stop when nobody asks; the first question then waits for its start. Default: True.
        traffic: Percent for served entities of others, by their names; ours gets the rest. Default: all to ours.
        tags: Tags of the endpoint. Default: none.
        description: What people read beside it. Default: none.
        experiment_id: Where the agent's traces go.
        inference_table: `enabled`, `catalogName`, `schemaName`, `tableNamePrefix` of the table that records requests.
            Default: enabled, beside the model, under its name.
        opts: Pulumi's options; `custom_timeouts` bound the wait until it is ready, 30 minutes without.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        model: pulumi.Input[str] | None = None,
        version: pulumi.Input[str] | None = None,
        source: pulumi.Input[str] | None = None,
        environment_vars: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        workload_size: pulumi.Input[str] | None = None,
        scale_to_zero: pulumi.Input[bool] | None = None,
        traffic: pulumi.Input[Mapping[str, pulumi.Input[int]]] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        description: pulumi.Input[str] | None = None,
        experiment_id: pulumi.Input[str] | None = None,
        inference_table: pulumi.Input[Mapping[str, Any]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        outputs = ("endpointId", "url", "creator", "ready", "configUpdate", "servedEntity", "servedVersion")
        properties = {
            "name": name,
            "model": model,
            "version": version,
            "source": source,
            "environmentVars": environment_vars,
            "workloadSize": workload_size,
            "scaleToZero": scale_to_zero,
            "traffic": traffic,
            "tags": tags,
            "description": description,
            "experimentId": experiment_id,
            "inferenceTable": inference_table,
            **dict.fromkeys((*outputs, "tablePrefix", "playgroundUrl", "health", "task")),
        }
        super().__init__("agentry:index:ServingEndpoint", resource_name, properties, opts)

    @property
    def name(self) -> pulumi.Output[str]:
        """Its name."""
        return cast("pulumi.Output[str]", pulumi.get(self, "name"))

    @property
    def endpoint_id(self) -> pulumi.Output[str]:
        """What the permissions interface calls it."""
        return cast("pulumi.Output[str]", pulumi.get(self, "endpointId"))

    @property
    def url(self) -> pulumi.Output[str]:
        """Where questions go: `https://<workspace>/serving-endpoints/<name>/invocations`."""
        return cast("pulumi.Output[str]", pulumi.get(self, "url"))

    @property
    def creator(self) -> pulumi.Output[str]:
        """Whose privileges bound the agent's."""
        return cast("pulumi.Output[str]", pulumi.get(self, "creator"))

    @property
    def ready(self) -> pulumi.Output[bool]:
        """Whether it answers."""
        return cast("pulumi.Output[bool]", pulumi.get(self, "ready"))

    @property
    def config_update(self) -> pulumi.Output[str]:
        """The platform's word for its last update, for example `NOT_UPDATING`."""
        return cast("pulumi.Output[str]", pulumi.get(self, "configUpdate"))

    @property
    def served_entity(self) -> pulumi.Output[str]:
        """The name of the served entity that is ours."""
        return cast("pulumi.Output[str]", pulumi.get(self, "servedEntity"))

    @property
    def served_version(self) -> pulumi.Output[str]:
        """The version that it serves."""
        return cast("pulumi.Output[str]", pulumi.get(self, "servedVersion"))

    @property
    def table_prefix(self) -> pulumi.Output[str]:
        """The prefix of its inference tables; chosen once."""
        return cast("pulumi.Output[str]", pulumi.get(self, "tablePrefix"))

    @property
    def playground_url(self) -> pulumi.Output[str]:
        """Where a person can talk to it."""
        return cast("pulumi.Output[str]", pulumi.get(self, "playgroundUrl"))

    @property
    def health(self) -> pulumi.Output[str]:
        """Empty, or what is wrong with it."""
        return cast("pulumi.Output[str]", pulumi.get(self, "health"))

    @property
    def task(self) -> pulumi.Output[Any]:
        """The interface of what it serves, as the platform calls it, for example `agent/v2/chat`."""
        return cast("pulumi.Output[Any]", pulumi.get(self, "task"))

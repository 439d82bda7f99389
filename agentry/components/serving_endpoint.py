"""The endpoint that answers: one version of an agent, served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pulumi

from agentry.components.serving_fields import on_the_wire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentry.components.serving_fields import (
        EmailNotifications,
        ExternalModel,
        Guardrails,
        InferenceTable,
        RateLimit,
        Telemetry,
    )

_OUTPUTS = (
    "endpointId", "url", "creator", "ready", "configUpdate", "servedEntity", "servedVersion", "tablePrefix",
    "playgroundUrl", "health", "task",
)  # fmt: skip


class ServingEndpoint(pulumi.CustomResource):
    """A model serving endpoint. The old version keeps answering until the new one is ready.

    It serves one version of a model of Unity Catalog (an agent), a foundation model with provisioned throughput or
    model units, or a model of another provider. Whoever creates it lends the agent its privileges, for ever: the
    platform records the creator.

    Args:
        resource_name: Pulumi's name of this resource.
        name: At most 63 letters, digits, dashes and underscores; a change makes a new endpoint.
        model: `catalog.schema.model`, together with `version`.
        version: The version that is served.
        source: Instead of model and version: `models:/c.s.m/7`, or `models:/c.s.m@alias`, resolved at every preview.
        external_model: Instead of a model: one of another provider; an endpoint has one for its life or never.
        environment_vars: Variables of the agent; `{{secrets/scope/key}}` is resolved by the platform, and looked for
            at preview. A value that looks like a credential is a secret in state and previews. Default: none.
        workload_size: `Small`, `Medium` or `Large`. Default: `Small`.
        workload_type: What it runs on: `CPU`, `GPU_SMALL` and so on. Default: the platform's, `CPU`.
        scale_to_zero: Whether it may stop when nobody asks; the first question then waits for its start. Default:
            True for an agent; the platform's choice for a foundation model.
        min_provisioned_concurrency: Instead of a size: how many questions at once, at least.
        max_provisioned_concurrency: Instead of a size: how many questions at once, at most.
        min_provisioned_throughput: Of a foundation model: tokens a second, at least.
        max_provisioned_throughput: Of a foundation model: tokens a second, at most.
        provisioned_model_units: Of a foundation model: how many model units are provisioned.
        burst_scaling: With model units: whether it may go beyond them. Default: the platform's, yes.
        instance_profile_arn: The instance profile by which the agent reaches resources of AWS. Default: none.
        traffic: Percent for served entities of others, by their names; ours gets the rest. Default: others keep what
            they have, as long as ours gets some; else ours gets all.
        tags: Tags of the endpoint. Default: none.
        description: What people read beside it. Default: none.
        budget_policy_id: The budget (or usage) policy that its cost counts to; a change makes a new endpoint. Default:
            none.
        email_notifications: Who is told of its updates. Default: nobody.
        telemetry: Which logs, spans and metrics go into tables of Unity Catalog. Default: none.
        route_optimized: Whether it has an address of its own with a shorter way, which takes OAuth only; a change
            makes a new endpoint. Default: no.
        experiment_id: Where the agent's traces go.
        agent_variables: Whether the three variables are set that `databricks.agents.deploy()` sets. Default: True.
        inference_table: The table that records requests and answers. Default: enabled, beside the model, under its
            name; none for foundation models and those of other providers.
        usage_tracking: Whether system tables record its use; not for agents. Default: the platform's choice.
        rate_limits: How much may be asked; not for agents. Default: no limits of ours.
        guardrails: What may be asked and answered; for external and foundation models. Default: none of ours.
        fallback: Whether another served entity is asked where one fails; for external models. Default: the platform's.
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
        external_model: pulumi.Input[ExternalModel] | None = None,
        environment_vars: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        workload_size: pulumi.Input[str] | None = None,
        workload_type: pulumi.Input[str] | None = None,
        scale_to_zero: pulumi.Input[bool] | None = None,
        min_provisioned_concurrency: pulumi.Input[int] | None = None,
        max_provisioned_concurrency: pulumi.Input[int] | None = None,
        min_provisioned_throughput: pulumi.Input[int] | None = None,
        max_provisioned_throughput: pulumi.Input[int] | None = None,
        provisioned_model_units: pulumi.Input[int] | None = None,
        burst_scaling: pulumi.Input[bool] | None = None,
        instance_profile_arn: pulumi.Input[str] | None = None,
        traffic: pulumi.Input[Mapping[str, pulumi.Input[int]]] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        description: pulumi.Input[str] | None = None,
        budget_policy_id: pulumi.Input[str] | None = None,
        email_notifications: pulumi.Input[EmailNotifications] | None = None,
        telemetry: pulumi.Input[Telemetry] | None = None,
        route_optimized: pulumi.Input[bool] | None = None,
        experiment_id: pulumi.Input[str] | None = None,
        agent_variables: pulumi.Input[bool] | None = None,
        inference_table: pulumi.Input[InferenceTable] | None = None,
        usage_tracking: pulumi.Input[bool] | None = None,
        rate_limits: pulumi.Input[Sequence[RateLimit]] | None = None,
        guardrails: pulumi.Input[Guardrails] | None = None,
        fallback: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties: dict[str, Any] = {
            "name": name,
            "model": model,
            "version": version,
            "source": source,
            "externalModel": on_the_wire(external_model),
            "environmentVars": environment_vars,
            "workloadSize": workload_size,
            "workloadType": workload_type,
            "scaleToZero": scale_to_zero,
            "minProvisionedConcurrency": min_provisioned_concurrency,
            "maxProvisionedConcurrency": max_provisioned_concurrency,
            "minProvisionedThroughput": min_provisioned_throughput,
            "maxProvisionedThroughput": max_provisioned_throughput,
            "provisionedModelUnits": provisioned_model_units,
            "burstScaling": burst_scaling,
            "instanceProfileArn": instance_profile_arn,
            "traffic": traffic,
            "tags": tags,
            "description": description,
            "budgetPolicyId": budget_policy_id,
            "emailNotifications": on_the_wire(email_notifications),
            "telemetry": on_the_wire(telemetry),
            "routeOptimized": route_optimized,
            "experimentId": experiment_id,
            "agentVariables": agent_variables,
            "inferenceTable": on_the_wire(inference_table),
            "usageTracking": usage_tracking,
            "rateLimits": on_the_wire(rate_limits),
            "guardrails": on_the_wire(guardrails),
            "fallback": fallback,
            **dict.fromkeys(_OUTPUTS),
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

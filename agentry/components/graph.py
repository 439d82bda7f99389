"""The nodes of an agent, and what depends on what: grants of its own use and experiment first, access last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from agentry.components.experiment import Experiment
from agentry.components.grant import Grant
from agentry.components.model_alias import ModelAlias
from agentry.components.model_version import ModelVersion
from agentry.components.registered_model import RegisteredModel
from agentry.components.serving_endpoint import ServingEndpoint
from agentry.privileges import Privilege, needed_for, parents_of

if TYPE_CHECKING:
    from agentry.components.declaration import Decided, Declaration


class Graph:
    """Registers every node of an agent as a child of its component.

    Attributes:
        experiment: Where its traces go; None where it leaves none.
        version: Its version; None where an existing one is served.
        endpoint: What answers.
    """

    def __init__(self, component: pulumi.Resource, declared: Declaration, decided: Decided) -> None:
        self._component = component
        self._declared = declared
        self._decided = decided
        self.experiment = self._make_experiment()
        self._own_use = self._make_own_use()
        self._registered = self._make_model() if declared.model is not None else None
        self.version = self._make_version() if declared.code is not None else None
        self.endpoint = self._make_endpoint()
        self._make_aliases()
        self._make_access()

    def _child(self, *after: pulumi.Resource, **more: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self._component, depends_on=list(after), **more)

    def _make_experiment(self) -> Experiment | None:
        name = self._declared.name
        if self._declared.experiment is False:
            return None
        return Experiment(
            name,
            name=self._declared.experiment or f"/Shared/agentry/{pulumi.get_project()}/{pulumi.get_stack()}/{name}",
            force_destroy=self._declared.force_destroy,
            opts=self._child(),
        )

    def _make_own_use(self) -> list[Grant]:
        """What the identity behind the served agent needs; what is done as its caller needs nothing of it."""
        own = [resource for resource in self._decided.uses if not resource.on_behalf_of_user]
        places = self._decided.places
        grants = [self._use(f"{each.type}-{each.name}", [needed_for(each)], places.get(each)) for each in own]
        parents = parents_of(own)
        return [*grants, self._use("parents", parents, ensure=True)] if parents else grants

    def _use(self, what: str, privileges: list[Privilege], reason: str | None = None, *, ensure: bool = False) -> Grant:
        owner = self._declared.owner
        return Grant(
            f"{self._declared.name}-uses-{what}",
            privileges=privileges,
            principal=owner,
            for_endpoint=None if owner else self._decided.endpoint_name,
            reason=reason,
            ensure=ensure,
            opts=self._child(),
        )

    def _make_model(self) -> RegisteredModel:
        declared = self._declared
        return RegisteredModel(
            declared.name,
            name=self._decided.model,
            description=declared.description,
            tags=declared.tags,
            force_destroy=declared.force_destroy,
            opts=self._child(),
        )

    @property
    def _experiment_id(self) -> pulumi.Output[str] | None:
        return self.experiment.experiment_id if self.experiment else None

    def _make_version(self) -> ModelVersion:
        declared, registered = self._declared, self._registered
        assert declared.code is not None
        assert registered is not None
        return ModelVersion(
            declared.name,
            model=self._decided.model,
            code=declared.code,
            model_config=declared.model_config,
            resources=self._decided.uses,
            experiment_id=self._experiment_id,
            description=declared.description,
            tags=declared.tags,
            environment_vars=declared.known_variables,
            opts=self._child(registered, *self._own_use),
            **declared.packaging,
        )

    def _make_endpoint(self) -> ServingEndpoint:
        declared, options = self._declared, self._declared.endpoint
        return ServingEndpoint(
            declared.name,
            name=self._decided.endpoint_name,
            model=self._decided.model if self.version else None,
            version=self.version.version if self.version else None,
            source=declared.source,
            environment_vars=declared.environment_vars,
            workload_size=options.size,
            workload_type=options.workload_type,
            scale_to_zero=options.scale_to_zero,
            min_provisioned_concurrency=options.min_concurrency,
            max_provisioned_concurrency=options.max_concurrency,
            instance_profile_arn=options.instance_profile_arn,
            traffic=options.traffic,
            inference_table=options.inference_table,
            budget_policy_id=options.budget_policy_id,
            email_notifications=options.email_notifications,
            telemetry=options.telemetry,
            route_optimized=options.route_optimized,
            tags={**declared.tags, **options.tags},
            description=declared.description if options.description is None else options.description or None,
            agent_variables=None if options.agent_variables else False,
            experiment_id=self._experiment_id,
            opts=self._child(*self._own_use, custom_timeouts=options.timeouts),
        )

    def _make_aliases(self) -> None:
        """Each points to what the endpoint serves, so it moves only when the endpoint has come to serve it."""
        for alias in self._decided.aliases:
            ModelAlias(
                f"{self._declared.name}-{alias}",
                model=self._decided.model,
                alias=alias,
                version=self.endpoint.served_version,
                opts=self._child(self.endpoint),
            )

    def _make_access(self) -> None:
        for principal, level in self._declared.access.items():
            Grant(
                f"{self._declared.name}-access-{principal}",
                principal=principal,
                privileges=[Privilege("SERVING_ENDPOINT", self._decided.endpoint_name, level)],
                opts=self._child(self.endpoint),
            )

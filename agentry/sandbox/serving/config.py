"""What an endpoint serves: its entities, how questions are shared among them, and the state of each.

Names and states are those of the REST API (databricks-sdk 0.156, service/serving.py).
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agentry.sandbox.serving.external import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.sandbox.web import Json

CREATING = "DEPLOYMENT_CREATING"
READY = "DEPLOYMENT_READY"
RECOVERING = "DEPLOYMENT_RECOVERING"
FAILED = "DEPLOYMENT_FAILED"
ABORTED = "DEPLOYMENT_ABORTED"


# Kept, and not answered: github.com/databricks/cli, libs/testserver, which mirrors the platform there.
NOT_ANSWERED = frozenset({"burst_scaling_enabled"})
PROVISIONED = frozenset({"min_provisioned_throughput", "max_provisioned_throughput", "provisioned_model_units"})


def new_run() -> str:
    """The id of one deployment of an entity: its process, directory and logs."""
    return secrets.token_hex(4)


@dataclass(frozen=True)
class ServedEntity:
    """One model version, or one model of another provider, behind an endpoint.

    Attributes:
        name: Unique in the endpoint, at most 63 characters.
        entity_name: The model's three-level name; empty for an external model.
        entity_version: Its version, such as "7".
        settings: Fields that are kept and answered as they came: size, scale to zero, concurrency, throughput.
        external_model: How the other provider is reached; empty for a version of ours.
        environment_vars: What the process gets; `{{secrets/scope/key}}` is kept, never resolved here.
        creator: Name of who added it.
        created: Milliseconds since the epoch.
        run: Which deployment of it this is; another one has other processes and logs.
        deployment: One of the five states.
        message: Why, for people.
    """

    name: str
    entity_name: str = ""
    entity_version: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment_vars: Mapping[str, str] = field(default_factory=dict)
    external_model: Mapping[str, Any] = field(default_factory=dict)
    creator: str = ""
    created: int = 0
    run: str = field(default_factory=new_run)
    deployment: str = CREATING
    message: str = ""

    def same_as(self, other: ServedEntity) -> bool:
        """Whether a deployment of the other would do for this one, so that nothing need be started."""
        return (
            self.name == other.name
            and self.version == other.version
            and dict(self.settings) == dict(other.settings)
            and dict(self.environment_vars) == dict(other.environment_vars)
            and dict(self.external_model) == dict(other.external_model)
        )

    @property
    def version(self) -> tuple[str, str]:
        """Model and version."""
        return self.entity_name, self.entity_version

    @property
    def is_ready(self) -> bool:
        """Whether it answers."""
        return self.deployment == READY

    def to_wire(self) -> Json:
        """As GET answers it."""
        if self.external_model:
            what: Json = {"external_model": shown(self.external_model)}
        else:
            what = {"entity_name": self.entity_name, "entity_version": self.entity_version}
        answer: Json = {
            "name": self.name,
            **what,
            **{key: value for key, value in self.settings.items() if key not in NOT_ANSWERED},
            "creator": self.creator,
            "creation_timestamp": self.created,
            "state": {"deployment": self.deployment, "deployment_state_message": self.message},
        }
        if self.environment_vars:
            answer["environment_vars"] = dict(self.environment_vars)
        return answer

    def to_spec(self) -> Json:
        """As the list of endpoints shows it."""
        if self.external_model:
            spec = ("name", "provider", "task")
            return {"name": self.name, "external_model": {key: self.external_model[key] for key in spec}}
        return {"name": self.name, "entity_name": self.entity_name, "entity_version": self.entity_version}

    def to_older_wire(self) -> Json:
        """As `served_models` had it."""
        answer = self.to_wire()
        older = {"entity_name": "model_name", "entity_version": "model_version"}
        return {older.get(key, key): value for key, value in answer.items()}


@dataclass(frozen=True)
class Route:
    """How many questions of a hundred go to an entity."""

    entity: str
    percentage: int

    def to_wire(self) -> Json:
        """Both names of the field: the older one is still what clients read."""
        return {
            "served_model_name": self.entity,
            "served_entity_name": self.entity,
            "traffic_percentage": self.percentage,
        }


@dataclass(frozen=True)
class Config:
    """Entities and their shares.

    Attributes:
        entities: In the order they were given.
        routes: Shares that add up to 100.
        version: 1 for the first configuration of an endpoint, then 2, ...
        started: When the update to it began, in milliseconds since the epoch.
    """

    entities: tuple[ServedEntity, ...]
    routes: tuple[Route, ...]
    version: int = 1
    started: int = 0

    def entity(self, name: str) -> ServedEntity | None:
        """The entity of this name."""
        return next((entity for entity in self.entities if entity.name == name), None)

    @property
    def is_external(self) -> bool:
        """Whether it serves models of other providers: all of them are, or none."""
        return any(entity.external_model for entity in self.entities)

    @property
    def is_provisioned(self) -> bool:
        """Whether throughput is paid for rather than machines."""
        return any(PROVISIONED.intersection(entity.settings) for entity in self.entities)

    @property
    def is_ready(self) -> bool:
        """Whether all of it answers."""
        return all(entity.is_ready for entity in self.entities)

    def changed(self, run: str, deployment: str, message: str) -> Config:
        """The same with one deployment in another state."""
        return replace(
            self,
            entities=tuple(
                replace(entity, deployment=deployment, message=message) if entity.run == run else entity
                for entity in self.entities
            ),
        )

    def to_wire(self) -> Json:
        """As GET answers the configuration that serves."""
        older = {} if self.is_external else {"served_models": [entity.to_older_wire() for entity in self.entities]}
        return {
            "served_entities": [entity.to_wire() for entity in self.entities],
            **older,
            "traffic_config": {"routes": [route.to_wire() for route in self.routes]},
            "config_version": self.version,
        }

    def to_json(self) -> Json:
        """For the store."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Json) -> Config:
        """From the store."""
        return cls(
            tuple(ServedEntity(**entity) for entity in kept["entities"]),
            tuple(Route(**route) for route in kept["routes"]),
            kept["version"],
            kept["started"],
        )

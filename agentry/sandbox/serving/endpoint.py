"""A serving endpoint as data, and the steps from one state to the next. Nothing here starts or waits.

    create -> IN_PROGRESS, NOT_READY ──all ready──> NOT_UPDATING, READY
                      └──one failed──> UPDATE_FAILED, and what served before goes on serving
    PUT config -> IN_PROGRESS; the old configuration serves until every entity of the new one is ready

A process that dies makes its entity RECOVERING and the endpoint NOT_READY until it runs again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from agentry.sandbox.errors import Conflict
from agentry.sandbox.serving.config import ABORTED, CREATING, FAILED, READY, RECOVERING, Config, ServedEntity
from agentry.sandbox.store import Row

if TYPE_CHECKING:
    from agentry.sandbox.web import Json

NOT_UPDATING = "NOT_UPDATING"
IN_PROGRESS = "IN_PROGRESS"
UPDATE_FAILED = "UPDATE_FAILED"
# The kinds of docs.databricks.com/aws/ai-gateway, "Supported features".
EXTERNAL, PROVISIONED, FOUNDATION, AGENT, CUSTOM = KINDS = (
    "EXTERNAL_MODEL", "PROVISIONED_THROUGHPUT", "FOUNDATION_MODEL_API", "AGENT", "CUSTOM_MODEL",
)  # fmt: skip


@dataclass(frozen=True)
class Endpoint(Row):
    """One endpoint.

    Attributes:
        name: At most 63 characters.
        id: What the permissions API calls it by.
        creator: Who made it: never changes, and what the served versions may use is within what it may use.
        created: Milliseconds since the epoch.
        updated: When somebody last changed it.
        update: NOT_UPDATING, IN_PROGRESS or UPDATE_FAILED.
        config: What serves, as JSON of `Config`; None before the first success.
        pending: What an update wants, or wanted when it failed.
        description: For people.
        tags: Key and value.
        ai_gateway: As it was given.
        task: What it is asked, such as `agent/v2/chat`; empty for a plain model.
        rate_limits: Those of the older route.
        route_optimized: Whether it has an address of its own; decided when it is made.
        budget_policy_id: What it is billed by.
        email_notifications: Whom a mail would be sent to.
        telemetry_config: Where logs, metrics and traces would go.
        foundation_model: What the workspace itself serves by this name; empty for an endpoint that somebody made.
    """

    TABLE: ClassVar[str] = "serving_endpoints"

    name: str
    id: str
    creator: str
    created: int
    updated: int
    update: str = NOT_UPDATING
    config: Json | None = None
    pending: Json | None = None
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    ai_gateway: dict[str, Any] = field(default_factory=dict)
    task: str = ""
    rate_limits: list[dict[str, Any]] = field(default_factory=list)
    route_optimized: bool = False
    budget_policy_id: str = ""
    email_notifications: dict[str, Any] = field(default_factory=dict)
    telemetry_config: dict[str, Any] = field(default_factory=dict)
    foundation_model: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name."""
        return self.name

    @property
    def parent(self) -> str:
        """The id, so that it is found by it."""
        return self.id

    @property
    def serving(self) -> Config | None:
        """The configuration that serves."""
        return Config.from_json(self.config) if self.config else None

    @property
    def wanted(self) -> Config | None:
        """The configuration that an update wants, or wanted."""
        return Config.from_json(self.pending) if self.pending else None

    @property
    def kind(self) -> str:
        """Which of the five kinds it is."""
        return FOUNDATION if self.foundation_model else kind_of(self.serving or self.wanted, self.task)

    @property
    def is_ready(self) -> bool:
        """Whether questions are answered."""
        return bool(self.foundation_model) or (self.serving is not None and self.serving.is_ready)

    @property
    def is_updating(self) -> bool:
        """Whether another update is refused."""
        return self.update == IN_PROGRESS

    def deployments(self) -> dict[str, ServedEntity]:
        """Everything that runs or should, by `run`: what serves, and what an update is bringing up."""
        configs = [self.serving, self.wanted if self.is_updating else None]
        return {entity.run: entity for config in configs if config for entity in config.entities}

    def find(self, entity: str) -> ServedEntity | None:
        """The newest deployment of an entity, for its logs."""
        for config in (self.wanted, self.serving):
            found = config.entity(entity) if config else None
            if found:
                return found
        return None

    def state(self) -> Json:
        """As GET answers it."""
        return {"ready": "READY" if self.is_ready else "NOT_READY", "config_update": self.update}

    def to_wire(self) -> Json:
        """As GET answers the endpoint, but for what depends on who asks."""
        answer = {**self.to_summary(), "route_optimized": self.route_optimized}
        if self.email_notifications:
            answer["email_notifications"] = self.email_notifications
        if self.serving:
            answer["config"] = self.serving.to_wire()
        if self.wanted:
            answer["pending_config"] = {**self.wanted.to_wire(), "start_time": self.wanted.started}
        return answer

    def to_summary(self) -> Json:
        """As the list shows it."""
        answer: Json = {
            "name": self.name,
            "id": self.id,
            "creator": self.creator,
            "creation_timestamp": self.created,
            "last_updated_timestamp": self.updated,
            "description": self.description,
            "state": self.state(),
            "tags": [{"key": key, "value": value} for key, value in self.tags.items()],
        }
        if self.serving:
            answer["config"] = {"served_entities": [entity.to_spec() for entity in self.serving.entities]}
        if self.foundation_model:
            entity = {"name": self.foundation_model["name"], "foundation_model": self.foundation_model}
            answer["config"] = {"served_entities": [entity]}
        for field_ in ("ai_gateway", "task", "budget_policy_id", "telemetry_config"):
            if value := getattr(self, field_):
                answer[field_] = value
        return answer


def kind_of(config: Config | None, task: str) -> str:
    """Which kind of endpoint serves this: what the AI Gateway can do depends on it."""
    if config is not None and config.is_external:
        return EXTERNAL
    if config is not None and config.is_provisioned:
        return PROVISIONED
    return AGENT if task.startswith("agent/") else CUSTOM


def begin(endpoint: Endpoint, config: Config, now: int) -> Endpoint:
    """Start an update. What serves already in the same way is used again.

    Raises:
        Conflict: Another update runs.
    """
    if endpoint.is_updating:
        raise Conflict(f"Endpoint '{endpoint.name}' is currently being updated. Please wait until the update finishes.")
    serving = endpoint.serving
    entities = tuple(_kept(serving, entity) for entity in config.entities)
    wanted = replace(config, entities=entities, version=serving.version + 1 if serving else 1, started=now)
    return settled(replace(endpoint, update=IN_PROGRESS, pending=wanted.to_json(), updated=now))


def occupied(endpoint: Endpoint, now: int) -> Endpoint:
    """Under an update of somebody else, who changes nothing; `settled` ends it. As it is when that can not be."""
    serving = endpoint.serving
    if endpoint.is_updating or serving is None:
        return endpoint
    wanted = replace(serving, version=serving.version + 1, started=now)
    return replace(endpoint, update=IN_PROGRESS, pending=wanted.to_json(), updated=now)


def report(endpoint: Endpoint, run: str, deployment: str, message: str = "") -> Endpoint:
    """Take in what became of one deployment, wherever it is used; may end the update."""
    serving, wanted = endpoint.serving, endpoint.wanted
    endpoint = replace(
        endpoint,
        config=serving.changed(run, deployment, message).to_json() if serving else None,
        pending=wanted.changed(run, deployment, message).to_json() if wanted else None,
    )
    return settled(endpoint)


def restarted(endpoint: Endpoint) -> Endpoint:
    """After a restart of the sandbox nothing runs: what served recovers, what was coming up begins again."""
    runs = endpoint.deployments()
    for run in runs:
        deployment = RECOVERING if _serves(endpoint, run) else CREATING
        endpoint = report(endpoint, run, deployment, "The sandbox was restarted; the served entity is starting.")
    return endpoint


def _kept(serving: Config | None, entity: ServedEntity) -> ServedEntity:
    old = serving.entity(entity.name) if serving else None
    return old if old is not None and old.deployment != FAILED and old.same_as(entity) else entity


def _serves(endpoint: Endpoint, run: str) -> bool:
    return endpoint.serving is not None and any(entity.run == run for entity in endpoint.serving.entities)


def settled(endpoint: Endpoint) -> Endpoint:
    """Without its update, if that is over."""
    wanted = endpoint.wanted
    if not endpoint.is_updating or wanted is None:
        return endpoint
    if wanted.is_ready:
        return replace(endpoint, update=NOT_UPDATING, config=wanted.to_json(), pending=None)
    failed = next((entity for entity in wanted.entities if entity.deployment in (FAILED, ABORTED)), None)
    if failed is None:
        return endpoint
    for entity in wanted.entities:
        # What serves already goes on serving; only what this update was bringing up is given up.
        if entity.deployment not in (READY, FAILED, ABORTED) and not _serves(endpoint, entity.run):
            wanted = wanted.changed(entity.run, ABORTED, f"Aborted because served entity '{failed.name}' failed.")
    return replace(endpoint, update=UPDATE_FAILED, pending=wanted.to_json())

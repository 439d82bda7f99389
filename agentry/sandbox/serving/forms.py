"""What clients send about endpoints: one class for each object of the REST API (databricks-sdk 0.156, serving.py).

A value that is no value of its field is refused here; rules on several fields are in `entities`, `external`,
`ai_gateway`, `telemetry` and `traffic`. What GET answers besides (states, creators) is ignored, as everywhere.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from agentry.sandbox.errors import InvalidParameter
from agentry.sandbox.web import Body

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
SECRET = re.compile(r"\{\{secrets/([^/{}]+)/([^/{}]+)\}\}")
WorkloadType = Literal[
    "CPU", "CPU_MEDIUM", "CPU_LARGE", "GPU_SMALL", "GPU_MEDIUM", "GPU_LARGE", "GPU_XLARGE", "GPU_XLARGE_8",
    "MULTIGPU_MEDIUM",
]  # fmt: skip


class EntityForm(Body):
    """One served entity; `served_models` spells two of its fields differently."""

    name: str | None = None
    entity_name: str | None = None
    entity_version: str | None = None
    environment_vars: dict[str, Any] | None = None
    workload_size: str | None = None
    workload_type: WorkloadType | None = None
    scale_to_zero_enabled: bool | None = None
    min_provisioned_concurrency: int | None = Field(default=None, ge=0)
    max_provisioned_concurrency: int | None = Field(default=None, ge=1)
    min_provisioned_throughput: int | None = Field(default=None, ge=0)
    max_provisioned_throughput: int | None = Field(default=None, ge=1)
    provisioned_model_units: int | None = Field(default=None, ge=1)
    burst_scaling_enabled: bool | None = None
    instance_profile_arn: str | None = None
    external_model: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _older_names(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            return said
        older = {"model_name": "entity_name", "model_version": "entity_version"}
        return {older.get(key, key): value for key, value in said.items() if older.get(key) not in said}


class RouteForm(Body):
    """One share of the traffic, by either name of the field."""

    served_entity_name: str | None = None
    served_model_name: str | None = None
    traffic_percentage: int


class TrafficForm(Body):
    """All shares."""

    routes: list[RouteForm] = Field(default_factory=list)


class ConfigForm(Body):
    """A configuration."""

    served_entities: list[EntityForm] | None = None
    served_models: list[EntityForm] | None = None
    traffic_config: TrafficForm | None = None
    auto_capture_config: dict[str, Any] | None = None
    route_optimized: bool | None = None

    @property
    def entities(self) -> list[EntityForm] | None:
        """The entities by whichever name they came; None when nothing was said of them."""
        return self.served_entities or self.served_models


class TagForm(Body):
    """One tag; without a value it is a label."""

    key: str = Field(min_length=1)
    value: str = ""


class NotificationsForm(Body):
    """Whom a mail is sent to."""

    on_update_success: list[str] | None = None
    on_update_failure: list[str] | None = None


class RateLimitForm(Body):
    """How often a minute: the AI Gateway's form, and that of the older route, which has calls only."""

    renewal_period: Literal["minute"]
    calls: int | None = Field(default=None, ge=0)
    tokens: int | None = Field(default=None, ge=0)
    key: Literal["user", "user_group", "service_principal", "endpoint"] | None = None
    principal: str | None = None


class PiiForm(Body):
    """What is done about personal data."""

    behavior: Literal["NONE", "BLOCK", "MASK"] | None = None


class GuardrailForm(Body):
    """The guardrails of one direction."""

    invalid_keywords: list[str] | None = None
    valid_topics: list[str] | None = None
    safety: bool | None = None
    pii: PiiForm | None = None


class GuardrailsForm(Body):
    """Guardrails of questions and of answers."""

    input: GuardrailForm | None = None
    output: GuardrailForm | None = None


class InferenceTableForm(Body):
    """Where requests and answers are recorded."""

    enabled: bool | None = None
    catalog_name: str | None = None
    schema_name: str | None = None
    table_name_prefix: str | None = None


class EnabledForm(Body):
    """Something that is on or off."""

    enabled: bool | None = None


class FallbackForm(Body):
    """Whether other entities are asked when one fails."""

    enabled: bool


class GatewayForm(Body):
    """The AI Gateway of an endpoint, whole."""

    inference_table_config: InferenceTableForm | None = None
    usage_tracking_config: EnabledForm | None = None
    rate_limits: list[RateLimitForm] | None = None
    guardrails: GuardrailsForm | None = None
    fallback_config: FallbackForm | None = None


class TelemetryTablesForm(Body):
    """Tables that telemetry goes to."""

    logs_table: str | None = None
    metrics_table: str | None = None
    traces_table: str | None = None
    annotations_table: str | None = None


class SamplingForm(Body):
    """How much of the payload is recorded."""

    name: str | None = None
    sampling_fraction: float | None = Field(default=None, ge=0, le=1)


class TelemetryForm(Body):
    """Where logs, metrics and traces of an endpoint go."""

    telemetry_profile_id: str | None = None
    table_names: TelemetryTablesForm | None = None
    inference_table_config: SamplingForm | None = None
    enabled_telemetry_features: (
        list[
            Literal[
                "TELEMETRY_FEATURE_INFERENCE_TABLE",
                "TELEMETRY_FEATURE_LOGS",
                "TELEMETRY_FEATURE_METRICS",
                "TELEMETRY_FEATURE_TRACES",
            ]
        ]
        | None
    ) = None


class CreateForm(Body):
    """A new endpoint."""

    name: str
    config: ConfigForm | None = None
    tags: list[TagForm] = Field(default_factory=list)
    description: str | None = None
    ai_gateway: GatewayForm | None = None
    rate_limits: list[RateLimitForm] = Field(default_factory=list)
    route_optimized: bool = False
    budget_policy_id: str | None = None
    email_notifications: NotificationsForm | None = None
    telemetry_config: TelemetryForm | None = None


class PtConfigForm(Body):
    """A body of `PUT /api/2.0/serving-endpoints/pt/{name}/config`."""

    config: ConfigForm


class TagsForm(Body):
    """A change of tags."""

    add_tags: list[TagForm] = Field(default_factory=list)
    delete_tags: list[str] = Field(default_factory=list)


class DescriptionForm(Body):
    """A new description."""

    description: str = ""


class NotifyForm(Body):
    """A change of who is sent mail."""

    email_notifications: NotificationsForm | None = None


class RateLimitsForm(Body):
    """The rate limits of the older route."""

    rate_limits: list[RateLimitForm] = Field(default_factory=list)


class PatchTelemetryForm(Body):
    """A change of telemetry; without one it is removed."""

    telemetry_config: TelemetryForm | None = None


def kept(form: Body | None) -> dict[str, Any]:
    """What was said, as it is kept and answered: fields without a value are left out."""
    return form.model_dump(exclude_none=True) if form is not None else {}


def check_name(name: str, what: str) -> str:
    """A name as endpoints and entities have it.

    Raises:
        InvalidParameter: Too long, or with other characters than letters, digits, `-` and `_`.
    """
    if not NAME.fullmatch(name):
        raise InvalidParameter(
            f"The {what} '{name}' is not valid: at most 63 characters, alphanumeric, dashes and underscores."
        )
    return name

"""The AI Gateway of an endpoint: what of it which kind of endpoint may have, and its inference table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.sandbox.access import Securable
from agentry.sandbox.catalog import create_entity, find_entity
from agentry.sandbox.errors import AlreadyExists, InvalidParameter
from agentry.sandbox.identity import Caller
from agentry.sandbox.serving.endpoint import AGENT, CUSTOM, EXTERNAL, FOUNDATION, PROVISIONED
from agentry.sandbox.serving.forms import kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentry.sandbox.principals import Principal
    from agentry.sandbox.serving.forms import GatewayForm, RateLimitForm
    from agentry.sandbox.state import State
    from agentry.sandbox.web import Json

# docs.databricks.com/aws/ai-gateway, "Supported features"; "agent endpoints currently only support inference tables"
# (databricks-sdk 0.156, serving_endpoints.put_ai_gateway).
SUPPORTED_BY = {
    "inference_table_config": (EXTERNAL, PROVISIONED, FOUNDATION, AGENT, CUSTOM),
    "usage_tracking_config": (EXTERNAL, PROVISIONED, FOUNDATION, CUSTOM),
    "rate_limits": (EXTERNAL, PROVISIONED, FOUNDATION, CUSTOM),
    "guardrails": (EXTERNAL, PROVISIONED, FOUNDATION),
    "fallback_config": (EXTERNAL,),
}
# docs.databricks.com/aws/en/ai-gateway/rate-limits-beta, "Limitations".
MOST_LIMITS = 20
MOST_GROUP_LIMITS = 5
_OF_SOMEBODY = ("user_group", "service_principal")


def read_gateway(form: GatewayForm | None, kind: str) -> Json:
    """A gateway as a client wants it, whole.

    Args:
        form: What was sent.
        kind: The kind of endpoint it is for.

    Raises:
        InvalidParameter: Something that this kind does not have, or rate limits that can not be.
    """
    gateway = kept(form)
    for feature, kinds in SUPPORTED_BY.items():
        if kind not in kinds and _is_on(gateway.get(feature)):
            raise InvalidParameter(_unsupported(feature, kind))
    if form is not None and form.rate_limits:
        read_limits(form.rate_limits, kind)
    return gateway


def _unsupported(feature: str, kind: str) -> str:
    if kind == AGENT:
        return f"AI Gateway: agent endpoints support inference tables only, not {feature}."
    return f"AI Gateway: endpoints of kind {kind} do not support {feature}."


def _is_on(feature: Any) -> bool:
    """Whether a part of the gateway does anything; `{"enabled": false}` and `{}` are off."""
    if isinstance(feature, dict):
        return bool(feature.get("enabled", bool(feature)))
    return bool(feature)


def read_limits(limits: Iterable[RateLimitForm], kind: str) -> list[Json]:
    """Rate limits as a client wants them.

    Raises:
        InvalidParameter: This kind has none, there are too many, or one has neither calls nor tokens, or both nobody
            to apply to and a key that needs somebody.
    """
    said = [kept(limit) for limit in limits]
    if said and kind not in SUPPORTED_BY["rate_limits"]:
        raise InvalidParameter(_unsupported("rate_limits", kind))
    if len(said) > MOST_LIMITS:
        raise InvalidParameter(f"At most {MOST_LIMITS} rate limits can be specified for an endpoint.")
    if sum(limit.get("key") == "user_group" for limit in said) > MOST_GROUP_LIMITS:
        raise InvalidParameter(f"At most {MOST_GROUP_LIMITS} rate limits of groups can be specified for an endpoint.")
    for limit in said:
        if "calls" not in limit and "tokens" not in limit:
            raise InvalidParameter("A rate limit needs calls or tokens.")
        if limit.get("key") in _OF_SOMEBODY and not limit.get("principal"):
            raise InvalidParameter(f"A rate limit of key {limit['key']} needs a principal.")
    return said


def inference_table(gateway: Mapping[str, Any] | None) -> Securable | None:
    """The payload table that a gateway asks for; None when it is off.

    Raises:
        InvalidParameter: Enabled without saying where.
    """
    table = (gateway or {}).get("inference_table_config") or {}
    if not table.get("enabled"):
        return None
    missing = [key for key in ("catalog_name", "schema_name", "table_name_prefix") if not table.get(key)]
    if missing:
        raise InvalidParameter(f"inference_table_config lacks {', '.join(missing)}.")
    name = f"{table['catalog_name']}.{table['schema_name']}.{table['table_name_prefix']}_payload"
    return Securable("TABLE", name.lower())


def make_inference_table(state: State, creator: Principal, table: Securable) -> None:
    """Make the payload table. It needs CREATE TABLE (docs, inference tables), and belongs to the endpoint's creator.

    Raises:
        PermissionDenied: USE CATALOG, USE SCHEMA or CREATE TABLE is missing.
        AlreadyExists: An earlier endpoint left one of this name behind.
    """
    schema, catalog = table.parents()
    for place in (catalog, schema):
        find_entity(state, place)
    state.access.require(Caller(creator), schema, "CREATE TABLE")
    try:
        create_entity(state, table, creator.name, "Requests and responses of a serving endpoint")
    except AlreadyExists as error:
        raise InvalidParameter(
            f"The table '{table.name}' already exists. Choose another table_name_prefix, or drop the table."
        ) from error


def change_inference_table(state: State, creator: Principal, before: Json, after: Json) -> None:
    """Make the table that is newly asked for.

    Raises:
        InvalidParameter: Another one is asked for while one is on.
    """
    old, new = inference_table(before), inference_table(after)
    if old is not None and new is not None and old != new:
        raise InvalidParameter("Inference tables is already enabled: disable it before choosing another table.")
    if new is not None and old is None:
        make_inference_table(state, creator, new)

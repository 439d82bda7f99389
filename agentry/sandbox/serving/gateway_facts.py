"""Where the behaviours of the AI Gateway and of external models come from."""

from __future__ import annotations

from agentry.sandbox.area import Fact

GATEWAY_FACTS = (
    Fact(
        "what of the AI Gateway an endpoint may have depends on its kind; agents have inference tables only",
        "docs.databricks.com/aws/ai-gateway, Supported features; databricks-sdk 0.156, put_ai_gateway; the refusal, 400 "
        "INVALID_PARAMETER_VALUE, is the sandbox's own",
        confirmed=False,
    ),
    Fact(
        "PUT ai-gateway replaces the gateway whole; a part that is off is kept and answered",
        "databricks-sdk 0.156; github.com/databricks/cli, libs/testserver",
    ),
    Fact(
        "inference tables need CREATE TABLE, USE SCHEMA and USE CATALOG; the payload table stays after delete; a table "
        "that is there already is refused",
        "docs.databricks.com, inference tables; agents.deploy chooses a free prefix, hence the refusal",
        confirmed=False,
    ),
    Fact(
        "another inference table needs the first one disabled",
        "databricks-sdk 0.156, AiGatewayInferenceTableConfig; the words of the refusal are the sandbox's own",
    ),
    Fact(
        "a row for each question while the table is enabled, at /sandbox/inference-tables/NAME, at once; payloads above "
        "1 MiB are left out",
        "columns: docs.databricks.com, ai-gateway/inference-tables; the route is the sandbox's own, and on the platform "
        "rows come later",
    ),
    Fact(
        "rate limits: 429 REQUEST_LIMIT_EXCEEDED; user before group before default, groups share, the endpoint is the "
        "most; at most 20, 5 of them of groups",
        "docs.databricks.com, ai-gateway/rate-limits-beta; databricks-agents and public issues for the code",
    ),
    Fact(
        "a minute is that of the clock; tokens are those of `usage`, else (text length + 1) / 4",
        "docs.databricks.com, configure-ai-gateway-endpoints for the estimate; how the platform counts a minute is not "
        "known",
        confirmed=False,
    ),
    Fact(
        "guardrails: invalid keywords block questions and whole answers with 400; safety, topics and personal data are "
        "kept and not enforced",
        "databricks-sdk 0.156, AiGatewayGuardrailParameters: keyword or string matching; the form of the refusal is an "
        "inference",
        confirmed=False,
    ),
    Fact(
        "usage tracking is kept and answered; there are no system tables",
        "the sandbox's own",
    ),
    Fact(
        "fallback, for external models: after 429 or 5xx the other entities are asked in their order, also those "
        "without traffic; the last answer counts",
        "databricks-sdk 0.156, FallbackConfig; 429: docs.databricks.com, ai-gateway",
    ),
    Fact(
        "external models: the stand-in for an LLM answers, nothing leaves this machine; a fault at "
        "/external/ENDPOINT/ENTITY makes the provider fail",
        "the sandbox's own",
    ),
    Fact(
        "external models: one provider's configuration, one way to authenticate, one task an endpoint; they and "
        "registered models do not mix, and an endpoint stays of its kind",
        "databricks-sdk 0.156, ExternalModel and ServedEntityInput; the words of the refusals are the sandbox's own",
    ),
    Fact(
        "a secret that was written out is never answered; an update that lacks it, for the same entity and provider, "
        "keeps it",
        "github.com/databricks/cli, libs/testserver for the first; the second is an inference",
        confirmed=False,
    ),
    Fact(
        "a reference to a secret that its creator can not read fails the deployment",
        "as environment variables do; for external models no document says when it is read",
        confirmed=False,
    ),
    Fact(
        "metrics count the requests of the past minute by served entity",
        "docs.databricks.com, metrics-export-serving-endpoint: rates are the requests of a minute; that the exported "
        "counts are of one too is an inference; CPU, memory and GPU are not measured",
        confirmed=False,
    ),
    Fact(
        "openapi names the addresses, and describes no bodies",
        "the platform's own schema is not public",
        confirmed=False,
    ),
)

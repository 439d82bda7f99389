"""The fields of a serving endpoint, as a program gives them; where each goes in a request says `endpoint_places`."""

from __future__ import annotations

from agentry.provider.fields import (
    ANY,
    BOOLEAN,
    INTEGER,
    NUMBER,
    STRING,
    Field,
    When,
    backend_default,
    computed,
    input_only,
    list_of,
    map_of,
    object_of,
    one_of,
    output,
    refused,
    replace,
    silent,
    table,
    unordered,
)
from agentry.provider.kinds.endpoint_external import EXTERNAL_MODEL

SIZES = ("Small", "Medium", "Large")
# databricks-sdk 0.156, ServingModelWorkloadType.
WORKLOADS = (
    "CPU", "CPU_MEDIUM", "CPU_LARGE", "GPU_SMALL", "GPU_MEDIUM", "GPU_LARGE", "GPU_XLARGE", "GPU_XLARGE_8",
    "MULTIGPU_MEDIUM",
)  # fmt: skip
SIGNALS = tuple(f"TELEMETRY_FEATURE_{signal}" for signal in ("INFERENCE_TABLE", "LOGS", "METRICS", "TRACES"))
_SET = unordered("a set")
_LEFT = backend_default("what nobody declared is left as it is; what was declared is taken away with its declaration")

_INFERENCE_TABLE = object_of(
    "InferenceTable",
    Field("enabled", BOOLEAN, "Whether requests and answers are recorded.", default=True),
    Field("catalogName", STRING, "Default: the model's.", (backend_default("it is the model's"),)),
    Field("schemaName", STRING, "Default: the model's.", (backend_default("it is the model's"),)),
    Field(
        "tableNamePrefix",
        STRING,
        "Default: the model's name, with a number where that is taken.",
        (backend_default("the first that is free"),),
    ),
)

_RATE_LIMIT = object_of(
    "RateLimit",
    Field("calls", INTEGER, "How many questions; this, `tokens` or both."),
    Field("tokens", INTEGER, "How many tokens."),
    Field(
        "key",
        one_of("endpoint", "user", "user_group", "service_principal"),
        "Whose questions are counted together.",
        default="endpoint",
    ),
    Field("principal", STRING, "The mail, group or application id that it is for; without, it is for each."),
    Field("renewalPeriod", one_of("minute"), "In which time.", default="minute"),
)

_GUARDRAIL = object_of(
    "Guardrail",
    Field("safety", BOOLEAN, "Whether unsafe content is stopped."),
    Field(
        "pii",
        object_of(
            "PiiBehavior",
            Field("behavior", one_of("NONE", "BLOCK", "MASK"), "What becomes of personal data.", default="NONE"),
        ),
        "Personal data.",
    ),
    Field("invalidKeywords", list_of(STRING), "Words that are stopped.", (_SET,)),
    Field("validTopics", list_of(STRING), "The only topics that may be talked about.", (_SET,)),
)

_NOTIFICATIONS = object_of(
    "EmailNotifications",
    Field("onUpdateFailure", list_of(STRING), "Who is told that an update failed.", (_SET,), default=[]),
    Field("onUpdateSuccess", list_of(STRING), "Who is told that an update is done.", (_SET,), default=[]),
)

_TELEMETRY = object_of(
    "Telemetry",
    Field("enabledTelemetryFeatures", list_of(one_of(*SIGNALS)), "What is exported; without, all.", (_SET,)),
    Field(
        "tableNames",
        object_of(
            "TelemetryTables",
            Field("logsTable", STRING, "`catalog.schema.table` of logs."),
            Field("tracesTable", STRING, "`catalog.schema.table` of spans."),
            Field("metricsTable", STRING, "`catalog.schema.table` of metrics."),
            Field("annotationsTable", STRING, "`catalog.schema.table` of annotations."),
        ),
        "Where it goes; this or `telemetryProfileId`.",
        (input_only("the platform makes a profile of them and tells its id (databricks/cli, libs/testserver)"),),
    ),
    Field(
        "telemetryProfileId",
        STRING,
        "A profile that exists.",
        (backend_default("the platform makes one of the tables"),),
    ),
    Field(
        "inferenceTableConfig",
        object_of(
            "TelemetryInferenceTable",
            Field("name", STRING, "The full name of the table.", (backend_default("the platform names it"),)),
            Field("samplingFraction", NUMBER, "Which part of the questions is recorded, from 0 to 1."),
        ),
        "How much of questions and answers is recorded.",
        (backend_default("the platform records all"),),
    ),
)

_ENTITY = (
    Field("model", STRING, "Three-level name of the model; given together with `version`, or neither."),
    Field("version", STRING, "The version to serve."),
    Field(
        "source",
        STRING,
        "Instead of model and version: `models:/c.s.m/7`, or `models:/c.s.m@alias`.",
        (silent("the model and version that it resolves to decide"),),
    ),
    Field(
        "externalModel",
        EXTERNAL_MODEL,
        "Instead of a model of Unity Catalog: one that another provider serves.",
        (replace("an endpoint keeps or lacks an external model for its life", when=When.PRESENCE),),
    ),
    Field("environmentVars", map_of(STRING), "Variables of the agent; `{{secrets/scope/key}}` is resolved there."),
    Field(
        "agentVariables",
        BOOLEAN,
        "Whether the three variables are set that agents.deploy() sets; they are unless told otherwise.",
    ),
    Field("workloadSize", STRING, "Small, Medium or Large; Small where nothing else says how much it answers."),
    Field(
        "workloadType",
        one_of(*WORKLOADS),
        "What it runs on.",
        (backend_default("the platform's is CPU, and it may be told or not"),),
    ),
    Field("scaleToZero", BOOLEAN, "Whether it may stop when nobody asks; for an agent it may unless told otherwise."),
    Field("minProvisionedConcurrency", INTEGER, "Instead of a size: how many questions at once, at least."),
    Field("maxProvisionedConcurrency", INTEGER, "Instead of a size: how many questions at once, at most."),
    Field("minProvisionedThroughput", INTEGER, "Of a foundation model: tokens a second, at least."),
    Field("maxProvisionedThroughput", INTEGER, "Of a foundation model: tokens a second, at most."),
    Field(
        "provisionedModelUnits",
        INTEGER,
        "Of a foundation model: how many model units are provisioned.",
        (replace("endpoints with model units are made and changed by routes of their own", when=When.PRESENCE),),
    ),
    Field(
        "burstScaling",
        BOOLEAN,
        "With model units: whether it may go beyond them; the platform says yes.",
        (input_only("the platform does not tell it (databricks/cli, libs/testserver)"),),
    ),
    Field("instanceProfileArn", STRING, "The instance profile by which the agent reaches resources of AWS."),
    Field(
        "traffic",
        map_of(INTEGER),
        "Percent for served entities of others, by their names; ours gets the rest.",
        (backend_default("others keep what they have, as long as ours gets some"),),
    ),
    Field("experimentId", STRING, "Where the agent's traces go; kept equal in a variable and a tag."),
    Field(
        "entityName",
        STRING,
        "What the served entity is called that serves the version already, where others named it.",
        (computed("found on the endpoint"), silent("the version that is served decides")),
    ),
    Field(
        "adoptedWithout",
        list_of(STRING),
        "Tags of ours that the endpoint lacked when it was imported: the next update sets them.",
        (computed("found at import"), silent("a tag alone makes no update")),
    ),
)

_WHOLE = (
    Field("tags", map_of(STRING), "Tags of the endpoint.", default={}),
    Field("description", STRING, "What people read beside it."),
    Field(
        "budgetPolicyId",
        STRING,
        "The budget (or usage) policy that its cost counts to.",
        (replace("no documented call changes it, and agents.deploy() calls it honored the first time only"),),
    ),
    Field("emailNotifications", _NOTIFICATIONS, "Who is told of its updates."),
    Field("telemetry", _TELEMETRY, "Which logs, spans and metrics go into tables of Unity Catalog."),
    Field(
        "routeOptimized",
        BOOLEAN,
        "Whether it has an address of its own, with a shorter way and OAuth only.",
        (replace("the platform takes it at creation only"),),
    ),
    Field(
        "inferenceTable",
        _INFERENCE_TABLE,
        "The table that records requests and answers; on by default beside an agent's model.",
        (backend_default("agents.deploy() switches it on, and so do we"),),
    ),
    # Which feature is for what: docs.databricks.com/aws/ai-gateway, "Supported features".
    Field("usageTracking", BOOLEAN, "Whether system tables record its use; not for agents.", (_LEFT,)),
    Field("rateLimits", list_of(_RATE_LIMIT), "How much may be asked; not for agents.", (_SET, _LEFT)),
    Field(
        "guardrails",
        object_of(
            "Guardrails",
            Field("input", _GUARDRAIL, "On what is asked."),
            Field("output", _GUARDRAIL, "On what is answered."),
        ),
        "What may be asked and answered; for external and foundation models.",
        (_LEFT,),
    ),
    Field(
        "fallback",
        BOOLEAN,
        "Whether another served entity is asked where one fails; for external models.",
        (_LEFT,),
    ),
)

_REFUSED = (
    Field(
        "autoCaptureConfig",
        ANY,
        "Legacy inference tables.",
        (refused("legacy inference tables can not be enabled since 2026-02-20; give inferenceTable"),),
    ),
    Field("servedModels", ANY, "The older word for served entities.", (refused("deprecated; give model and version"),)),
    Field(
        "servedEntities",
        ANY,
        "The whole list of served entities.",
        (refused("one entity is declared here, by model and version, source or externalModel; others are kept"),),
    ),
)

_OUTPUTS = (
    Field("endpointId", STRING, "What the permissions interface calls it.", (output(),)),
    Field("url", STRING, "Where questions go.", (output(),)),
    Field("creator", STRING, "Whose privileges bound the agent's; recorded for ever.", (output(),)),
    Field("ready", BOOLEAN, "Whether it answers.", (output(),)),
    Field("configUpdate", STRING, "The platform's word for its last update.", (output(),)),
    Field("servedEntity", STRING, "The name of our served entity.", (output(),)),
    Field("servedVersion", STRING, "The version of ours that serves; empty for an external model.", (output(),)),
    Field("tablePrefix", STRING, "Chosen once, kept for the endpoint's life.", (output(),)),
    Field("playgroundUrl", STRING, "Where a person can talk to it.", (output(),)),
    Field("health", STRING, "Empty, or what is wrong with it.", (output(),)),
    Field("task", ANY, "The interface, as the platform calls it.", (output(),)),
)

FIELDS: tuple[Field, ...] = table(
    (
        Field("name", STRING, "At most 63 characters.", (replace("a name is the endpoint's identity"),), required=True),
        *_ENTITY,
        *_WHOLE,
        *_REFUSED,
        *_OUTPUTS,
    )
)
BY_NAME = {field.name: field for field in FIELDS}

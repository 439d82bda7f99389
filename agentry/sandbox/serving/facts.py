"""Where the behaviours of serving come from, and which of them nothing at hand confirms."""

from __future__ import annotations

from agentry.sandbox.area import Fact
from agentry.sandbox.serving.gateway_facts import GATEWAY_FACTS
from agentry.sandbox.serving.unanswered import UNANSWERED

_STATES = (
    Fact(
        "endpoints and entities have the states and fields of EndpointState, ServedModelState and ServingEndpointDetailed",
        "databricks-sdk 0.156, service/serving.py; the texts of deployment_state_message are the sandbox's own",
    ),
    Fact(
        "an update that comes while another runs is 409 RESOURCE_CONFLICT",
        "EndpointState of databricks-sdk: another update can not be made until the update completes or fails; "
        "databricks-agents 1.13 reads 409 so",
    ),
    Fact(
        "an endpoint keeps answering with its old configuration until every entity of the new one is ready, also when "
        "the update fails; the failed configuration stays in pending_config",
        "docs.databricks.com, create-manage-serving-endpoints; that it stays after a failure is an inference",
        confirmed=False,
    ),
    Fact(
        "served entities that are registered models are answered as served_models too, with model_name and model_version",
        "github.com/databricks/terraform-provider-databricks, serving/resource_model_serving.go, which drops one of them",
    ),
    Fact(
        "an update may leave out served entities or traffic: what serves stays",
        "databricks-sdk 0.156, update_config: any combination; that shares stay for entities of the same names is an "
        "inference",
        confirmed=False,
    ),
    Fact(
        "fields that are not known are ignored",
        "what GET answers (states, creators) can be sent back; whether the platform refuses others is not known",
        confirmed=False,
    ),
)
_RULES = (
    Fact(
        "two entities of one name, or of one model version, are 400 BAD_REQUEST: Cannot create 2+ served entities",
        "databricks-agents 1.13 decides by this text; that the same model version under two names is refused too is "
        "what its message says",
    ),
    Fact(
        "more than 15 entities are 400 INVALID_PARAMETER_VALUE: served_models cannot contain more than 15 elements",
        "github.com/databricks/databricks-sdk-py/issues/1496",
    ),
    Fact(
        "at most 30 environment variables an entity, names of upper-case letters, digits and underscores; GET answers "
        "them as they were given, references to secrets unresolved",
        "learn.microsoft.com, model-serving-limits; names as databricks-agents 1.13 checks them; "
        "github.com/databricks/cli, libs/testserver",
    ),
    Fact("shares of several entities must be given and add up to 100", "databricks-sdk 0.156, Route", confirmed=False),
    Fact(
        "workload_size or min/max_provisioned_concurrency; sizes are Small, Medium and Large",
        "databricks-sdk 0.156, ServedEntityInput; a workspace may have sizes of its own, this one has none",
    ),
    Fact(
        "provisioned throughput (tokens a second, or model units) and a size exclude one another; what is served so "
        "is a registered model, and runs as any other",
        "docs.databricks.com, provisioned throughput; the workspace has no models of system.ai",
        confirmed=False,
    ),
    Fact(
        "route_optimized is decided at creation; a PUT of the configuration with another value is refused",
        "docs.databricks.com, route-optimization; how the platform treats the field in an update is not known",
        confirmed=False,
    ),
    Fact(
        "a route-optimised endpoint has an endpoint_url, which is the ordinary one here; there is no data_plane_info, and "
        "any token will do",
        "the sandbox's own: on the platform it is another address, for OAuth tokens only",
        confirmed=False,
    ),
    Fact(
        "telemetry: tables make a profile and are not answered; neither tables nor a profile changes nothing; external "
        "models have none; 409 while an update runs",
        "github.com/databricks/cli, libs/testserver/serving_endpoints.go, which mirrors the platform",
    ),
    Fact(
        "email notifications, budget policies, instance profiles, telemetry and workload types are kept and answered; "
        "nothing is sent, billed or exported, and all runs on this CPU",
        "the sandbox's own",
        confirmed=False,
    ),
)
_RIGHTS = (
    Fact(
        "the creator, recorded for ever, needs EXECUTE on the model and access to everything that the version declares",
        "docs.databricks.com, create-manage-serving-endpoints and automatic authentication passthrough; the words of "
        "the refusal are the sandbox's own",
    ),
    Fact(
        "whoever updates the configuration needs the same rights as the creator",
        "follows from CAN_MANAGE not giving EXECUTE; no document says it",
        confirmed=False,
    ),
    Fact(
        "a served version's token reaches what its MLmodel declares (or auth_policy.system_auth_policy), entries with "
        "on_behalf_of_user aside; nothing declared, no token file",
        "docs.databricks.com, automatic authentication passthrough; observed error texts in public issues",
    ),
    Fact(
        "the token also reaches the experiment of MLFLOW_EXPERIMENT_ID, if anything is declared",
        "traces arrive there on the platform; with which credentials is not documented",
        confirmed=False,
    ),
    Fact(
        "build and service logs need CAN_VIEW", "the permission table of the docs does not name logs", confirmed=False
    ),
)
_QUESTIONS = (
    Fact(
        "an exception of the agent is 400 BAD_REQUEST with its text",
        "github.com/databricks-industry-solutions/fraud-orchestration/issues/2; mlflow 3.17 scoring server",
    ),
    Fact(
        "requests are read, checked against the signature and refused by the agent's own MLflow: dataframe_split, "
        "dataframe_records, inputs, instances, with params; or a bare object with messages, input or prompt",
        "docs.databricks.com, query custom model endpoints; mlflow 3.17 scoring server, whose code is called",
    ),
    Fact(
        "streamed answers are server-sent events that end with [DONE]; an exception after the first one is an event",
        "OpenAI's form; mlflow 3.17 scoring server for the error event",
        confirmed=False,
    ),
    Fact(
        "a question to an endpoint that never was ready is 400; one that comes while its process is started again waits",
        "as scale to zero makes a question wait; the platform's answer before the first success is not known",
        confirmed=False,
    ),
    Fact(
        "the header served-model-name says which served entity answered",
        "databricks-sdk 0.156, serving_endpoints.query reads it",
    ),
    Fact(
        "questions take turns by the shares: of 90 and 10 every tenth goes to the second; 0 gets none",
        "the sandbox's own: the platform gives percentages, and does not say how they are kept",
        confirmed=False,
    ),
    Fact(
        "scaled to zero, an entity is DEPLOYMENT_READY with the message 'Scaled to zero', and its endpoint READY",
        "observed: github.com/amesar/mlflow-tools, databricks_tools, an endpoint as GET answers it",
    ),
    Fact(
        "the next question starts it again and waits; lines in the service log say when and how long; its credentials "
        "are kept fresh meanwhile",
        "docs.databricks.com, model serving: latency is greater when scaled to zero; the lines are the sandbox's own",
    ),
    Fact(
        "it is scaled to zero 30 minutes after the last question; `agentry sandbox start --idle SECONDS` says otherwise",
        "often reported; no document at hand gives the time",
        confirmed=False,
    ),
    Fact(
        "`agentry sandbox start --instant`: versions are ready at once, without environment, process and credentials, "
        "and repeat the question",
        "the sandbox's own, for benchmarks and trials of many agents",
    ),
)
_UNANSWERED = tuple(
    Fact(f"not answered by GET: {', '.join(sorted(f for f, why in UNANSWERED.items() if why == reason))}", reason)
    for reason in dict.fromkeys(UNANSWERED.values())
)

FACTS = (*_STATES, *_RULES, *_RIGHTS, *_QUESTIONS, *GATEWAY_FACTS, *_UNANSWERED)

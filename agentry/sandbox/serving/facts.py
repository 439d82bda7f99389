"""Where the behaviours of serving come from, and which of them nothing at hand confirms."""

from __future__ import annotations

from agentry.sandbox.area import Fact

FACTS = (
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
        "two entities of one name, or of one model version, are 400 BAD_REQUEST: Cannot create 2+ served entities",
        "databricks-agents 1.13 decides by this text; that the same model version under two names is refused too is "
        "what its message says",
    ),
    Fact(
        "more than 15 entities are 400 INVALID_PARAMETER_VALUE: served_models cannot contain more than 15 elements",
        "github.com/databricks/databricks-sdk-py/issues/1496",
    ),
    Fact(
        "at most 30 environment variables an entity, names of upper-case letters, digits and underscores",
        "learn.microsoft.com, model-serving-limits; names as databricks-agents 1.13 checks them",
    ),
    Fact("shares of several entities must be given and add up to 100", "databricks-sdk 0.156, Route", confirmed=False),
    Fact(
        "an endpoint keeps answering with its old configuration until every entity of the new one is ready, also when "
        "the update fails; the failed configuration stays in pending_config",
        "docs.databricks.com, create-manage-serving-endpoints; that it stays after a failure is an inference",
        confirmed=False,
    ),
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
        "inference tables need CREATE TABLE, USE SCHEMA and USE CATALOG; the payload table stays after delete; a table "
        "that is there already is refused",
        "docs.databricks.com, inference tables; agents.deploy chooses a free prefix, hence the refusal",
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
        "an exception of the agent is 400 BAD_REQUEST with its text",
        "github.com/databricks-industry-solutions/fraud-orchestration/issues/2; mlflow 3.17 scoring server",
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
        "scale_to_zero_enabled is kept and shown, and nothing is stopped when idle; workload types run on this CPU",
        "the sandbox's own",
        confirmed=False,
    ),
    Fact(
        "build and service logs need CAN_VIEW", "the permission table of the docs does not name logs", confirmed=False
    ),
)

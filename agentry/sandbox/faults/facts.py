"""Which faults are the platform's, and which the sandbox's own."""

from __future__ import annotations

from agentry.sandbox.area import Fact

FACTS = (
    Fact(
        "faults can be asked for at /sandbox/faults, and the limit of endpoints at /sandbox/endpoint-limit",
        "the sandbox's own; no workspace has such routes",
    ),
    Fact(
        "429 and 503 may carry Retry-After, and an answer may be lost after the request was carried out",
        "databricks-sdk 0.156 _base_client.py retries both, POST requests too",
    ),
    Fact(
        "a connection may be cut, before a request is carried out or after it",
        "the sandbox's own; any network does it, and databricks-sdk 0.156 _base_client.py retries it",
    ),
    Fact(
        "a token that expired is answered with 403, 'Invalid access token.' and the number 403 as error_code",
        "observed by others: the answer in github.com/databricks/databricks-sdk-go, issue 1061 (of a JWT, with the "
        "message 'JWT has expired'); github.com/n8n-io/n8n, issue 34147. With status 401 it is as the sandbox answers "
        "an unknown token",
    ),
    Fact(
        "an update is refused with 409 RESOURCE_CONFLICT while another one runs, also one of somebody else (busy)",
        "EndpointState of databricks-sdk: another update can not be made until the update completes or fails; that the "
        "other one changes nothing is the sandbox's own",
    ),
    Fact(
        "reads may be behind by some seconds (stale): all of them by the same, as those of a replica",
        "no document says which reads are; files, tokens, principals and the answers of agents are never behind",
        confirmed=False,
    ),
    Fact(
        "an endpoint that is not ready in time is UPDATE_FAILED, its entity DEPLOYMENT_ABORTED: 'Served entity creation "
        "aborted because the endpoint update timed out.'",
        "docs.databricks.com, model-serving-timeouts (30 minutes after the build for CPU); the message, with 'Served "
        "model', in answers of GET that people publish",
    ),
    Fact(
        "a build that fails (fails-to-build) is DEPLOYMENT_FAILED: 'Container image creation failed.', pip's last lines "
        "are in the build log",
        "the event text is in reports that people publish, and docs.databricks.com, model-serving-debug, has that of a "
        "success; that the state's message is the same is an inference",
        confirmed=False,
    ),
    Fact(
        "a model that does not load (fails-to-load) is DEPLOYMENT_FAILED: 'An error occurred while loading the model. "
        "No module named ...', the traceback is in the service log",
        "the text is in docs.databricks.com, model-serving-debug; that the state's message has it is an inference",
        confirmed=False,
    ),
    Fact(
        "with --endpoint-limit, creates and config updates of endpoints beyond it get 429 REQUEST_LIMIT_EXCEEDED with "
        "Retry-After until the window has moved; those that are refused do not count",
        "about 50 in 5 minutes and workspace is what users report; no document at hand has the number, what counts, the "
        "code or the header",
        confirmed=False,
    ),
)

"""What clients ask before anything else: the host's description, and whether the sandbox is up."""

from __future__ import annotations

import os

from agentry.sandbox.area import Area, Fact
from agentry.sandbox.web import Json, Router, Sandbox

router = Router()


@router.get("/.well-known/databricks-config")
async def host_description(sandbox: Sandbox) -> Json:
    """Host discovery: every `WorkspaceClient()` asks for it, without credentials."""
    return {
        "oidc_endpoint": f"{sandbox.address}/oidc",
        "account_id": sandbox.workspace.account_id,
        "workspace_id": sandbox.workspace.workspace_id,
        "cloud": "aws",
    }


@router.get("/health")
async def health(sandbox: Sandbox) -> Json:
    """The sandbox's own path: that it answers, and which one it is."""
    return {"name": sandbox.settings.name, "workspace_id": sandbox.workspace.workspace_id, "pid": os.getpid()}


FACTS = (
    Fact(
        "GET /.well-known/databricks-config answers without credentials and names workspace, account and cloud",
        "databricks-sdk 0.156 config.py asks it in every Config; observed with mlflow 3.11.1 and 3.17.2",
    ),
    Fact(
        "every answer carries x-databricks-org-id",
        "mlflow 3.17 store/_unity_catalog/registry/rest_store.py reads run_tracking_server_id from it",
    ),
    Fact(
        "a token that is missing or wrong is answered with 401 UNAUTHENTICATED",
        "docs.databricks.com, REST API errors; some routes of the platform answer 403 to a wrong token",
        confirmed=False,
    ),
)

AREA = Area("discovery", router, FACTS)

"""Logs the agent, deploys it, asks it: what the driver asks is not what the agent uses."""

import mlflow
from databricks import agents
from databricks.sdk import WorkspaceClient
from mlflow.models.resources import DatabricksServingEndpoint, DatabricksVectorSearchIndex

from agent import INDEX, LLM

resources = [DatabricksServingEndpoint(endpoint_name=LLM)]
resources.append(DatabricksVectorSearchIndex(index_name=INDEX))

with mlflow.start_run():
    logged = mlflow.pyfunc.log_model(name="agent", python_model="agent.py", resources=resources)

agents.deploy("shop.support.agent", logged.registered_model_version)
WorkspaceClient().serving_endpoints.query(name="agents_shop-support-agent", messages=[])

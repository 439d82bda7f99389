import mlflow
from databricks import agents
from mlflow.models.resources import DatabricksServingEndpoint

LLM = "chat-large"
logged = mlflow.pyfunc.log_model(
    name="agent", python_model="agent.py", resources=[DatabricksServingEndpoint(endpoint_name=LLM)]
)
agents.deploy(
    "shop.support.agent",
    logged.registered_model_version,
    environment_vars={"LLM_ENDPOINT": LLM, "EMBEDDING_ENDPOINT": "{{secrets/shop/embedding}}"},
)

import mlflow
from mlflow.models.resources import DatabricksServingEndpoint
from mlflow.pyfunc import log_model

from assistant.names import LLM

mlflow.set_registry_uri("databricks-uc")
log_model(
    name="assistant",
    python_model="assistant/agent.py",
    code_paths=["assistant"],
    resources=[DatabricksServingEndpoint(LLM)],
)

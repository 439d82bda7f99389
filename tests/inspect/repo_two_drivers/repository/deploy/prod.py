import mlflow
from mlflow.models.resources import DatabricksServingEndpoint

CONFIG = {"llm": "chat-large"}
mlflow.pyfunc.log_model(
    name="agent",
    python_model="../agent.py",
    model_config=CONFIG,
    resources=[DatabricksServingEndpoint(endpoint_name="chat-small")],
)

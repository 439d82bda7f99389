import mlflow
from mlflow.models.resources import DatabricksServingEndpoint

mlflow.pyfunc.log_model(
    name="agent", python_model="agent.py", resources=[DatabricksServingEndpoint(endpoint_name="chat-small")]
)

import mlflow
from mlflow.models.resources import DatabricksServingEndpoint

mlflow.pyfunc.log_model(
    name="good", python_model="good/agent.py", resources=[DatabricksServingEndpoint(endpoint_name="chat-large")]
)
mlflow.pyfunc.log_model(name="bad", python_model="bad/agent.py", resources=[])

import mlflow
from agent import python, servers
from mlflow.models.resources import DatabricksServingEndpoint

resources = [DatabricksServingEndpoint(endpoint_name="chat-large")]
for server in servers:
    resources.extend(server.get_databricks_resources())
resources.extend(python.get_databricks_resources())
mlflow.pyfunc.log_model(name="agent", python_model="agent.py", resources=resources)

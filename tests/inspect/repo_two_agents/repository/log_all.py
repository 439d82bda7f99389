import mlflow
from mlflow.models.resources import DatabricksFunction, DatabricksServingEndpoint

MODEL = [DatabricksServingEndpoint(endpoint_name="chat-large")]

mlflow.pyfunc.log_model(
    name="billing",
    python_model="billing/agent.py",
    resources=MODEL + [DatabricksFunction(function_name="shop.billing.invoice")],
)
mlflow.pyfunc.log_model(
    name="returns",
    python_model="returns/agent.py",
    resources=[DatabricksFunction(function_name="shop.returns.policy")],
)

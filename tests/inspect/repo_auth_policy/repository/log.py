import mlflow
from mlflow.models.auth_policy import AuthPolicy, SystemAuthPolicy, UserAuthPolicy
from mlflow.models.resources import DatabricksServingEndpoint, DatabricksTable

from agent import LLM

system = SystemAuthPolicy(resources=[DatabricksServingEndpoint(endpoint_name=LLM)])
user = UserAuthPolicy(api_scopes=["dashboards.genie", "sql.statement-execution"])

mlflow.pyfunc.log_model(
    name="agent", python_model="agent.py", auth_policy=AuthPolicy(system_auth_policy=system, user_auth_policy=user)
)
mlflow.pyfunc.log_model(
    name="refused",
    python_model="agent.py",
    auth_policy={"system_auth_policy": {}, "user_auth_policy": {"api_scopes": ["dashboards.genie"]}},
    resources=[DatabricksServingEndpoint(endpoint_name=LLM), DatabricksTable("shop.sales.orders")],
)

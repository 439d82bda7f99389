"""The config that is logged counts, not the one for development."""

import mlflow
import yaml
from mlflow.models.resources import DatabricksServingEndpoint

with open("../configs/prod.yaml") as file:
    config = yaml.safe_load(file)

mlflow.pyfunc.log_model(
    name="agent",
    python_model="agent.py",
    model_config="../configs/prod.yaml",
    resources=[DatabricksServingEndpoint(endpoint_name=config["llm"]["endpoint"])],
)

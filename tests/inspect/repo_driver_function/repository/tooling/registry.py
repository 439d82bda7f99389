"""Logs whatever agent it is given."""

import mlflow
from mlflow.models.resources import DatabricksServingEndpoint


def register(path, models, more=None, **options):
    resources = [DatabricksServingEndpoint(endpoint_name=model) for model in models]
    resources += more or []
    with mlflow.start_run():
        return mlflow.pyfunc.log_model(name="agent", python_model=path, resources=resources, **options)

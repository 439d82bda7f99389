"""What is not known of a declaration makes only those uses uncertain that it may be about."""

import argparse

import mlflow
from company_tools import standard_resources
from mlflow.models.resources import DatabricksFunction, DatabricksVectorSearchIndex

arguments = argparse.ArgumentParser().parse_args()


def log(schema: str) -> None:
    mlflow.pyfunc.log_model(
        name="agent",
        python_model="agent.py",
        resources=[DatabricksVectorSearchIndex(index_name=f"{schema}.articles"), DatabricksFunction(arguments.function)],
    )


def log_with_all() -> None:
    mlflow.pyfunc.log_model(name="agent", python_model="agent.py", resources=standard_resources())


log(arguments.schema)
log_with_all()

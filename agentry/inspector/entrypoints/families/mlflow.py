"""MLflow: its deployments client, and what it reads from a registry.

Read: mlflow 2.21 to 3.18; `predict` takes the endpoint third, after `deployment_name`, which Databricks' client leaves
alone, and `inputs`.
"""

from __future__ import annotations

from agentry.inspector.entrypoints import readers
from agentry.inspector.entrypoints.row import FOUND, EntryPoint, Family, under

_CLIENTS = ("mlflow.deployments..get_deploy_client()", "databricks_langchain..get_deployment_client()")

_ROWS = (
    EntryPoint(under(_CLIENTS, "predict predict_stream"), readers.endpoint, ("endpoint",), 2, client="deployments"),
    EntryPoint(under(_CLIENTS[:1], "get_endpoint"), readers.endpoint, ("endpoint",), 0, client="deployments"),
    EntryPoint(under(_CLIENTS[:1], "list_endpoints"), client="deployments", reason=FOUND),
    EntryPoint(
        ("mlflow..load_model", "mlflow.pyfunc..spark_udf"),
        readers.registered,
        ("model_uri",),
        0,
        client="artifact",
    ),
    EntryPoint(
        ("mlflow..load_prompt", "mlflow..MlflowClient().load_prompt", "mlflow..download_artifacts"),
        readers.registered,
        ("name_or_uri", "artifact_uri"),
        0,
        required=False,
    ),
    EntryPoint(
        (
            "databricks.feature_engineering..FeatureEngineeringClient().score_batch",
            "databricks.feature_engineering..FeatureEngineeringClient().create_training_set",
            "databricks.feature_engineering..FeatureLookup",
            "databricks.feature_engineering..FeatureFunction",
        ),
        reason=readers.UNDECLARABLE,
    ),
    EntryPoint(
        under(("databricks.feature_engineering..FeatureEngineeringClient()",), "read_table get_table"),
        readers.names("table"),
        ("name",),
    ),
)

FAMILY = Family(
    _ROWS,
    clients=(
        "mlflow.deployments..*",
        "mlflow.gateway..*",
        "mlflow.genai..judges..*",
        "mlflow.genai..scorers..*",
        "mlflow.genai..make_judge",
        "mlflow.genai..evaluate",
        "mlflow..MlflowClient()..*",
    ),
    constructors=("mlflow.deployments..get_deploy_client", "databricks_langchain..get_deployment_client"),
    harmless=(
        "mlflow.deployments..set_deployments_target",
        "databricks.feature_engineering..FeatureEngineeringClient",
    ),
)

"""What is read from registries and feature stores can not be declared; files logged with the agent need not be."""
import mlflow
from databricks.feature_engineering import FeatureEngineeringClient, FeatureFunction, FeatureLookup
from mlflow import MlflowClient

fe = FeatureEngineeringClient()
lookups = [
    FeatureLookup(table_name="main.features.users", lookup_key="id"),  #? not declarable
    FeatureFunction(udf_name="main.features.distance"),  #? not declarable
]
prompt = mlflow.genai.load_prompt("prompts:/main.prompts.system/3")  #? not declarable
MlflowClient().load_prompt("prompts:/main.prompts.system@live")  #? not declarable
mlflow.artifacts.download_artifacts(artifact_uri="runs:/0a1b/model")  #? not declarable
mlflow.sklearn.load_model("models:/main.ml.churn@champion")  #? not declarable
scored = mlflow.pyfunc.spark_udf(spark, model_uri="models:/main.ml.churn/1")  #? not declarable


class Ranker(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.model = mlflow.sklearn.load_model(context.artifacts["ranker"])
        self.local = mlflow.pyfunc.load_model("ranker_model")

    def predict(self, context, rows):
        fe.read_table(name="main.features.users")  #> table main.features.users
        fe.get_table(name="main.features.items")  #> table main.features.items
        fe.create_training_set(df=rows, feature_lookups=lookups, label=None)  #? not declarable
        return fe.score_batch(model_uri="models:/main.ml.rank/2", df=rows)  #? not declarable

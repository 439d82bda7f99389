"""A classifier that loads what was logged with it, and a volume, neither of which can be declared."""
import json
from pathlib import Path

import joblib
import mlflow
import pandas as pd
from databricks.sdk import WorkspaceClient

LABELS = json.loads(Path("labels.json").read_text())


class Classifier(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.model = joblib.load(context.artifacts["model"])
        self.encoder = mlflow.sklearn.load_model(model_uri=context.artifacts["encoder"])
        self.stop_words = WorkspaceClient().files.download("/Volumes/main/text/raw/stop.txt").contents.read()

    def predict(self, context, model_input: pd.DataFrame, params=None):
        with mlflow.start_span(name="classify"):
            return [LABELS[label] for label in self.model.predict(model_input)]


mlflow.models.set_model(Classifier())

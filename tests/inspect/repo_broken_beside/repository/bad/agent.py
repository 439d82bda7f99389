import mlflow
from half_done import search

mlflow.models.set_model(search)

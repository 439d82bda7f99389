import mlflow
from databricks_langchain import ChatDatabricks, DatabricksEmbeddings
from mlflow.models import ModelConfig

config = ModelConfig(development_config="../configs/dev.yaml")
llm = ChatDatabricks(endpoint=config.get("llm")["endpoint"])
embeddings = DatabricksEmbeddings(endpoint=config.get("embeddings"))
mlflow.models.set_model(llm)

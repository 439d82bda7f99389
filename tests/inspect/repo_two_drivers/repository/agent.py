import mlflow
from databricks_langchain import ChatDatabricks
from mlflow.models import ModelConfig

config = ModelConfig(development_config={"llm": "chat-small"})
mlflow.models.set_model(ChatDatabricks(endpoint=config.get("llm")))

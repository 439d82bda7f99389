import mlflow
from databricks_langchain import ChatDatabricks

llm = ChatDatabricks(endpoint="chat-large")
mlflow.models.set_model(llm)

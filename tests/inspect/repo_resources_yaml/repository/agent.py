import mlflow
from databricks_langchain import ChatDatabricks, CheckpointSaver

llm = ChatDatabricks(endpoint="chat-large")
memory = CheckpointSaver(instance_name="agent-memory")
mlflow.models.set_model(llm)

import os

import mlflow
from databricks_langchain import ChatDatabricks, DatabricksEmbeddings

llm = ChatDatabricks(endpoint=os.environ["LLM_ENDPOINT"])
judge = ChatDatabricks(endpoint=os.environ.get("JUDGE_ENDPOINT", "judge-small"))
embed = DatabricksEmbeddings(endpoint=os.environ["EMBEDDING_ENDPOINT"])
mlflow.models.set_model(llm)

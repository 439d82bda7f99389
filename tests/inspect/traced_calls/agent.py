"""Calls that MLflow's tracing is wrapped around, in both of its forms."""
import mlflow
from databricks.sdk import WorkspaceClient
from databricks_openai import DatabricksOpenAI

w = WorkspaceClient()


class Answers:
    def __init__(self):
        self.client = DatabricksOpenAI()

    @mlflow.trace(span_type="AGENT")
    def ask(self, text, endpoint="traced"):
        create = mlflow.trace(self.client.chat.completions.create, name="chat", span_type="CHAT_MODEL")
        return create(model=endpoint, messages=text)  #> serving_endpoint traced

    def search(self, text):
        query = mlflow.trace(span_type="RETRIEVER", name="search")(w.vector_search_indexes.query_index)
        return query(index_name="main.docs.traced", columns=["id"], query_text=text)  #> vector_search_index main.docs.traced


mlflow.models.set_model(Answers())

# Databricks notebook source
import mlflow
from databricks.sdk import WorkspaceClient
from databricks_langchain import ChatDatabricks, DatabricksEmbeddings
from mlflow.models.resources import DatabricksServingEndpoint, DatabricksVectorSearchIndex
from openai import OpenAI

from searching import Searcher

# COMMAND ----------

LLM = "chat-large"
EXAMPLES = spark.table("shop.support.examples").toPandas()


class Support(mlflow.pyfunc.PythonModel):
    def __init__(self, llm_name, examples):
        self.llm = ChatDatabricks(endpoint=llm_name)
        self.examples = examples
        self.searcher = Searcher()

    def predict(self, context, model_input):
        return self.llm.invoke(shorten(self.searcher.search(model_input)))


def shorten(text):
    return WorkspaceClient().serving_endpoints.query(name="shortener", prompt=text)


def unrelated():
    return ChatDatabricks(endpoint="never-asked")


# COMMAND ----------

# A test of it, a judge, a look at the endpoint: nothing of this is served.
AGENT = Support(LLM, EXAMPLES)
AGENT.predict(None, "hello")
judge = ChatDatabricks(endpoint="judge-large")
mlflow.genai.evaluate(data=[], predict_fn=AGENT.predict, scorers=[])
DatabricksEmbeddings(endpoint="embed-small").embed_query("hello")

# COMMAND ----------

resources = [
    DatabricksServingEndpoint(endpoint_name=LLM),
    DatabricksVectorSearchIndex(index_name="shop.support.articles"),
]
with mlflow.start_run():
    mlflow.pyfunc.log_model(name="agent", python_model=AGENT, resources=resources, code_paths=["searching.py"])

# COMMAND ----------

WorkspaceClient().serving_endpoints.query(name="agents_shop-support", prompt="hello")

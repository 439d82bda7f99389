# Databricks notebook source
"""One name for each version of a chain: what is logged is what it is by then."""

import mlflow
from databricks_langchain import ChatDatabricks, DatabricksEmbeddings
from langchain_core.prompts import ChatPromptTemplate
from mlflow.models.resources import DatabricksServingEndpoint

prompt = ChatPromptTemplate.from_template("{question}")

# COMMAND ----------

llm = ChatDatabricks(endpoint="chat-small")
chain = prompt | llm
resources = [DatabricksServingEndpoint(endpoint_name="chat-small")]
mlflow.langchain.log_model(chain, name="first", resources=resources)

# COMMAND ----------

llm = ChatDatabricks(endpoint="chat-large")
embeddings = DatabricksEmbeddings(endpoint="embed-large")
resources.append(DatabricksServingEndpoint(endpoint_name="chat-large"))


def retrieve(question):
    return embeddings.embed_query(question)


chain = retrieve | prompt | llm
mlflow.langchain.log_model(chain, name="second", resources=resources)

# COMMAND ----------

llm = ChatDatabricks(endpoint="never-logged")

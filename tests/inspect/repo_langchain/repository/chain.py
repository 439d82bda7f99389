# Databricks notebook source
import mlflow
from databricks_langchain import ChatDatabricks, DatabricksVectorSearch
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

# COMMAND ----------

prompt = ChatPromptTemplate.from_template("{question}")
llm = ChatDatabricks(endpoint="chat-large")
chain = prompt | llm | StrOutputParser()

# COMMAND ----------

# The judge only tests it.
judge = ChatDatabricks(endpoint="judge-large")
judge.invoke(chain.invoke({"question": "What is a tent?"}))

# COMMAND ----------

def load_retriever(directory):
    return DatabricksVectorSearch(index_name="shop.support.articles").as_retriever()


with mlflow.start_run():
    mlflow.langchain.log_model(chain, "chain", loader_fn=load_retriever, input_example={"question": "What is a tent?"})

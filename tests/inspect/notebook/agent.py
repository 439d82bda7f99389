# Databricks notebook source
# MAGIC %pip install databricks-langchain

# COMMAND ----------

from databricks_langchain import ChatDatabricks

LLM_ENDPOINT_NAME = "databricks-claude"
llm = ChatDatabricks(endpoint=LLM_ENDPOINT_NAME)  #> serving_endpoint databricks-claude

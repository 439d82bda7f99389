# Databricks notebook source
# MAGIC %run "./00 setup"

# COMMAND ----------

import mlflow
from databricks_langchain import ChatDatabricks

llm = ChatDatabricks(endpoint=LLM)
mlflow.models.set_model(llm)

# Databricks notebook source
# MAGIC %run "./00 setup"

# COMMAND ----------

import os

import mlflow
from mlflow.models.resources import DatabricksServingEndpoint

mlflow.langchain.log_model(
    lc_model=os.path.join(os.getcwd(), "01.2 agent"),
    artifact_path="chain",
    resources=[DatabricksServingEndpoint(endpoint_name=LLM)],
)

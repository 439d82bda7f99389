# Databricks notebook source
import mlflow
from agent import LLM, tools
from databricks_langchain import VectorSearchRetrieverTool
from mlflow.models.resources import DatabricksFunction
from unitycatalog.ai.langchain.toolkit import UnityCatalogTool

# COMMAND ----------

resources = []
for tool in tools:
    if isinstance(tool, VectorSearchRetrieverTool):
        resources.extend(tool.resources)
    elif isinstance(tool, UnityCatalogTool):
        resources.append(DatabricksFunction(function_name=tool.uc_function_name))

# COMMAND ----------

mlflow.pyfunc.log_model(name="agent", python_model="agent.py", resources=resources)

# Databricks notebook source
# MAGIC %md
# MAGIC # Build the agent

# COMMAND ----------

# MAGIC %pip install databricks-langchain
# MAGIC %restart_python

# COMMAND ----------

# MAGIC %%writefile agent.py
# MAGIC import mlflow
# MAGIC from databricks_langchain import ChatDatabricks
# MAGIC from databricks_langchain.genie import GenieAgent
# MAGIC
# MAGIC GENIE = "01ef00000000000000000000000000a1"
# MAGIC genie = GenieAgent(GENIE, "sales")
# MAGIC llm = ChatDatabricks(model="chat-large")
# MAGIC mlflow.models.set_model(llm)

# COMMAND ----------

import os

import mlflow
from agent import GENIE
from mlflow.models.resources import DatabricksGenieSpace, DatabricksServingEndpoint

with mlflow.start_run():
    mlflow.pyfunc.log_model(
        artifact_path="agent",
        python_model=os.path.join(os.getcwd(), "agent.py"),
        resources=[DatabricksGenieSpace(genie_space_id=GENIE), DatabricksServingEndpoint(endpoint_name="chat-large")],
    )

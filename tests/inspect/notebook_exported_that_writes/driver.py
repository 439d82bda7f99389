# Databricks notebook source
# MAGIC %md
# MAGIC # Log the agent
# MAGIC %%writefile agent.py

# COMMAND ----------

# MAGIC %pip install -U databricks-langchain
# MAGIC %restart_python

# COMMAND ----------

# DBTITLE 1,The agent
# MAGIC %%writefile agent.py
# MAGIC from databricks_langchain import ChatDatabricks
# MAGIC from databricks.sdk import WorkspaceClient
# MAGIC
# MAGIC NAMES = """
# MAGIC # MAGIC %md
# MAGIC """
# MAGIC llm = ChatDatabricks(model="chat")  #> serving_endpoint chat
# MAGIC # agentry: uses nothing
# MAGIC WorkspaceClient().jobs.list()

# COMMAND ----------

from databricks_langchain import ChatDatabricks

ChatDatabricks(model="judge")

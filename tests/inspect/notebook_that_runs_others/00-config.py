# Databricks notebook source
# MAGIC %md
# MAGIC # Names
# MAGIC LLM = "in-words"

# COMMAND ----------

LLM = "chat"
CATALOG = "main"

"""A Databricks workspace on this machine."""

"""Agentry: AI agents on Databricks as declared infrastructure."""

__version__ = "0.1.0"

"""Packages of Databricks that are not known here."""
import databricks_langchain
from databricks import feature_engineering
from databricks_openai import SomethingNew

SomethingNew(name="x")  #? does not know
feature_engineering.FeatureEngineeringClient().score_batch(model_uri="x")  #? not declarable
databricks_langchain.another_one("x")  #? does not know

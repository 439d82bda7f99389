# Databricks notebook source
import mlflow

path = dbutils.widgets.get("agent")
mlflow.pyfunc.log_model(name="agent", python_model=path)
mlflow.pyfunc.log_model(name="agent", python_model="agents/gone.py")

import mlflow

from agent import AGENT

options = {"name": "agent", "python_model": "agent.py"}
options["resources"] = AGENT.get_resources()
mlflow.pyfunc.log_model(**options)

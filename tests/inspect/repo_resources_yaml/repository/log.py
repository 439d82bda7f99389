import mlflow

mlflow.pyfunc.save_model(path="out", python_model="agent.py", resources="resources.yaml")

import mlflow

mlflow.pyfunc.log_model(name="good", python_model="good/agent.py"

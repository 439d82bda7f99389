import mlflow
from databricks_langchain import ChatDatabricks, UCFunctionToolkit

llm = ChatDatabricks(endpoint="chat-large")
tools = UCFunctionToolkit(function_names=["shop.returns.policy"]).tools
mlflow.models.set_model(llm.bind_tools(tools))

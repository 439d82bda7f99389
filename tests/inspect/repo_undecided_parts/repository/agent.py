import mlflow
from databricks_langchain import ChatDatabricks, UCFunctionToolkit, VectorSearchRetrieverTool

llm = ChatDatabricks(endpoint="chat-large")
index = VectorSearchRetrieverTool(index_name="shop.support.articles")
other = VectorSearchRetrieverTool(index_name="shop.support.manuals")
functions = UCFunctionToolkit(function_names=["shop.tools.find_order"]).tools
mlflow.models.set_model(llm.bind_tools([index, other, *functions]))

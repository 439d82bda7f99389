import mlflow
from databricks_langchain import ChatDatabricks

llm = ChatDatabricks(endpoint="chat-large")


def orders():
    return spark.table("shop.sales.orders")


mlflow.models.set_model(llm)

from databricks_langchain import ChatDatabricks

ChatDatabricks(model="nothing imports this")

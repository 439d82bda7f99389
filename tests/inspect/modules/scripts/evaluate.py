from databricks_langchain import ChatDatabricks

ChatDatabricks(model="judge-of-the-evaluation")

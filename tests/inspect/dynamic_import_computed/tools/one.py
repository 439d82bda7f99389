from databricks_langchain import ChatDatabricks

ChatDatabricks(model="one")  #> serving_endpoint one

from databricks_langchain import ChatDatabricks


def make():
    return ChatDatabricks(model="one")  #> serving_endpoint one

"""The same endpoint on two lines is two uses, each with its line."""
from databricks_langchain import ChatDatabricks

planner = ChatDatabricks(model="chat", temperature=0)  #> serving_endpoint chat
writer = ChatDatabricks(model="chat", temperature=1)  #> serving_endpoint chat

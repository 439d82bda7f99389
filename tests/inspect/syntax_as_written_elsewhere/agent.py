"""Tabs, escapes that are none, names that are not ASCII."""
from databricks_langchain import ChatDatabricks
PATTERN = "\d+\s"
größe = "groß"
if größe:
	llm = ChatDatabricks(model=f"chat-{größe}")  #> serving_endpoint chat-groß
\
llm = ChatDatabricks(model="other")  #> serving_endpoint other

"""Exception groups of Python 3.11, several exceptions without parentheses of 3.14."""
from databricks_langchain import ChatDatabricks

try:
    llm = ChatDatabricks(model="chat")  #> serving_endpoint chat
except ConnectionError, TimeoutError:
    llm = ChatDatabricks(model="second")  #> serving_endpoint second

try:
    llm.invoke("Hello")
except* ValueError as several:
    llm = ChatDatabricks(model="third")  #> serving_endpoint third

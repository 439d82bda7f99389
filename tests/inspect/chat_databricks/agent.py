"""ChatDatabricks, under all of its names, old and new."""
import databricks_langchain
import langchain_community.chat_models as old
from databricks_langchain import ChatDatabricks
from databricks_langchain.chat_models import ChatDatabricks as Chat
from langchain_databricks import ChatDatabricks as Older

one = ChatDatabricks(model="one")  #> serving_endpoint one
two = Chat(endpoint="two", temperature=0)  #> serving_endpoint two
three = databricks_langchain.ChatDatabricks(model="three")  #> serving_endpoint three
four = old.ChatDatabricks(endpoint="four")  #> serving_endpoint four
five = Older(endpoint="five")  #> serving_endpoint five
answer = one.bind_tools([]).invoke("hi")
six = ChatDatabricks()  #? `model` is not given

"""A class or a client that leaves our sight is undecided, never nothing."""
import instructor
from databricks.sdk import WorkspaceClient
from databricks_langchain import ChatDatabricks
from openai import OpenAI

w = WorkspaceClient()
REGISTRY = {"chat": ChatDatabricks}  #? it is passed on
REGISTRY["chat"](model="looked-up")  #> serving_endpoint looked-up
patched = instructor.from_openai(OpenAI(base_url=f"{w.config.host}/serving-endpoints"))  #? what from_openai does with this client is not known
fine = instructor.from_openai(OpenAI())
print(isinstance(w, WorkspaceClient))


def ask(client):
    return client.chat.completions.create(model="m")  #? which client it is made on

"""Clients that are made of themselves, again and again."""
from databricks.sdk import WorkspaceClient
from databricks_langchain import ChatDatabricks
from langchain_openai import ChatOpenAI
from openai import OpenAI

w = WorkspaceClient()
w = WorkspaceClient(config=w.config)
ChatDatabricks(model="a", workspace_client=w)  #> serving_endpoint a
llm = OpenAI(base_url=f"{w.config.host}/serving-endpoints")
llm = llm.with_options(timeout=5)
llm.chat.completions.create(model="b", messages=[])  #> serving_endpoint b
chat = ChatOpenAI(model="gpt-5")
chat = ChatOpenAI(model="gpt-5", client=chat)

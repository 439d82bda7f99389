"""Keys that mean nothing or may not be there: then the endpoint's own credentials are used, and have to suffice."""
import os

import httpx
from databricks.sdk import WorkspaceClient
from databricks.vector_search.client import VectorSearchClient
from databricks_langchain import ChatDatabricks
from openai import OpenAI

w = WorkspaceClient()
BASE = f"{w.config.host}/serving-endpoints"
SECRET = os.environ["SERVICE_TOKEN"]

OpenAI(api_key=w.config.token, base_url=BASE).chat.completions.create(model="a", messages=[])  #> serving_endpoint a
OpenAI(api_key="no-token", base_url=BASE, http_client=httpx.Client()).responses.create(model="b", input="x")  #> serving_endpoint b
OpenAI(api_key=SECRET, base_url=BASE, http_client=httpx.Client()).responses.create(model="c", input="x")  #> serving_endpoint c
OpenAI(api_key=os.environ.get("NOT_SET"), base_url=BASE).responses.create(model="d", input="x")  #> serving_endpoint d
WorkspaceClient(token=os.environ.get("NOT_SET")).serving_endpoints.query("e")  #> serving_endpoint e
WorkspaceClient(host="https://workspace.example.com", client_id="id").serving_endpoints.query("f")  #> serving_endpoint f
VectorSearchClient(personal_access_token=None).get_index("e", "main.docs.a")  #> vector_search_index main.docs.a
maybe = WorkspaceClient(token=SECRET) if input() else WorkspaceClient()
ChatDatabricks(model="g", workspace_client=maybe)  #> serving_endpoint g


def ask(token):
    return WorkspaceClient(token=token).serving_endpoints.query("h")  #> serving_endpoint h


ask(input())
